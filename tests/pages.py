"""One page of every public kind, for page audits, screenshots and measurements.

A URL path that depends on the content of the database is a function. The function finds the path in
the sample portal (``tests.sample``), whose process calls ``print_pages``. If none of these pages
uses some public template, ``tests/page_audits/test_table.py`` fails.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock
from urllib.parse import urlencode

from django.db.models import Count
from django.test import Client
from django.test.signals import template_rendered
from django.test.utils import setup_test_environment
from django.utils import translation

from honors.models import Honor
from news.models import Article
from portal.court.models import Indicator, Observation
from portal.letters import tokens
from portal.letters.models import Letter
from portal.publishing.attached import AttachedPicture
from portal.publishing.states import State
from tests.sample import FORM
from tests.sample.more import EVERYTHING, MANY, WITHDRAWN_FILES
from tests.sample.more import PAGES as LAST


@dataclass(frozen=True)
class Row:
    """The URL path of a page and the expected status of its response.

    ``sent`` is the body of the POST request that returns the page; it is empty for a GET request.
    """

    address: str | Callable[[], str]
    status: int = 200
    sent: str | Callable[[], str] = ""


def _first(rows: Any) -> str:
    found = rows.order_by("pk").first()
    assert found is not None, f"the sample has none: {rows.query}"
    return found.get_absolute_url()


def _article(**having: Any) -> str:
    return _first(Article.objects.public().filter(**having))


def _illustrated() -> str:
    pictures = AttachedPicture.objects.filter(content_type__model="article")
    return _article(pk__in=pictures.values("object_id"), language="zh-hans")


def _plain() -> str:
    pictures = AttachedPicture.objects.filter(content_type__model="article")
    chinese = Article.objects.public().filter(language="zh-hans")
    return _first(chinese.exclude(pk__in=pictures.values("object_id")))


def _gone(state: State) -> Callable[[], str]:
    def find() -> str:
        # An article that was never published has no public page in any state.
        return _first(Article.objects.filter(state=state, published_at__isnull=False))

    return find


def _honor() -> str:
    return _first(Honor.objects.public())


def _indicator() -> str:
    """Return the URL path of the indicator with the most figures, so that the page has a chart."""
    figures = Observation.objects.readable().values("indicator")
    most = figures.annotate(many=Count("pk")).order_by("-many", "indicator")[0]
    return _first(Indicator.objects.filter(pk=most["indicator"]))


def _english(find: Callable[[], str]) -> Callable[[], str]:
    def found() -> str:
        with translation.override("en"):
            return find()

    return found


def _search(**parameters: str) -> str:
    return f"/search/?{urlencode(parameters)}"


def _receipt() -> str:
    # The receipt must not expire while the tests run, so it is signed as if it were a day later.
    with mock.patch("django.core.signing.time.time", return_value=time.time() + 86_400):
        signed = tokens.sign_receipt(Letter.objects.latest("pk").token_digest)
    return f"/feedback/receipt/?{urlencode({'of': signed})}"


def _number() -> str:
    return urlencode({"number": Letter.objects.latest("pk").receipt})


PAGES: dict[str, Row] = {
    "home": Row("/"),
    "columns": Row("/news/"),
    "column": Row("/news/court-news/"),
    "column-first": Row(f"/news/{MANY}/"),
    "column-deep": Row(f"/news/{MANY}/page/{LAST // 2 + 1}/"),
    "article": Row(_plain),
    "article-pictures": Row(_illustrated),
    "article-everything": Row(lambda: _article(title__contains=EVERYTHING)),
    "article-withdrawn-files": Row(lambda: _article(title__contains=WITHDRAWN_FILES)),
    "article-english": Row(lambda: _article(language="en")),
    "topic": Row("/topics/excellent-court/"),
    "honors": Row("/honors/"),
    "honors-level": Row("/honors/level/provincial/"),
    "honors-year": Row("/honors/year/2018/"),
    "honor": Row(_honor),
    "court": Row("/court/"),
    "leaders": Row("/court/leaders/"),
    "departments": Row("/court/departments/"),
    "judges": Row("/court/judges/"),
    "contact": Row("/court/contact/"),
    "data": Row("/data/"),
    "indicator": Row(_indicator),
    "corrections": Row("/corrections/"),
    "search": Row("/search/"),
    "search-found": Row(_search(q="法院")),
    "search-narrowed": Row(_search(q="法院", type="article", sort="relevance")),
    "search-nothing": Row(_search(q='"阳光雨露" 法院')),
    "site-map": Row("/site-map/"),
    "feedback": Row("/feedback/?page=/news/"),
    "feedback-mistaken": Row("/feedback/", 422, sent="kind=error&text="),
    "feedback-receipt": Row(_receipt),
    "feedback-receipt-over": Row("/feedback/receipt/", 410),
    "feedback-number": Row("/feedback/answer/"),
    "feedback-answer": Row("/feedback/answer/", sent=_number),
    "feedback-refused": Row("/feedback/", 400, sent="kind=error&kind=question"),
    "feedback-away": Row("/broken/away/", 503, sent="kind=error&text=写好的字"),
    "withdrawn": Row(_gone(State.WITHDRAWN), 410),
    "expired": Row(_gone(State.EXPIRED), 410),
    "missing": Row("/news/999999/", 404),
    "unintelligible": Row("/broken/400/", 400),
    "forbidden": Row("/broken/403/", 403),
    "broken": Row("/broken/500/", 500),
    "busy": Row("/broken/503/", 503),
    "full": Row("/broken/507/", 507),
    "down": Row("/broken/down/", 503),
    "english": Row("/en/"),
    "english-columns": Row("/en/news/"),
    "english-column": Row("/en/news/court-news/"),
    "english-empty": Row(f"/en/news/{MANY}/"),
    "english-topic": Row("/en/topics/open-justice/"),
    "english-honors": Row("/en/honors/"),
    "english-honor": Row(_english(_honor)),
    "english-court": Row("/en/court/"),
    "english-data": Row("/en/data/"),
    "english-search": Row("/en/search/?q=court"),
    "english-feedback": Row("/en/feedback/"),
    "english-missing": Row("/en/nothing/", 404),
}


def print_pages() -> None:
    """Print the URL path, status and templates of each page as JSON."""
    print(json.dumps(describe_pages()))


def describe_pages() -> dict[str, dict[str, Any]]:
    """Request each page, and return its URL path, status and templates by its name."""
    logging.disable()  # The views of the error pages log errors, which are expected.
    setup_test_environment(debug=False)
    client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
    return {name: _describe(client, row) for name, row in PAGES.items()}


def _describe(client: Client, row: Row) -> dict[str, Any]:
    address, sent = (each if isinstance(each, str) else each() for each in (row.address, row.sent))
    templates: set[str] = set()

    def note(template: Any, **_more: Any) -> None:
        templates.add(template.name)

    template_rendered.connect(note)
    try:
        response = client.post(address, sent, FORM) if sent else client.get(address)
        response.getvalue()
    finally:
        template_rendered.disconnect(note)
    return {
        "address": address,
        "sent": sent,
        "status": response.status_code,
        "templates": sorted(name for name in templates if name),
    }
