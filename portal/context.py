"""The context processor of all pages: site settings, navigation and friendly links."""

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
    """Return the lazy context variables of every page.

    Each is loaded from the database only if the template uses it.
    """
    return {
        "site": SimpleLazyObject(SiteSettings.load),
        "navigation": SimpleLazyObject(navigation),
        "links": SimpleLazyObject(links),
    }


def navigation() -> list[Column]:
    """Return the top-level columns with content, each with its ``visible_children``.

    Child columns without content are left out.
    """
    rows = list(Column.objects.for_navigation().order_by("position", "pk"))
    empty = _empty_pages({column.page for column in rows} - {""})
    below: dict[int | None, list[Column]] = defaultdict(list)
    for column in rows:
        if column.page in empty:
            column.page = ""  # not saved: the column then links to the list of its articles
        if column.parent_id and (column.page or column.own):
            below[column.parent_id].append(column)
    top = []
    for column in rows:
        children = below[column.pk]
        if column.parent_id or not (column.page or column.own or column.below or children):
            continue
        if not (column.page or column.own or column.below):
            column.page = children[0].page  # without content of its own, link to the first child
        setattr(column, "visible_children", children)  # noqa: B010  (read by the template only)
        top.append(column)
    return top


def _if_filled(route: str, is_filled: bool) -> set[str]:
    return {route} if is_filled else set()


#: For each URL namespace a function that returns the URL names of those of its pages that have
#: content. These pages are generated from records, not from articles.
FILLED_PAGES: dict[str, Callable[[], set[str]]] = {
    "court": lambda: court.routes_with_content(CourtProfile.objects.public().first()),
    "honors": lambda: _if_filled("honors:wall", Honor.objects.public().of_all().exists()),
    "data": lambda: _if_filled("data:index", Observation.objects.readable().exists()),
}


def _empty_pages(pages: set[str]) -> set[str]:
    """Return those of the generated pages, given as URL names, that have no content."""
    namespaces = {page.partition(":")[0] for page in pages}
    filled = [FILLED_PAGES[namespace]() for namespace in namespaces]
    return pages.difference(*filled)


def links() -> dict[str, list[FriendlyLink]]:
    """Return the friendly links in a dictionary by group."""
    groups = defaultdict(list)
    for link in FriendlyLink.objects.order_by("group", "position", "pk"):
        groups[link.group].append(link)
    return dict(groups)
