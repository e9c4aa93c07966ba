"""``addresses.pages`` lists exactly the public pages that respond and that a crawl finds."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from honors import views as honors_views
from news import views as news_views
from news.models import Article
from portal import addresses
from portal.accounts.roles import Role
from portal.court import data
from portal.court.models import Observation
from portal.publishing import actions
from portal.publishing.states import State
from portal.site.models import SiteSettings
from portal.web import pages
from tests import bulk, factories
from tests.court import build
from tests.factories import Newsroom
from tests.honors.test_flat import honors as many_honors

from .objects_by_state import ObjectsByState

pytestmark = pytest.mark.django_db

FRONTS = ["/", "/news/"]
ENDS = ["/corrections/", "/site-map/", "/feeds/news.atom", "/feeds/news.rss", "/feeds/news.json"]
MAPS = ["/sitemap.xml", "/robots.txt"]
#: Path prefixes that no list of public pages contains: pages that depend on a query string or a
#: form, the admin, static files and media files.
APART = (
    *("/admin/", "/static/", "/media/", "/search/", "/feedback/"),
    *("/en/search/", "/en/feedback/"),
)


def in_english(paths: list[str]) -> list[str]:
    return [f"/en{path}" for path in paths]


def paths() -> list[str]:
    return [page.path for page in addresses.pages()]


def test_public_pages_of_an_empty_portal() -> None:
    bare = [*FRONTS, *ENDS]
    assert paths() == [*bare, *in_english(bare), *MAPS]


def test_public_pages_are_exactly_those_of_live_objects() -> None:
    """Only live objects have pages, and the pages are in the order of the warm-up."""
    objects = ObjectsByState()
    article, honor = objects.articles[State.LIVE], objects.honors[State.LIVE]
    source = objects.records.source
    top = [
        *FRONTS,
        # The first page of each news column, in the order of the navigation.
        "/news/court-news/",
        "/news/section/",
        "/news/of-live/",
        "/honors/",
        "/data/",
    ]
    # The newest article is first: the source that the figures and honours refer to.
    articles = [f"/news/{source.pk}/", f"/news/{article.pk}/"]
    detail = [
        "/honors/level/provincial/",
        "/honors/year/2011/",
        *(f"/data/{pk}/" for pk in sorted(live_indicators(objects))),
        "/data/quality.csv",
        "/data/quality.json",
        "/data/quality.csv-metadata.json",
        f"/honors/{honor.pk}/",
        "/topics/topic-live/",
        *ENDS,
    ]
    of_columns = ["/feeds/court-news.atom", "/feeds/section.atom", "/feeds/of-live.atom"]
    last = "/feeds/honors.atom"
    # The site has no English article, so no column has an English feed.
    english = in_english([*top, *detail, last])
    assert paths() == [*top, *articles, *detail, *of_columns, last, *english, *MAPS]


def live_indicators(objects: ObjectsByState) -> set[int]:
    of_figures = {figure.indicator_id for figure in objects.figures.values()}
    drafted = objects.figures[State.UNRELEASED].open_revision.content["fields"]["indicator"]
    return (of_figures - {None}) | {drafted, objects.indicators[State.LIVE].pk}


@pytest.mark.parametrize("state", State)
def test_court_pages_exist_while_their_content_is_public(state: State) -> None:
    objects = ObjectsByState.__new__(ObjectsByState)
    objects.newsroom = Newsroom()
    objects.records = factories.Records(objects.newsroom)
    objects.court(state)
    found = [path for path in paths() if path.startswith("/court/")]
    all_of_them = ["/court/", *(f"/court/{name}/" for name in COURT)]
    assert found == (all_of_them if state == State.LIVE else [])


COURT = ("leaders", "departments", "judges", "contact")


def test_every_page_answers_and_a_crawl_finds_no_other(client: Client) -> None:
    objects = ObjectsByState()
    objects.court(State.LIVE)
    assert_whole(client)
    # The pages of a withdrawn article must disappear immediately.
    article = objects.articles[State.LIVE]
    actions.withdraw(obj=article, by=objects.newsroom.publisher, reason="信息有误。")
    gone = {article.get_absolute_url(), "/news/of-live/", "/feeds/of-live.atom"}
    assert not gone & set(paths())
    assert_whole(client)


def test_numbers_in_urls_have_one_spelling(client: Client) -> None:
    """A number with leading zeros must not be accepted, so that no page has several URLs."""
    objects = ObjectsByState()
    objects.court(State.LIVE)
    numbered = [path for path in paths() if re.search(r"/[0-9]", path)]
    assert len(numbered) > 5
    for path in [*numbered, "/news/court-news/page/2/", "/honors/level/provincial/page/2/"]:
        padded = re.sub(r"/([0-9])", r"/0\1", path)
        assert client.get(padded).status_code == 404, padded


def test_pages_of_long_lists(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (news_views, honors_views, data):
        monkeypatch.setattr(module, "PER_PAGE", 2)
    for module in ("news", "honors", "portal.court"):
        monkeypatch.setattr(f"{module}.sitemaps.PER_PAGE", 2)
    bulk.articles(11)
    many_honors(9)
    build.create_figures(25, factories.user(Role.EDITOR), Newsroom())
    found = set(paths())
    deep = {path for path in found if "/page/" in path}
    assert {path for path in deep if path.startswith("/news/at-court/")} == {
        "/news/at-court/page/2/",
        "/news/at-court/page/3/",
    }
    assert {path for path in deep if path.startswith("/honors/level/municipal/")} == {
        "/honors/level/municipal/page/2/",
    }
    assert {path.partition("/page/")[0] for path in deep if path.startswith("/data/")} == {
        path.rstrip("/") for path in found if re.fullmatch(r"/data/\d+/", path)
    }
    assert_whole(client)


def assert_whole(client: Client) -> None:
    """Assert that each listed URL responds with 200, and that a crawl finds the same URLs."""
    known = paths()
    assert len(known) == len(set(known))
    assert dict.fromkeys(known, 200) == {path: answer(client, path) for path in known}
    walked = walk(client)
    assert {path: status for path, status in walked.items() if status != 200} == {}
    assert walked.keys() - set(known) == set()
    # Links must lead to every listed page, except indicators without figures.
    read = {path for path in known if path.endswith("/")}
    assert read - walked.keys() == {path for path in read if _is_indicator_without_figures(path)}


def _is_indicator_without_figures(path: str) -> bool:
    """Return whether this is the page of an indicator without figures, to which no page links."""
    match = re.fullmatch(r"(?:/en)?/data/(\d+)/", path)
    return bool(match) and not Observation.objects.readable().filter(indicator=match[1]).exists()


def answer(client: Client, path: str) -> int:
    response = client.get(path)
    response.getvalue()
    return response.status_code


def walk(client: Client) -> dict[str, int]:
    """Follow every internal link from the home page; return the response status of each path."""
    seen: dict[str, int] = {}
    ahead = ["/"]
    while ahead:
        path = ahead.pop()
        if path in seen:
            continue
        response = client.get(path)
        page = response.getvalue()
        seen[path] = response.status_code
        if response.headers["Content-Type"].startswith("text/html"):
            ahead += Links(page).inside
    return seen


class Links(HTMLParser):
    """A parser that collects the internal link targets of a page in ``inside``."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        href = found.get("href") or ""
        if tag not in {"a", "link"} or found.get("rel") == "canonical":
            return
        parts = urlsplit(href)
        if not parts.netloc and not parts.scheme and parts.path and not href.startswith(APART):
            self.inside.append(parts.path)


