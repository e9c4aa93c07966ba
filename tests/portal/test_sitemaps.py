"""The XML sitemap and the HTML site map list exactly the public pages.

robots.txt names the sitemap.
"""

from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from news.models import Article, Column
from portal import addresses, sitemaps
from portal.library.withdrawal import withdraw
from portal.publishing import actions
from portal.publishing.states import State
from portal.site.models import SiteSettings
from tests import bulk, factories
from tests.court.build import Court
from tests.court.html import Page
from tests.factories import Newsroom
from tests.honors.test_flat import honors as many_honors

from .objects_by_state import ObjectsByState

pytestmark = pytest.mark.django_db

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
HOST = "http://court.example"


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(name="某某人民法院", domain="court.example")


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def read(client: Client, path: str = "/sitemap.xml") -> ElementTree.Element:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert not response.cookies
    return ElementTree.fromstring(response.content)


def named(client: Client, path: str = "/sitemap.xml") -> list[str]:
    """Return the paths in a sitemap, in order; assert that all its URLs have the site's domain."""
    found = [loc.text or "" for loc in read(client, path).iter(f"{MAP}loc")]
    assert all(each.startswith(f"{HOST}/") for each in found)
    return [each.removeprefix(HOST) for each in found]


def entry(client: Client, obj: Any, path: str = "/sitemap.xml") -> ElementTree.Element:
    (found,) = (
        url
        for url in read(client, path).iter(f"{MAP}url")
        if url.findtext(f"{MAP}loc") == f"{HOST}{obj.get_absolute_url()}"
    )
    return found


def test_sitemap_contains_exactly_the_public_pages(client: Client) -> None:
    objects = ObjectsByState()
    found = named(client)
    assert found[:7] == [
        "/",
        "/news/",
        "/news/court-news/",
        "/news/section/",
        "/news/of-live/",
        "/honors/",
        "/data/",
    ]
    assert len(found) == len(set(found))
    of_figures = (each for each in found if each.startswith("/data/") and each != "/data/")
    in_both = {
        *("/", "/news/", "/honors/", "/data/", "/corrections/", "/site-map/"),
        *of_figures,
        "/honors/level/provincial/",
        "/honors/year/2011/",
        objects.honors[State.LIVE].get_absolute_url(),
    }
    assert set(found) == {
        *found[:7],
        *in_both,
        *(f"/en{path}" for path in in_both),
        # The site has no English article, so the sitemap has no English lists of articles.
        "/topics/topic-live/",
        objects.articles[State.LIVE].get_absolute_url(),
        objects.records.source.get_absolute_url(),
    }
    hidden = [each for each in found if any(f"/{state}" in each for state in HIDDEN)]
    assert hidden == []


HIDDEN = set(State) - {State.LIVE}


def test_withdrawn_article_leaves_the_sitemap(client: Client, newsroom: Newsroom) -> None:
    article = newsroom.live()
    assert article.get_absolute_url() in named(client)
    actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    bare = ["/", "/news/", "/corrections/", "/site-map/"]
    assert named(client) == [*bare, *(f"/en{path}" for path in bare)]


def test_entry_has_lastmod_and_pictures(client: Client, newsroom: Newsroom) -> None:
    images = [factories.image(newsroom.editor, alt="外景") for _number in range(2)]
    row = {"alt": "<外景>", "caption": "", "credit": "", "focal_x": 50, "focal_y": 50}
    article = newsroom.live(pictures=[{**row, "image": image.pk} for image in images])
    withdraw(media_file=images[1], by=newsroom.publisher, reason="侵权")
    found = entry(client, article)
    assert datetime.fromisoformat(found.findtext(f"{MAP}lastmod", "")) == (
        article.released_at.replace(microsecond=0)  # type: ignore[union-attr]
    )
    (picture,) = found.iter(f"{IMAGE}image")
    assert [(child.tag, child.text) for child in picture] == [
        (f"{IMAGE}loc", f"{HOST}/media/{images[0].public_file_names[-1]}"),
        (f"{IMAGE}caption", "<外景>"),
    ]


def test_recent_articles_have_the_news_element(client: Client, newsroom: Newsroom) -> None:
    fresh = newsroom.live(title="新<闻>", language="zh-hans")
    english = newsroom.live(title="News", language="en")
    (old,) = _imported(newsroom, days=3)
    assert [(each.tag, each.text) for each in entry(client, fresh).iter() if NEWS in each.tag] == [
        (f"{NEWS}news", None),
        (f"{NEWS}publication", None),
        (f"{NEWS}name", "某某人民法院"),
        (f"{NEWS}language", "zh-cn"),
        (
            f"{NEWS}publication_date",
            timezone.localtime(fresh.published_at).isoformat("T", "seconds"),
        ),
        (f"{NEWS}title", "新<闻>"),
    ]
    assert entry(client, english).findtext(f".//{NEWS}language") == "en"
    assert entry(client, old).find(f"{NEWS}news") is None
    honor = ObjectsByState.__new__(ObjectsByState)
    honor.newsroom, honor.records = newsroom, factories.Records(newsroom)
    assert entry(client, honor.honor(State.LIVE)).find(f"{NEWS}news") is None


