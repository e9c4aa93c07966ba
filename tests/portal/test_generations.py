"""What readers see without the press turns the pages over, inside the transaction of the change."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from news.models import Article, Column, Topic
from portal import redirects
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.library.actions import add_attachment, set_hidden
from portal.publishing import actions, signals
from portal.site.models import FriendlyLink, Redirect, SiteSettings
from tests import bulk, factories
from tests.factories import Newsroom
from tests.publishing.page_forms import HtmlForm
from tests.publishing.test_endpoints import document

Told = tuple[str, bool]


@pytest.fixture
def told(db: None) -> Iterator[list[Told]]:
    """(reason, takes back) of each announcement, which must come inside a transaction. In which
    order rows are locked there, see the end of this file."""
    heard: list[Told] = []

    def hear(sender: type, *, reason: str, forbid_stale: bool = True, **kwargs: Any) -> None:
        assert transaction.get_connection().in_atomic_block
        # The test's own transaction is one: the change's is another inside it.
        assert transaction.get_connection().savepoint_ids
        heard.append((reason, forbid_stale))

    signals.public_listing_changed.connect(hear)
    yield heard
    signals.public_listing_changed.disconnect(hear)


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(factories.user(Role.SITE_ADMIN))
    return client


LINK = {"group": "friend", "title": "甲", "url": "https://court.example/", "position": "0"}


def test_site_settings(desk: Client, told: list[Told]) -> None:
    desk.post("/admin/site/sitesettings/add/", {"name": "甲"})
    assert told == [("site.sitesettings", False)]
    desk.post("/admin/site/sitesettings/1/change/", {"name": "乙"})
    assert told[1:] == [("site.sitesettings", True)]
    assert SiteSettings.load().name == "乙"


def test_what_is_refused_turns_nothing(desk: Client, told: list[Told]) -> None:
    desk.post("/admin/site/sitesettings/add/", {"name": "甲", "is_live": "on"})
    desk.post("/admin/site/friendlylink/add/", {**LINK, "url": "javascript:alert(1)"})
    assert told == []


def test_friendly_links(desk: Client, told: list[Told]) -> None:
    desk.post("/admin/site/friendlylink/add/", LINK)
    pk = FriendlyLink.objects.get().pk
    desk.post(f"/admin/site/friendlylink/{pk}/change/", {**LINK, "title": "乙"})
    desk.post(
        "/admin/site/friendlylink/",
        {
            "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": pk,
            "form-0-position": "5", "_save": "",
        },
    )  # fmt: skip
    desk.post(f"/admin/site/friendlylink/{pk}/delete/", {"post": "yes"})
    assert not FriendlyLink.objects.exists()
    assert told == [("site.friendlylink", False), *[("site.friendlylink", True)] * 3]


def test_many_links_at_once_are_one_turn(desk: Client, told: list[Told]) -> None:
    rows = [FriendlyLink.objects.create(title="甲", url=f"https://{n}.example/") for n in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    desk.post("/admin/site/friendlylink/", {**chosen, "post": "yes"})
    assert not FriendlyLink.objects.exists()
    assert told == [("site.friendlylink", True)]
    assert Entry.objects.filter(action="admin.delete").count() == 3


def test_redirects_stand_on_no_page(desk: Client, told: list[Told]) -> None:
    desk.post("/admin/site/redirect/add/", {"old_path": "/a", "new_path": "/news/"})
    pk = Redirect.objects.get().pk
    change = {"old_path": "/b", "new_path": "/news/"}
    desk.post(f"/admin/site/redirect/{pk}/change/", change)
    desk.post(f"/admin/site/redirect/{pk}/delete/", {"post": "yes"})
    assert not Redirect.objects.exists()
    assert told == [("site.redirect", False)] * 3


@pytest.mark.parametrize("what", ["image", "attachment"])
def test_hidden_media_leave_the_pages(what: str, told: list[Told]) -> None:
    by = factories.user(Role.EDITOR)
    media_file: Any = (
        factories.image(by) if what == "image" else add_attachment(file=document(), by=by)
    )
    told.clear()
    with transaction.atomic():
        set_hidden(media_file=media_file, hidden=True, by=by)
        set_hidden(media_file=media_file, hidden=True, by=by)  # it is already
        set_hidden(media_file=media_file, hidden=False, by=by)
    assert told == [("library.hide", True), ("library.show", False)]


def test_a_reviewers_new_name_is_read_on_pages(told: list[Told]) -> None:
    client = Client()
    client.force_login(factories.user(Role.SECURITY))
    person = factories.user(Role.FIRST_REVIEWER, full_name="张三")
    address = f"/admin/accounts/user/{person.pk}/change/"
    form = HtmlForm(client.get(address).content, "user_form")
    assert client.post(address, form.data(post="书记员", _save="")).status_code == 302
    assert told == []
    assert client.post(address, form.data(full_name="李四", _save="")).status_code == 302
    person.refresh_from_db()
    assert person.full_name == "李四"
    assert told == [("accounts.user.name", True)]


def test_an_attachments_new_name_too(told: list[Told]) -> None:
    by = factories.user(Role.EDITOR)
    attachment = add_attachment(file=document(), by=by)
    client = Client()
    client.force_login(by)
    address = f"/admin/library/attachment/{attachment.pk}/change/"
    form = HtmlForm(client.get(address).content, "attachment_form")
    assert client.post(address, form.data(_save="")).status_code == 302
    assert told == []
    assert client.post(address, form.data(name="诉讼费用表.pdf", _save="")).status_code == 302
    assert told == [("library.attachment.name", True)]


def test_a_medium_that_is_renamed_and_hidden_is_told_once(told: list[Told]) -> None:
    by = factories.user(Role.EDITOR)
    attachment = add_attachment(file=document(), by=by)
    client = Client()
    client.force_login(by)
    address = f"/admin/library/attachment/{attachment.pk}/change/"
    form = HtmlForm(client.get(address).content, "attachment_form")
    client.post(address, form.data(name="新名.pdf", hidden="on", _save=""))
    attachment.refresh_from_db()
    assert (attachment.name, attachment.hidden) == ("新名.pdf", True)
    assert told == [("library.hide", True)]


# --- the order of locks ---------------------------------------------------------------------------

#: Everybody waits for the row of the turn and for the head of the log. Two acts never wait for each
#: other crosswise if each locks its own rows first, then the turn, then the head.
WRITTEN = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
LOCKED = re.compile(r'SELECT .* FROM "(\w+)".* FOR (?:NO KEY )?UPDATE', re.S)
TURN = "pagestore_sitegeneration"


def acts(statements: list[str]) -> list[list[str]]:
    """Of each transaction, the statements. The test's own is around them: each is a savepoint."""
    found: list[list[str]] = [[]]
    depth = 0
    for sql in statements:
        depth += sql.startswith("SAVEPOINT") - sql.startswith("RELEASE SAVEPOINT")
        assert "ROLLBACK" not in sql
        found[-1].append(sql)
        if depth == 0:
            found.append([])
    return found


