"""What every public page shows around its content."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from news.models import Column
from portal.site.models import FriendlyLink, SiteSettings


def house(request: HttpRequest) -> dict[str, Any]:
    """Each part is one query, made only by the template that asks for it."""
    return {
        "site": SimpleLazyObject(SiteSettings.load),
        "navigation": SimpleLazyObject(navigation),
        "links": SimpleLazyObject(links),
    }


def navigation() -> list[Column]:
    """The columns of the first level that hold something, each with those below it."""
    shown = list(Column.objects.shown().order_by("position", "pk"))
    below = defaultdict(list)
    for column in shown:
        below[column.parent_id].append(column)
    for column in below[None]:
        setattr(column, "shown_children", below[column.pk])  # noqa: B010  (for the template alone)
    return below[None]


def links() -> dict[str, list[FriendlyLink]]:
    groups = defaultdict(list)
    for link in FriendlyLink.objects.order_by("group", "position", "pk"):
        groups[link.group].append(link)
    return dict(groups)
