"""The search page. Whatever it is asked, it answers with a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.publishing.search_document import Kind

from . import pages, public_search, scopes
from .engines import Allowance
from .public_search import Found, SearchFilters
from .query import Query, parse
from .scopes import SearchScope

RELEVANCE = "relevance"


@dataclass(frozen=True)
class Asked:
    """The address of a search, read; what makes no sense in it is passed over."""

    query: Query
    narrowing: SearchFilters
    by_relevance: bool
    number: int

    def address(self, **changes: Any) -> str:
        """The address of the same search with some parts changed; None takes a part out."""
        chosen = self.narrowing
        parts: dict[str, Any] = {
            "q": self.query.written,
            "column": chosen.place.key if chosen.place else None,
            "type": chosen.kind or None,
            "from": chosen.since,
            "to": chosen.until,
            "sort": RELEVANCE if self.by_relevance else None,
            **changes,
        }
        said = {name: value for name, value in parts.items() if value not in (None, "")}
        return f"{reverse('search')}?{urlencode(said)}"


@require_safe
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """The form; with words in it, what readers find by them."""
    offered = scopes.get_all()
    asked = read(request, offered)
    found = public_search.find(
        asked.query, asked.narrowing, number=asked.number, by_relevance=asked.by_relevance
    )
    names = {place.key: place for place in offered}
    context = {
        "page_info": pages.SEARCH,
        "asked": asked,
        "query": asked.query,
        "narrowing": asked.narrowing,
        "found": found,
        "hits": [(hit, names.get(hit.place)) for hit in found.hits],
        "scopes": offered,
        "kinds": Kind.choices,
        "pager": pager(asked, found),
        "orders": [
            (_("Newest first"), asked.address(sort=None), not asked.by_relevance),
            (_("Most relevant first"), asked.address(sort=RELEVANCE), asked.by_relevance),
        ],
        "suggestions": suggestions(asked) if asked.query.terms and not found.total else None,
        "keeps_query": True,  # the other language's page searches for the same
        "hidden": True,  # by ``includes/meta.html``: a page of hits is for no other search engine
    }
    return render(request, "search/search.html", context)


def read(request: HttpRequest, offered: list[SearchScope]) -> Asked:
    wanted = request.GET
    key = wanted.get("column", "")
    kind = wanted.get("type", "")
    number = wanted.get("page", "")
    return Asked(
        query=parse(wanted.get("q", "")),
        narrowing=SearchFilters(
            kind=kind if kind in Kind.values else "",
            place=next((place for place in offered if place.key == key), None),
            since=_day(wanted.get("from", "")),
            until=_day(wanted.get("to", "")),
        ),
        by_relevance=wanted.get("sort") == RELEVANCE,
        number=int(number) if number.isascii() and number.isdecimal() and len(number) < 5 else 1,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def pager(asked: Asked, found: Found) -> dict[str, Any]:
    """The pages around this one, each with its address; None stands for a gap."""

    def address(number: int) -> str:
        return asked.address(page=number if number > 1 else None)

    near = {1, found.pages, *range(found.number - 2, found.number + 3)}
    numbers = sorted(number for number in near if 1 <= number <= found.pages)
    steps: list[tuple[int, str] | None] = []
    for number in numbers:
        last = steps[-1] if steps else None
        if last is not None and number - last[0] > 1:
            steps.append(None)
        steps.append((number, address(number)))
    return {
        "steps": steps if found.pages > 1 else [],
        "previous": address(found.number - 1) if found.number > 1 else "",
        "next": address(found.number + 1) if found.number < found.pages else "",
    }


def suggestions(asked: Asked) -> dict[str, Any]:
    """What to try when nothing is found: less narrow, without quotes, one word at a time."""
    query, narrowing = asked.query, asked.narrowing
    nowhere: dict[str, Any] = dict.fromkeys(("column", "type", "from", "to"))
    allowance = Allowance(public_search.ALLOWED_BESIDE)  # for all of them
    alone = [
        (term, *public_search.count([term], SearchFilters(), allowance)) for term in query.terms
    ]
    found: dict[str, Any] = {"alone": [], "rest": None, "unquoted": None, "wide": None}
    if len(query.terms) > 1:
        found["alone"] = [
            (str(term), number, is_more, asked.address(q=str(term), **nowhere))
            for term, number, is_more in alone
            if number or not is_more  # else nobody knows
        ]
        rarest = min(alone, key=lambda each: each[1])[0]
        others = [term for term in query.terms if term != rarest]
        found["rest"] = _offer(asked, query.without(rarest), others, nowhere, allowance)
    if query.has_quotes:
        plain = query.unquoted()
        found["unquoted"] = _offer(asked, plain, parse(plain).terms, nowhere, allowance)
    if narrowing:
        found["wide"] = _offer(asked, query.written, query.terms, nowhere, allowance)
    return found


def _offer(
    asked: Asked, written: str, terms: Any, nowhere: dict[str, Any], allowance: Allowance
) -> tuple | None:
    """(words, hits, whether there are more, address) of another search that finds something."""
    number, is_more = public_search.count(terms, SearchFilters(), allowance)
    return (written, number, is_more, asked.address(q=written, **nowhere)) if number else None
