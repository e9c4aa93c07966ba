"""The admin's lists: keyset pagination, filters, and a cost that does not grow with the depth."""

from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from honors.admin import HonorAdmin
from honors.models import Honor
from news.admin import ArticleAdmin
from news.models import Article
from portal.accounts import keyset_admin
from portal.accounts.admin import AccountAdmin, EntryAdmin
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.actions import log_event
from portal.audit.models import Entry
from portal.library.admin import AttachmentAdmin, ImageAdmin
from portal.library.models import Attachment, Image
from portal.publishing import admin_search
from portal.publishing.states import State
from tests import bulk, factories
from tests.factories import Newsroom
from tests.news import test_flat as of_news
from tests.news.test_flat import Statement, _analyse
from tests.publishing.lists import NOON, measure_query, unsaved_article
from tests.workload import workload

#: Number of rows on a page of an admin list in these tests.
SIZE = 7


def numbers(model: type, number: int) -> range:
    """Return a range of ``number`` numbers that no row of the model uses yet."""
    made = model._default_manager.count()
    return range(made, made + number)


def many_articles(number: int, by: User) -> None:
    """Create articles that all have the same time of creation, as after an import.

    The rows are not updated afterwards: PostgreSQL would keep the old versions until the end of the
    test's transaction, and a query would read the blocks of both.
    """
    with mock.patch.object(timezone, "now", return_value=NOON):
        if made := Article.objects.select_related("column").first():
            Article.objects.bulk_create([unsaved_article(made.column, NOON) for _ in range(number)])
        else:
            bulk.articles(number, by=by)


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


