"""The feeds list exactly the public objects and conform to their specifications."""

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from honors.models import Honor
from news.models import Article
from portal.library import media_sync
from portal.library.withdrawal import withdraw
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.states import ChangeKind, State
from portal.site.models import SiteSettings
from tests import bulk, factories
from tests.factories import Newsroom
from tests.honors.test_flat import honors as many_honors

from .objects_by_state import ObjectsByState

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
SELF = "{http://www.w3.org/2005/Atom}link"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
}
OF_ALL = ("/feeds/news.atom", "/feeds/news.rss", "/feeds/news.json")


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(name="某某人民法院", domain="court.example")


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def read(client: Client, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response.headers["Content-Type"] == TYPES[path.rpartition(".")[2]]
    assert not response.cookies
    return response.content


def links(client: Client, path: str) -> list[str]:
    """Return the URLs of a feed's entries in the order of the feed."""
    content = read(client, path)
    if path.endswith(".json"):
        return [item["url"] for item in json.loads(content)["items"]]
    root = ElementTree.fromstring(content)
    if path.endswith(".rss"):
        return [item.findtext("link", "") for item in root.iter("item")]
    return [alternate(entry) for entry in root.iter(f"{ATOM}entry")]


def alternate(entry: ElementTree.Element) -> str:
    (found,) = (
        each.attrib["href"] for each in entry.iter(SELF) if each.attrib["rel"] == "alternate"
    )
    return found


def url(obj: Any) -> str:
    return f"http://court.example{obj.get_absolute_url()}"


def test_feeds_contain_exactly_the_public_objects(client: Client) -> None:
    objects = ObjectsByState()
    article, source = objects.articles[State.LIVE], objects.records.source
    for path in OF_ALL:
        assert links(client, path) == [url(source), url(article)]
    assert links(client, "/feeds/section.atom") == [url(article)]
    assert links(client, "/feeds/of-live.atom") == [url(article)]
    assert links(client, "/feeds/honors.atom") == [url(objects.honors[State.LIVE])]
    for state in set(State) - {State.LIVE}:
        assert client.get(f"/feeds/of-{state}.atom").status_code == 404
    assert client.get("/feeds/nothing.atom").status_code == 404


def test_withdrawn_article_leaves_the_feeds_and_comes_back(
    client: Client, newsroom: Newsroom
) -> None:
    article = newsroom.live()
    actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    assert [links(client, path) for path in OF_ALL] == [[], [], []]
    assert client.get("/feeds/court-news.atom").status_code == 404
    article.refresh_from_db()
    actions.reinstate(obj=article, by=newsroom.publisher)
    assert links(client, "/feeds/court-news.atom") == [url(article)]


def test_no_honours_feed_without_honours(client: Client) -> None:
    assert client.get("/feeds/honors.atom").status_code == 404


def test_atom_feed_follows_rfc_4287(client: Client, newsroom: Newsroom) -> None:
    """The ids, times, authors, links and languages of the feed and of its entry are valid."""
    SiteSettings.objects.update(description="本院的网站")
    section = factories.column("above", name="新闻中心")
    column = factories.column("below", name="法院要闻", parent=section)
    image = factories.image(newsroom.editor, alt="外景")
    row = {"image": image.pk, "alt": "外景", "caption": "", "credit": ""}
    article = newsroom.live(
        title="题目",
        summary="摘要第一句。\n第二句。",
        author="作者甲",
        column=column.pk,
        language="en",
        pictures=[{**row, "focal_x": 50, "focal_y": 50}],
    )
    day = timezone.localdate(article.published_at).isoformat()
    root = ElementTree.fromstring(read(client, "/feeds/above.atom"))
    assert root.tag == f"{ATOM}feed"
    assert root.attrib == {LANGUAGE: "zh-Hans"}
    assert root.findtext(f"{ATOM}title") == "新闻中心 - 某某人民法院"
    assert [each.attrib for each in root.findall(SELF)] == [
        {"rel": "alternate", "href": "http://court.example/news/above/"},
        {"rel": "self", "href": "http://court.example/feeds/above.atom"},
    ]
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "某某人民法院"
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.attrib == {LANGUAGE: "en"}
    assert [child.tag.removeprefix(ATOM) for child in entry] == [
        "title", "link", "published", "updated", "author", "id", "summary", "link",
        "category", "category",
    ]  # fmt: skip
    assert entry.findtext(f"{ATOM}title") == "题目"
    assert entry.findtext(f"{ATOM}id") == f"tag:court.example,{day}:/en/news/{article.pk}/"
    assert entry.findtext(f"{ATOM}summary") == "摘要第一句。 第二句。"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "作者甲"
    assert [each.attrib["term"] for each in entry.iter(f"{ATOM}category")] == [
        "新闻中心",
        "法院要闻",
    ]
    assert alternate(entry) == url(article)
    _assert_enclosure(client, entry.findall(SELF)[1].attrib, image.public_file_names[-1])


def _assert_enclosure(client: Client, picture: dict[str, str], name: str) -> None:
    """Assert that the attributes describe the image file, and that its URL responds with 200."""
    assert picture == {
        "rel": "enclosure",
        "href": f"http://court.example/media/{name}",
        "type": "image/jpeg",
        "length": str(default_storage.size(name)),
    }
    media_sync.process_sync_tasks()  # usually runs after a commit, which is missing here
    served = client.get(urlsplit(picture["href"]).path)
    served.close()  # closes the file that the response streams
    assert served.status_code == 200


def test_published_is_constant_and_updated_changes_with_each_release(
    client: Client, newsroom: Newsroom
) -> None:
    article = newsroom.live(title="题目")
    before = times(client)
    assert before[0] == before[1] == before[2]
    newsroom.save(Article.objects.get(pk=article.pk), title="新题目")
    article = Article.objects.get(pk=article.pk)
    revision = actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=VersionToken.of(article),
    )
    newsroom.release(newsroom.approve(newsroom.submit(revision)))
    after = times(client)
    assert after[0] == before[0]
    assert after[1] > before[1]
    assert after[2] == after[1]


