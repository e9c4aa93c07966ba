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
Link = Callable[[MediaFile], str]

_searches: list[Search] = []
_links: list[Link] = []


def register(search: Search, proposal_url: Link) -> None:
    """Register the function that finds the waiting pages; called one time.

    ``proposal_url`` returns the admin page on which a change of the file is proposed for all of
    them.
    """
    _searches[:] = [search]
    _links[:] = [proposal_url]


def proposal_url(media_file: MediaFile) -> str:
    """Return the URL of the page that proposes a change for all texts; '' if nothing waits."""
    if not media_file.former_descriptions.exists():  # type: ignore[attr-defined]
        return ""
    return next((link(media_file) for link in _links), "")


def waiting_pages(media_file: MediaFile) -> list[WaitingPage]:
    """Return the public pages that wait for a release with the present values of a file."""
    return [page for search in _searches for page in search(media_file)]
