"""How the room says no: with a sentence that the person who asked can act on. And what the database
raises when it is not there to be asked."""

from django.db import InterfaceError, InternalError, OperationalError
from django.utils.translation import gettext as _

#: It is away or too busy: no fault of what was sent, and over soon. To psycopg2, a primary that
#: became a standby and a transaction that was ended while it waited are internal errors.
AWAY = (OperationalError, InterfaceError, InternalError)


class Refused(Exception):
    """``str()`` is a sentence for the person who asked."""


class NotAllowed(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("Only publishers and site administrators handle letters. Ask one of them.")
        )


class FormUsed(Refused):
    """Another letter came with this form; perhaps at the same moment."""

    def __init__(self) -> None:
        super().__init__(
            _("You have sent a letter from this page already. If this is another one, send it now.")
        )


class Changed(Refused):
    """Somebody else was there first."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "While you were writing, a colleague changed this letter. Nothing you typed is "
                "lost: it stands below. Look what your colleague wrote, then decide."
            )
        )
