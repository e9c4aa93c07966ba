"""Public pages: the honour wall with its timeline, lists by level and year, an honour."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.court.models import Department, Person
from portal.publishing import list_counts
from portal.publishing.public import gone
from portal.publishing.references import related_links
from portal.publishing.states import State

from . import pages, structured
from .charts import counts_chart
from .fields import Level
from .models import Honor
from .recipients import RecipientKind, recipient_label

#: Maximum number of plaques per level on the wall; the pages of the level list all honours.
PLAQUES_PER_LEVEL = 12
#: Maximum number of honours on the timeline; the pages of the years list all honours.
TIMELINE_LIMIT = 40
PER_PAGE = 24


def wall(request: HttpRequest) -> HttpResponse:
    """Show the honours by level and on a timeline, and their numbers by level and year."""
    all_honors = list_counts.make_key(Honor, "all")
    keys = {list_counts.make_key(Honor, "level", level.value): level.value for level in Level}
    totals = list_counts.totals_by_year([all_honors, *keys])
    if not totals:
        raise Http404
    counts = {
        (_year(year), keys[key]): total for (key, year), total in totals.items() if key in keys
    }
    in_year = {_year(year): total for (key, year), total in totals.items() if key == all_honors}
    rows = Honor.objects.public().newest_first()
    by_level = [
        (level, list(rows.at_level(level.value).for_wall()[:PLAQUES_PER_LEVEL])) for level in Level
    ]
    latest = rows.of_all()[:TIMELINE_LIMIT]
    context = {
        "page_info": pages.WALL,
        "levels": [
            (level, honors, sum(n for (_in, name), n in counts.items() if name == level.value))
            for level, honors in by_level
            if honors
        ],
        "timeline": [
            (year, list(honors), in_year.get(year, 0))
            for year, honors in groupby(latest, attrgetter("awarded_year"))
        ],
        "years": sorted((year for year in in_year if year), reverse=True),
        "undated": in_year.get(0, 0),
        "chart": counts_chart(counts),
        "total": sum(in_year.values()),
        "has_open_list": list(rows.filter(open_list=True)[:1]),
    }
    # All honours in the order of the wall; an honour with two levels is included only once.
    on_wall = dict.fromkeys(honor for _level, honors in by_level for honor in honors)
    context["structured"] = partial(structured.wall, listed_honors=list(on_wall), path=request.path)
    return render(request, "honors/wall.html", context)


def _year(counted_year: int) -> int:
    """Convert a year of the list counts to ``Honor.awarded_year``, which is 0 if undated."""
    return 0 if counted_year == list_counts.UNDATED.year else counted_year


def level(request: HttpRequest, level: str, number: int = 1) -> HttpResponse:
    """List the honours of one level, latest first."""
    if level not in Level.values:
        raise Http404
    return _list(
        request,
        rows=Honor.objects.public().at_level(level),
        list_key=list_counts.make_key(Honor, "level", level),
        address=reverse("honors:level", args=[level]),
        number=number,
        title=_("Honours: %(level)s") % {"level": Level(level).label},
    )


def year(request: HttpRequest, year: int, number: int = 1) -> HttpResponse:
    """List the honours of one year, latest first."""
    return _list(
        request,
        rows=Honor.objects.public().of_year(year),
        list_key=list_counts.make_key(Honor, "year", year),
        address=reverse("honors:year", args=[year]),
        number=number,
        title=_("Honours of %(year)s") % {"year": year},
    )


def undated(request: HttpRequest, number: int = 1) -> HttpResponse:
    """List the honours whose source prints no year."""
    return _list(
        request,
        rows=Honor.objects.public().of_year(None),
        list_key=list_counts.make_key(Honor, "year", "undated"),
        address=reverse("honors:undated"),
        number=number,
        title=_("Honours without a stated year"),
    )


def _list(
    request: HttpRequest, *, rows: Any, list_key: str, address: str, number: int, title: str
) -> HttpResponse:
    if number == 1 and request.path.endswith("/page/1/"):
        return HttpResponsePermanentRedirect(address)
    page = list_counts.get_page(rows.for_wall(), list_key, number, PER_PAGE)
    if page is None or not page.total:
        raise Http404
    context = {
        "page_info": pages.WALL,
        "heading": title,
        "page": page,
        "title": title,
        "base": address,
        "structured": partial(
            structured.level_or_year, title=title, listed_honors=page.items, path=request.path
        ),
    }
    return render(request, "honors/list.html", context)


def honor(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an honour with its sources; status 410 if it was withdrawn."""
    found = get_object_or_404(Honor, pk=pk)
    if found.state != State.LIVE:
        return gone(request, found)
    context = honor_context(found)
    context["structured"] = partial(
        structured.honor,
        honor=found,
        recipients=context["recipients"],
        corrected=context["corrections"],
    )
    return render(request, "honors/honor.html", context)


def honor_context(honor: Honor, *, preview: bool = False) -> dict[str, Any]:
    """Return the template context of an honour's page, for readers and for a preview."""
    references = related_links(honor)
    return {
        "page_info": pages.WALL,
        "honor": honor,
        "recipients": _recipients(honor),
        "references": references,
        "several_roles": len({role for role, _title, _url in references}) > 1,
        "corrections": list(honor.corrections()) if honor.pk else [],
        "trail": honor.review_trail(),
        "preview": preview,
        "is_public_text": honor.is_public_text,
    }


def _recipients(honor: Honor) -> list[tuple[str, str]]:
    """Return (label, URL path) of each recipient; "" unless exactly one public page matches."""
    types: dict[str, Any] = {
        RecipientKind.PERSON.value: Person,
        RecipientKind.DEPARTMENT.value: Department,
    }
    urls: dict[tuple[str, str], list[str]] = {}
    for kind, model in types.items():
        names = [row["name"] for row in honor.recipients if row["kind"] == kind]
        for found in model.objects.public().filter(name__in=names) if names else ():
            urls.setdefault((kind, found.name), []).append(found.get_absolute_url())
    labelled = []
    for row in honor.recipients:
        matches = urls.get((row["kind"], row["name"]), [])
        # If two people have the same name, the recipient has no link.
        labelled.append((recipient_label(row), matches[0] if len(matches) == 1 else ""))
    return labelled
