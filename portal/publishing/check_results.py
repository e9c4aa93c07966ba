"""The result type of all content checks, including checks of models and of quotes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckResult:
    """One problem that a check found in a text.

    ``field`` is the content field beside which the problem is shown, or ''. A ``blocking`` problem
    can't be overridden.
    """

    code: str
    message: str
    field: str = ""
    blocking: bool = False


def missing_field(field: str, message: str) -> CheckResult:
    """Return a blocking result that says that a required field is empty."""
    return CheckResult(code=f"missing-{field}", message=message, field=field, blocking=True)