def times(client: Client) -> tuple[datetime, datetime, datetime]:
    """Return the times "published" and "updated" of the only entry, and "updated" of the feed."""
    root = ElementTree.fromstring(read(client, "/feeds/news.atom"))
    paths = (f"{ATOM}entry/{ATOM}published", f"{ATOM}entry/{ATOM}updated", f"{ATOM}updated")
    one, two, three = (datetime.fromisoformat(root.findtext(path, "")) for path in paths)
    return one, two, three


def test_rss_feed_follows_the_specification(client: Client, newsroom: Newsroom) -> None:
    article = newsroom.live(title="题目", summary="摘要。")
    root = ElementTree.fromstring(read(client, "/feeds/news.rss"))
    assert (root.tag, root.attrib) == ("rss", {"version": "2.0"})
    (channel,) = root
    for required in ("title", "link", "description", "language", "lastBuildDate"):
        assert channel.find(required) is not None, required
    (own,) = channel.findall(SELF)
    assert own.attrib == {"rel": "self", "href": "http://court.example/feeds/news.rss"}
    (item,) = channel.findall("item")
    assert item.findtext("link") == url(article)
    assert item.findtext("description") == "摘要。"
    assert [each.text for each in item.findall("category")] == [newsroom.column.name]
    assert item.findtext("{http://purl.org/dc/elements/1.1/}creator") == "本院"


