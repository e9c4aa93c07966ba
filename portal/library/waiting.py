"""The public pages that still show what the library has changed since their release.

The apps that know the released texts provide the search (``portal/wiring.py`` registers it), since
the library imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.library.models import MediaFile


@dataclass(frozen=True)
class WaitingPage:
    """A public object that waits for a release, and the reasons, each as one sentence."""

    obj: Any
    url: str
    admin_url: str
    reasons: tuple[str, ...]


Search = Callable[[MediaFile], list[WaitingPage]]

_searches: list[Search] = []


def register(search: Search) -> None:
    """Register the function that finds the waiting pages; called one time."""
    _searches[:] = [search]


def waiting_pages(media_file: MediaFile) -> list[WaitingPage]:
    """Return the public pages that wait for a release with the present values of a file."""
    return [page for search in _searches for page in search(media_file)]
