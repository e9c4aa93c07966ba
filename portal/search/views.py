"""The search page; its response to any query string has status 200."""

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

from portal.http.parameters import parse_number
from portal.publishing.search_document import Kind

from . import pages, public_search, scopes
from .engines import ScanBudget
from .public_search import SearchFilters, SearchPage
from .query import Query, parse
from .scopes import SearchScope

RELEVANCE = "relevance"


@dataclass(frozen=True)
class SearchRequest:
    """The parsed query string of a request; invalid parameters are ignored."""

    query: Query
    filters: SearchFilters
    by_relevance: bool
    number: int

    def url(self, **changes: Any) -> str:
        """Return the URL of this search with changed parameters; None removes a parameter."""
        filters = self.filters
        parameters: dict[str, Any] = {
            "q": self.query.text,
            "column": filters.scope.key if filters.scope else None,
            "type": filters.kind or None,
            "from": filters.since,
            "to": filters.until,
            "sort": RELEVANCE if self.by_relevance else None,
            **changes,
        }
        given = {name: value for name, value in parameters.items() if value not in (None, "")}
        return f"{reverse('search')}?{urlencode(given)}"


@require_safe
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """Show the search form and, if the reader typed a query, a page of hits."""
    all_scopes = scopes.get_all()
    parsed = parse_request(request, all_scopes)
    page = public_search.find(
        parsed.query, parsed.filters, number=parsed.number, by_relevance=parsed.by_relevance
    )
    scopes_by_key = {scope.key: scope for scope in all_scopes}
    context = {
        "page_info": pages.SEARCH,
        "search_request": parsed,
        "query": parsed.query,
        "filters": parsed.filters,
        "found": page,
        "hits": [(hit, scopes_by_key.get(hit.scope_key)) for hit in page.hits],
        "scopes": all_scopes,
        "kinds": Kind.choices,
        "pager": build_pager(parsed, page),
        "orders": [
            (_("Newest first"), parsed.url(sort=None), not parsed.by_relevance),
            (_("Most relevant first"), parsed.url(sort=RELEVANCE), parsed.by_relevance),
        ],
        "suggestions": build_suggestions(parsed) if parsed.query.terms and not page.total else None,
        "keeps_query": True,  # for the link to the other language
        "hidden": True,  # ``includes/meta.html`` writes "noindex"
    }
    return render(request, "search/search.html", context)


def parse_request(request: HttpRequest, all_scopes: list[SearchScope]) -> SearchRequest:
    """Parse the query string of the request; ignore invalid parameters."""
    given = request.GET
    key = given.get("column", "")
    kind = given.get("type", "")
    number = parse_number(given.get("page", ""), max_digits=4)
    return SearchRequest(
        query=parse(given.get("q", "")),
        filters=SearchFilters(
            kind=kind if kind in Kind.values else "",
            scope=next((scope for scope in all_scopes if scope.key == key), None),
            since=_parse_day(given.get("from", "")),
            until=_parse_day(given.get("to", "")),
        ),
        by_relevance=given.get("sort") == RELEVANCE,
        number=1 if number is None else number,
    )


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def build_pager(parsed: SearchRequest, page: SearchPage) -> dict[str, Any]:
    """Return the links to the first, last and neighbouring pages; None in ``steps`` is a gap."""

    def url(number: int) -> str:
        return parsed.url(page=number if number > 1 else None)

    near = {1, page.pages, *range(page.number - 2, page.number + 3)}
    numbers = sorted(number for number in near if 1 <= number <= page.pages)
    steps: list[tuple[int, str] | None] = []
    for number in numbers:
        last = steps[-1] if steps else None
        if last is not None and number - last[0] > 1:
            steps.append(None)
        steps.append((number, url(number)))
    return {
        "steps": steps if page.pages > 1 else [],
        "previous": url(page.number - 1) if page.number > 1 else "",
        "next": url(page.number + 1) if page.number < page.pages else "",
    }


def build_suggestions(parsed: SearchRequest) -> dict[str, Any]:
    """Return similar searches that have hits: without filters or quotes, or with fewer words."""
    query = parsed.query
    no_filters: dict[str, Any] = dict.fromkeys(("column", "type", "from", "to"))
    budget = ScanBudget(public_search.SUGGESTION_SCAN_BUDGET)  # of all suggestions
    counts = [(term, *public_search.count([term], SearchFilters(), budget)) for term in query.terms]
    suggestions: dict[str, Any] = {"alone": [], "rest": None, "unquoted": None, "wide": None}
    if len(query.terms) > 1:
        suggestions["alone"] = [
            (str(term), number, has_more, parsed.url(q=str(term), **no_filters))
            for term, number, has_more in counts
            if number or not has_more  # a scan that ended early without hits proves nothing
        ]
        rarest = min(counts, key=lambda each: each[1])[0]
        others = [term for term in query.terms if term != rarest]
        suggestions["rest"] = _suggest(parsed, query.without(rarest), others, no_filters, budget)
    if query.has_quotes:
        plain = query.unquoted()
        suggestions["unquoted"] = _suggest(parsed, plain, parse(plain).terms, no_filters, budget)
    if parsed.filters:
        suggestions["wide"] = _suggest(parsed, query.text, query.terms, no_filters, budget)
    return suggestions


def _suggest(
    parsed: SearchRequest, text: str, terms: Any, no_filters: dict[str, Any], budget: ScanBudget
) -> tuple | None:
    """Return (query text, number of hits, whether there are more, URL); None without hits."""
    number, has_more = public_search.count(terms, SearchFilters(), budget)
    return (text, number, has_more, parsed.url(q=text, **no_filters)) if number else None