#: Path of the list -> (admin class, role of the reader, function that creates rows, sort order).
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
    """Follow the links ``older`` or ``newer`` from a page on; return the ids on each page."""
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
def test_the_links_lead_through_the_complete_list_and_back(
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
        # The first page is always full: it may repeat rows of the page that was visited before it.
        above = (len(whole) - 1) // SIZE * SIZE
        assert flat(back[-2::-1]) == whole[len(whole) - above :]
    assert back[-1] == whole[:SIZE]
    # The page numbers of Django's own paginator work, too.
    for page in range(1, -(-len(whole) // SIZE) + 1):
        assert (
            ids_of(change_list(client, path, f"?p={page}"))
            == (whole[(page - 1) * SIZE : page * SIZE])
        )


@pytest.mark.django_db
def test_links_keep_filters_and_search(
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
        filtered = change_list(client, "/admin/news/article/", f"?{query}")
        assert (filtered.result_count, filtered.is_counted) == (len(whole), True)
        assert filtered.middle_url is None


@pytest.mark.django_db
@pytest.mark.parametrize("there", ["newer", "older"])
def test_rows_added_and_deleted_between_two_pages_hide_no_row(
    there: str, client: Client, small_pages: None
) -> None:
    me = factories.user(Role.EDITOR)
    client.force_login(me)
    many_images(40, me)
    path = "/admin/library/image/"
    whole = list(Image.objects.order_by("-pk").values_list("pk", flat=True))
    first = change_list(client, path, f"?p={3 if there == 'older' else 4}")
    seen = ids_of(first)
    # The last row seen and its neighbours are deleted, and a new row is added.
    edge = whole.index(seen[-1] if there == "older" else seen[0])
    Image.objects.filter(pk__in=whole[edge - 1 : edge + 2]).delete()
    factories.image(me, colour="red")
    rest = set(flat(follow(client, path, getattr(first, there), there)))
    gone = set(whole[edge - 1 : edge + 2])
    expected = whole[edge:] if there == "older" else whole[: edge + 1]
    assert rest >= set(expected) - gone
    assert not rest & gone


@pytest.mark.django_db
def test_links_to_far_pages_the_middle_and_months(
    client: Client, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_admin, "COUNT_LIMIT", 21)
    me = factories.user(Role.EDITOR)
    client.force_login(me)
    many_articles(120, me)
    path = "/admin/news/article/"
    whole = list(Article.objects.order_by("-created_at", "-pk").values_list("pk", flat=True))
    top = change_list(client, path)
    # The actions of this list can select only the rows of the displayed page.
    assert (top.is_counted, top.result_count) == (False, SIZE)
    assert "21" in top.count_label
    assert (
        ids_of(change_list(client, path, "?p=4")) == whole[21:28]
    )  # page 4 is the last page within the count limit
    # Beyond the count limit, the page is estimated from the ids, and a message says so. Without
    # gaps in the ids, the estimate is exact.
    answer = client.get(path, {"p": "10"})
    assert ids_of(answer.context["cl"]) == whole[63:70]
    assert len(list(get_messages(answer.wsgi_request))) == 1
    assert ids_of(change_list(client, path, "?p=18")) == whole[119:]
    assert ids_of(change_list(client, path, "?p=999999999999")) == whole[-1:]
    # Filtered lists have no estimated pages, only the links ``older`` and ``newer``.
    live = client.get(path, {"p": "10", "state__exact": "live"})
    assert ids_of(live.context["cl"]) == whole[14:21]
    assert len(list(get_messages(live.wsgi_request))) == 1
    middle = change_list(client, path, top.middle_url or "")
    assert ids_of(middle)[0] == whole[59]
    assert middle.newer is not None
    # The month filter shows the page that begins with the last article published in that month.
    inside = Article.objects.order_by("-published_at")[60]
    month = timezone.localtime(inside.published_at)
    landed = change_list(client, path, f"?month={month:%Y-%m}")
    first = Article.objects.get(pk=ids_of(landed)[0])
    assert timezone.localtime(first.published_at).strftime("%Y-%m") == f"{month:%Y-%m}"
    assert landed.month == f"{month:%Y-%m}"
    assert ids_of(change_list(client, path, "?month=1949-10")) == whole[:SIZE]
    # The URL of the next page no longer contains the month filter.
    on = change_list(client, path, landed.older or "")
    assert ids_of(on) == whole[whole.index(first.pk) + SIZE :][:SIZE]
    assert (on.month, "month" in (on.older or "")) == ("", False)


@pytest.mark.django_db
def test_the_audit_log_shows_its_exact_length(
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
def test_a_malformed_position_redirects_to_the_first_page(way: str, client: Client) -> None:
    client.force_login(factories.user(Role.EDITOR, Role.AUDITOR))
    many_articles(3, factories.user(Role.EDITOR))
    path = "/admin/news/article/"
    for token in TOKENS:
        answer = client.get(path, {way: token})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{path}?e=1"), token[:80]
    early = client.get(path, {way: '["0001-01-01T00:00:00+14:00", "1"]'})
    # The status depends on the earliest date in the database.
    assert early.status_code in (200, 302)
    for odd in ("?p=x", "?p=0", "?p=-3", "?month=x", "?month=2021-13", "?month=0000-00",
                "?month=99999-12", "?month=2021-7-40", "?after=", "?o=9", "?o=x.-1",
                "?all="):  # fmt: skip
        assert len(ids_of(change_list(client, path, odd))) == 3, odd


@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("path", LISTS)
def test_any_page_number_shows_a_page(path: str, number: int, client: Client) -> None:
    _admin, role, fill, _order = LISTS[path]
    me = factories.user(role)
    client.force_login(me)
    if number:
        fill(number, me)
    whole = ids_of(change_list(client, path))
    for page in (0, -1, 2, 10**4, 10**9, 10**30, -(10**30), "x", "1e9", "9" * 5000):
        # The list has one page; a page number that is too large shows that page or its last row.
        assert ids_of(change_list(client, path, f"?p={page}")) in (whole, whole[-1:]), page
        assert len(change_list(client, path, f"?p={page}&q=nothing-at-all").result_list) == 0, page


@pytest.mark.django_db
def test_all_rows_can_be_selected_only_within_the_count_limit(
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
def test_only_columns_with_an_index_are_sortable(client: Client) -> None:
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
    # The full name is not sortable, so its column number in the URL is ignored.
    other = change_list(client, path, f"?o=-{index + 1}")
    assert ids_of(other) == list(User.objects.order_by("username").values_list("pk", flat=True))


@pytest.mark.django_db
def test_the_registered_search_is_used(
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
def test_suggestions_end_at_the_count_limit(
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
def test_a_page_of_an_admin_list_costs_the_same_with_many_rows(
    path: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, role, fill, _order = LISTS[path]
    monkeypatch.setattr(admin, "list_per_page", SIZE)
    monkeypatch.setattr(keyset_admin, "COUNT_LIMIT", 100)
    # This test permits table scans, because it limits the number of steps of each query below.
    monkeypatch.setattr(of_news, "GROWING", ())
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
        _assert_bounded(asked)
        counts.append({name: len(statements) for name, statements in asked.items()})
    # The list of honours runs an additional query while its rows are counted, so a longer list may
    # need fewer queries, but never more.
    assert all(counts[1][name] <= counts[0][name] for name in counts[0])
    assert max(counts[0].values()) <= 14


def _assert_bounded(asked: dict[str, list[Statement]]) -> None:
    """Assert that no query reads many more rows than the count limit."""
    for name, statements in asked.items():
        for sql, params in statements:
            if not sql.startswith("SELECT"):
                continue
            cost = measure_query(sql, params)
            # PostgreSQL rightly scans a table that consists of a few blocks (see ``is_bounded``).
            assert cost.rows <= 3 * keyset_admin.COUNT_LIMIT or not of_news.FULL, (name, cost, sql)
            assert cost.blocks <= of_news.BLOCKS, (name, cost, sql)
            assert cost.steps <= 12 * keyset_admin.COUNT_LIMIT, (name, cost, sql)
