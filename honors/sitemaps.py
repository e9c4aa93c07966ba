"""The public pages of the honours, for whoever lists them all."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from portal.library.renditions import largest_jpeg_url
from portal.publishing import list_counts
from portal.publishing.public import visible_pictures
from portal.web.languages import localized
from portal.web.pages import (
    Picture,
    PublicPage,
    batches_by_id,
    flatten,
    further_pages,
    unlisted_page,
)

from .fields import Level
from .models import Honor
from .views import PER_PAGE

#: So many pictures of an honour are named.
PICTURES = 10

#: A list: its address, what it is called, how many honours stand in it.
List = tuple[str, str, int]


def top_pages() -> Iterator[PublicPage]:
    """The wall, where anything hangs on it."""
    if list_counts.total(list_counts.make_key(Honor, "all")):
        yield PublicPage(reverse("honors:wall"))


def feeds() -> Iterator[PublicPage]:
    """One, of what hangs on the wall."""
    for _wall in top_pages():
        yield unlisted_page(reverse("honors-atom"))


def lists() -> Iterator[PublicPage]:
    """The levels and the years, with their further pages."""
    levels, years = nonempty_lists()
    for address, title, total in [*levels, *years]:
        yield PublicPage(address, title=title)
        yield from further_pages(address, total, PER_PAGE)


def nonempty_lists() -> tuple[list[List], list[List]]:
    """The levels, then the years, that have anything to show. One query."""
    everything = list_counts.make_key(Honor, "all")
    levels = {list_counts.make_key(Honor, "level", level.value): level for level in Level}
    tallied = list_counts.totals_by_year([everything, *levels])
    in_level = dict.fromkeys(levels, 0)
    in_year: dict[int, int] = {}
    for (key, year), count in tallied.items():
        if key == everything:
            in_year[year] = in_year.get(year, 0) + count
        else:
            in_level[key] += count
    by_level = [
        (reverse("honors:level", args=[level.value]), str(level.label), in_level[key])
        for key, level in levels.items()
    ]
    by_year = [
        (reverse("honors:undated"), "", count)
        if year == list_counts.UNDATED.year
        else (reverse("honors:year", args=[year]), str(year), count)
        for year, count in sorted(in_year.items(), reverse=True)
    ]
    return [each for each in by_level if each[2]], [each for each in by_year if each[2]]


def honors(ids: range | None = None) -> Iterator[PublicPage]:
    """Every public honour by its id; of a range of ids, with their pictures."""
    rows = Honor.objects.public().only("name", "name_en", "published_at", "released_at")
    if ids is not None:
        rows = rows.filter(pk__gte=ids.start, pk__lt=ids.stop)
        rows = rows.prefetch_related("picture_rows__image")
    for honor in flatten(batches_by_id(rows)):
        yield PublicPage(
            honor.get_absolute_url(),
            changed=honor.released_at,
            title=localized(honor, "name"),
            published=honor.published_at,
            images=_pictures(honor) if ids is not None else (),
        )


def _pictures(honor: Honor) -> tuple[Picture, ...]:
    rows = visible_pictures(honor)[:PICTURES]
    return tuple(Picture(largest_jpeg_url(row.image), row.caption or row.alt) for row in rows)
