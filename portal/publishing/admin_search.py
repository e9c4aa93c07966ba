"""The full-text search for the search boxes of the admin lists.

``portal/wiring.py`` registers the search function, because ``portal.search`` imports this app.
"""

from __future__ import annotations

from collections.abc import Callable

from .models import Publishable

#: A function (model, words) -> ids of the matching objects. The result is None if the full-text
#: search does not support these words.
AdminSearch = Callable[[type[Publishable], str], list[int] | None]

_registered: AdminSearch | None = None


def register(search: AdminSearch | None) -> None:
    """Set the search function of all admin lists.

    None means that Django searches the columns in ``search_fields``.
    """
    global _registered
    _registered = search


def registered() -> AdminSearch | None:
    """Return the registered search function, or None."""
    return _registered


def find(model: type[Publishable], words: str) -> list[int] | None:
    """Return the ids of the matching objects, or None if Django must search ``search_fields``."""
    return _registered(model, words) if _registered and words.strip() else None
