"""The parts of the site to which a search can be narrowed; ``portal/wiring.py`` registers them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class SearchScope:
    """A part of the site, such as a column.

    ``keys``: the groups whose documents belong to it, its own included; ``is_child``: whether it
    is listed below the scope before it.
    """

    key: str
    name: str
    url: str
    keys: tuple[str, ...]
    is_child: bool = False


_sources: list[Callable[[], Iterable[SearchScope]]] = []


def register(source: Callable[[], Iterable[SearchScope]]) -> None:
    """Add a function that returns scopes; it is called for each search page."""
    if source not in _sources:
        _sources.append(source)


def get_all() -> list[SearchScope]:
    """Return the scopes of all registered functions."""
    return [scope for source in _sources for scope in source()]
