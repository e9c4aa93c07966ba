"""Search scopes: the parts of the site to which a reader can narrow a search.

``portal/wiring.py`` registers the functions that return the scopes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class SearchScope:
    """A part of the site, such as a column.

    ``keys``: the keys of this scope and of all scopes inside it, whose documents belong to it;
    ``is_child``: whether the search form lists it as a child of the scope before it.
    """

    key: str
    name: str
    url: str
    keys: tuple[str, ...]
    is_child: bool = False


_sources: list[Callable[[], Iterable[SearchScope]]] = []


def register(source: Callable[[], Iterable[SearchScope]]) -> None:
    """Add a function that returns scopes; each request of the search page calls the function."""
    if source not in _sources:
        _sources.append(source)


def get_all() -> list[SearchScope]:
    """Return the search scopes that all registered functions return."""
    return [scope for source in _sources for scope in source()]