def _imported(newsroom: Newsroom, days: int) -> list[Article]:
    made = actions.import_released(
        obj=Article(),
        content=factories.content(newsroom.column),
        by=newsroom.publisher,
        published_at=timezone.now() - timedelta(days=days),
    )
    return [made]


def test_no_news_element_without_a_site_name(client: Client, newsroom: Newsroom) -> None:
    SiteSettings.objects.update(name="")
    assert entry(client, newsroom.live()).find(f"{NEWS}news") is None


def test_large_sitemap_omits_pictures(
    client: Client, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = factories.image(newsroom.editor, alt="外景")
    row = {"image": image.pk, "alt": "外景", "caption": "", "credit": ""}
    pictures = [{**row, "focal_x": 50, "focal_y": 50}]
    one, two = (newsroom.live(pictures=pictures) for _number in range(2))
    assert [len(list(entry(client, each).iter(f"{IMAGE}image"))) for each in (one, two)] == [1, 1]
    before_second = sum(len(ElementTree.tostring(each)) for each in read(client)) // 2
    monkeypatch.setattr(sitemaps, "MAX_BYTES_WITH_PICTURES", 1)
    assert list(entry(client, two).iter(f"{IMAGE}image")) == []
    assert before_second > 1
    assert {one.get_absolute_url(), two.get_absolute_url()} <= set(named(client))


@pytest.fixture
def parted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MAX_SITEMAP_URLS", 20)
    monkeypatch.setattr(addresses, "IDS_PER_PART", 10)


def test_sitemap_has_no_parts_up_to_the_limit(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk.articles(5)
    whole = named(client)
    monkeypatch.setattr(addresses, "MAX_SITEMAP_URLS", len(whole))
    assert named(client) == whole
    assert client.get("/sitemap-1.xml").status_code == 404
    monkeypatch.setattr(addresses, "MAX_SITEMAP_URLS", len(whole) - 1)
    assert read(client).tag == f"{MAP}sitemapindex"
    assert client.get("/sitemap-1.xml").status_code == 200


def test_parts_contain_every_url_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bulk.articles(35)
    many_honors(12)
    whole = named(client)
    monkeypatch.setattr(addresses, "MAX_SITEMAP_URLS", 20)
    monkeypatch.setattr(addresses, "IDS_PER_PART", 10)
    parts = named(client)
    assert parts == sorted(parts, key=lambda path: int(path[len("/sitemap-") : -len(".xml")]))
    inside = [path for part in parts for path in named(client, part)]
    assert len(inside) == len(set(inside)) == len(whole)
    assert set(inside) == set(whole)
    known = {page.path for page in addresses.pages()}
    assert {path for path in known if path.startswith("/sitemap-")} == set(parts)
    # Even sections must contain articles, and odd sections from number 3 on honours.
    for part in parts[1:]:
        number = int(part[len("/sitemap-") : -len(".xml")])
        kind = "/honors/" if number % 2 else "/news/"
        paths = {path.removeprefix("/en") for path in named(client, part)}
        assert all(path.startswith(kind) for path in paths), part
    for number in (0, max(Article.objects.values_list("pk", flat=True)) // 10 * 2 + 4):
        assert client.get(f"/sitemap-{number}.xml").status_code == 404


def test_release_changes_one_part_only(client: Client, parted: None, newsroom: Newsroom) -> None:
    tree = bulk.articles(35)
    many_honors(12)
    before = {path: named(client, path) for path in named(client)}
    at = lastmods(client)
    assert all(at[path] for path in before if path != "/sitemap-1.xml")
    article = newsroom.live(column=tree.notices.pk)
    part = f"/sitemap-{2 + article.pk // 10 * 2}.xml"
    after = {path: named(client, path) for path in named(client)}
    assert after.pop(part) == [*before.pop(part, []), article.get_absolute_url()]
    assert after == before
    assert lastmods(client) == {**at, part: seconds(article)}


def lastmods(client: Client) -> dict[str, datetime | None]:
    return {
        each.findtext(f"{MAP}loc", "").removeprefix(HOST): (
            datetime.fromisoformat(said) if (said := each.findtext(f"{MAP}lastmod")) else None
        )
        for each in read(client)
    }


def seconds(article: Article) -> datetime:
    assert article.released_at
    return article.released_at.replace(microsecond=0)


def test_empty_parts_are_not_listed(client: Client, parted: None, newsroom: Newsroom) -> None:
    bulk.articles(35)
    gone = f"/sitemap-{2 + Article.objects.order_by('pk')[0].pk // 10 * 2}.xml"
    first = Article.objects.filter(pk__lt=(Article.objects.order_by("pk")[0].pk // 10 + 1) * 10)
    assert gone in named(client)
    for article in first:
        actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    assert gone not in named(client)
    assert client.get(gone).status_code == 404


def test_unknown_part_costs_one_query(client: Client, parted: None) -> None:
    bulk.articles(35)
    many_honors(12)
    there = {part.number for part in addresses.parts()}
    most = max(there) + 10
    assert {number for number in range(most) if addresses.is_part(number)} == there
    asked = CaptureQueriesContext(connection)
    with asked:
        client.get("/nothing-of-the-kind.xml")
    for number in (*(set(range(most)) - there), 10**9, 10**30):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/sitemap-{number}.xml").status_code == 404
        assert len(queries) <= len(asked) + 1, (number, queries.captured_queries)


def test_query_count_of_the_sitemap_is_constant(client: Client) -> None:
    tree = bulk.columns()
    asked: dict[str, list[int]] = {}
    for count in (3, 297):
        bulk.articles(count, tree=tree)
        many_honors(count)
        for path in ("/sitemap.xml", "/robots.txt", "/site-map/"):
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            asked.setdefault(path, []).append(len(queries))
    assert asked == {"/sitemap.xml": [108, 108], "/robots.txt": [1, 1], "/site-map/": [16, 16]}


def test_robots_txt_names_the_sitemap(client: Client) -> None:
    response = client.get("/robots.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == (
        "User-agent: *\nDisallow: /admin/\nDisallow: /search/\n\n"
        "Sitemap: http://court.example/sitemap.xml\n"
    )


#: URLs of pages with a query string or a form, which the URL configuration of a test may lack.
ASKING = {"/search/", "/feedback/"}


def ways(client: Client) -> dict[str, list[str]]:
    """Return the link URLs of each section of the HTML site map, by its URL or heading."""
    response = client.get("/site-map/")
    assert response.status_code == 200
    page = Page(response.content.decode())
    assert page.problems == []
    found: dict[str, list[str]] = {}
    for section in response.context["sections"]:
        found[section.url or str(section.name)] = [url for _name, url in section.links]
    hrefs = [attrs.get("href") for tag, attrs in page.tags if tag == "a"]
    for url in (url for urls in found.values() for url in urls):
        assert url in hrefs
    return found


def test_site_map_lists_exactly_the_public_pages(client: Client) -> None:
    objects = ObjectsByState()
    objects.court(State.LIVE)
    Column.objects.create(name="空无一文的栏目", slug="barren")
    found = ways(client)
    assert [[url for url in urls if url not in ASKING] for urls in found.values()] == [
        [],  # the column of the source article
        ["/news/of-live/"],
        ["/topics/topic-live/"],
        ["/court/", "/court/leaders/", "/court/departments/", "/court/judges/", "/court/contact/"],
        ["/honors/level/provincial/", "/honors/year/2011/"],
        ["/data/quality.csv", "/data/quality.json"],
        ["/", "/news/", "/corrections/"],
        [
            "/feeds/news.atom",
            "/feeds/news.rss",
            "/feeds/news.json",
            "/feeds/honors.atom",
            "/feeds/court-news.atom",
            "/feeds/section.atom",
            "/feeds/of-live.atom",
        ],
    ]
    assert [url for url in found if url.startswith("/")] == [
        "/news/court-news/",
        "/news/section/",
        "/honors/",
        "/data/",
    ]
    assert "空无一文" not in client.get("/site-map/").content.decode()


def test_site_map_names_each_url_once(client: Client) -> None:
    court = Court()
    above = factories.column("about", name="概况", page="court:profile")
    factories.column("contact-us", name="联系方式", parent=above, page="court:contact")
    court.profile(quota_judge_count=None, department_count=None)
    named = [url for urls in ways(client).values() for url in urls]
    assert [url for url in named if url.startswith("/court/")] == ["/court/contact/"]
    assert ways(client)["/court/"] == ["/court/contact/"]


def test_links_of_a_generated_page_are_merged_into_its_column(client: Client) -> None:
    objects = ObjectsByState()
    factories.column("honours", name="荣誉", page="honors:wall", position=9)
    assert objects.honors[State.LIVE].levels == ("provincial",)
    found = client.get("/site-map/").context["sections"]
    (section,) = (each for each in found if each.url == "/honors/")
    assert section.name == "荣誉"
    assert [url for _name, url in section.links] == [
        "/honors/level/provincial/",
        "/honors/year/2011/",
    ]


def test_site_map_of_an_empty_portal(client: Client) -> None:
    found = ways(client)
    (own, feeds) = found.values()
    assert set(own) - ASKING == {"/", "/news/", "/corrections/"}
    assert feeds == ["/feeds/news.atom", "/feeds/news.rss", "/feeds/news.json"]
