"""The public pages of honours, for the sitemap and the static export."""

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

#: Maximum number of images of an honour in the sitemap.
MAX_PICTURES = 10

#: A list of honours: (URL path, title, number of honours).
ListEntry = tuple[str, str, int]


def top_pages() -> Iterator[PublicPage]:
    """Yield the honour wall if there is a public honour."""
    if list_counts.total(list_counts.make_key(Honor, "all")):
        yield PublicPage(reverse("honors:wall"))


def feeds() -> Iterator[PublicPage]:
    """Yield the feed if there is a public honour."""
    for _wall in top_pages():
        yield unlisted_page(reverse("honors-atom"))


def lists() -> Iterator[PublicPage]:
    """Yield all pages of the lists by level and year."""
    levels, years = nonempty_lists()
    for address, title, total in [*levels, *years]:
        yield PublicPage(address, title=title)
        yield from further_pages(address, total, PER_PAGE)


def nonempty_lists() -> tuple[list[ListEntry], list[ListEntry]]:
    """Return the non-empty lists by level and by year, with one database query."""
    all_honors = list_counts.make_key(Honor, "all")
    levels = {list_counts.make_key(Honor, "level", level.value): level for level in Level}
    totals = list_counts.totals_by_year([all_honors, *levels])
    in_level = dict.fromkeys(levels, 0)
    in_year: dict[int, int] = {}
    for (key, year), count in totals.items():
        if key == all_honors:
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
    """Yield the pages of public honours in the order of their ids.

    If a range of ids is passed, the pages include their images.
    """
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
    rows = visible_pictures(honor)[:MAX_PICTURES]
    return tuple(Picture(largest_jpeg_url(row.image), row.caption or row.alt) for row in rows)
