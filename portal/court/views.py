"""Public pages about the court: profile, leaders, departments, judges, contact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from portal.consistency import arithmetic
from portal.publishing.models import Publishable
from portal.publishing.public import gone
from portal.publishing.references import Role, related_links, targets
from portal.site.page_info import PageInfo
from portal.source_values.quantities import Comparator, Quantity

from . import pages, structured
from .models import CourtProfile, Department, Person
from .rows import IdeaKind

#: Maximum number of people or departments on a page, more than a court of this level has.
MAX_ROWS = 300
#: Maximum number of staff for which a chart is drawn: it has one square for each person.
MAX_SQUARES = 120
SQUARES_PER_ROW = 16

#: A leader and the titles of the posts that the leader holds today.
Leader = tuple[Person, list[str]]


def profile(request: HttpRequest) -> HttpResponse:
    found = public_profile()
    if found is None:
        return _gone(request)
    context = profile_context(found)
    context["structured"] = partial(
        structured.profile, profile=found, corrected=context["corrections"], path=request.path
    )
    return render(request, "court/profile.html", context)


def leaders(request: HttpRequest) -> HttpResponse:
    context = leaders_context(public_leaders())
    context["structured"] = partial(
        structured.leaders,
        leaders=[(person, posts) for person, posts, _sources in context["leaders"]],
        profile=context["profile"],
        path=request.path,
    )
    return _render(request, "court/leaders.html", context, "leaders")


def departments(request: HttpRequest) -> HttpResponse:
    rows = Department.objects.public().order_by("position", "pk")[:MAX_ROWS]
    context = departments_context(list(rows), public_profile())
    context["structured"] = partial(
        structured.departments,
        departments=context["departments"],
        profile=context["profile"],
        path=request.path,
    )
    return _render(request, "court/departments.html", context, "departments", "count")


def judges(request: HttpRequest) -> HttpResponse:
    context = judges_context(public_judges(), public_profile())
    context["structured"] = partial(
        structured.judges,
        judges=[person for person, _department in context["judges"]],
        profile=context["profile"],
        path=request.path,
    )
    return _render(request, "court/judges.html", context, "judges", "count")


def contact(request: HttpRequest) -> HttpResponse:
    found = public_profile()
    if found is None:
        return _gone(request)
    if not pages.has_contact(found):
        raise Http404
    context = _page_context(pages.CONTACT, found)
    context["structured"] = partial(structured.contact, profile=found, path=request.path)
    return render(request, "court/contact.html", context)


def _render(
    request: HttpRequest, template: str, context: dict[str, Any], *needed: str
) -> HttpResponse:
    """Render a page; raise Http404 if all context variables named in ``needed`` are empty."""
    if not any(context[name] for name in needed):
        raise Http404
    return render(request, template, context)


def public_profile() -> CourtProfile | None:
    """Return the public profile of the court, or None."""
    return CourtProfile.objects.public().first()


def _gone(request: HttpRequest) -> HttpResponse:
    """Return the response if no profile is public: 410 if one was public earlier, else 404."""
    published = CourtProfile.objects.filter(published_at__isnull=False)
    last = published.order_by("-published_at", "-pk").first()
    if last is None:
        raise Http404
    return gone(request, last)


# Template contexts of public pages and previews


def profile_context(profile: CourtProfile, *, preview: bool = False) -> dict[str, Any]:
    staff, judges = profile.established_staff_count, profile.quota_judge_count
    leaders = public_leaders()
    return {
        **_page_context(pages.PROFILE, profile, preview=preview, previewed=profile),
        **_footer_context(profile),
        "leaders": leaders,
        "share": _share(judges, staff),
        "staff_chart": _staff_chart(judges, staff),
        "slogans": [row for row in profile.ideas if row["kind"] == IdeaKind.SLOGAN],
        "ideas": [
            (kind, rows)
            for kind in (IdeaKind.IDEA, IdeaKind.PROGRAMME, IdeaKind.ACTIVITY)
            if (rows := [row for row in profile.ideas if row["kind"] == kind])
        ],
    }


def leaders_context(leaders: list[Leader], draft: Person | None = None) -> dict[str, Any]:
    if draft is not None:
        others = [row for row in leaders if row[0].pk != draft.pk]
        leaders = sorted(
            [*others, (draft, draft.localized_posts())],
            key=lambda row: (row[0].precedence, row[0].pk or 0),
        )
    sources = targets([person for person, _posts in leaders if person.pk], Role.STATED_IN)
    frame = _page_context(
        pages.LEADERS, public_profile(), preview=draft is not None, previewed=draft
    )
    return {
        **frame,
        "leaders": [(person, posts, sources.get(person.pk, [])) for person, posts in leaders],
    }


def departments_context(
    departments: list[Department], profile: CourtProfile | None, draft: Department | None = None
) -> dict[str, Any]:
    if draft is not None:
        others = [each for each in departments if each.pk != draft.pk]
        departments = sorted([*others, draft], key=lambda each: (each.position, each.pk or 0))
    count = profile.department_count if profile else None
    return {
        **_page_context(pages.DEPARTMENTS, profile, preview=draft is not None, previewed=draft),
        "departments": departments,
        "count": count,
        "is_partial": _is_partial(len(departments), count),
    }


def judges_context(
    judges: list[Person], profile: CourtProfile | None, draft: Person | None = None
) -> dict[str, Any]:
    if draft is not None:
        others = [each for each in judges if each.pk != draft.pk]
        judges = sorted([*others, draft], key=lambda each: (each.precedence, each.pk or 0))
    count = profile.quota_judge_count if profile else None
    wanted = {each.department_id for each in judges if each.department_id}
    rows = Department.objects.public().filter(pk__in=wanted)
    departments: dict[int | None, Department] = {each.pk: each for each in rows}
    return {
        **_page_context(pages.JUDGES, profile, preview=draft is not None, previewed=draft),
        "judges": [(each, departments.get(each.department_id)) for each in judges],
        "count": count,
        "is_partial": _is_partial(len(judges), count),
    }


def _page_context(
    page_info: PageInfo,
    profile: CourtProfile | None,
    *,
    preview: bool = False,
    previewed: Publishable | None = None,
) -> dict[str, Any]:
    """Return the context that the five pages share; ``siblings`` are the links between them."""
    routes = pages.routes_with_content(profile)
    if preview:
        routes.add(page_info.route)
    return {
        "page_info": page_info,
        "profile": profile,
        "siblings": [
            (each.name, reverse(each.route), each is page_info)
            for each in pages.COURT_PAGES
            if each.route in routes
        ],
        "preview": preview,
        "is_public_text": previewed is None or previewed.is_public_text,
    }


def _footer_context(obj: Publishable) -> dict[str, Any]:
    """Return the context for the end of the page: references, corrections and reviewers."""
    references = related_links(obj)
    return {
        "references": references,
        "several_roles": len({role for role, _title, _url in references}) > 1,
        "corrections": list(obj.corrections()) if obj.pk else [],
        "trail": obj.review_trail(),
    }


def public_leaders() -> list[Leader]:
    """Return the public leaders who hold a post today, with the titles of their posts."""
    rows = Person.objects.public().filter(is_leader=True).by_precedence()
    people = rows.prefetch_related("picture_rows__image")[:MAX_ROWS]
    return [(each, posts) for each in people if (posts := each.localized_posts())]


def public_judges() -> list[Person]:
    """Return the public quota judges in order of precedence."""
    rows = Person.objects.public().filter(is_quota_judge=True).by_precedence()
    return list(rows.prefetch_related("picture_rows__image")[:MAX_ROWS])


# Chart and share of the quota judges


def _exact_value(quantity: Quantity | None) -> Decimal | None:
    if quantity is None or quantity.comparator != Comparator.EXACT:
        return None
    return quantity.value


def _is_partial(named: int, count: Quantity | None) -> bool:
    """Return whether the page lists fewer people or departments than the stated number."""
    number = _exact_value(count)
    return number is not None and 0 < named < number


def _share(judges: Quantity | None, staff: Quantity | None) -> str:
    """Return the percentage of quota judges in the staff; "" if it cannot be computed."""
    part, whole = _exact_value(judges), _exact_value(staff)
    if not part or not whole or part > whole:
        return ""
    return arithmetic.format_rounded(100 * part / whole, 1).removesuffix(".0") + "%"


@dataclass(frozen=True)
class StaffChart:
    """A chart of the staff: one square per person, filled for quota judges.

    ``squares`` are (x, y, filled); positions and sizes are in pixels.
    """

    staff: int
    judges: int
    squares: list[tuple[int, int, bool]]
    width: int
    height: int


def _staff_chart(judges: Quantity | None, staff: Quantity | None) -> StaffChart | None:
    """Return the chart; None unless both numbers are exact, whole and at most ``MAX_SQUARES``."""
    part, whole = _exact_value(judges), _exact_value(staff)
    if not part or not whole or not part <= whole <= MAX_SQUARES:
        return None
    if part != int(part) or whole != int(whole):
        return None
    squares = [
        (number % SQUARES_PER_ROW * 12, number // SQUARES_PER_ROW * 12, number < part)
        for number in range(int(whole))
    ]
    columns = min(int(whole), SQUARES_PER_ROW)
    height = -(-int(whole) // SQUARES_PER_ROW) * 12 - 3
    return StaffChart(int(whole), int(part), squares, columns * 12 - 3, height)
