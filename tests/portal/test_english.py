"""Pages below /en/ list English articles only, mark Chinese texts and link to Chinese pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from honors.models import Honor
from news.models import Article, TopicEntry
from portal import addresses
from portal.court.models import Indicator
from portal.publishing import actions, list_counts
from portal.publishing.models import ListCount
from portal.publishing.states import State
from portal.site.models import SiteSettings
from tests import factories
from tests.factories import Newsroom

from .objects_by_state import ObjectsByState

pytestmark = pytest.mark.django_db

CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: HTML attributes whose texts screen readers or programs read.
SPOKEN = ("alt", "title", "aria-label", "placeholder", "content")
VOID = {"meta", "link", "img", "input", "br", "hr", "source", "wbr", "path", "circle", "rect"}


class Spoken(HTMLParser):
    """A parser that collects the texts of a page, each with the language that its markup states."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.languages: list[tuple[str, str]] = []
        self.found: list[tuple[str, str]] = []
        #: The URLs of the hreflang links, by language. ``switch`` has the URLs of the visible link
        #: to the other language.
        self.named: dict[str, str] = {}
        self.switch: list[str] = []
        self.feed(page)

    @property
    def language(self) -> str:
        return next((lang for _tag, lang in reversed(self.languages) if lang), "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.languages.append((tag, found.get("lang") or ""))
        for name in SPOKEN if tag not in {"meta", "link"} else ():
            if found.get(name):
                self.found.append((self.language, str(found[name])))
        if found.get("hreflang") and tag == "link":
            self.named[str(found["hreflang"])] = str(found["href"])
        if found.get("class") == "language":
            self.switch.append(str(found["href"]))
        if tag in VOID:
            self.languages.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.languages.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.languages.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        inside = {tag for tag, _lang in self.languages}
        if data.strip() and not inside & {"script", "style", "title"}:
            self.found.append((self.language, data.strip()))

    @property
    def unmarked(self) -> list[str]:
        """Return the Chinese texts that the markup states to be English."""
        return [text for language, text in self.found if language == "en" and CHINESE.search(text)]


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response.headers["Content-Language"] == ("en" if path.startswith("/en/") else "zh-hans")
    return response.content.decode()


def titles(page: str, *articles: Article) -> set[str]:
    return {article.title for article in articles if article.title in page}


@pytest.fixture
def newsroom() -> Newsroom:
    SiteSettings.objects.create(name="某某人民法院", name_en="The Court of Somewhere")
    return Newsroom()


def test_article_exists_in_its_own_language_only(client: Client, newsroom: Newsroom) -> None:
    chinese, english = (
        newsroom.live(title="中文题目"),
        newsroom.live(title="In English", language="en"),
    )
    assert chinese.get_absolute_url() == f"/news/{chinese.pk}/"
    assert english.get_absolute_url() == f"/en/news/{english.pk}/"
    for path, to in (
        (f"/en/news/{chinese.pk}/", chinese.get_absolute_url()),
        (f"/news/{english.pk}/", english.get_absolute_url()),
    ):
        response = client.get(path)
        assert (response.status_code, response.headers["Location"]) == (302, to)
    assert '<html lang="zh-Hans">' in read(client, f"/news/{chinese.pk}/")
    assert '<html lang="en">' in read(client, f"/en/news/{english.pk}/")
    actions.withdraw(obj=english, by=newsroom.publisher, reason="信息有误。")
    for path in (f"/news/{english.pk}/", f"/en/news/{english.pk}/"):
        assert client.get(path).status_code == 410


def test_english_pages_list_english_articles_only(client: Client, newsroom: Newsroom) -> None:
    SiteSettings.objects.update(domain="court.example")
    above = factories.column("above", home_block="list")
    column = factories.column("of-both", parent=above, home_block="list")
    alone = factories.column("chinese-only", parent=above)
    chinese = newsroom.live(title="中文甲", column=column.pk)
    other = newsroom.live(title="中文乙", column=alone.pk)
    english = newsroom.live(title="In English", column=column.pk, language="en")
    everything = (chinese, other, english)
    expected = {
        "/": {chinese.title, other.title, english.title},
        "/news/": {chinese.title, other.title, english.title},
        "/news/above/": {chinese.title, other.title, english.title},
        "/news/of-both/": {chinese.title, english.title},
        "/news/chinese-only/": {other.title},
        "/en/": {english.title},
        "/en/news/": {english.title},
        "/en/news/above/": {english.title},
        "/en/news/of-both/": {english.title},
        "/en/news/chinese-only/": set(),
        "/en/feeds/news.atom": {english.title},
        "/en/feeds/news.json": {english.title},
        "/en/feeds/of-both.atom": {english.title},
    }
    assert {path: titles(read(client, path), *everything) for path in expected} == expected
    assert client.get("/en/feeds/chinese-only.atom").status_code == 404
    # The English navigation must not show a column without English articles. The column's page
    # links to the Chinese page instead.
    assert "/en/news/chinese-only/" not in read(client, "/en/news/above/")
    empty = read(client, "/en/news/chinese-only/")
    assert 'href="/news/chinese-only/"' in empty
    assert "noindex" in empty
    mapped = {page.path for page in addresses.sitemap_pages()}
    assert english.get_absolute_url() in mapped
    assert not {f"/news/{english.pk}/", "/en/news/chinese-only/"} & mapped


def test_topic_on_english_pages_lists_english_articles(client: Client) -> None:
    objects = ObjectsByState()
    topic = objects.articles[State.LIVE].topics.get()
    assert client.get(topic.get_absolute_url()).status_code == 200
    assert objects.articles[State.LIVE].title not in read(client, f"/en{topic.get_absolute_url()}")
    english = objects.newsroom.live(title="In English", language="en")
    TopicEntry.objects.create(topic=topic, article=english)
    assert "In English" in read(client, f"/en{topic.get_absolute_url()}")
    TopicEntry.objects.filter(topic=topic).delete()
    assert client.get(f"/en{topic.get_absolute_url()}").status_code == 404


def test_english_lists_have_their_own_counts(client: Client, newsroom: Newsroom) -> None:
    for number in range(3):
        newsroom.live(title=f"中文{number}")
    made = [newsroom.live(title=f"English {number}", language="en") for number in range(22)]
    first, second = (
        titles(read(client, f"/en/news/court-news/{rest}"), *made[2:]) for rest in ("", "page/2/")
    )
    assert first == {article.title for article in made[2:]}
    assert second == set()
    last = read(client, "/en/news/court-news/page/2/")
    assert [f"{article.title}<" in last for article in made[:3]] == [True, True, False]
    assert client.get("/en/news/court-news/page/3/").status_code == 404
    # A changed language must move an article from the English list to the Chinese list.
    list_totals = lambda: set(  # noqa: E731
        ListCount.objects.exclude(count=0).values_list("key", "month", "count")
    )
    expected_totals = list_totals()
    list_counts.rebuild_counts(Article)
    assert list_totals() == expected_totals
    revision = newsroom.save(made[0], language="zh-hans")
    actions.correct(
        obj=made[0],
        by=newsroom.editor,
        kind=factories.ChangeKind.TYPOGRAPHICAL,
        token=actions.VersionToken.of(made[0]),
    )
    newsroom.release(newsroom.approve(newsroom.submit(revision)))
    expected_totals = list_totals()
    list_counts.rebuild_counts(Article)
    assert list_totals() == expected_totals
    assert "English 0<" not in read(client, "/en/news/court-news/page/2/")


def test_english_names_are_shown_on_english_pages(client: Client) -> None:
    objects = ObjectsByState()
    honor = objects.records.live(
        Honor(),
        name="全国优秀法院",
        name_en="National Excellent Court",
        levels="national",
        recipients=[{"kind": "court", "name": "", "count": ""}],
    )
    english = read(client, f"/en/honors/{honor.pk}/")
    assert "National Excellent Court" in english
    assert "National Excellent Court" not in read(client, f"/honors/{honor.pk}/")
    wall = read(client, "/en/honors/")
    assert "National Excellent Court" in wall
    assert "1 honour<" in wall
    assert "1 honours" not in wall
    # A hit must show the name in the language of the search page, whichever name was searched for.
    for query in ("excellent", "优秀法院"):
        named = [
            re.sub("<[^>]+>", "", title)
            for start in ("/en/search/?q=", "/search/?q=")
            for title in re.findall(
                r'<h3 class="hit-title"[^>]*>(.+?)</h3>', read(client, f"{start}{query}")
            )
        ]
        assert named == ["National Excellent Court", "全国优秀法院"]


def test_feed_entries_of_honours_have_the_language_of_the_name(client: Client) -> None:
    records = ObjectsByState().records
    honor = {"levels": ["national"], "recipients": [{"kind": "court", "name": "", "count": ""}]}
    records.live(Honor(), name="甲奖", name_en="A Prize", **honor)
    records.live(Honor(), name="乙奖", **honor)
    languages = {
        path: re.findall(r'<entry xml:lang="([^"]+)"><title>(.+?)</title>', read(client, path))[:2]
        for path in ("/feeds/honors.atom", "/en/feeds/honors.atom")
    }
    assert languages == {
        "/feeds/honors.atom": [("zh-Hans", "乙奖"), ("zh-Hans", "甲奖")],
        "/en/feeds/honors.atom": [("zh-Hans", "乙奖"), ("en", "A Prize")],
    }


def test_search_snippets_are_in_the_language_of_the_result(client: Client) -> None:
    ObjectsByState().records.live(
        Indicator(),
        name="受理",
        code="accepted",
        definition="一段时间内立案的案件数。",
        name_en="Cases accepted",
        definition_en="Cases filed in a period.",
    )
    chinese, english = "一段时间内立案的案件数。", "Cases accepted Cases filed in a period."
    for asked, expected in {
        "/search/?q=立案": chinese,
        "/search/?q=受理": chinese,
        "/search/?q=accepted": english,
        "/search/?q=filed": "Cases filed in a period.",
        "/en/search/?q=filed": "Cases filed in a period.",
        "/en/search/?q=受理": "受理",  # the Chinese title, which the English page lacks
        "/en/search/?q=立案": chinese,
    }.items():
        quoted = re.findall(r'<p class="hit-text"[^>]*>(.+?)</p>', read(client, asked))
        (words,) = (re.sub("<[^>]+>", "", each) for each in quoted)
        assert words.startswith(expected), asked
        assert not words.endswith("accepted"), asked  # its code is found but not displayed


def english_pages() -> Iterator[str]:
    for page in addresses.pages():
        if page.path.startswith("/en/") and page.path.endswith("/"):
            yield page.path


def all_objects() -> ObjectsByState:
    objects = ObjectsByState()
    objects.court(State.LIVE)
    objects.newsroom.live(
        title="In English", body="<p>Text.</p>", source="The court", language="en"
    )
    return objects


def test_chinese_words_on_english_pages_are_marked(client: Client) -> None:
    """Screen readers select the voice by the lang attribute (WCAG 3.1.2)."""
    all_objects()
    asked = [*english_pages(), "/en/search/?q=法院", "/en/search/?q=nothing-of-the-kind"]
    assert len(asked) > 20
    unmarked = {path: Spoken(read(client, path)).unmarked for path in asked}
    assert [f"{path}: {text}" for path, texts in unmarked.items() for text in texts] == []


def test_alternate_language_links_are_mutual(client: Client) -> None:
    objects = all_objects()
    SiteSettings.objects.update_or_create(pk=1, defaults={"domain": "court.example"})
    links = {}
    for page in addresses.pages():
        if page.path.endswith("/"):
            found = Spoken(read(client, page.path))
            links[page.path] = found.named
            assert len(found.switch) == 1, page.path
            assert client.get(found.switch[0]).status_code == 200, page.path
    alike = {path: named for path, named in links.items() if named}
    for path, named in alike.items():
        english = path if path.startswith("/en/") else f"/en{path}"
        assert named == {
            "zh-Hans": f"http://court.example{english.removeprefix('/en')}",
            "en": f"http://court.example{english}",
            "x-default": f"http://court.example{english.removeprefix('/en')}",
        }
        assert english in alike
        assert english.removeprefix("/en") in alike
    # Articles and their lists differ by language and have no such links. All other pages exist in
    # both languages.
    assert {path for path in links if not links[path]} == {
        path for path in links if re.match(r"(/en)?/(news/[^/]+|topics)/", path)
    }
    assert objects.honors[State.LIVE].get_absolute_url() in alike


@pytest.mark.parametrize("path", ["/en", "/en/news", "/en/honors"])
def test_a_missing_slash_is_added(client: Client, path: str) -> None:
    response: Any = client.get(path)
    assert (response.status_code, response.headers["Location"]) == (301, f"{path}/")


@pytest.mark.parametrize("path", ["/en/admin/", "/en/healthz", "/en/sitemap.xml", "/en/robots.txt"])
def test_non_public_paths_do_not_exist_below_en(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_english_headlines_on_chinese_pages_are_marked(client: Client, newsroom: Newsroom) -> None:
    column = factories.column("marked", home_block="list")
    english = newsroom.live(title="In English", column=column.pk, language="en")
    newsroom.live(title="中文题目", column=column.pk)
    for path in ("/", "/news/", "/news/marked/"):
        languages = {
            language for language, text in Spoken(read(client, path)).found if text == english.title
        }
        assert languages == {"en"}, path
        assert "zh-Hans" in {
            language for language, text in Spoken(read(client, path)).found if text == "中文题目"
        }


def test_article_with_an_unknown_language_has_a_chinese_url(
    client: Client, newsroom: Newsroom
) -> None:
    """An import may contain any language code, but every article must have a URL."""
    article = newsroom.live(title="中文题目")
    Article.objects.update(language='"fr')
    article.refresh_from_db()
    assert article.get_absolute_url() == f"/news/{article.pk}/"
    assert client.get(article.get_absolute_url()).status_code == 200
    assert client.get(f"/en/news/{article.pk}/").headers["Location"] == f"/news/{article.pk}/"
