"""The result of a content check, of the model's own checks and of the checks of quotes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckResult:
    """One problem of a text.

    ``field`` is the content field beside which it is shown, or ''. A ``blocking`` result can't be
    overridden.
    """

    code: str
    message: str
    field: str = ""
    blocking: bool = False


def missing_field(field: str, message: str) -> CheckResult:
    """Return the blocking result for a required field that is empty."""
    return CheckResult(code=f"missing-{field}", message=message, field=field, blocking=True)
