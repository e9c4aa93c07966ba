"""What a gate, a type or a quote finds wrong with a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. ``field`` is the content field it stands beside, or ''."""

    code: str
    message: str
    field: str = ""
    firm: bool = False


def missing(field: str, message: str) -> Finding:
    """A finding for something without which the text is no text; nobody can override it."""
    return Finding(code=f"missing-{field}", message=message, field=field, firm=True)
