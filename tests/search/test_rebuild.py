"""Rebuilds of the indexes are correct, also after an interruption and during releases."""

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
from portal.search.management.commands.rebuild_search import progress_line
from portal.search.models import PublicIndex, RebuildProgress, StaffIndex
from portal.search.rebuilding import Step
from tests.factories import Newsroom
from tests.search.build import found, name

TABLES = (PublicIndex, StaffIndex)


@pytest.fixture
def newsroom(db: None) -> Newsroom:
    return Newsroom()


def rebuild(**options: Any) -> str:
    output = StringIO()
    call_command("rebuild_search", stdout=output, **options)
    return output.getvalue()


def clear_indexes() -> None:
    for table in TABLES:
        engine(table).clear(table)


def contents() -> list[list[tuple]]:
    return [list(table.objects.order_by("pk").values_list()) for table in TABLES]


def test_a_rebuild_equals_what_the_actions_indexed(newsroom: Newsroom) -> None:
    article = newsroom.live(title="枫桥")
    newsroom.draft(title="稿")
    newsroom.withdrawn(title="撤")
    before = contents()
    clear_indexes()
    assert found("枫桥") == set()
    rebuild()
    assert contents() == before
    assert found("枫桥") == {name(article)}
    assert rebuild(check=True) == "The indexes are as they should be.\n"


def test_the_check_lists_differences_and_a_rebuild_repairs_them(newsroom: Newsroom) -> None:
    article, other, gone = (
        newsroom.live(title="枫桥"),
        newsroom.live(title="别的"),
        newsroom.live(title="撤"),
    )
    kind = PublicIndex.objects.get(object_id=article.pk).content_type_id
    index.delete_documents(PublicIndex, kind, [article.pk])
    PublicIndex.objects.filter(object_id=other.pk).update(digest="0" * 32)
    stray = documents.build_document(gone)
    actions.withdraw(obj=gone, by=newsroom.publisher, reason="信息有误。")
    engine(PublicIndex).write(PublicIndex, [stray])
    output = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("rebuild_search", check=True, stdout=output)
    assert error.value.returncode == 1
    assert output.getvalue().splitlines() == [
        f"live: news.Article {article.pk} is missing",
        f"live: news.Article {other.pk} is not as it reads now",
        f"live: news.Article {gone.pk} should not be there",
    ]
    rebuild()
    rebuild(check=True)
    assert found("枫桥") == {name(article)}
    assert found("撤") == set()


def test_the_check_finds_a_wrong_inverted_index(newsroom: Newsroom) -> None:
    newsroom.live(title="枫桥")
    row = PublicIndex.objects.get()
    if connection.vendor == "sqlite":
        engine(PublicIndex).execute(
            "INSERT INTO search_public_index (rowid, tokens) VALUES (%s, '多余')", [row.pk + 1]
        )
    else:
        engine(PublicIndex).execute("UPDATE search_public SET vector = 'x'")
    assert len(list(rebuilding.find_differences("live"))) >= 1
    rebuild(fresh=True)
    assert list(rebuilding.find_differences("live")) == []


def test_an_interrupted_rebuild_is_continued(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH_SIZE", 2)
    for number in range(7):
        newsroom.live(title=f"枫桥{number}")
    before = contents()
    clear_indexes()
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
    # The second run must begin after the last object of the first run.
    assert [pk for label, pk in seen if label == "news.Article"] == [
        pk for pk in Article.objects.order_by("pk").values_list("pk", flat=True) if pk > first
    ]
    assert contents() == before
    assert not rebuilding.is_stale("live")


def test_concurrent_releases_are_indexed(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Objects that are released or withdrawn between two batches must be indexed correctly."""
    monkeypatch.setattr(rebuilding, "BATCH_SIZE", 1)
    monkeypatch.setattr(rebuilding, "FLUSH_BATCHES", 3)
    for number in range(3):
        newsroom.live(title=f"先{number}")
    clear_indexes()

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
    assert list(rebuilding.find_differences("live")) == []
    wanted = Article.objects.public()
    assert set(PublicIndex.objects.values_list("object_id", flat=True)) == {
        each.pk for each in wanted
    }


def test_changed_rules_make_an_index_stale(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.live(title="枫桥")
    rebuild()
    assert rebuild(if_stale=True) == ""
    monkeypatch.setattr(documents, "RULES_VERSION", documents.RULES_VERSION + 1)
    assert rebuilding.is_stale("live")
    assert rebuild(if_stale=True).count("objects in") == 2
    assert rebuild(if_stale=True) == ""
    rebuild(check=True)


def test_another_unicode_version_makes_an_index_stale(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Unicode tables of the Python version decide which characters are letters."""
    newsroom.live(title="枫桥")
    rebuild()
    monkeypatch.setattr(unicodedata, "unidata_version", "99.0.0")
    assert rebuilding.is_stale("live")
    assert rebuild(if_stale=True).count("objects in") == 2
    assert not rebuilding.is_stale("live")


def test_the_bulk_mode_of_a_killed_rebuild_is_ended(db: None) -> None:
    rebuilding.begin("live", fresh=False)
    assert engine(PublicIndex).is_in_bulk(PublicIndex) == (connection.vendor == "postgresql")
    rebuilding.end_abandoned_bulk()
    assert not engine(PublicIndex).is_in_bulk(PublicIndex)
    assert rebuilding.is_stale("live")  # the index is still incomplete


def segments() -> int:
    """Return the number of segments of the FTS5 index; 1 on PostgreSQL, which has no segments."""
    if connection.vendor != "sqlite":
        return 1
    ((number,),) = engine(PublicIndex).fetch_all(
        "SELECT COUNT(DISTINCT segid) FROM search_public_index_idx"
    )
    return number


def test_a_rebuild_merges_all_segments(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        newsroom.live(title=f"枫桥{number}")
    segments_before = segments()
    assert connection.vendor != "sqlite" or segments_before > 1
    rebuild()
    assert segments() == 1
    rebuild(check=True)


def test_an_empty_database_can_be_rebuilt(db: None) -> None:
    assert "live: 0 objects" in rebuild()
    rebuild(check=True)


def test_the_progress_bar_shows_rate_and_remaining_time() -> None:
    step = Step("live", 250, 1000)
    assert progress_line(step, 200, 10.0) == f"live [{'#' * 8:<30}]  25% 250/1000 20/s, 0:38 left"
    assert "100%" in progress_line(Step("live", 0, 0), 0, 0.0)


@pytest.mark.django_db(transaction=True)
def test_a_flush_clears_the_inverted_index() -> None:
    """Without this, later tests would find the tokens of deleted rows."""
    newsroom = Newsroom()
    newsroom.live(title="枫桥")
    with triggers.suspended(DEFAULT_DB_ALIAS):
        call_command("flush", interactive=False, verbosity=0)
    for table in TABLES:
        assert table.objects.count() == 0
        assert list(engine(table).find_faults(table)) == []
    assert {"search_public", "search_staff"} <= {
        model._meta.db_table for model in apps.get_app_config("search").get_models()
    }