def touched(sql: str) -> str:
    """The table of which a statement locks rows. The head counts as locked where it is read."""
    if 'FROM "audit_head"' in sql:
        return "audit_head"
    found = WRITTEN.match(sql) or LOCKED.match(sql)
    return found[1] if found else ""


def assert_locked_in_order(statements: list[str], *, held: frozenset[str] = frozenset()) -> int:
    """Returns how many transactions turned the pages. Of ``held``, all rows must be locked before
    the turn; they are written after it."""
    turned = 0
    for act in acts(statements):
        tables = [table for table in map(touched, act) if table]
        if TURN not in tables:
            continue
        turned += 1
        turn, head = tables.index(TURN), tables.index("audit_head")
        assert turn < head, tables
        late = {each for each in tables[turn:] if not each.startswith(("pagestore_", "audit_"))}
        assert late <= held, (late, tables)
    return turned


def form(client: Client, address: str, form_id: str, /, **changes: Any) -> None:
    found = HtmlForm(client.get(address).content, form_id)
    assert client.post(address, found.data(_save="", **changes)).status_code == 302, address


def of_settings(client: Client) -> None:
    client.post("/admin/site/sitesettings/add/", {"name": "甲"})
    client.post("/admin/site/sitesettings/1/change/", {"name": "乙"})


def links(count: int) -> list[int]:
    rows = [FriendlyLink(title="甲", url=f"https://{n}.example/") for n in range(count)]
    return [row.pk for row in FriendlyLink.objects.bulk_create(rows)]


def of_links(client: Client) -> None:
    client.post("/admin/site/friendlylink/add/", LINK)
    pk = FriendlyLink.objects.get().pk
    client.post(f"/admin/site/friendlylink/{pk}/change/", {**LINK, "title": "乙"})
    client.post(f"/admin/site/friendlylink/{pk}/delete/", {"post": "yes"})


def of_the_list_of_links(client: Client) -> None:
    rows = links(3)
    data: dict[str, Any] = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "3", "_save": ""}
    for number, pk in enumerate(FriendlyLink.objects.values_list("pk", flat=True)):
        data |= {f"form-{number}-id": pk, f"form-{number}-position": f"{number + 5}"}
    client.post("/admin/site/friendlylink/", data)
    assert FriendlyLink.objects.filter(pk__in=rows, position__gte=5).count() == 3


def of_many_links(client: Client) -> None:
    chosen = {"action": "delete_selected", "_selected_action": links(2), "post": "yes"}
    client.post("/admin/site/friendlylink/", chosen)
    assert not FriendlyLink.objects.exists()


