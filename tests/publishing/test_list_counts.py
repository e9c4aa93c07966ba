"""Row counts of public lists: pages are complete, and reading a page has a limited cost."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from honors.models import Honor
from news.models import Article, Column
from portal.court.models import Observation
from portal.publishing import list_counts
from portal.publishing.models import ListCount, Reference
from portal.publishing.references import RELATED_LINKS_LIMIT, related_links
from portal.publishing.states import State
from tests import bulk, factories
from tests.court import build
from tests.factories import Newsroom
from tests.honors import test_flat as of_honors
from tests.news import test_flat as of_news
from tests.news.test_flat import _analyse
from tests.publishing.lists import NOON, measure_query, unsaved_article
from tests.workload import workload

#: Few different times, so that many rows have the same second, and some the same day.
LATER = [dt.timedelta(microseconds=1), *(dt.timedelta(hours=hours) for hours in (1, 30, 900))]
MOMENTS = st.sampled_from([NOON, *(NOON + later for later in LATER)])


def publish(column: Column, at: dt.datetime) -> Article:
    made = unsaved_article(column, at)
    made.save()
    list_counts.update_counts((), list_counts.list_positions(made))
    return made


def withdraw(gone: Article) -> None:
    gone.state = State.WITHDRAWN
    gone.save()
    list_counts.update_counts(list_counts.list_positions(gone), ())


def ids_of_list(column: Column) -> list[int]:
    rows = Article.objects.public().filter(section=column).newest_first()
    return list(rows.values_list("pk", flat=True))


def ids_of_all_pages(rows: Callable, key: str, per_page: int) -> list[int]:
    first = list_counts.get_page(rows(), key, 1, per_page)
    assert first is not None
    found = [
        first,
        *(list_counts.get_page(rows(), key, n, per_page) for n in range(2, first.pages + 1)),
    ]
    assert list_counts.get_page(rows(), key, first.pages + 1, per_page) is None
    assert {page.total for page in found if page} == {first.total}
    ids = [row.pk for page in found if page for row in page.items]
    assert first.total == len(ids)
    return ids


def assert_counts_correct(model: type) -> None:
    """Assert that the stored counts equal the counts computed from the rows."""
    stored = set(ListCount.objects.exclude(count=0).values_list("key", "month", "count"))
    list_counts.rebuild_counts(model)
    assert set(ListCount.objects.values_list("key", "month", "count")) == stored


@pytest.mark.django_db
@given(steps=st.lists(st.tuples(MOMENTS, st.booleans(), st.integers(0)), max_size=40))
@hypothesis_settings(max_examples=workload(300, 30))
def test_all_pages_together_contain_the_list(
    steps: list[tuple[dt.datetime, bool, int]],
) -> None:
    with transaction.atomic():
        column = factories.column()
        live: list[Article] = []
        for at, goes, which in steps:
            if goes and live:
                withdraw(live.pop(which % len(live)))
            else:
                live.append(publish(column, at))
        whole = sorted(live, key=lambda row: (row.published_at, row.pk), reverse=True)
        for _when in ("counted", "recounted"):
            for per_page in (1, 3, 7):
                rows = lambda: Article.objects.public().in_section(column)  # noqa: E731
                assert ids_of_all_pages(rows, column.list_key, per_page) == [
                    row.pk for row in whole
                ]
            assert_counts_correct(Article)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_pages_of_honours_without_a_date_are_complete() -> None:
    """All honours without a date share the list date ``UNDATED``."""
    for number in range(20):
        honor = Honor(
            state=State.LIVE,
            name=f"{number}号",
            levels=("court",),
            recipients=[{"kind": "court", "name": "", "count": ""}],
            published_at=NOON,
            published_on=NOON.date(),
            released_at=NOON,
        )
        honor.set_derived_columns()
        honor.save()
        list_counts.update_counts((), list_counts.list_positions(honor))
    for name, rows in (
        ("year:undated", lambda: Honor.objects.public().of_year(None)),
        ("level:court", lambda: Honor.objects.public().at_level("court")),
    ):
        ids = ids_of_all_pages(rows, f"honors.honor:{name}", 3)
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 20
    assert_counts_correct(Honor)


@pytest.mark.django_db(transaction=True)
def test_concurrent_releases_and_withdrawals_are_counted() -> None:
    column = factories.column()
    steps = count()

    def work(_worker: int) -> None:
        try:
            mine: list[Article] = []
            for _step in range(workload(60, 15)):
                with transaction.atomic():
                    if next(steps) % 3 == 2 and mine:
                        withdraw(mine.pop())
                    else:
                        mine.append(publish(column, NOON))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as executor:
        list(executor.map(work, range(4)))
    rows = lambda: Article.objects.public().in_section(column)  # noqa: E731
    assert ids_of_all_pages(rows, column.list_key, 3) == ids_of_list(column)
    assert_counts_correct(Article)


@pytest.mark.django_db
def test_a_page_reads_only_months_skipped_ids_and_its_rows(client: Client) -> None:
    """In the worst case, after an import without times, one month contains thousands of rows."""
    column = factories.column()
    many = workload(30_000, 3_000)
    Article.objects.bulk_create(
        [unsaved_article(column, NOON) for _ in range(many)], batch_size=500
    )
    list_counts.rebuild_counts(Article)
    if connection.vendor == "postgresql":
        _analyse()
    last = many // 20
    whole = ids_of_list(column)
    for number in (2, last // 2, last):
        rows = Article.objects.public().in_section(column)
        with CaptureQueriesContext(connection) as asked:
            page = list_counts.get_page(rows, column.list_key, number, 20)
        assert page is not None
        assert [row.pk for row in page.items] == whole[(number - 1) * 20 : number * 20]
        assert len(asked) == 3  # one query each for months, ids and rows
        months, ids, page_rows = (measure_query(query["sql"]) for query in asked)
        assert ids.rows <= number * 20 + 1, ids
        assert max(months.rows, page_rows.rows) <= 256, (months, page_rows)
        assert max(months.steps, page_rows.steps) <= 5_000, (months, page_rows)
    # The links to the previous and the next article must be as cheap.
    middle = Article.objects.get(pk=whole[many // 2])
    for sql, params in of_news._statements(client, middle.get_absolute_url()):
        cost = measure_query(sql, params)
        assert cost.rows <= 256, (cost, sql)
        assert cost.steps <= 5_000, (cost, sql)


@pytest.mark.django_db
def test_a_page_is_read_again_after_a_concurrent_withdrawal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If an article is withdrawn after the months were read, ``get_page`` reads them again."""
    column = factories.column()
    made = [publish(column, NOON - dt.timedelta(days=40 * number)) for number in range(3)]
    rows = Article.objects.public().in_section(column)
    find = list_counts._find_month
    leaving = iter(reversed(made[1:]))

    def find_after_withdrawal(months: list[tuple[int, int]], skip: int) -> tuple[int, int]:
        if article := next(leaving, None):
            withdraw(article)
        return find(months, skip)

    monkeypatch.setattr(list_counts, "_find_month", find_after_withdrawal)
    # Page 3 disappears while it is read: its article is withdrawn between the two queries.
    assert list_counts.get_page(rows, column.list_key, 3, 1) is None
    # Page 2 disappears in the same way.
    assert list_counts.get_page(rows, column.list_key, 2, 1) is None
    found = list_counts.get_page(rows, column.list_key, 1, 1)
    assert found is not None
    assert (found.items, found.total) == ([made[0]], 1)


