"""The places of the site that a search can be narrowed to; the roof knows them (``wiring``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class SearchScope:
    """A column, say: ``keys`` are the groups whose documents it holds, its own among them."""

    key: str
    name: str
    url: str
    keys: tuple[str, ...]
    is_child: bool = False


_sources: list[Callable[[], Iterable[SearchScope]]] = []


def register(source: Callable[[], Iterable[SearchScope]]) -> None:
    if source not in _sources:
        _sources.append(source)


def get_all() -> list[SearchScope]:
    return [place for source in _sources for place in source()]
