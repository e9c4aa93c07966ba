"""Lists stay whole and flat to any depth, for readers and at the desk."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from honors.admin import HonorAdmin
from honors.models import Honor
from news.admin import ArticleAdmin
from news.models import Article, Column
from portal.accounts import keyset_admin
from portal.accounts.admin import AccountAdmin, EntryAdmin
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.actions import log_event
from portal.audit.models import Entry
from portal.court.models import Observation
from portal.library.admin import AttachmentAdmin, ImageAdmin
from portal.library.models import Attachment, Image
from portal.publishing import admin_search, list_counts
from portal.publishing.models import CountChunk, ListCount, Reference
from portal.publishing.references import RELATED_LINKS_LIMIT, related_links
from portal.publishing.states import State
from tests import bulk, factories
from tests.court import build
from tests.factories import Newsroom
from tests.honors import test_flat as of_honors
from tests.news import test_flat as of_news
from tests.news.test_flat import Statement, _analyse
from tests.workload import workload

NOON = dt.datetime(2021, 7, 8, 12, tzinfo=dt.UTC)
#: Few different moments, so that many rows share a second, and some a day.
LATER = [dt.timedelta(microseconds=1), *(dt.timedelta(hours=hours) for hours in (1, 30, 900))]
MOMENTS = st.sampled_from([NOON, *(NOON + later for later in LATER)])


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> int:
    """So few rows make a day crowded."""
    monkeypatch.setattr(list_counts, "MAX_CHUNK_ROWS", 4)
    return 4


def article(column: Column, at: dt.datetime, **fields: object) -> Article:
    return Article(
        state=State.LIVE,
        title="题目",
        working_title="题目",
        body="<p>文</p>",
        source="本院",
        column=column,
        section=column,
        published_at=at,
        published_on=timezone.localdate(at),
        released_at=at,
        **fields,
    )


def release(column: Column, at: dt.datetime) -> Article:
    made = article(column, at)
    made.save()
    list_counts.update_counts(made, (), list_counts.list_positions(made))
    return made


def withdraw(gone: Article) -> None:
    gone.state = State.WITHDRAWN
    gone.save()
    list_counts.update_counts(gone, list_counts.list_positions(gone), ())


def rows_of(column: Column) -> list[int]:
    rows = Article.objects.public().filter(section=column).newest_first()
    return list(rows.values_list("pk", flat=True))


def all_pages(rows: Callable, key: str, per_page: int) -> list[int]:
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


def assert_kept(model: type) -> None:
    """What was counted step by step is what there is; recounted, it is the same."""
    list_totals = set(ListCount.objects.exclude(count=0).values_list("key", "bucket", "count"))
    by_day: dict[tuple[str, int], int] = {}
    for key, day, held in CountChunk.objects.values_list("key", "day", "count"):
        assert 0 <= held <= list_counts.MAX_CHUNK_ROWS
        by_day[key, day] = by_day.get((key, day), 0) + held
    counted = {
        (key, bucket): n for key, bucket, n in list_totals if bucket > list_counts.FIRST_DAY_BUCKET
    }
    assert {place: n for place, n in by_day.items() if n} == {
        place: n for place, n in counted.items() if place in by_day
    }
    assert {place for place, n in counted.items() if n > list_counts.MAX_CHUNK_ROWS} <= set(by_day)
    list_counts.rebuild_counts(model)
    assert set(ListCount.objects.values_list("key", "bucket", "count")) == list_totals


@pytest.mark.django_db
@given(steps=st.lists(st.tuples(MOMENTS, st.booleans(), st.integers(0)), max_size=40))
@hypothesis_settings(max_examples=workload(300, 30))
def test_all_pages_together_are_the_list(
    steps: list[tuple[dt.datetime, bool, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_counts, "MAX_CHUNK_ROWS", 4)
    with transaction.atomic():
        column = factories.column()
        live: list[Article] = []
        for at, goes, which in steps:
            if goes and live:
                withdraw(live.pop(which % len(live)))
            else:
                live.append(release(column, at))
        whole = sorted(live, key=lambda row: (row.published_at, row.pk), reverse=True)
        for _when in ("counted", "recounted"):
            for per_page in (1, 3, 7):
                rows = lambda: Article.objects.public().in_section(column)  # noqa: E731
                assert all_pages(rows, column.list_key, per_page) == [row.pk for row in whole]
            assert_kept(Article)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_list_by_days_has_crowded_days_too(crowded: int) -> None:
    """Honours without a date all stand on one day."""
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
        list_counts.update_counts(honor, (), list_counts.list_positions(honor))
    for name, rows in (
        ("year:undated", lambda: Honor.objects.public().of_year(None)),
        ("level:court", lambda: Honor.objects.public().at_level("court")),
    ):
        ids = all_pages(rows, f"honors.honor:{name}", 3)
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 20
    assert_kept(Honor)


@pytest.mark.django_db(transaction=True)
def test_releases_and_withdrawals_at_once_are_counted_once(crowded: int) -> None:
    column = factories.column()
    turns = count()

    def work(_worker: int) -> None:
        try:
            mine: list[Article] = []
            for _step in range(workload(60, 15)):
                with transaction.atomic():
                    if next(turns) % 3 == 2 and mine:
                        withdraw(mine.pop())
                    else:
                        mine.append(release(column, NOON))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    rows = lambda: Article.objects.public().in_section(column)  # noqa: E731
    assert all_pages(rows, column.list_key, 3) == rows_of(column)
    assert CountChunk.objects.filter(key=column.list_key).count() > 1
    assert_kept(Article)


@pytest.mark.django_db
def test_a_day_and_a_second_of_thousands_is_as_flat_as_any(client: Client) -> None:
    column = factories.column()
    many = workload(30_000, 3_000)
    Article.objects.bulk_create([article(column, NOON) for _ in range(many)], batch_size=500)
    list_counts.rebuild_counts(Article)
    if connection.vendor == "postgresql":
        _analyse()
    last = many // 20
    whole = rows_of(column)
    for number in (2, last // 2, last):
        rows = Article.objects.public().in_section(column)
        with CaptureQueriesContext(connection) as asked:
            page = list_counts.get_page(rows, column.list_key, number, 20)
        assert page is not None
        assert [row.pk for row in page.items] == whole[(number - 1) * 20 : number * 20]
        assert len(asked) <= 6  # months, days, stretches, ids of that second, before it, rows
        for query in asked:
            cost = _measured(query["sql"])
            assert cost.rows <= list_counts.MAX_CHUNK_ROWS + many // 64, (cost, query["sql"])
            assert cost.steps <= 5_000, (cost, query["sql"])
    # The one before and the one after, too.
    middle = Article.objects.get(pk=whole[many // 2])
    for sql, params in of_news._statements(client, middle.get_absolute_url()):
        cost = _measured(sql, params)
        assert cost.rows <= list_counts.MAX_CHUNK_ROWS, (cost, sql)
        assert cost.steps <= 5_000, (cost, sql)
    # And what is released on that day now divides its stretch, and stays whole.
    for _ in range(list_counts.MAX_CHUNK_ROWS):
        release(column, NOON)
    assert all_pages(lambda: Article.objects.public().in_section(column), column.list_key, 500) == (
        rows_of(column)
    )
    assert_kept(Article)


@pytest.mark.django_db
def test_a_month_may_lose_its_last_row_while_a_page_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    column = factories.column()
    made = [release(column, NOON - dt.timedelta(days=40 * number)) for number in range(4)]
    rows = Article.objects.public().in_section(column)
    walk = list_counts._walk_buckets
    going = iter(made[1:])

    def while_one_goes(buckets: list[tuple[int, int]], skip: int) -> tuple[int, int]:
        if article := next(going, None):
            withdraw(article)
        return walk(buckets, skip)

    monkeypatch.setattr(list_counts, "_walk_buckets", while_one_goes)
    # Page 2 is read in the month of the second, which is empty then; and again in the third's.
    assert list_counts.get_page(rows, column.list_key, 2, 1) is None
    assert next(going) == made[3]
    found = list_counts.get_page(rows, column.list_key, 2, 1)
    assert found is not None
    assert (found.items, found.total) == ([made[3]], 2)


@pytest.mark.django_db
def test_what_a_month_lost_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    column = factories.column()
    made = [release(column, NOON - dt.timedelta(days=40 * number)) for number in range(3)]
    rows = Article.objects.public().in_section(column)
    walk = list_counts._walk_buckets
    going = iter(made[1:2])

    def while_one_goes(buckets: list[tuple[int, int]], skip: int) -> tuple[int, int]:
        if article := next(going, None):
            withdraw(article)
        return walk(buckets, skip)

    monkeypatch.setattr(list_counts, "_walk_buckets", while_one_goes)
    found = list_counts.get_page(rows, column.list_key, 2, 1)
    assert found is not None
    assert (found.items, found.pages) == ([made[2]], 2)


@pytest.mark.django_db
def test_lists_are_recounted_without_their_texts() -> None:
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
    # None of them asks for its texts one by one.
    assert all(counts == [counts[0]] * 2 and counts[0] < 10 for counts in asked.values()), asked


# --- what refers to an object -------------------------------------------------------------------


@pytest.mark.django_db
def test_what_many_refer_to_names_the_newest(client: Client) -> None:
    column = factories.column()
    quoted, *others = Article.objects.bulk_create(
        [article(column, NOON) for _ in range(RELATED_LINKS_LIMIT + 2)], batch_size=500
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
    *lines, (_role, told, nowhere) = related_links(quoted)
    assert [url for _role, _title, url in lines] == [
        others[-1].get_absolute_url(),
        *addresses[: RELATED_LINKS_LIMIT - 1],
    ]
    page = client.get(quoted.get_absolute_url()).content.decode()
    assert nowhere == ""
    assert told in page
    assert 'href=""' not in page


# --- the desk -----------------------------------------------------------------------------------

#: So many rows stand on a page of the desk in these tests.
SIZE = 7


def numbers(model: type, number: int) -> range:
    """So many that no row of the type has yet."""
    made = model._default_manager.count()
    return range(made, made + number)


def many_articles(number: int, by: User) -> None:
    if made := Article.objects.select_related("column").first():
        Article.objects.bulk_create([article(made.column, NOON) for _ in range(number)])
    else:
        bulk.articles(number, by=by)
    Article.objects.update(created_at=NOON)  # by an import, at one moment


def many_honors(number: int, by: User) -> None:
    Honor.objects.bulk_create(
        [Honor(working_title=f"{n}", working_year=2020 + n % 2) for n in range(number)],
        batch_size=500,
    )


def many_images(number: int, by: User) -> None:
    one = factories.image(by)
    columns = {
        field.attname: getattr(one, field.attname)
        for field in Image._meta.concrete_fields
        if not field.unique
    }
    Image.objects.bulk_create(
        [Image(**columns, digest=f"{n:064}") for n in numbers(Image, number)], batch_size=500
    )


def many_attachments(number: int, by: User) -> None:
    rows = [
        Attachment(
            digest=f"{n:064}", upload_digest=f"{n:064}", size=1, uploader=by, name="x", kind="pdf"
        )
        for n in numbers(Attachment, number)
    ]
    Attachment.objects.bulk_create(rows, batch_size=500)


def many_users(number: int, by: User) -> None:
    rows = [User(username=f"user{n:05}") for n in numbers(User, number)]
    User.objects.bulk_create(rows, batch_size=500)


def many_entries(number: int, by: User) -> None:
    with transaction.atomic():
        for n in range(number):
            log_event(action=f"test.{n % 3}", obj=by, actor=by, details={})


#: The list, its admin, who reads it, what fills it, and how it is ordered.
LISTS = {
    "/admin/news/article/": (ArticleAdmin, Role.EDITOR, many_articles, ("-created_at", "-pk")),
    "/admin/honors/honor/": (HonorAdmin, Role.HONORS, many_honors, ("-working_year", "-pk")),
    "/admin/library/image/": (ImageAdmin, Role.EDITOR, many_images, ("-pk",)),
    "/admin/library/attachment/": (AttachmentAdmin, Role.EDITOR, many_attachments, ("-pk",)),
    "/admin/accounts/user/": (AccountAdmin, Role.SECURITY, many_users, ("username",)),
    "/admin/audit/entry/": (EntryAdmin, Role.AUDITOR, many_entries, ("-pk",)),
}


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for admin, *_rest in LISTS.values():
        monkeypatch.setattr(admin, "list_per_page", SIZE)
        monkeypatch.setattr(admin, "list_max_show_all", 0)


def change_list(client: Client, path: str, address: str = "") -> keyset_admin.KeysetChangeList:
    answer = client.get(path + address)
    assert answer.status_code == 200, (path, address, answer.headers)
    return answer.context["cl"]


def ids_of(found: keyset_admin.KeysetChangeList) -> list[int]:
    return [row.pk for row in found.result_list]


def follow(client: Client, path: str, address: str, way: str) -> list[list[int]]:
    """The ids on every page from an address on, older or newer, as the links lead."""
    pages = []
    while True:
        found = change_list(client, path, address)
        pages.append(ids_of(found))
        link = getattr(found, way)
        if link is None:
            return pages
        assert len(pages[-1]) == SIZE
        address = link


def flat(pages: list[list[int]]) -> list[int]:
    return [pk for page in pages for pk in page]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, 1, SIZE, 4 * SIZE - 2])
@pytest.mark.parametrize("path", LISTS)
def test_the_links_lead_through_the_whole_list_and_back(
    path: str, number: int, client: Client, small_pages: None
) -> None:
    _admin, role, fill, order = LISTS[path]
    me = factories.user(role)
    client.force_login(me)
    if number:
        fill(number, me)
    model = {"news": Article, "honors": Honor, "accounts": User, "audit": Entry}.get(
        path.split("/")[2], Image if "image" in path else Attachment
    )
    whole = list(model._default_manager.order_by(*order).values_list("pk", flat=True))
    assert len(whole) >= number
    assert flat(follow(client, path, "", "older")) == whole
    back = follow(client, path, "?before=", "newer")
    if len(whole) > SIZE:
        # The top is always a whole page: its end was on the page before.
        above = (len(whole) - 1) // SIZE * SIZE
        assert flat(back[-2::-1]) == whole[len(whole) - above :]
    assert back[-1] == whole[:SIZE]
    # Django's own page numbers.
    for page in range(1, -(-len(whole) // SIZE) + 1):
        assert (
            ids_of(change_list(client, path, f"?p={page}"))
            == (whole[(page - 1) * SIZE : page * SIZE])
        )


@pytest.mark.django_db
def test_filters_search_and_selection_go_along(
    client: Client, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_search, "_registered", None)
    me = factories.user(Role.EDITOR)
    client.force_login(me)
    bulk.articles(100, by=me)
    Article.objects.filter(pk__lte=60).update(state=State.WITHDRAWN, withdrawn_at=NOON)
    column = Article.objects.order_by("pk").first().working_column_id  # type: ignore[union-attr]
    for query, rows in {
        "state__exact=withdrawn": Article.objects.filter(state=State.WITHDRAWN),
        f"column={column}": Article.objects.filter(working_column=column),
        f"column={column}&state__exact=live": Article.objects.filter(
            working_column=column, state=State.LIVE
        ),
        "pinned__exact=1": Article.objects.filter(pinned=True),
        "pinned__exact=0&q=1": Article.objects.filter(pinned=False, working_title__contains="1"),
        "waiting=draft": Article.objects.none(),
    }.items():
        whole = list(rows.order_by("-created_at", "-pk").values_list("pk", flat=True))
        assert flat(follow(client, "/admin/news/article/", f"?{query}", "older")) == whole
        shown = change_list(client, "/admin/news/article/", f"?{query}")
        assert (shown.result_count, shown.is_counted) == (len(whole), True)
        assert shown.middle_url is None


@pytest.mark.django_db
@pytest.mark.parametrize("there", ["newer", "older"])
def test_what_comes_and_goes_between_two_pages_hides_nothing(
    there: str, client: Client, small_pages: None
) -> None:
    me = factories.user(Role.EDITOR)
    client.force_login(me)
    many_images(40, me)
    path = "/admin/library/image/"
    whole = list(Image.objects.order_by("-pk").values_list("pk", flat=True))
    first = change_list(client, path, f"?p={3 if there == 'older' else 4}")
    seen = ids_of(first)
    # The row that the link was made of, one before it and one after it go; a new one comes.
    edge = whole.index(seen[-1] if there == "older" else seen[0])
    Image.objects.filter(pk__in=whole[edge - 1 : edge + 2]).delete()
    factories.image(me, colour="red")
    rest = set(flat(follow(client, path, getattr(first, there), there)))
    gone = set(whole[edge - 1 : edge + 2])
    expected = whole[edge:] if there == "older" else whole[: edge + 1]
    assert rest >= set(expected) - gone
    assert not rest & gone


@pytest.mark.django_db
def test_far_pages_the_middle_and_months(
    client: Client, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_admin, "COUNT_LIMIT", 21)
    me = factories.user(Role.EDITOR)
    client.force_login(me)
    bulk.articles(120, by=me)
    Article.objects.update(created_at=NOON)
    path = "/admin/news/article/"
    whole = list(Article.objects.order_by("-created_at", "-pk").values_list("pk", flat=True))
    top = change_list(client, path)
    assert (top.is_counted, top.result_count) == (False, SIZE)  # nothing to choose beyond the page
    assert "21" in top.count_label
    assert ids_of(change_list(client, path, "?p=4")) == whole[21:28]  # the last that is counted to
    # Ids without gaps: the far page is the very page. It says that it need not be.
    answer = client.get(path, {"p": "10"})
    assert ids_of(answer.context["cl"]) == whole[63:70]
    assert len(list(get_messages(answer.wsgi_request))) == 1
    assert ids_of(change_list(client, path, "?p=18")) == whole[119:]
    assert ids_of(change_list(client, path, "?p=999999999999")) == whole[-1:]
    # With a filter the numbers end; the links don't.
    live = client.get(path, {"p": "10", "state__exact": "live"})
    assert ids_of(live.context["cl"]) == whole[14:21]
    assert len(list(get_messages(live.wsgi_request))) == 1
    middle = change_list(client, path, top.middle_url or "")
    assert ids_of(middle)[0] == whole[59]
    assert middle.newer is not None
    # A month, by publication: the last article of it.
    inside = Article.objects.order_by("-published_at")[60]
    month = timezone.localtime(inside.published_at)
    landed = change_list(client, path, f"?month={month:%Y-%m}")
    first = Article.objects.get(pk=ids_of(landed)[0])
    assert timezone.localtime(first.published_at).strftime("%Y-%m") == f"{month:%Y-%m}"
    assert landed.month == f"{month:%Y-%m}"
    assert ids_of(change_list(client, path, "?month=1949-10")) == whole[:SIZE]
    # And on from there, with nothing of where it began.
    on = change_list(client, path, landed.older or "")
    assert ids_of(on) == whole[whole.index(first.pk) + SIZE :][:SIZE]
    assert (on.month, "month" in (on.older or "")) == ("", False)


@pytest.mark.django_db
def test_the_log_knows_how_long_it_is(
    client: Client, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_admin, "COUNT_LIMIT", 21)
    me = factories.user(Role.AUDITOR)
    client.force_login(me)
    many_entries(60, me)
    total = Entry.objects.count()
    path = "/admin/audit/entry/"
    assert str(total) in change_list(client, path).count_label
    assert str(total) not in change_list(client, path, "?result=ok").count_label
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for since, until, rows in ((0, 1, SIZE), (-1, 0, 0), (1, 2, 0)):
        bounds = {
            "at__gte": str(today + dt.timedelta(days=since)),
            "at__lt": str(today + dt.timedelta(days=until)),
        }
        answer = client.get(path, bounds)
        assert len(answer.context["cl"].result_list) == rows
    assert client.get(path, {"at__gte": "x"}).headers["Location"] == f"{path}?e=1"


TOKENS = [
    "x",
    "[]",
    "{}",
    '"12"',
    "[1, 2]",
    '["2021-01-01T00:00:00+00:00"]',
    '["2021-01-01T00:00:00+00:00", "x"]',
    '["2021-01-01T00:00:00+00:00", "\\u0000"]',
    '["2021-01-01T00:00:00+00:00", "99999999999999999999"]',
    '["yesterday", "1"]',
    "[" * 100_000,
]


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["after", "before"])
def test_an_address_that_names_no_row_leads_to_the_beginning(way: str, client: Client) -> None:
    client.force_login(factories.user(Role.EDITOR, Role.AUDITOR))
    many_articles(3, factories.user(Role.EDITOR))
    path = "/admin/news/article/"
    for token in TOKENS:
        answer = client.get(path, {way: token})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{path}?e=1"), token[:80]
    early = client.get(path, {way: '["0001-01-01T00:00:00+14:00", "1"]'})
    assert early.status_code in (200, 302)  # as far back as the database goes
    for odd in ("?p=x", "?p=0", "?p=-3", "?month=x", "?month=2021-13", "?month=0000-00",
                "?month=99999-12", "?month=2021-7-40", "?after=", "?o=9", "?o=x.-1",
                "?all="):  # fmt: skip
        assert len(ids_of(change_list(client, path, odd))) == 3, odd


@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("path", LISTS)
def test_any_page_number_leads_somewhere(path: str, number: int, client: Client) -> None:
    _admin, role, fill, _order = LISTS[path]
    me = factories.user(role)
    client.force_login(me)
    if number:
        fill(number, me)
    whole = ids_of(change_list(client, path))
    for page in (0, -1, 2, 10**4, 10**9, 10**30, -(10**30), "x", "1e9", "9" * 5000):
        # The list has one page; a far one is its last row.
        assert ids_of(change_list(client, path, f"?p={page}")) in (whole, whole[-1:]), page
        assert len(change_list(client, path, f"?p={page}&q=nothing-at-all").result_list) == 0, page


@pytest.mark.django_db
def test_all_that_is_found_is_chosen_only_where_it_is_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom = Newsroom()
    client.force_login(newsroom.publisher)
    made = [newsroom.live() for _ in range(4)]
    path = "/admin/news/article/"
    across = {"action": "pin", "index": "0", "select_across": "1", "_selected_action": [made[0].pk]}
    monkeypatch.setattr(keyset_admin, "COUNT_LIMIT", 3)
    answer = client.post(path, across)
    assert answer.headers["Location"] == path
    assert len(list(get_messages(answer.wsgi_request))) == 1
    assert not Article.objects.filter(pinned=True).exists()
    monkeypatch.setattr(keyset_admin, "COUNT_LIMIT", 4)
    client.post(path, across)
    assert Article.objects.filter(pinned=True).count() == 4


@pytest.mark.django_db
def test_only_what_an_index_serves_is_sorted(client: Client) -> None:
    client.force_login(factories.user(Role.EDITOR, Role.SECURITY))
    many_articles(5, factories.user(Role.EDITOR))
    for path, sortable in (("/admin/news/article/", 0), ("/admin/accounts/user/", 1)):
        page = client.get(path).content.decode()
        assert page.count('class="sortable') == sortable
    path = "/admin/accounts/user/"
    index = change_list(client, path).list_display.index("username")
    for sign, order in (("", "username"), ("-", "-username")):
        whole = list(User.objects.order_by(order).values_list("pk", flat=True))
        assert ids_of(change_list(client, path, f"?o={sign}{index}")) == whole
    other = change_list(client, path, f"?o=-{index + 1}")  # the full name, written by hand
    assert ids_of(other) == list(User.objects.order_by("username").values_list("pk", flat=True))


@pytest.mark.django_db
def test_words_may_be_searched_elsewhere(
    client: Client, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(factories.user(Role.EDITOR))
    many_articles(20, factories.user(Role.EDITOR))
    ids = list(Article.objects.order_by("-pk").values_list("pk", flat=True))
    asked = []

    def search(model: type, words: str) -> list[int] | None:
        asked.append((model, words))
        return ids[::2] if words == "法官" else None

    monkeypatch.setattr(admin_search, "_registered", search)
    path = "/admin/news/article/"
    assert flat(follow(client, path, "?q=法官", "older")) == ids[::2]
    assert set(asked) == {(Article, "法官")}
    assert ids_of(change_list(client, path, "?q=第1篇")) == [
        Article.objects.get(working_title__contains="第1篇").pk
    ]


@pytest.mark.django_db
def test_suggestions_end_where_counting_ends(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_admin, "COUNT_LIMIT", 25)
    client.force_login(factories.user(Role.EDITOR))
    many_articles(60, factories.user(Role.EDITOR))
    asked = {"app_label": "news", "model_name": "topicentry", "field_name": "article"}
    pages = [
        client.get("/admin/autocomplete/", {**asked, "page": str(number)}) for number in (1, 2, 3)
    ]
    assert [len(page.json()["results"]) for page in pages[:2]] == [20, 5]
    assert [page.json()["pagination"]["more"] for page in pages[:2]] == [True, False]
    assert pages[2].status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", LISTS)
def test_a_page_of_the_desk_costs_the_same(
    path: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, role, fill, _order = LISTS[path]
    monkeypatch.setattr(admin, "list_per_page", SIZE)
    monkeypatch.setattr(keyset_admin, "COUNT_LIMIT", 100)
    monkeypatch.setattr(of_news, "GROWING", ())  # a few rows of them are counted; see the steps
    me = factories.user(role)
    client.force_login(me)
    counts = []
    for number in (SIZE * 4, workload(20_000, 2_000) if path != "/admin/audit/entry/" else 1_500):
        fill(number, me)
        if connection.vendor == "postgresql":
            _analyse()
        top = change_list(client, path)
        middle = change_list(client, path, top.older or "")
        addresses = {"first": "", "middle": middle.older, "last": "?before="}
        asked = {
            name: of_news._statements(client, path + (address or ""))
            for name, address in addresses.items()
        }
        _assert_desk_bounded(asked)
        counts.append({name: len(statements) for name, statements in asked.items()})
    # The ledger adds up what it shows, while that is counted.
    assert all(counts[1][name] <= counts[0][name] for name in counts[0])
    assert max(counts[0].values()) <= 14


def _measured(sql: str, params: object = None) -> of_news.Cost:
    measure = {"postgresql": of_news._postgresql, "sqlite": of_news._sqlite}[connection.vendor]
    return measure(sql, params)


def _assert_desk_bounded(asked: dict[str, list[Statement]]) -> None:
    """Nothing reads more than it counts to."""
    for name, statements in asked.items():
        for sql, params in statements:
            if not sql.startswith("SELECT"):
                continue
            cost = _measured(sql, params)
            # PostgreSQL reads a table of a few blocks whole, and rightly: see ``is_bounded``.
            assert cost.rows <= 3 * keyset_admin.COUNT_LIMIT or not of_news.FULL, (name, cost, sql)
            assert cost.blocks <= of_news.BLOCKS, (name, cost, sql)
            assert cost.steps <= 12 * keyset_admin.COUNT_LIMIT, (name, cost, sql)
