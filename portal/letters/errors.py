"""How the room says no: with a sentence that the person who asked can act on."""

from django.utils.translation import gettext as _


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
