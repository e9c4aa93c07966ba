"""What a room says of its public pages, to whoever lists them: the warm-up, the maps, the archive.

Each room's ``sitemaps.py`` yields its own; ``portal/addresses.py`` chains them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

Row = TypeVar("Row")

#: So many rows are read at once.
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that stands on a page: its path, and what it shows in words."""

    path: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class PublicPage:
    """An address that answers 200 to everybody, and what is known of it without rendering it.

    ``changed`` is None where nobody keeps it: a list changes with whatever it lists.
    ``in_sitemap``: whether the map for machines names it, which is for pages that people read;
    neither files nor the further pages of a list, whose entries it names one by one.
    """

    path: str
    changed: datetime | None = None
    title: str = ""
    published: datetime | None = None
    language: str = ""
    images: tuple[Picture, ...] = ()
    #: Of the kind that news services collect.
    is_news: bool = False
    in_sitemap: bool = True


def unlisted_page(path: str) -> PublicPage:
    """A page for machines, or a further page of a list: public, and in no map."""
    return PublicPage(path, in_sitemap=False)


def further_pages(path: str, total: int, per_page: int) -> Iterator[PublicPage]:
    """The pages of a list after its first one."""
    for number in range(2, -(-total // per_page) + 1):
        yield unlisted_page(f"{path}page/{number}/")


def in_batches(rows: Any, rest: Callable[[Any, Any], Any]) -> Iterator[list[Any]]:
    """The rows in their order, each batch by a query of its own; ``rest(rows, last)`` are those
    after a row.

    No cursor stays open between two batches: whoever takes his time would keep every writer
    waiting, where the database is SQLite.
    """
    batch = list(rows[:BATCH])
    while batch:
        yield batch
        batch = list(rest(rows, batch[-1])[:BATCH]) if len(batch) == BATCH else []


def batches_by_id(rows: Any) -> Iterator[list[Any]]:
    """The rows by their ids, batch by batch."""
    return in_batches(rows.order_by("pk"), lambda rows, last: rows.filter(pk__gt=last.pk))


def flatten(batches: Iterable[list[Row]]) -> Iterator[Row]:
    for batch in batches:
        yield from batch
