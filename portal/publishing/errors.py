"""Exceptions of the workflow. Each message is a sentence for the user whose action was refused."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from .check_results import CheckResult
from .models import Revision


class Refused(Exception):
    """The workflow refuses an action. ``str()`` is a sentence for the user."""


class NotAllowed(Refused):
    """The user has no role that permits the action."""


class Blocked(Refused):
    """A content check refuses the text."""

    def __init__(self, check_results: Sequence[CheckResult]) -> None:
        self.check_results = list(check_results)
        super().__init__(
            _("This can't go on yet: %(reasons)s")
            % {"reasons": " ".join(str(result.message) for result in self.check_results)}
        )


class Conflict(Refused):
    """Another save came first. ``current`` is the revision stored now (None: none is open)."""

    def __init__(self, current: Revision | None) -> None:
        self.current = current
        super().__init__(
            _(
                "While you were writing, this text was changed by somebody else. Nothing you typed "
                "is lost: compare the two versions below, take over what you need, and save again."
            )
        )
