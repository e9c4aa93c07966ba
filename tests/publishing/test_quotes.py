"""Quotes of figures in articles: copied words, references, and marks of stale quotes."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from news.models import Article
from portal.court.models import Indicator, Observation
from portal.library.richtext import clean
from portal.publishing import actions, content_checks, quotes
from portal.publishing.errors import Blocked
from portal.publishing.models import Reference
from portal.publishing.references import related_links
from portal.publishing.states import ChangeKind
from portal.source_values.quantities import parse_quantity
from tests.factories import Newsroom, Records

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


@pytest.fixture
def records(newsroom: Newsroom) -> Records:
    return Records(newsroom)


@pytest.fixture
def indicator(records: Records) -> Indicator:
    return records.live(Indicator(), name="受理", code="accepted", unit="件")


@pytest.fixture
def figure(records: Records, indicator: Indicator) -> Observation:
    return records.live(Observation(), indicator=indicator.pk, value=parse_quantity("5177件"))


def quoting(figure: Observation, text: str = "5177件") -> str:
    return f'<p>受理<span data-quote="court.observation:{figure.pk}">{text}</span>。</p>'


def codes(article: Article) -> list[str]:
    work = article.open_revision
    return [
        f.code
        for f in (
            content_checks.check_revision(work) if work else content_checks.check_live_text(article)
        )
    ]


def test_a_release_creates_references_to_quoted_figures(
    newsroom: Newsroom, records: Records, figure: Observation
) -> None:
    article = newsroom.live(body=quoting(figure))
    (row,) = Reference.objects.from_source(article)
    assert (row.role, row.target_id, row.stale) == ("states", figure.pk, False)
    assert [(role, url) for role, _title, url in related_links(article)] == [
        ("引用的数据", figure.get_absolute_url())
    ]
    assert [(role, url) for role, _title, url in related_links(figure)] == [
        ("出处", records.source.get_absolute_url()),
        ("引用本数据的文章", article.get_absolute_url()),
    ]


def test_the_page_shows_the_words_without_the_record_id(
    newsroom: Newsroom, figure: Observation, client: Client
) -> None:
    article = newsroom.live(body=quoting(figure))
    page = client.get(article.get_absolute_url()).content.decode()
    assert '<span class="quoted">5177件</span>' in page
    assert "data-quote" not in page


def test_a_changed_figure_marks_the_quote_stale_but_changes_no_page(
    newsroom: Newsroom, records: Records, figure: Observation, client: Client
) -> None:
    article, other = newsroom.live(body=quoting(figure)), newsroom.live(body="<p>受理5177件。</p>")
    before = client.get(article.get_absolute_url()).content
    assert codes(article) == []

    records.live(figure, value=parse_quantity("5178件"))
    assert codes(article) == ["quote-changed"]
    assert codes(other) == []
    assert quotes.stale_sources(Article) == [article.pk]
    page = client.get(article.get_absolute_url()).content
    assert page.count(b"5177") == before.count(b"5177")

    client.force_login(newsroom.editor)
    index = client.get("/admin/").content.decode()
    assert "引用的数据已变" in index
    stale_list = client.get("/admin/news/article/?waiting=stale").content.decode()
    assert f"/admin/news/article/{article.pk}/change/" in stale_list
    assert f"/admin/news/article/{other.pk}/change/" not in stale_list
    form = client.get(f"/admin/news/article/{article.pk}/change/").content.decode()
    assert "数据台账现在是“5178件”" in form

    revision = newsroom.save(article, body=quoting(figure, "5178件"))
    revision = actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.SUBSTANCE,
        public_note="受理数更正为5178件。",
        token=actions.VersionToken.of(article),
    )
    newsroom.release(newsroom.approve(newsroom.submit(revision)))
    assert quotes.stale_sources(Article) == []
    assert codes(Article.objects.get(pk=article.pk)) == []


def test_quoted_records_are_locked_before_any_reference(
    newsroom: Newsroom, records: Records, figure: Observation
) -> None:
    """The release of a figure locks its row first, then the references to it.

    The opposite order in the release of an article could deadlock.
    """
    revision = newsroom.approved(body=quoting(figure))
    with CaptureQueriesContext(connection) as queries:
        newsroom.release(revision)
    statements = [query["sql"] for query in queries]
    released = [
        n for n, sql in enumerate(statements) if sql.startswith('UPDATE "publishing_revision"')
    ]
    deleted = [n for n, sql in enumerate(statements) if sql.startswith("DELETE")]
    between = [
        sql for sql in statements[released[-1] : deleted[0]] if 'FROM "court_observation"' in sql
    ]
    assert len(between) == 1
    assert connection.vendor != "postgresql" or "FOR UPDATE" in between[0]


def test_a_figure_changed_back_is_no_longer_stale(
    newsroom: Newsroom, records: Records, figure: Observation
) -> None:
    newsroom.live(body=quoting(figure))
    figure = records.live(figure, value=parse_quantity("5178件"))
    records.live(figure, value=parse_quantity("5177件"))
    assert quotes.stale_sources(Article) == []


def test_a_withdrawn_figure_marks_the_quote_stale(newsroom: Newsroom, figure: Observation) -> None:
    article = newsroom.live(body=quoting(figure))
    figure = actions.withdraw(obj=figure, by=newsroom.publisher, reason="口径有误。")
    assert codes(article) == ["quote-gone"]
    assert quotes.stale_sources(Article) == [article.pk]
    actions.reinstate(obj=figure, by=newsroom.publisher)
    assert quotes.stale_sources(Article) == []


def test_a_wrong_quote_blocks_submission(
    newsroom: Newsroom, records: Records, indicator: Indicator, figure: Observation
) -> None:
    draft = records.draft(Observation(), indicator=indicator.pk, value=parse_quantity("6000件"))
    bodies = [quoting(figure, "5200件"), quoting(draft.target, "6000件")]
    for body, code in zip(bodies, ["quote-changed", "quote-gone"], strict=True):
        revision = newsroom.draft(body=body)
        assert codes(revision.target) == [code]
        with pytest.raises(Blocked):
            newsroom.submit(revision)


def test_only_quotable_records_are_quoted(newsroom: Newsroom, figure: Observation) -> None:
    """A quote of an unknown record is treated as text: no error, and no reference."""
    for quoted in ("accounts.user:1", "news.article:1", "no.such:1", "court.observation:999999"):
        article = newsroom.draft(body=f'<p>甲<span data-quote="{quoted}">乙</span></p>').target
        expected = ["quote-gone"] if quoted.startswith("court") else []
        assert codes(article) == expected


@pytest.mark.parametrize(
    ("source", "stored"),
    [
        ('<p><span data-quote="court.observation:1">5<b>1</b>77件</span></p>',) * 2,
        ('<p>a<span data-quote="x y">b</span></p>', "<p>ab</p>"),
        ('<p>a<span data-quote="court.observation:1"> </span>b</p>', "<p>ab</p>"),
        ('<p><span onclick="x()" data-quote="court.observation:1" class="z">甲</span></p>',) * 2,
    ],
)
def test_a_quote_is_sanitised_to_plain_words(source: str, stored: str) -> None:
    cleaned = clean(source)
    if source == stored:
        words = "5177件" if "5" in source else "甲"
        stored = f'<p><span data-quote="court.observation:1">{words}</span></p>'
    assert cleaned == stored
    assert clean(cleaned) == cleaned
