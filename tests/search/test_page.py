"""The search page responds to any query with a page and shows public content only."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from honors.models import Honor
from news.models import Article
from portal.publishing import actions
from portal.search import public_search
from portal.search.engines import PostgresEngine
from portal.search.models import PublicIndex
from portal.search.query import parse
from portal.search.views import search
from portal.source_values.dates import parse_date
from tests import factories
from tests.factories import Newsroom, Records
from tests.search.build import found, index, name, titles
from tests.search.test_text import ANYTHING
from tests.workload import workload

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def main(client: Client, **params: Any) -> str:
    response = client.get("/search/", params)
    assert response.status_code == 200
    text = response.content.decode()
    return text[text.index("<main") : text.index("</main>")]


def imported(newsroom: Newsroom, at: datetime, **fields: Any) -> Article:
    content = factories.content(fields.pop("column", newsroom.column), **fields)
    return actions.import_released(
        obj=Article(), content=content, by=newsroom.publisher, published_at=at
    )


def test_an_empty_query_shows_the_form_with_advice(client: Client, newsroom: Newsroom) -> None:
    newsroom.live()
    html = main(client)
    assert html.count("<form") == 1
    assert 'id="advice"' in html
    assert '<ol class="hit-list"' not in html
    assert "/news/court-news/" in html  # the page links to the columns
    assert main(client, q="") == html


def test_the_search_page_is_neither_cached_nor_indexed_by_search_engines(client: Client) -> None:
    response = client.get("/search/", {"q": "法院"})
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    assert client.post("/search/", {"q": "法院"}).status_code == 405


def test_every_field_has_its_label(client: Client) -> None:
    html = main(client, q="法院")
    fields = set(re.findall(r'<(?:input|select) id="([^"]+)"', html))
    assert (
        fields
        == {"words", "column", "type", "from", "to"}
        == set(re.findall(r'<label for="([^"]+)"', html))
    )
    assert html.count("<fieldset>") == 1
    assert re.search(r'role="status">\s*<h2 class="block-title" id="summary">', html)


def test_hits_are_marked_and_escaped(client: Client, newsroom: Newsroom) -> None:
    evil = "<script>alert(1)</script>國家賠償&amp;"
    article = newsroom.live(
        title=evil, body="<p>本院受理&lt;b&gt;國家賠償&lt;/b&gt;案件ＡＢＣ。</p>"
    )
    for written in ("国家赔偿", "國家賠償", "国家赔偿 abc", "“國家賠償”"):
        html = main(client, q=written)
        assert (
            f'<a href="{article.get_absolute_url()}">&lt;script&gt;alert(1)&lt;/script&gt;'
            "<mark>國家賠償</mark>&amp;amp;</a>" in html
        )
        assert "本院受理&lt;b&gt;<mark>國家賠償</mark>&lt;/b&gt;案件" in html
        assert "<script" not in html
        assert "<b>" not in html
    assert "案件<mark>ＡＢＣ</mark>。" in main(client, q="abc")


def test_all_quotation_marks_quote_phrases(client: Client, newsroom: Newsroom) -> None:
    newsroom.live(title="甲", body="<p>法官走进社区，以案说法。</p>")
    newsroom.live(title="乙", body="<p>以案例说明法律。社区法官走进来。</p>")
    assert set(titles(client, "以案 社区")) == {"甲", "乙"}
    for written in ("“走进社区”", '"走进社区"', "「走進社區」", "『走进社区』", "＂走进社区＂"):
        assert titles(client, written) == ["甲"]
    assert titles(client, "“社区，以案说法”") == ["甲"]
    assert titles(client, "“社区以案说法”") == []


def test_a_single_character_is_found(client: Client, newsroom: Newsroom) -> None:
    newsroom.live(title="甲", body="<p>枫。</p>")
    newsroom.live(title="乙", body="<p>丹枫桥。</p>")
    assert set(titles(client, "枫")) == {"甲", "乙"}
    assert titles(client, "桥") == ["乙"]


def test_hits_are_ordered_by_date_or_relevance(client: Client, newsroom: Newsroom) -> None:
    now = timezone.now()
    for days, title, body in (
        (3, "执行异议之诉", "执行异议。执行异议。"),
        (2, "丙", "执行异议三次，执行异议，执行异议。"),
        (1, "乙", "一提执行异议。" + "闲话。" * 500),
    ):
        imported(newsroom, now - timedelta(days=days), title=title, body=f"<p>{body}</p>")
    assert titles(client, "执行异议") == ["乙", "丙", "执行异议之诉"]
    assert titles(client, "执行异议", sort="relevance") == ["执行异议之诉", "丙", "乙"]
    assert titles(client, "执行异议", sort="nonsense") == ["乙", "丙", "执行异议之诉"]


def test_filters_by_column_type_and_date(client: Client, newsroom: Newsroom) -> None:
    top = factories.column("top")
    below = factories.column("below", parent=top)
    day = datetime(2024, 2, 29, 15, 59, tzinfo=UTC)  # a minute before midnight in Shanghai
    imported(newsroom, day, title="甲", body="<p>枫桥经验</p>", column=below)
    imported(newsroom, day + timedelta(minutes=2), title="乙", body="<p>枫桥经验</p>", column=top)
    imported(newsroom, day + timedelta(days=30), title="丙", body="<p>枫桥经验</p>")
    records = Records(newsroom)
    court = [{"kind": "court", "name": "", "count": ""}]
    honor = {"levels": ["national"], "recipients": court}
    records.live(Honor(), name="枫桥经验奖", awarded=parse_date("2024年3月1日"), **honor)
    records.live(Honor(), name="枫桥经验奖牌", awarded=None, **honor)
    key = {"top": str(top.pk), "below": str(below.pk)}
    everything = {"甲", "乙", "丙", "枫桥经验奖", "枫桥经验奖牌"}
    expected: list[tuple[dict[str, str], set[str]]] = [
        ({}, everything),
        ({"column": key["top"]}, {"甲", "乙"}),
        ({"column": key["below"]}, {"甲"}),
        ({"type": "honors"}, {"枫桥经验奖", "枫桥经验奖牌"}),
        ({"type": "articles"}, {"甲", "乙", "丙"}),
        ({"type": "data"}, set()),
        ({"type": "honors", "column": key["top"]}, set()),
        ({"from": "2024-03-01"}, {"乙", "丙", "枫桥经验奖"}),
        ({"to": "2024-02-29"}, {"甲"}),
        ({"from": "2024-02-29", "to": "2024-03-01"}, {"甲", "乙", "枫桥经验奖"}),
        ({"from": "2024-03-01", "to": "2024-02-29"}, set()),
        ({"from": "0001-01-01", "to": "9999-12-31"}, {"甲", "乙", "丙", "枫桥经验奖"}),
        # Invalid filters must be ignored.
        ({"from": "31.2.2024", "to": "x", "column": "x", "type": "x"}, everything),
    ]
    for params, wanted in expected:
        assert set(titles(client, "枫桥经验", **params)) == wanted, params
        assert set(titles(client, "枫桥经验", sort="relevance", **params)) == wanted, params


def test_an_honour_is_shown_with_the_date_as_printed(client: Client, newsroom: Newsroom) -> None:
    """The hit also shows flags, such as an inferred year or a rescinded honour."""
    records = Records(newsroom)
    honor = {"levels": ["national"], "recipients": [{"kind": "court", "name": "", "count": ""}]}
    day = parse_date("7月8日")
    assert day is not None
    inferred = replace(day, earliest=date(2021, 7, 8), latest=date(2021, 7, 8), inferred=True)
    records.live(Honor(), name="枫桥经验奖甲", awarded=parse_date("2018年"), **honor)
    records.live(Honor(), name="枫桥经验奖乙", presented=inferred, **honor)
    records.live(Honor(), name="枫桥经验奖丙", awarded=None, rescinded=True, **honor)
    html = main(client, q="枫桥经验奖")
    facts = re.findall(r'<p class="hit-facts quiet">(.*?)</p>', html)
    words = [re.sub(r"<[^>]*>", "", each).split() for each in facts]
    assert words == [["7月8日授牌", "年份推定", "荣誉"], ["2018年", "荣誉"], ["已撤销", "荣誉"]]
    assert "<time" not in html
    assert titles(client, "已撤销") == ["枫桥经验奖丙"]


def test_hits_have_a_lang_attribute(client: Client, newsroom: Newsroom) -> None:
    newsroom.live(title="Fengqiao", body="<p>Fengqiao in English.</p>", language="en")
    newsroom.live(title="Fengqiao枫桥", body="<p>枫桥经验（Fengqiao）。</p>")
    quoted = r'<p class="hit-text"([^>]*)>(.*?[。.])'
    mark = "<mark>Fengqiao</mark>"
    chinese, english = f"枫桥经验（{mark}）。", f"{mark} in English."
    assert re.findall(quoted, main(client, q="Fengqiao")) == [
        ("", chinese),
        (' lang="en"', english),
    ]
    there = client.get("/en/search/", {"q": "Fengqiao", "type": "articles"}).content.decode()
    assert re.findall(quoted, there) == [(' lang="zh-Hans"', chinese), ("", english)]
    # The link to the other language must keep the query.
    assert 'class="language" href="/search/?q=Fengqiao&amp;type=articles"' in there


def test_an_english_page_quotes_a_chinese_title_that_it_does_not_show(
    client: Client, newsroom: Newsroom
) -> None:
    honor = {"levels": ["national"], "recipients": [{"kind": "court", "name": "", "count": ""}]}
    Records(newsroom).live(Honor(), name="枫桥经验奖", name_en="A Prize", awarded=None, **honor)
    html = client.get("/en/search/", {"q": "枫桥"}).content.decode()
    assert ">A Prize</a>" in html
    assert '<p class="hit-text" lang="zh-Hans"><mark>枫桥</mark>经验奖</p>' in html


def suggested_links(html: str) -> list[tuple[str, dict[str, list[str]]]]:
    part = html[html.index('<ul class="suggestions">') : html.index('<nav class="related-links"')]
    links = re.findall(r'<a href="([^"]+)">(.*?)</a>', part)
    return [(unescape(text), parse_qs(urlsplit(unescape(url)).query)) for url, text in links]


def test_suggestions_if_nothing_is_found(client: Client, newsroom: Newsroom) -> None:
    newsroom.live(title="甲", body="<p>法官走进社区。</p>")
    newsroom.live(title="乙", body="<p>法官开庭。</p>")
    html = main(client, q="法官 社区 枫桥")
    assert suggested_links(html) == [
        ("法官 社区", {"q": ["法官 社区"]}),  # the rarest term is left out
        ("法官", {"q": ["法官"]}),
        ("社区", {"q": ["社区"]}),
    ]
    assert "/news/court-news/" in html
    html = main(client, q="“社区法官”", sort="relevance")
    assert '<ul class="suggestions">' not in html
    html = main(client, q="“社区 法官”", sort="relevance")
    assert suggested_links(html) == [("社区 法官", {"q": ["社区 法官"], "sort": ["relevance"]})]
    html = main(client, q="社区", type="honors", **{"from": "2020-01-01"})
    assert suggested_links(html) == [("社区", {"q": ["社区"]})]
    html = main(client, q="枫桥")
    assert '<ul class="suggestions">' not in html
    assert "/news/court-news/" in html


def test_hits_are_paged(client: Client, newsroom: Newsroom) -> None:
    now = timezone.now()
    made = [imported(newsroom, now - timedelta(hours=n), title=f"第{n}篇枫桥") for n in range(45)]
    wanted = [article.title for article in made]
    assert titles(client, "枫桥") == wanted[:20]
    assert titles(client, "枫桥", page="2") == wanted[20:40]
    assert titles(client, "枫桥", page="3") == wanted[40:]
    html = main(client, q="枫桥", page="2", sort="relevance", type="articles")
    assert '<ol class="hit-list" start="21">' in html
    pages = re.findall(r'<a[^>]* href="(/search/[^"]+page=3)"', html)
    assert [parse_qs(urlsplit(unescape(url)).query) for url in pages] == [
        {"q": ["枫桥"], "type": ["articles"], "sort": ["relevance"], "page": ["3"]}
    ] * 2
    # For a page number that is too high the last page is shown, for an invalid number the first.
    assert titles(client, "枫桥", page="9999") == wanted[40:]
    for page in ("0", "-1", "x", "²", "1" * 500):
        assert titles(client, "枫桥", page=page) == wanted[:20], page


def test_counting_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch, newsroom: Newsroom) -> None:
    monkeypatch.setattr(public_search, "MAX_HITS", 30)
    monkeypatch.setattr(
        PostgresEngine, "NEWEST_ROWS", 40
    )  # PostgreSQL queries the newest 40 rows, then all
    for number in range(31, 45):
        imported(newsroom, timezone.now() - timedelta(days=40 + number), title=f"别的{number}")
    for number in range(31):
        imported(newsroom, timezone.now() - timedelta(hours=number), title=f"第{number}篇枫桥")
    pages = public_search.find(parse("枫桥"), public_search.SearchFilters(), number=2)
    assert (pages.total, pages.has_more, pages.pages, len(pages.hits)) == (30, True, 2, 10)
    pages = public_search.find(parse("枫桥 第3"), public_search.SearchFilters())
    assert (pages.total, pages.has_more) == (1, False)  # a number must be whole: neither 30 nor 13
    pages = public_search.find(parse("枫桥 第3篇"), public_search.SearchFilters())
    assert (pages.total, pages.has_more) == (1, False)


def test_rows_of_the_index_without_public_object_are_not_shown(client: Client) -> None:
    """Hits without a public object are left out, so that a wrong index discloses no text."""
    index([("不该有的", "枫桥经验")], ContentType.objects.get_for_model(Article).pk)
    assert titles(client, "枫桥经验") == []


def test_the_number_of_queries_does_not_grow(client: Client, newsroom: Newsroom) -> None:
    def queries(**params: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/search/", {"q": "枫桥", **params})
        return len(captured)

    imported(newsroom, timezone.now(), title="枫桥")
    client.get("/search/", {"q": "枫桥"})  # the first request fills caches
    one, one_ranked = queries(), queries(sort="relevance")
    for number in range(25):
        imported(newsroom, timezone.now() - timedelta(hours=number), title=f"枫桥{number}")
    assert (queries(), queries(sort="relevance")) == (one, one_ranked)
    # On PostgreSQL each search first queries the highest and lowest ordinal of the newest rows.
    bounds = connection.vendor == "postgresql"
    assert one_ranked - one == 2 + bounds
    # A search makes three more database queries than the empty form: for the ordinals of the hits,
    # their index rows, and their objects.
    with CaptureQueriesContext(connection) as bare:
        client.get("/search/")
    assert one - len(bare) == 3 + bounds


@given(ANYTHING, st.lists(ANYTHING, min_size=6, max_size=6))
@settings(max_examples=workload(10_000, 60))
def test_any_query_is_answered_with_a_page(written: str, rest: list[str]) -> None:
    names = ("column", "type", "from", "to", "sort", "page")
    request = RequestFactory().get("/search/")
    request.GET = {"q": written, **dict(zip(names, rest, strict=True))}  # type: ignore[assignment]
    assert search(request).status_code == 200


@pytest.mark.parametrize(
    "written",
    [
        "%00", "%ED%A0%80", "%FF%FE", "法" * 10_000, "a " * 5_000, '"' * 999, "'; DROP TABLE x; --",
        "* OR NOT NEAR(", "a & b | !c", "§karticles", "¶法院", ":*", "\\", "%27", "{}", "“" * 50,
    ],
)  # fmt: skip
def test_unusual_queries_are_answered(client: Client, newsroom: Newsroom, written: str) -> None:
    newsroom.live()
    assert client.get(f"/search/?q={written}").status_code == 200
    assert client.get("/search/", {"q": written}).status_code == 200


def test_prefixes_of_tokens_cannot_be_searched(newsroom: Newsroom) -> None:
    article = newsroom.live(title="甲", body="<p>karticles</p>")
    newsroom.live(title="乙")
    assert found("§karticles") == {name(article)}
    assert found("§") == set()


#: A text with both three-character tokens of the phrase 甲乙丙丁, but without the phrase.
NEAR_MISS = "甲乙丙，乙丙丁。"


def test_scanning_stops_with_the_budget(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest texts are scanned first, and the page says that older texts were not scanned."""
    kind = ContentType.objects.get_for_model(Article).pk
    index([("题", "甲乙丙丁"), *[("题", NEAR_MISS * 100)] * 60], kind)
    query, no_filters = parse("“甲乙丙丁”"), public_search.SearchFilters()
    pages = public_search.find(query, no_filters)
    assert (pages.total, pages.is_incomplete) == (1, False)
    assert 'id="cut"' not in main(client, q=query.text)
    budget = public_search.ScanBudget(
        30 * (len(NEAR_MISS) * 100 + public_search.ScanBudget.ROW_COST)
    )
    monkeypatch.setattr(public_search, "SCAN_BUDGET", budget.remaining)
    monkeypatch.setattr(public_search, "SUGGESTION_SCAN_BUDGET", budget.remaining)
    pages = public_search.find(query, no_filters)
    assert (pages.total, pages.is_incomplete) == (0, True)
    assert 'id="cut"' in main(client, q=query.text)
    assert public_search.count(query.terms, no_filters, budget) == (0, True)
    # The next search with the exhausted budget must scan nothing.
    remaining = budget.remaining
    assert public_search.count(query.terms, no_filters, budget) == (0, True)
    assert budget.remaining == remaining


def test_the_beginning_of_a_long_text_is_ranked() -> None:
    kind = ContentType.objects.get_for_model(Article).pk
    long = "闲话。" * public_search.RANKED_LENGTH + "枫桥。" * public_search.RANKED_LENGTH
    index([("题", "一提枫桥。"), ("题", long)], kind)
    newest = list(PublicIndex.objects.order_by("-pk").values_list("pk", flat=True))
    budget = public_search.ScanBudget(public_search.SCAN_BUDGET)
    ranked = public_search._rank(parse("枫桥"), public_search.SearchFilters(), newest, budget)
    assert ranked == newest[::-1]
