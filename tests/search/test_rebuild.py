"""The indexes made anew: whole, after a kill too, and beside the newsroom's work."""

import unicodedata
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connection

from news.models import Article
from portal.audit import triggers
from portal.publishing import actions
from portal.search import documents, index, rebuilding
from portal.search.engines import engine
from portal.search.management.commands.rebuild_search import line
from portal.search.models import PublicIndex, RebuildProgress, StaffIndex
from portal.search.rebuilding import Step
from tests.factories import Newsroom
from tests.search.build import found, name

TABLES = (PublicIndex, StaffIndex)


@pytest.fixture
def newsroom(db: None) -> Newsroom:
    return Newsroom()


def rebuild(**options: Any) -> str:
    said = StringIO()
    call_command("rebuild_search", stdout=said, **options)
    return said.getvalue()


def empty() -> None:
    for table in TABLES:
        engine(table).empty(table)


def contents() -> list[list[tuple]]:
    return [list(table.objects.order_by("pk").values_list()) for table in TABLES]


def test_from_nothing_it_is_what_the_verbs_had_made(newsroom: Newsroom) -> None:
    article = newsroom.live(title="枫桥")
    newsroom.draft(title="稿")
    newsroom.withdrawn(title="撤")
    before = contents()
    empty()
    assert found("枫桥") == set()
    rebuild()
    assert contents() == before
    assert found("枫桥") == {name(article)}
    assert rebuild(check=True) == "The indexes are as they should be.\n"


def test_it_mends_what_is_wrong_and_the_check_names_it(newsroom: Newsroom) -> None:
    article, other, gone = (
        newsroom.live(title="枫桥"),
        newsroom.live(title="别的"),
        newsroom.live(title="撤"),
    )
    kind = PublicIndex.objects.get(object_id=article.pk).content_type_id
    index.drop(PublicIndex, kind, [article.pk])
    PublicIndex.objects.filter(object_id=other.pk).update(digest="0" * 32)
    stray = documents.of(gone)
    actions.withdraw(obj=gone, by=newsroom.publisher, reason="信息有误。")
    engine(PublicIndex).write(PublicIndex, [stray])
    said = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("rebuild_search", check=True, stdout=said)
    assert error.value.returncode == 1
    assert said.getvalue().splitlines() == [
        f"live: news.Article {article.pk} is missing",
        f"live: news.Article {other.pk} is not as it reads now",
        f"live: news.Article {gone.pk} should not be there",
    ]
    rebuild()
    rebuild(check=True)
    assert found("枫桥") == {name(article)}
    assert found("撤") == set()


def test_the_check_sees_an_inverted_index_that_differs(newsroom: Newsroom) -> None:
    newsroom.live(title="枫桥")
    row = PublicIndex.objects.get()
    if connection.vendor == "sqlite":
        engine(PublicIndex).execute(
            "INSERT INTO search_public_index (rowid, tokens) VALUES (%s, '多余')", [row.pk + 1]
        )
    else:
        engine(PublicIndex).execute("UPDATE search_public SET vector = 'x'")
    assert len(list(rebuilding.differences("live"))) >= 1
    rebuild(fresh=True)
    assert list(rebuilding.differences("live")) == []


def test_what_was_stopped_goes_on(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "BATCH", 2)
    for number in range(7):
        newsroom.live(title=f"枫桥{number}")
    before = contents()
    empty()
    steps = rebuilding.rebuild("live")
    for step in steps:
        if step.done >= 3:
            break
    steps.close()  # type: ignore[attr-defined]
    assert 0 < PublicIndex.objects.count() < 7
    assert rebuilding.is_stale("live")
    first = RebuildProgress.objects.get(pk="live").object_id
    seen: list[tuple[str, int]] = []
    refresh = rebuilding.REFRESH["live"]

    def noted(model: Any, ids: list[int]) -> None:
        seen.extend((model._meta.label, pk) for pk in ids)
        refresh(model, ids)

    monkeypatch.setitem(rebuilding.REFRESH, "live", noted)
    rebuild()
    # Not one of those that were done is done again.
    assert [pk for label, pk in seen if label == "news.Article"] == [
        pk for pk in Article.objects.order_by("pk").values_list("pk", flat=True) if pk > first
    ]
    assert contents() == before
    assert not rebuilding.is_stale("live")


