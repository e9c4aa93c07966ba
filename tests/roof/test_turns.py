"""What readers see without the press turns the pages over, inside the transaction of the change."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.library.actions import add_attachment, set_hidden
from portal.publishing import signals
from portal.site.models import FriendlyLink, Redirect, SiteSettings
from tests import factories
from tests.publishing.desk import DeskForm
from tests.publishing.test_endpoints import document

Told = tuple[str, bool]


@pytest.fixture
def told(db: None) -> Iterator[list[Told]]:
    """(reason, takes back) of each announcement, which must come inside a transaction, before the
    log's chain is locked."""
    heard: list[Told] = []

    def hear(sender: type, *, reason: str, takes_back: bool = True, **kwargs: Any) -> None:
        assert transaction.get_connection().in_atomic_block
        # The test's own transaction is one: the change's is another inside it.
        assert transaction.get_connection().savepoint_ids
        heard.append((reason, takes_back))

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
    medium: Any = factories.image(by) if what == "image" else add_attachment(file=document(), by=by)
    told.clear()
    with transaction.atomic():
        set_hidden(medium=medium, hidden=True, by=by)
        set_hidden(medium=medium, hidden=True, by=by)  # it is already
        set_hidden(medium=medium, hidden=False, by=by)
    assert told == [("library.hide", True), ("library.show", False)]


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/admin/site/sitesettings/add/", {"name": "甲"}),
        ("/admin/site/friendlylink/add/", LINK),
        ("/admin/site/redirect/add/", {"old_path": "/a", "new_path": "/news/"}),
    ],
)
def test_the_turn_comes_before_the_log(address: str, data: dict, desk: Client) -> None:
    """Both lock a row that everybody waits for, and all take them in this order."""
    order: list[str] = []

    def hear(sender: type, **kwargs: Any) -> None:
        order.append("turn" if not Entry.objects.filter(action="admin.add").exists() else "late")

    signals.public_listing_changed.connect(hear)
    try:
        assert desk.post(address, data).status_code == 302
    finally:
        signals.public_listing_changed.disconnect(hear)
    assert order == ["turn"]
    assert Entry.objects.filter(action="admin.add").count() == 1


def test_a_reviewers_new_name_is_read_on_pages(told: list[Told]) -> None:
    client = Client()
    client.force_login(factories.user(Role.SECURITY))
    person = factories.user(Role.FIRST_REVIEWER, full_name="张三")
    address = f"/admin/accounts/user/{person.pk}/change/"
    form = DeskForm(client.get(address).content, "user_form")
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
    form = DeskForm(client.get(address).content, "attachment_form")
    assert client.post(address, form.data(_save="")).status_code == 302
    assert told == []
    assert client.post(address, form.data(name="诉讼费用表.pdf", _save="")).status_code == 302
    assert told == [("library.attachment.name", True)]
