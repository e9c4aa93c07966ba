"""What a gate, a type or a quote finds wrong with a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckResult:
    """One thing that is wrong. ``field`` is the content field it stands beside, or ''."""

    code: str
    message: str
    field: str = ""
    blocking: bool = False


def missing_field(field: str, message: str) -> CheckResult:
    """A finding for something without which the text is no text; nobody can override it."""
    return CheckResult(code=f"missing-{field}", message=message, field=field, blocking=True)