def of_redirects(client: Client) -> None:
    client.post("/admin/site/redirect/add/", {"old_path": "/a", "new_path": "/news/"})
    pk = Redirect.objects.get().pk
    client.post(f"/admin/site/redirect/{pk}/change/", {"old_path": "/b", "new_path": "/news/"})
    client.post(f"/admin/site/redirect/{pk}/delete/", {"post": "yes"})


def of_a_sheet(client: Client) -> None:
    Redirect.objects.create(old_path="/a", new_path="/data/")
    pairs = [redirects.RedirectRow(2, "/a", "/news/"), redirects.RedirectRow(3, "/b", "/news/")]
    redirects.import_redirects(pairs=pairs, name="x.csv", by=factories.user(Role.SITE_ADMIN))


def of_columns(client: Client) -> None:
    bulk.articles(10)
    form(client, "/admin/news/column/add/", "column_form", name="新栏目", slug="new", position="1")
    column = Column.objects.get(slug="notices")
    above = Column.objects.get(slug="news-centre").pk
    form(client, f"/admin/news/column/{column.pk}/change/", "column_form", name="公告栏")
    form(client, f"/admin/news/column/{column.pk}/change/", "column_form", parent=str(above))
    column.refresh_from_db()
    assert (column.name, column.parent_id) == ("公告栏", above)


def of_topics(client: Client) -> None:
    bulk.articles(10)
    topic = Topic.objects.get()
    client.force_login(factories.user(Role.PUBLISHER))
    address = f"/admin/news/topic/{topic.pk}/change/"
    entry = f"{topic.entries.count()}"
    form(client, address, "topic_form", name="新专题", **{"entries-0-DELETE": "on"})
    assert f"{topic.entries.count() + 1}" == entry


def of_a_medium(client: Client) -> None:
    by = factories.user(Role.EDITOR)
    client.force_login(by)
    attachment = add_attachment(file=document(), by=by)
    address = f"/admin/library/attachment/{attachment.pk}/change/"
    form(client, address, "attachment_form", name="诉讼费用表.pdf")
    form(client, address, "attachment_form", name="新名.pdf", hidden="on")
    form(client, address, "attachment_form", title="新题", hidden=None)


def of_a_person(client: Client) -> None:
    client.force_login(factories.user(Role.SECURITY))
    person = factories.user(Role.FIRST_REVIEWER, full_name="张三")
    address = f"/admin/accounts/user/{person.pk}/change/"
    form(client, address, "user_form", full_name="李四", roles=[Role.SECOND_REVIEWER.value])
    person = User.objects.get(pk=person.pk)
    assert (person.full_name, person.roles) == ("李四", {Role.SECOND_REVIEWER})


def of_what_was_archived(client: Client) -> None:
    newsroom = Newsroom()
    article = newsroom.withdrawn()
    actions.archive(obj=article, by=newsroom.publisher)
    source = article.revisions.latest("pk")
    article = Article.objects.get(pk=article.pk)
    token = actions.VersionToken.of(article)
    actions.restore(obj=article, source=source, by=newsroom.editor, token=token)


#: What is done, how many transactions of it turn the pages, and what its locks hold already.
ACTS: dict[Callable[[Client], None], tuple[int, frozenset[str]]] = {
    of_settings: (2, frozenset()),
    of_links: (3, frozenset()),
    of_the_list_of_links: (1, frozenset({"site_friendlylink"})),
    of_many_links: (1, frozenset()),
    of_redirects: (3, frozenset()),
    of_a_sheet: (1, frozenset()),
    of_columns: (3, frozenset()),
    of_topics: (1, frozenset()),
    of_a_medium: (3, frozenset()),
    # A person's roles are behind the lock of his own row.
    of_a_person: (1, frozenset({"accounts_user", "accounts_user_groups"})),
    # Released, withdrawn, archived, restored.
    of_what_was_archived: (4, frozenset()),
}


@pytest.mark.parametrize("act", ACTS)
def test_rows_then_the_turn_then_the_log(act: Callable[[Client], None], desk: Client) -> None:
    turned, held = ACTS[act]
    with CaptureQueriesContext(connection) as queries:
        act(desk)
    statements = [query["sql"] for query in queries]
    assert assert_locked_in_order(statements, held=held) == turned
    if connection.vendor == "postgresql":  # SQLite has one writer, and locks no rows
        for table in held - {"accounts_user_groups"}:
            assert_locked_before_the_turn(statements, table)


def assert_locked_before_the_turn(statements: list[str], table: str) -> None:
    (turning,) = (act for act in acts(statements) if any(touched(sql) == TURN for sql in act))
    before = turning[: [touched(sql) for sql in turning].index(TURN)]
    assert any(f'FROM "{table}"' in sql and sql.endswith(" FOR UPDATE") for sql in before), before