@pytest.mark.django_db
def test_a_page_is_read_again_after_a_month_lost_its_last_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    column = factories.column()
    made = [publish(column, NOON - dt.timedelta(days=40 * number)) for number in range(3)]
    rows = Article.objects.public().in_section(column)
    find = list_counts._find_month
    leaving = iter(made[1:2])

    def find_after_withdrawal(months: list[tuple[int, int]], skip: int) -> tuple[int, int]:
        if article := next(leaving, None):
            withdraw(article)
        return find(months, skip)

    monkeypatch.setattr(list_counts, "_find_month", find_after_withdrawal)
    found = list_counts.get_page(rows, column.list_key, 2, 1)
    assert found is not None
    # The next older row takes the position of the withdrawn row.
    assert found.items == [made[2]]


@pytest.mark.django_db
def test_counts_are_rebuilt_without_loading_texts() -> None:
    newsroom, tree = Newsroom(), bulk.columns()
    asked: dict[type, list[int]] = {Article: [], Honor: [], Observation: []}
    for number in (10, 20):
        bulk.articles(number, by=newsroom.editor, tree=tree)
        of_honors.honors(number)
        for model, counts in asked.items():
            if model is Observation and not counts:
                build.create_figures(number, newsroom.editor, newsroom)
            with CaptureQueriesContext(connection) as queries:
                list_counts.rebuild_counts(model)
            counts.append(len(queries))
            for query in queries:
                assert not re.findall(r'"(body|summary|remark)"', query["sql"]), query["sql"]
    # The number of queries must not grow with the rows: no model loads deferred texts row by row.
    assert all(counts == [counts[0]] * 2 and counts[0] < 10 for counts in asked.values()), asked


@pytest.mark.django_db
def test_an_object_with_many_references_lists_the_newest(client: Client) -> None:
    column = factories.column()
    quoted, *others = Article.objects.bulk_create(
        [unsaved_article(column, NOON) for _ in range(RELATED_LINKS_LIMIT + 2)], batch_size=500
    )
    kind = ContentType.objects.get_for_model(Article)

    def refer(source: Article) -> None:
        Reference.objects.create(
            source_type=kind,
            source_id=source.pk,
            target_type=kind,
            target_id=quoted.pk,
            role=Reference.Role.REPORTS,
        )

    for source in others[:RELATED_LINKS_LIMIT]:
        refer(source)
    addresses = [other.get_absolute_url() for other in reversed(others[:RELATED_LINKS_LIMIT])]
    assert [url for _role, _title, url in related_links(quoted)] == addresses
    refer(others[-1])
    *lines, (_role, more, no_url) = related_links(quoted)
    assert [url for _role, _title, url in lines] == [
        others[-1].get_absolute_url(),
        *addresses[: RELATED_LINKS_LIMIT - 1],
    ]
    page = client.get(quoted.get_absolute_url()).content.decode()
    assert no_url == ""
    assert more in page
    assert 'href=""' not in page