def test_releases_beside_it(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between any two batches something is released, changed, withdrawn: nothing of it is lost."""
    monkeypatch.setattr(rebuilding, "BATCH", 1)
    monkeypatch.setattr(rebuilding, "STRIDE", 3)
    for number in range(3):
        newsroom.live(title=f"先{number}")
    empty()

    def work() -> Iterator[None]:
        for _round in range(4):
            newsroom.live(title="后来")
            yield
            for which in ("pk", "-pk"):
                public = Article.objects.public().order_by(which).first()
                assert public is not None
                actions.withdraw(obj=public, by=newsroom.publisher, reason="信息有误。")
                newsroom.live(title="又来")
                yield

    newsroom_work = work()
    for _step in rebuilding.rebuild("live"):
        next(newsroom_work, None)
    assert next(newsroom_work, "over") == "over"
    assert list(rebuilding.differences("live")) == []
    wanted = Article.objects.public()
    assert set(PublicIndex.objects.values_list("object_id", flat=True)) == {
        each.pk for each in wanted
    }


def test_other_rules_make_it_anew(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.live(title="枫桥")
    rebuild()
    assert rebuild(if_stale=True) == ""
    monkeypatch.setattr(documents, "VERSION", documents.VERSION + 1)
    assert rebuilding.is_stale("live")
    assert rebuild(if_stale=True).count("objects in") == 2
    assert rebuild(if_stale=True) == ""
    rebuild(check=True)


def test_another_unicode_makes_it_anew(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes with Python, and says what is a letter: tokens are cut otherwise."""
    newsroom.live(title="枫桥")
    rebuild()
    monkeypatch.setattr(unicodedata, "unidata_version", "99.0.0")
    assert rebuilding.is_stale("live")
    assert rebuild(if_stale=True).count("objects in") == 2
    assert not rebuilding.is_stale("live")


def test_what_a_killed_rebuild_left_on_is_put_right(db: None) -> None:
    rebuilding.begin("live", fresh=False)
    assert engine(PublicIndex).awaits_many(PublicIndex) == (connection.vendor == "postgresql")
    rebuilding.settle()
    assert not engine(PublicIndex).awaits_many(PublicIndex)
    assert rebuilding.is_stale("live")  # it is still to be made whole


def pieces() -> int:
    """Of what SQLite's index consists; PostgreSQL's has none."""
    if connection.vendor != "sqlite":
        return 1
    ((number,),) = engine(PublicIndex).rows(
        "SELECT COUNT(DISTINCT segid) FROM search_public_index_idx"
    )
    return number


def test_a_rebuild_leaves_one_piece(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        newsroom.live(title=f"枫桥{number}")
    pieces_before = pieces()
    assert connection.vendor != "sqlite" or pieces_before > 1
    rebuild()
    assert pieces() == 1
    rebuild(check=True)


def test_an_empty_house(db: None) -> None:
    assert "live: 0 objects" in rebuild()
    rebuild(check=True)


def test_the_bar() -> None:
    step = Step("live", 250, 1000)
    assert line(step, 200, 10.0) == f"live [{'#' * 8:<30}]  25% 250/1000 20/s, 0:38 left"
    assert "100%" in line(Step("live", 0, 0), 0, 0.0)


@pytest.mark.django_db(transaction=True)
def test_a_flush_leaves_no_token() -> None:
    """First the rows are there; the next test's database must know nothing of them."""
    newsroom = Newsroom()
    newsroom.live(title="枫桥")
    with triggers.suspended(DEFAULT_DB_ALIAS):
        call_command("flush", interactive=False, verbosity=0)
    for table in TABLES:
        assert table.objects.count() == 0
        assert list(engine(table).faults(table)) == []
    assert {"search_public", "search_staff"} <= {
        model._meta.db_table for model in apps.get_app_config("search").get_models()
    }
