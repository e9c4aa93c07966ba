"""The exceptions of the workflow; each message is a sentence for the user."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from .check_results import CheckResult
from .models import Revision


class Refused(Exception):
    """Raised if the workflow refuses an action; ``str()`` is a sentence for the user."""


class NotAllowed(Refused):
    """Raised if none of the user's roles permits the action."""


class Blocked(Refused):
    """Raised if content checks refuse the text; ``check_results`` lists the problems."""

    def __init__(self, check_results: Sequence[CheckResult]) -> None:
        self.check_results = list(check_results)
        super().__init__(
            _("This can't go on yet: %(reasons)s")
            % {"reasons": " ".join(str(result.message) for result in self.check_results)}
        )


class Conflict(Refused):
    """Raised if somebody else saved first.

    ``current`` is the revision stored now, or None if there is none.
    """

    def __init__(self, current: Revision | None) -> None:
        self.current = current
        super().__init__(
            _(
                "While you were writing, this text was changed by somebody else. Nothing you typed "
                "is lost: compare the two versions below, take over what you need, and save again."
            )
        )
