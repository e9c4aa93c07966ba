"""Descriptions of public pages, for the cache warm-up, the sitemap and the export.

The module ``sitemaps.py`` of each app yields the app's pages; ``portal/addresses.py`` combines
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

Row = TypeVar("Row")

#: Maximum number of rows that one database query reads.
BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Picture:
    """An image on a page: its URL path and its caption."""

    path: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class PublicPage:
    """The URL of a page that every visitor can read, and facts known without rendering the page.

    ``changed`` is the time of the last change; None for lists, which change with each of their
    entries. ``in_sitemap`` is False for files and for page 2 and later of a list, because the
    sitemap lists the entries themselves.
    """

    path: str
    changed: datetime | None = None
    title: str = ""
    published: datetime | None = None
    language: str = ""
    images: tuple[Picture, ...] = ()
    #: Whether the sitemap describes the page by its Google News extension.
    is_news: bool = False
    in_sitemap: bool = True


def unlisted_page(path: str) -> PublicPage:
    """Return a public page that the sitemap does not list, such as a feed or a file."""
    return PublicPage(path, in_sitemap=False)


def further_pages(path: str, total: int, per_page: int) -> Iterator[PublicPage]:
    """Yield page 2 and later of a list with ``total`` entries, ``per_page`` on each page."""
    for number in range(2, -(-total // per_page) + 1):
        yield unlisted_page(f"{path}page/{number}/")


def in_batches(rows: Any, rest: Callable[[Any, Any], Any]) -> Iterator[list[Any]]:
    """Yield the rows of an ordered queryset in lists of up to ``BATCH_SIZE``, one query for each.

    ``rest(rows, last)`` returns the queryset of the rows after ``last``. No database cursor stays
    open between two batches: on SQLite, the open cursor of a slow consumer would block every
    writer.
    """
    batch = list(rows[:BATCH_SIZE])
    while batch:
        yield batch
        batch = list(rest(rows, batch[-1])[:BATCH_SIZE]) if len(batch) == BATCH_SIZE else []


def batches_by_id(rows: Any) -> Iterator[list[Any]]:
    """Yield the rows in batches (see ``in_batches``), ordered by primary key."""
    return in_batches(rows.order_by("pk"), lambda rows, last: rows.filter(pk__gt=last.pk))


def flatten(batches: Iterable[list[Row]]) -> Iterator[Row]:
    """Yield the rows of all batches one by one."""
    for batch in batches:
        yield from batch
