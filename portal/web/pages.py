"""Descriptions of public pages, for the cache warm-up, the sitemap and the export.

Each app's ``sitemaps.py`` yields its own pages; ``portal/addresses.py`` chains them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

Row = TypeVar("Row")

#: Rows read by one query.
BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on a page: its URL path and its caption."""

    path: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A URL that answers 200 to every visitor, with what is known about it without rendering.

    ``changed`` is None for lists, which change with each of their entries. ``in_sitemap`` is False
    for files and for page 2 and later of a list, whose entries the sitemap names one by one.
    """

    path: str
    changed: datetime | None = None
    title: str = ""
    published: datetime | None = None
    language: str = ""
    images: tuple[Picture, ...] = ()
    #: Whether the page belongs in the Google News extension of the sitemap.
    is_news: bool = False
    in_sitemap: bool = True


def unlisted_page(path: str) -> PublicPage:
    """Return a public page that the sitemap does not name, such as a feed or a file."""
    return PublicPage(path, in_sitemap=False)


def further_pages(path: str, total: int, per_page: int) -> Iterator[PublicPage]:
    """Yield page 2 and later of a list with ``total`` entries."""
    for number in range(2, -(-total // per_page) + 1):
        yield unlisted_page(f"{path}page/{number}/")


def in_batches(rows: Any, rest: Callable[[Any, Any], Any]) -> Iterator[list[Any]]:
    """Yield the rows of an ordered queryset in lists of up to ``BATCH_SIZE``, one query each.

    ``rest(rows, last)`` returns the rows after ``last``. No cursor stays open between two batches:
    on SQLite an open cursor of a slow consumer would block every writer.
    """
    batch = list(rows[:BATCH_SIZE])
    while batch:
        yield batch
        batch = list(rest(rows, batch[-1])[:BATCH_SIZE]) if len(batch) == BATCH_SIZE else []


def batches_by_id(rows: Any) -> Iterator[list[Any]]:
    """Yield the rows in batches, ordered by primary key."""
    return in_batches(rows.order_by("pk"), lambda rows, last: rows.filter(pk__gt=last.pk))


def flatten(batches: Iterable[list[Row]]) -> Iterator[Row]:
    """Yield the rows of all batches."""
    for batch in batches:
        yield from batch
