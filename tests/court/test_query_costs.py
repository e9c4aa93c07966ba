"""The number of queries and of rows read for a page does not depend on the number of figures.

``make faults`` measures with 20,000 figures, ``make test`` with 2,000.
"""

import pytest
from django.db import connection
from django.test import Client

from portal.accounts.roles import Role
from portal.court import data
from portal.court.figures import key_figures
from portal.court.models import Indicator, Observation
from portal.publishing import list_counts
from tests import factories
from tests.news import test_flat as of_news
from tests.news.test_flat import Statement, _analyse, _postgresql, _sqlite, _statements
from tests.workload import workload

from . import build

pytestmark = pytest.mark.django_db

FEW = 20
MANY = workload(20_000, 2_000)

#: Exact number of database queries of each page, for any number of figures.
QUERIES = {
    "data": 11,
    "indicator, first page": 11,
    "indicator, middle page": 12,
    "indicator, last page": 12,
}
KEY_QUERIES = 6
#: Limits of a single query for rows and blocks read. The page of all datasets reads up to 60
#: figures of each of five datasets.
ROWS = 1_500
BLOCKS = 1_500
SMALL = 300
STEPS = 20_000
GROWING = (
    "court_observation",
    "publishing_revision",
    "publishing_reference",
    "publishing_listcount",
)


def pages(indicators: list[Indicator]) -> dict[str, str]:
    # the closing rate, whose figures are compared with those of two other indicators
    indicator = indicators[2]
    last = -(-list_counts.total(indicator.list_key) // data.PER_PAGE)
    path = indicator.get_absolute_url()
    return {
        "data": "/data/",
        "indicator, first page": path,
        "indicator, middle page": f"{path}page/{(last + 1) // 2}/",
        "indicator, last page": f"{path}page/{last}/",
    }


@pytest.mark.parametrize("count", [FEW, MANY])
def test_page_cost_is_constant(count: int, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_news, "GROWING", GROWING)
    if count == FEW:
        # with a small page size, even 20 figures have a middle page
        monkeypatch.setattr(data, "PER_PAGE", 1)
    indicators = build.create_figures(count, factories.user(Role.EDITOR))
    if connection.vendor == "postgresql":
        _analyse()
    for path in pages(indicators).values():
        client.get(path)  # The first request fills Django's cache of content types.
    asked = {name: _statements(client, path) for name, path in pages(indicators).items()}
    assert {name: len(statements) for name, statements in asked.items()} == QUERIES
    _assert_bounded(asked)
    # SQLite plans queries without statistics until ANALYZE is run; the limits apply to both plans.
    if connection.vendor == "sqlite" and count == MANY:
        _analyse()
        _assert_bounded(asked)


def _assert_bounded(asked: dict[str, list[Statement]]) -> None:
    measure = {"postgresql": _postgresql, "sqlite": _sqlite}[connection.vendor]
    for name, statements in asked.items():
        costs = [(measure(sql, params), sql) for sql, params in statements]
        largest = max(costs, key=lambda cost: (cost[0].rows, cost[0].blocks, cost[0].steps))[0]
        print(f"\n{name}: {len(costs)} queries, the largest {largest}")
        assert [
            (cost, sql)
            for cost, sql in costs
            # PostgreSQL may scan a small table completely, which reads many rows but few blocks.
            if (cost.rows > ROWS and cost.blocks > SMALL)
            or cost.blocks > BLOCKS
            or cost.steps > STEPS
        ] == []


@pytest.mark.parametrize("count", [FEW, MANY])
def test_key_figures_query_count_is_constant(count: int, django_assert_num_queries: object) -> None:
    build.create_figures(count, factories.user(Role.EDITOR))
    with django_assert_num_queries(KEY_QUERIES):  # type: ignore[operator]
        assert len(key_figures()) == 4


def test_created_figures_equal_released_ones() -> None:
    build.create_figures(FEW, factories.user(Role.EDITOR))
    for each in Observation.objects.all():
        before = {**vars(each)}
        each.set_derived_columns()
        assert {**vars(each)} == before
        assert each.indicator.is_public
        assert each.live_revision is not None