def test_query_count_grows_with_batches_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """To list 300 rows takes no more database queries than 3 rows, except one for each batch."""
    tree = bulk.columns()
    asked = []
    for count in (3, 297):
        bulk.articles(count, tree=tree)
        many_honors(count)
        asked.append(queries())
    assert asked == [QUERIES, QUERIES]
    monkeypatch.setattr(pages, "BATCH_SIZE", 100)
    # Each of three lists (articles, honours in two languages) needs a second, a third and an empty
    # fourth batch.
    assert queries() == QUERIES + 3 * 3


QUERIES = 99


def queries() -> int:
    with CaptureQueriesContext(connection) as captured:
        assert all(page.path for page in addresses.pages())
    return len(captured)


def test_articles_come_newest_first_across_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "BATCH_SIZE", 7)
    # Two articles have the same time; some of these pairs are in different batches.
    tree, newest = bulk.columns(), timezone.now() - timedelta(days=1)
    for _half in range(2):
        bulk.articles(20, tree=tree, newest=newest)
    found = [page.path for page in addresses.pages() if page.published and page.is_news]
    rows = Article.objects.public().order_by("-published_at", "-pk")
    assert found == [article.get_absolute_url() for article in rows]
    assert len(found) == 40


def test_public_paths_are_selected_from_given_ones(client: Client) -> None:
    objects = ObjectsByState()
    live, gone = objects.articles[State.LIVE], objects.articles[State.WITHDRAWN]
    asked_for = {live.get_absolute_url(), gone.get_absolute_url(), "/honors/", "/nothing/"}
    assert addresses.public_among(asked_for) == {live.get_absolute_url(), "/honors/"}
    assert SiteSettings.load().domain == ""
