"""The number of queries and of rows read for a public page does not grow with the ledger.

``make faults`` measures with 20,000 honours, ``make test`` with 2,000.
"""

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils import timezone

from honors import views
from honors.fields import Level
from honors.models import Honor
from portal.accounts.roles import Role
from portal.publishing import list_counts
from portal.publishing.models import AttachedPicture
from portal.publishing.states import State
from portal.source_values.dates import parse_date
from tests import factories
from tests.news.test_flat import _analyse, _postgresql, _sqlite, _statements
from tests.workload import FULL_WORKLOAD, workload

pytestmark = pytest.mark.django_db

FEW = 20
MANY = workload(20_000, 2_000)

#: The number of database queries of each page, for any number of honours.
QUERIES = {
    "wall": 20,
    "level, first page": 6,
    "level, middle page": 7,
    "level, last page": 7,
    "year, first page": 6,
    "undated, first page": 6,
    "honour": 10,
}
#: Limits of a single query. The wall reads its plaques and the counts of all years and levels.
ROWS = 1_500
BLOCKS = 300
STEPS = 25_000


def honors(count: int) -> None:
    """Create live honours of five levels and thirty years; one honour in ten is undated."""
    now = timezone.now()
    rows = []
    for number in range(count):
        level = list(Level)[number % 5].value
        both = (level, "municipal") if level == "provincial" else (level,)
        dated = number % 10 != 9
        honor = Honor(
            state=State.LIVE,
            name=f"第{number}项荣誉",
            working_title=f"第{number}项荣誉",
            levels=both,
            awarded=parse_date(f"{2025 - number // 10 % 30}年") if dated else None,
            recipients=[{"kind": "court", "name": "", "count": ""}],
            open_list=number == 3,
            published_at=now - timedelta(minutes=number),
            published_on=timezone.localdate(now),
            released_at=now - timedelta(minutes=number),
        )
        honor.set_derived_columns()
        rows.append(honor)
    Honor.objects.bulk_create(rows, batch_size=1000)
    image = factories.image(factories.user(Role.HONORS))
    kind = ContentType.objects.get_for_model(Honor)
    AttachedPicture.objects.bulk_create(
        [AttachedPicture(content_type=kind, object_id=row.pk, image=image) for row in rows],
        batch_size=1000,
    )
    list_counts.rebuild_counts(Honor)


def pages() -> dict[str, str]:
    last = -(
        -list_counts.total(list_counts.make_key(Honor, "level", "provincial")) // views.PER_PAGE
    )
    level = "/honors/level/provincial/"
    return {
        "wall": "/honors/",
        "level, first page": level,
        "level, middle page": f"{level}page/{(last + 1) // 2}/",
        "level, last page": f"{level}page/{last}/",
        "year, first page": "/honors/year/2025/",
        "undated, first page": "/honors/year/undated/",
        "honour": Honor.objects.latest("pk").get_absolute_url(),
    }


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_page_costs_the_same_with_few_honours_and_with_many(
    count: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    if count == FEW:
        # With a small page size, even 20 honours have a middle page.
        monkeypatch.setattr(views, "PER_PAGE", 1)
    honors(count)
    if connection.vendor == "postgresql":
        _analyse()
    asked = {name: _statements(client, path) for name, path in pages().items()}
    assert {name: len(statements) for name, statements in asked.items()} == QUERIES
    measure = {"postgresql": _postgresql, "sqlite": _sqlite}[connection.vendor]
    for name, statements in asked.items():
        costs = [(measure(sql, params), sql) for sql, params in statements]
        # PostgreSQL scans small tables completely: the limit of rows applies only to many honours.
        assert all(
            (cost.rows <= ROWS or not FULL_WORKLOAD)
            and cost.blocks <= BLOCKS
            and cost.steps <= STEPS
            for cost, _sql in costs
        ), (name, [(cost, sql) for cost, sql in costs if cost.steps > STEPS or cost.rows > ROWS])
