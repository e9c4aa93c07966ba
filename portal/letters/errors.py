"""Exceptions for refused actions on letters; each message tells the user how to continue."""

from django.utils.translation import gettext as _


class Refused(Exception):
    """Base class of the refusals; ``str()`` returns a translated sentence for the user."""


class NotAllowed(Refused):
    """Raised if the user has no role that may handle letters."""

    def __init__(self) -> None:
        super().__init__(
            _("Only publishers and site administrators handle letters. Ask one of them.")
        )


class FormUsed(Refused):
    """Raised if a different letter was sent with the same form token, perhaps concurrently."""

    def __init__(self) -> None:
        super().__init__(
            _("You have sent a letter from this page already. If this is another one, send it now.")
        )


class Changed(Refused):
    """Raised if another user has changed the letter since this user loaded it."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "While you were writing, a colleague changed this letter. Nothing you typed is "
                "lost: it stands below. Look what your colleague wrote, then decide."
            )
        )
