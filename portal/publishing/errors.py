"""How the press says no: always with a sentence that the person at the desk can act on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from .check_results import CheckResult
    from .models import Revision


class Refused(Exception):
    """The press refuses. ``str()`` is a sentence for the person who asked."""


class NotAllowed(Refused):
    """The person has no role that may do this."""


class Blocked(Refused):
    """A gate found something that keeps the text from going on."""

    def __init__(self, findings: Sequence[CheckResult]) -> None:
        self.findings = list(findings)
        super().__init__(
            _("This can't go on yet: %(reasons)s")
            % {"reasons": " ".join(str(finding.message) for finding in self.findings)}
        )


class Conflict(Refused):
    """Somebody else saved first. ``current`` is what stands now (None: nothing is open)."""

    def __init__(self, current: Revision | None) -> None:
        self.current = current
        super().__init__(
            _(
                "While you were writing, this text was changed by somebody else. Nothing you typed "
                "is lost: compare the two versions below, take over what you need, and save again."
            )
        )
