"""Changes of public content outside the workflow raise the generation number.

The same transaction changes the content and raises the number.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from news.models import Article, Column, Topic
from portal import redirect_import
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.library.actions import add_attachment, set_hidden
from portal.library.withdrawal import reinstate, withdraw
from portal.publishing import actions, signals
from portal.site.models import FriendlyLink, Redirect, SiteSettings
from tests import bulk, factories
from tests.factories import Newsroom
from tests.publishing.page_forms import HtmlForm
from tests.publishing.sample_uploads import document_upload

Change = tuple[str, bool]


@pytest.fixture
def changes(db: None) -> Iterator[list[Change]]:
    """Yield a list that records (reason, forbid_stale) of each signal ``public_listing_changed``.

    Each signal must be sent inside a transaction. Other tests in this file check the order of locks
    in these transactions.
    """
    received: list[Change] = []

    def receive(sender: type, *, reason: str, forbid_stale: bool = True, **kwargs: Any) -> None:
        assert transaction.get_connection().in_atomic_block
        # The test itself runs in a transaction, so the transaction of the change is a savepoint.
        assert transaction.get_connection().savepoint_ids
        received.append((reason, forbid_stale))

    signals.public_listing_changed.connect(receive)
    yield received
    signals.public_listing_changed.disconnect(receive)


@pytest.fixture
def admin_client(db: None) -> Client:
    client = Client()
    client.force_login(factories.user(Role.SITE_ADMIN))
    return client


LINK = {"group": "friend", "title": "甲", "url": "https://court.example/", "position": "0"}


def test_changes_of_site_settings_change_pages(admin_client: Client, changes: list[Change]) -> None:
    admin_client.post("/admin/site/sitesettings/add/", {"name": "甲"})
    assert changes == [("site.sitesettings", False)]
    admin_client.post("/admin/site/sitesettings/1/change/", {"name": "乙"})
    assert changes[1:] == [("site.sitesettings", True)]
    assert SiteSettings.load().name == "乙"


def test_refused_changes_send_nothing(admin_client: Client, changes: list[Change]) -> None:
    admin_client.post("/admin/site/sitesettings/add/", {"name": "甲", "is_live": "on"})
    admin_client.post("/admin/site/friendlylink/add/", {**LINK, "url": "javascript:alert(1)"})
    assert changes == []


def test_changes_of_friendly_links_change_pages(
    admin_client: Client, changes: list[Change]
) -> None:
    admin_client.post("/admin/site/friendlylink/add/", LINK)
    pk = FriendlyLink.objects.get().pk
    admin_client.post(f"/admin/site/friendlylink/{pk}/change/", {**LINK, "title": "乙"})
    admin_client.post(
        "/admin/site/friendlylink/",
        {
            "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": pk,
            "form-0-position": "5", "_save": "",
        },
    )  # fmt: skip
    admin_client.post(f"/admin/site/friendlylink/{pk}/delete/", {"post": "yes"})
    assert not FriendlyLink.objects.exists()
    assert changes == [("site.friendlylink", False), *[("site.friendlylink", True)] * 3]


def test_deleting_many_links_is_one_change(admin_client: Client, changes: list[Change]) -> None:
    rows = [FriendlyLink.objects.create(title="甲", url=f"https://{n}.example/") for n in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    admin_client.post("/admin/site/friendlylink/", {**chosen, "post": "yes"})
    assert not FriendlyLink.objects.exists()
    assert changes == [("site.friendlylink", True)]
    assert Entry.objects.filter(action="admin.delete").count() == 3


def test_redirects_are_on_no_page(admin_client: Client, changes: list[Change]) -> None:
    admin_client.post("/admin/site/redirect/add/", {"old_path": "/a", "new_path": "/news/"})
    pk = Redirect.objects.get().pk
    change = {"old_path": "/b", "new_path": "/news/"}
    admin_client.post(f"/admin/site/redirect/{pk}/change/", change)
    admin_client.post(f"/admin/site/redirect/{pk}/delete/", {"post": "yes"})
    assert not Redirect.objects.exists()
    assert changes == [("site.redirect", False)] * 3


@pytest.mark.parametrize("what", ["image", "attachment"])
def test_withdrawing_media_changes_pages(what: str, changes: list[Change]) -> None:
    by = factories.user(Role.PUBLISHER)
    media_file: Any = (
        factories.image(by) if what == "image" else add_attachment(file=document_upload(), by=by)
    )
    with transaction.atomic():
        set_hidden(media_file=media_file, hidden=True, by=by)
        withdraw(media_file=media_file, by=by, reason="侵权")
        set_hidden(media_file=media_file, hidden=False, by=by)
        reinstate(media_file=media_file, by=by)
    assert changes == [("library.withdraw", True), ("library.reinstate", False)]


def test_a_reviewers_new_name_changes_no_page(changes: list[Change]) -> None:
    client = Client()
    client.force_login(factories.user(Role.SECURITY))
    person = factories.user(Role.FIRST_REVIEWER, full_name="张三")
    address = f"/admin/accounts/user/{person.pk}/change/"
    form = HtmlForm(client.get(address).content, "user_form")
    assert client.post(address, form.data(full_name="李四", _save="")).status_code == 302
    person.refresh_from_db()
    assert person.full_name == "李四"
    assert changes == []


def test_a_new_description_in_the_library_changes_no_page(changes: list[Change]) -> None:
    by = factories.user(Role.EDITOR)
    attachment = add_attachment(file=document_upload(), by=by)
    client = Client()
    client.force_login(by)
    address = f"/admin/library/attachment/{attachment.pk}/change/"
    form = HtmlForm(client.get(address).content, "attachment_form")
    client.post(address, form.data(name="新名.pdf", title="新题", hidden="on", _save=""))
    attachment.refresh_from_db()
    assert (attachment.name, attachment.title, attachment.hidden) == ("新名.pdf", "新题", True)
    assert changes == []


#: All transactions wait for the generation row and for the head of the audit log. No two of them
#: can deadlock if each locks first the rows of its objects, then the generation row, then the head.
WRITTEN = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
LOCKED = re.compile(r'SELECT .* FROM "(\w+)".* FOR (?:NO KEY )?UPDATE', re.S)
GENERATION = "pagestore_sitegeneration"


def split_transactions(statements: list[str]) -> list[list[str]]:
    """Return the statements of each transaction.

    Each is a savepoint, because the test itself runs in a transaction.
    """
    found: list[list[str]] = [[]]
    depth = 0
    for sql in statements:
        depth += sql.startswith("SAVEPOINT") - sql.startswith("RELEASE SAVEPOINT")
        assert "ROLLBACK" not in sql
        found[-1].append(sql)
        if depth == 0:
            found.append([])
    return found


def locked_table(sql: str) -> str:
    """Return the table in which a statement locks rows; "" if it locks none.

    A statement that reads the head of the audit log counts as locking it.
    """
    if 'FROM "audit_head"' in sql:
        return "audit_head"
    found = WRITTEN.match(sql) or LOCKED.match(sql)
    return found[1] if found else ""


def assert_locked_in_order(statements: list[str], *, held: frozenset[str] = frozenset()) -> int:
    """Assert the order of locks; return the number of transactions that raised the generation.

    Only rows of the tables in ``held`` may be written after the generation row is locked, because
    these rows are locked before.
    """
    count = 0
    for part in split_transactions(statements):
        tables = [table for table in map(locked_table, part) if table]
        if GENERATION not in tables:
            continue
        count += 1
        generation, head = tables.index(GENERATION), tables.index("audit_head")
        assert generation < head, tables
        late = {
            each for each in tables[generation:] if not each.startswith(("pagestore_", "audit_"))
        }
        assert late <= held, (late, tables)
    return count


def form(client: Client, address: str, form_id: str, /, **changes: Any) -> None:
    found = HtmlForm(client.get(address).content, form_id)
    assert client.post(address, found.data(_save="", **changes)).status_code == 302, address


def change_settings(client: Client) -> None:
    client.post("/admin/site/sitesettings/add/", {"name": "甲"})
    client.post("/admin/site/sitesettings/1/change/", {"name": "乙"})


def links(count: int) -> list[int]:
    rows = [FriendlyLink(title="甲", url=f"https://{n}.example/") for n in range(count)]
    return [row.pk for row in FriendlyLink.objects.bulk_create(rows)]


def change_links(client: Client) -> None:
    client.post("/admin/site/friendlylink/add/", LINK)
    pk = FriendlyLink.objects.get().pk
    client.post(f"/admin/site/friendlylink/{pk}/change/", {**LINK, "title": "乙"})
    client.post(f"/admin/site/friendlylink/{pk}/delete/", {"post": "yes"})


def edit_list_of_links(client: Client) -> None:
    rows = links(3)
    data: dict[str, Any] = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "3", "_save": ""}
    for number, pk in enumerate(FriendlyLink.objects.values_list("pk", flat=True)):
        data |= {f"form-{number}-id": pk, f"form-{number}-position": f"{number + 5}"}
    client.post("/admin/site/friendlylink/", data)
    assert FriendlyLink.objects.filter(pk__in=rows, position__gte=5).count() == 3


def delete_many_links(client: Client) -> None:
    chosen = {"action": "delete_selected", "_selected_action": links(2), "post": "yes"}
    client.post("/admin/site/friendlylink/", chosen)
    assert not FriendlyLink.objects.exists()


def change_redirects(client: Client) -> None:
    client.post("/admin/site/redirect/add/", {"old_path": "/a", "new_path": "/news/"})
    pk = Redirect.objects.get().pk
    client.post(f"/admin/site/redirect/{pk}/change/", {"old_path": "/b", "new_path": "/news/"})
    client.post(f"/admin/site/redirect/{pk}/delete/", {"post": "yes"})


def import_sheet(client: Client) -> None:
    Redirect.objects.create(old_path="/a", new_path="/data/")
    rows = [
        redirect_import.RedirectRow(2, "/a", "/news/"),
        redirect_import.RedirectRow(3, "/b", "/news/"),
    ]
    redirect_import.import_redirects(rows=rows, name="x.csv", by=factories.user(Role.SITE_ADMIN))


def change_columns(client: Client) -> None:
    bulk.articles(10)
    form(client, "/admin/news/column/add/", "column_form", name="新栏目", slug="new", position="1")
    column = Column.objects.get(slug="notices")
    above = Column.objects.get(slug="news-centre").pk
    form(client, f"/admin/news/column/{column.pk}/change/", "column_form", name="公告栏")
    form(client, f"/admin/news/column/{column.pk}/change/", "column_form", parent=str(above))
    column.refresh_from_db()
    assert (column.name, column.parent_id) == ("公告栏", above)


def change_topics(client: Client) -> None:
    bulk.articles(10)
    topic = Topic.objects.get()
    client.force_login(factories.user(Role.PUBLISHER))
    address = f"/admin/news/topic/{topic.pk}/change/"
    entry = f"{topic.entries.count()}"
    form(client, address, "topic_form", name="新专题", **{"entries-0-DELETE": "on"})
    assert f"{topic.entries.count() + 1}" == entry


def change_media_file(client: Client) -> None:
    by = factories.user(Role.PUBLISHER)
    client.force_login(by)
    attachment = add_attachment(file=document_upload(), by=by)
    address = f"/admin/library/attachment/{attachment.pk}"
    form(client, f"{address}/change/", "attachment_form", name="新名.pdf", hidden="on")
    client.post(f"{address}/withdrawal/", {"reason": "侵权"})
    client.post(f"{address}/withdrawal/", {"_reinstate": ""})
    assert Entry.objects.filter(action="library.reinstate").count() == 1


def restore_archived(client: Client) -> None:
    newsroom = Newsroom()
    article = newsroom.withdrawn()
    actions.archive(obj=article, by=newsroom.publisher)
    source = article.revisions.latest("pk")
    article = Article.objects.get(pk=article.pk)
    token = actions.VersionToken.of(article)
    actions.restore(obj=article, source=source, by=newsroom.editor, token=token)


#: For each change: the number of transactions that raise the generation, and the tables whose rows
#: are locked before the generation row but written after it.
CHANGES: dict[Callable[[Client], None], tuple[int, frozenset[str]]] = {
    change_settings: (2, frozenset()),
    change_links: (3, frozenset()),
    edit_list_of_links: (1, frozenset({"site_friendlylink"})),
    delete_many_links: (1, frozenset()),
    change_redirects: (3, frozenset()),
    import_sheet: (1, frozenset()),
    change_columns: (3, frozenset()),
    change_topics: (1, frozenset()),
    change_media_file: (2, frozenset()),
    # The four transactions release, withdraw, archive and restore the article.
    restore_archived: (4, frozenset()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_locks_are_taken_in_order_rows_generation_log(
    change: Callable[[Client], None], admin_client: Client
) -> None:
    expected, held = CHANGES[change]
    with CaptureQueriesContext(connection) as queries:
        change(admin_client)
    statements = [query["sql"] for query in queries]
    assert assert_locked_in_order(statements, held=held) == expected
    if connection.vendor == "postgresql":  # SQLite allows one writer and locks no rows
        for table in held - {"accounts_user_groups"}:
            assert_locked_before_generation(statements, table)


def assert_locked_before_generation(statements: list[str], table: str) -> None:
    """Assert that the transaction that raises the generation locks rows of the table before."""
    parts = [list(map(locked_table, part)) for part in split_transactions(statements)]
    (number,) = (number for number, tables in enumerate(parts) if GENERATION in tables)
    before = split_transactions(statements)[number][: parts[number].index(GENERATION)]
    assert any(f'FROM "{table}"' in sql and sql.endswith(" FOR UPDATE") for sql in before), before
