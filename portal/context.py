"""What every public page shows around its content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from honors.models import Honor
from news.models import Column
from portal.court import pages as court
from portal.court.models import CourtProfile, Observation
from portal.site.models import FriendlyLink, SiteSettings


def site_context(request: HttpRequest) -> dict[str, Any]:
    """Each part is one query, made only by the template that asks for it."""
    return {
        "site": SimpleLazyObject(SiteSettings.load),
        "navigation": SimpleLazyObject(navigation),
        "links": SimpleLazyObject(links),
    }


def navigation() -> list[Column]:
    """The columns of the first level that hold something, each with those below it."""
    rows = list(Column.objects.shown().order_by("position", "pk"))
    empty = _empty_pages({column.page for column in rows} - {""})
    below: dict[int | None, list[Column]] = defaultdict(list)
    for column in rows:
        if column.page in empty:
            column.page = ""  # in memory: it leads to its own list
        if column.parent_id and (column.page or column.own):
            below[column.parent_id].append(column)
    top = []
    for column in rows:
        shown = below[column.pk]
        if column.parent_id or not (column.page or column.own or column.below or shown):
            continue
        if not (column.page or column.own or column.below):
            column.page = shown[0].page  # nothing of its own: it leads to the first below it
        setattr(column, "visible_children", shown)  # noqa: B010  (for the template alone)
        top.append(column)
    return top


def _of(route: str, is_filled: bool) -> set[str]:
    return {route} if is_filled else set()


#: Which of a room's pages have something to show, by the room in their name.
FILLED: dict[str, Callable[[], set[str]]] = {
    "court": lambda: court.routes_with_content(CourtProfile.objects.public().first()),
    "honors": lambda: _of("honors:wall", Honor.objects.public().of_all().exists()),
    "data": lambda: _of("data:index", Observation.objects.readable().exists()),
}


def _empty_pages(pages: set[str]) -> set[str]:
    """Those of the pages that the portal makes that have nothing to show."""
    filled = [FILLED[room]() for room in {page.partition(":")[0] for page in pages}]
    return pages.difference(*filled)


def links() -> dict[str, list[FriendlyLink]]:
    groups = defaultdict(list)
    for link in FriendlyLink.objects.order_by("group", "position", "pk"):
        groups[link.group].append(link)
    return dict(groups)
