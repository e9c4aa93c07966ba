"""The cost of a page must not grow with the number of articles: queries, rows and blocks read.

``make test`` measures with 2,000 articles, ``make faults`` with 20,000.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model, Q
from django.test import Client

from news import views
from news.models import Article, Topic, TopicEntry
from portal.accounts.roles import Role
from portal.library.models import PublicUse
from portal.publishing import actions, list_counts
from portal.publishing.guards import publishable_models
from portal.publishing.models import ListCount, Revision
from portal.publishing.states import RevisionState
from tests import bulk, factories

pytestmark = pytest.mark.django_db

FULL = bool(os.environ.get("PORTAL_FULL"))
FEW = 20
MANY = 20_000 if FULL else 2_000

#: Exact number of database queries of each page, for any number of articles.
QUERIES = {
    "home": 29,
    "section, first page": 11,
    "section, middle page": 9,
    "section, last page": 9,
    "column, first page": 11,
    "column, middle page": 9,
    "column, last page": 9,
    "closed column": 11,
    "article": 15,
    "all columns": 9,
    "corrections": 17,
}
# Maximum number of rows. The largest query reads the months of a list: 121 in ten years, each in
# the index and in the table. All other queries read one page of rows.
ROWS = 2 * 121 + 60
BLOCKS = 200
STEPS = 2_000  # instructions of SQLite's virtual machine, about 60 for each row of a list
#: Factor by which a page may exceed the limits: the corrections page reads a hundred entries and
#: their articles.
LONG_PAGE = {"corrections": 10}
#: Names of the tables that grow with the number of articles.
GROWING = (
    "news_article",
    "publishing_revision",
    "publishing_attachedpicture",
    "publishing_listcount",
)

Statement = tuple[str, Any]


@dataclass
class Cost:
    """The cost of one statement: rows and blocks on PostgreSQL, virtual machine steps on SQLite."""

    rows: int = 0
    blocks: int = 0
    steps: int = 0
    #: Summary of PostgreSQL's query plan for failure messages.
    plan: str = ""

    def is_bounded(self, page: str) -> bool:
        times = LONG_PAGE.get(page, 1)
        # PostgreSQL scans small tables because that is cheaper, so rows are compared for large
        # tables only.
        few_rows = self.rows <= times * ROWS or not FULL
        return few_rows and self.blocks <= times * BLOCKS and self.steps <= times * STEPS


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_page_costs_the_same_with_few_articles_and_with_many(
    count: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    if count == FEW:
        # With larger pages, a list of this length would have no middle page.
        monkeypatch.setattr(views, "PER_PAGE", 3)
    pages = _pages(bulk.articles(count))
    if connection.vendor == "postgresql":
        _analyse()
    asked = {name: _statements(client, path) for name, path in pages.items()}
    assert {name: len(statements) for name, statements in asked.items()} == QUERIES

    _assert_bounded(asked, count)
    # SQLite plans without statistics until ANALYZE, so the costs are measured again after it.
    if connection.vendor == "sqlite":
        _analyse()
        _assert_bounded(asked, count, "analysed")


def test_costs_are_bounded_without_pinned_and_featured_articles(client: Client) -> None:
    """For a partial index the worst case is that no row matches its condition."""
    pages = _pages(bulk.articles(MANY))
    # Update only a few rows: PostgreSQL keeps the old versions until the end of the transaction.
    Article.objects.filter(Q(pinned=True) | Q(featured=True)).update(pinned=False, featured=False)
    if connection.vendor == "postgresql":
        _analyse()
    asked = {name: _statements(client, path) for name, path in pages.items()}
    _assert_bounded(asked, MANY, "nothing pinned or featured")


def test_bulk_articles_equal_articles_made_by_the_workflow() -> None:
    by = factories.user(Role.EDITOR, Role.PUBLISHER)
    bulk.articles(12, by=by)
    tallied = set(ListCount.objects.values_list("key", "month", "count"))
    list_counts.rebuild_counts(Article)
    assert set(ListCount.objects.values_list("key", "month", "count")) == tallied
    for made in Article.objects.all():
        revision = made.live_revision
        assert made.current_content() == revision.content
        assert revision.digest == revision.digest_of(revision.parse_content())
        # A revision with a base corrects an article, whose first version is superseded.
        if revision.base:
            assert revision.base.state == RevisionState.SUPERSEDED
            continue
        imported = actions.import_released(
            obj=Article(), content=revision.content, by=by, published_at=made.published_at
        )
        by_press = imported.live_revision
        assert _columns(made) == _columns(imported)
        assert _columns(revision) == _columns(by_press)
        assert revision.snapshots.count() == by_press.snapshots.count()
        assert list(revision.contributors.all()) == list(by_press.contributors.all())
        uses = PublicUse.objects.filter(owner_type=revision.content_type)
        assert set(uses.filter(owner_id=made.pk).values_list("image")) == set(
            uses.filter(owner_id=imported.pk).values_list("image")
        )


def _columns(row: Model) -> dict[str, Any]:
    """Return the values of all columns except keys, flags and creation times, which must differ."""
    apart = {"id", "object_id", "pinned", "featured", "created_at", "saved_at"}
    if isinstance(row, Revision):
        apart.add("released_at")
    return {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in apart
    }


def _pages(tree: bulk.Tree) -> dict[str, str]:
    pages = {"home": "/"}
    for name, column in (("section", tree.news), ("column", tree.court)):
        last = -(-list_counts.total(column.list_key) // views.PER_PAGE)
        address = column.get_absolute_url()
        pages[f"{name}, first page"] = address
        pages[f"{name}, middle page"] = f"{address}page/{(last + 1) // 2}/"
        pages[f"{name}, last page"] = f"{address}page/{last}/"
    pages["closed column"] = tree.closed.get_absolute_url()
    pages["article"] = _rich_article(tree).get_absolute_url()
    pages["all columns"] = "/news/"
    pages["corrections"] = "/corrections/"
    return pages


def _rich_article(tree: bulk.Tree) -> Article:
    """Return a public article with an image, a correction, a reference, a topic and neighbours."""
    rows = Article.objects.public().filter(column=tree.court).newest_first()
    middle = rows.count() // 2 // 150 * 150 + 1
    article = rows[middle]
    assert article.pictures
    assert article.corrections()
    TopicEntry.objects.get_or_create(article=article, topic=Topic.objects.get())
    return article


def _analyse() -> None:
    # Omit the system catalogues, which all databases share: two test processes would wait for each
    # other.
    names = connection.introspection.table_names() if connection.vendor == "postgresql" else []
    with connection.cursor() as cursor:
        if names:
            # The table and its indexes still contain dead rows of tests that were rolled back,
            # which would be counted.
            cursor.execute("REINDEX TABLE news_article")
        cursor.execute(f"ANALYZE {', '.join(map(connection.ops.quote_name, names))}")


def _statements(client: Client, path: str) -> list[Statement]:
    """Return the statements of a request; the content types are cached before."""
    ContentType.objects.get_for_models(*publishable_models())
    seen: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: dict) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        response = client.get(path)
    assert response.status_code == 200, path
    return seen


def _assert_bounded(asked: dict[str, list[Statement]], count: int, when: str = "") -> None:
    measure = {"postgresql": _postgresql, "sqlite": _sqlite}[connection.vendor]
    print(f"\n{connection.vendor}, {count} articles {when}")
    for name, statements in asked.items():
        costs = []
        for sql, params in statements:
            assert sql.startswith("SELECT"), sql
            cost = measure(sql, params)
            assert cost.is_bounded(name), (name, cost, sql, params)
            costs.append(cost)
        print(
            f"  {name:22} {len(costs):3} queries,"
            f" {sum(cost.rows for cost in costs):5} rows in"
            f" {sum(cost.blocks for cost in costs):4} blocks"
            if connection.vendor == "postgresql"
            else f"  {name:22} {len(costs):3} queries, {sum(cost.steps for cost in costs):6} steps"
        )


def _postgresql(sql: str, params: Any) -> Cost:
    """Return the rows that scans read, also if filtered out, and the blocks (EXPLAIN ANALYZE)."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0][0]["Plan"]
    rows = 0
    nodes = list(_nodes(plan))
    for node in nodes:
        if "Scan" in node["Node Type"]:
            each = (
                node["Actual Rows"]
                + node.get("Rows Removed by Filter", 0)
                + node.get("Rows Removed by Index Recheck", 0)
            )
            rows += each * node["Actual Loops"]
    return Cost(
        rows=rows,
        blocks=plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
        plan=" < ".join(f"{node['Node Type']} {node.get('Index Name', '')}" for node in nodes),
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _sqlite(sql: str, params: Any) -> Cost:
    """Assert that the query plan scans no growing table, and return the number of steps."""
    cost = Cost()

    def step() -> int:
        cost.steps += 1
        return 0

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        for *_numbers, detail in cursor.fetchall():
            assert not (detail.startswith("SCAN") and detail.split()[1] in GROWING), (detail, sql)
        connection.connection.set_progress_handler(step, 1)
        try:
            cursor.execute(sql, params).fetchall()
        finally:
            connection.connection.set_progress_handler(None, 0)
    return cost