def test_json_feed_follows_version_1_1(client: Client, newsroom: Newsroom) -> None:
    image = factories.image(newsroom.editor, alt="外景")
    row = {"image": image.pk, "alt": "外景", "caption": "", "credit": ""}
    article = newsroom.live(summary="摘要。", pictures=[{**row, "focal_x": 50, "focal_y": 50}])
    feed = json.loads(read(client, "/feeds/news.json"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "某某人民法院"
    assert feed["home_page_url"] == "http://court.example/news/"
    assert feed["feed_url"] == "http://court.example/feeds/news.json"
    assert feed["language"] == "zh-Hans"
    assert feed["authors"] == [{"name": "某某人民法院", "url": "http://court.example/"}]
    (item,) = feed["items"]
    address = f"http://court.example/media/{image.public_file_names[-1]}"
    assert item == {
        "id": f"tag:court.example,{article.published_on.isoformat()}:/news/{article.pk}/",
        "url": url(article),
        "title": article.title,
        "content_text": "摘要。",
        "date_published": seconds(article.published_at),
        "date_modified": seconds(article.released_at),
        "authors": [{"name": "本院"}],
        "language": "zh-Hans",
        "tags": [newsroom.column.name],
        "image": address,
        "attachments": [
            {
                "url": address,
                "mime_type": "image/jpeg",
                "size_in_bytes": default_storage.size(image.public_file_names[-1]),
            }
        ],
    }


def seconds(at: datetime | None) -> str:
    assert at
    return timezone.localtime(at).isoformat("T", "seconds")


def test_a_withdrawn_picture_is_in_no_feed(client: Client, newsroom: Newsroom) -> None:
    image = factories.image(newsroom.editor, alt="外景")
    row = {"image": image.pk, "alt": "外景", "caption": "", "credit": ""}
    newsroom.live(pictures=[{**row, "focal_x": 50, "focal_y": 50}])
    for path in OF_ALL:
        assert image.digest in read(client, path).decode()
    withdraw(media_file=image, by=newsroom.publisher, reason="侵权")
    for path in (*OF_ALL, "/feeds/court-news.atom"):
        assert image.digest not in read(client, path).decode()


def test_first_paragraph_replaces_a_missing_summary(client: Client, newsroom: Newsroom) -> None:
    newsroom.live(summary="", body="<p>第一段。</p>\n<p>第二段。</p>")
    root = ElementTree.fromstring(read(client, "/feeds/news.atom"))
    assert root.findtext(f"{ATOM}entry/{ATOM}summary") == "第一段。"


def test_feed_has_fifty_entries_with_a_constant_query_count(client: Client) -> None:
    tree = bulk.columns()
    asked: dict[str, list[int]] = {}
    paths = (*OF_ALL, "/feeds/news-centre.atom", "/feeds/at-court.atom", "/feeds/honors.atom")
    for count in (3, 297):
        # The second portion of articles is older than the first.
        newest = timezone.now() - timedelta(days=1 if count == 3 else 4000)
        bulk.articles(count, tree=tree, newest=newest)
        many_honors(count)
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                read(client, path)
            asked.setdefault(path, []).append(len(queries))
    assert asked == {
        **{path: [4, 4] for path in OF_ALL},
        "/feeds/news-centre.atom": [5, 5],
        "/feeds/at-court.atom": [5, 5],
        "/feeds/honors.atom": [4, 4],
    }
    rows = Article.objects.public().order_by("-published_at", "-pk")
    for path in OF_ALL:
        assert links(client, path) == [url(article) for article in rows[:50]]
    assert links(client, "/feeds/at-court.atom") == [
        url(article) for article in rows.filter(column=tree.court)[:50]
    ]
    assert links(client, "/feeds/honors.atom") == [
        url(honor) for honor in Honor.objects.order_by("-published_at", "-pk")[:50]
    ]


def test_pages_link_to_their_feeds(client: Client, newsroom: Newsroom) -> None:
    article = newsroom.live()
    empty = factories.column("empty")
    assert named(client, "/") == ["/feeds/news.atom"]
    assert named(client, article.get_absolute_url()) == ["/feeds/news.atom"]
    assert named(client, newsroom.column.list_url) == ["/feeds/news.atom", "/feeds/court-news.atom"]
    assert named(client, empty.list_url) == ["/feeds/news.atom"]


def named(client: Client, path: str) -> list[str]:
    page = client.get(path).content.decode()
    return re.findall(r'<link rel="alternate" type="application/atom\+xml" href="([^"]+)"', page)
