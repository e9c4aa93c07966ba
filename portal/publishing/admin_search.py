"""The full-text search behind the search boxes of the admin's lists.

``portal/wiring.py`` registers it, because the search app imports this one.
"""

from __future__ import annotations

from collections.abc import Callable

from .models import Publishable

#: (model, words) -> ids of the objects found, or None if the words can't be searched as full text.
AdminSearch = Callable[[type[Publishable], str], list[int] | None]

_registered: AdminSearch | None = None


def register(search: AdminSearch | None) -> None:
    """Set the search of all admin lists; None for Django's search of ``search_fields`` only."""
    global _registered
    _registered = search


def registered() -> AdminSearch | None:
    """Return the search that is registered."""
    return _registered


def find(model: type[Publishable], words: str) -> list[int] | None:
    """Return the ids of the objects found, or None where ``search_fields`` must be searched."""
    return _registered(model, words) if _registered and words.strip() else None
