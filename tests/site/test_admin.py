"""Tests of the admin pages for site settings, links and redirects."""

import pytest
from django.test import Client

from portal.accounts.actions import set_roles
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.site.models import FriendlyLink, Redirect, SiteSettings

pytestmark = pytest.mark.django_db


def client_of(role: Role | None, **fields: object) -> Client:
    user = User.objects.create_user("somebody", "Correct-horse-9", full_name="某人", **fields)
    set_roles(user=user, roles=[role] if role else [])
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("model", ["sitesettings", "friendlylink", "redirect"])
def test_permissions_of_each_role(role, model):
    client = client_of(role, is_superuser=role is None)
    may_view = role in {Role.SITE_ADMIN, Role.AUDITOR}
    may_edit = role == Role.SITE_ADMIN
    assert client.get(f"/admin/site/{model}/").status_code == (200 if may_view else 403)
    assert client.get(f"/admin/site/{model}/add/").status_code == (200 if may_edit else 403)


def test_settings_are_created_once_and_then_changed():
    client = client_of(Role.SITE_ADMIN)
    assert client.post("/admin/site/sitesettings/add/", {"name": "甲"}).status_code == 302
    assert client.get("/admin/site/sitesettings/add/").status_code == 403
    there = client.get("/admin/site/sitesettings/")
    assert there["Location"] == "/admin/site/sitesettings/1/change/"
    assert client.post(there["Location"], {"name": "乙"}).status_code == 302
    assert SiteSettings.load().name == "乙"
    assert client.post("/admin/site/sitesettings/1/delete/", {"post": "yes"}).status_code == 403


def test_going_live_with_missing_fields_is_a_form_error_and_keeps_the_input():
    client = client_of(Role.SITE_ADMIN)
    response = client.post("/admin/site/sitesettings/add/", {"name": "甲", "is_live": "on"})
    form = response.context["adminform"].form
    assert set(form.errors) == {"is_live"}
    assert form["name"].value() == "甲"
    assert not SiteSettings.objects.exists()


def test_every_change_is_logged():
    client = client_of(Role.SITE_ADMIN)
    link = {"group": "friend", "title": "甲", "url": "https://court.example/", "position": "0"}
    client.post("/admin/site/friendlylink/add/", link)
    pk = FriendlyLink.objects.get().pk
    client.post(f"/admin/site/friendlylink/{pk}/change/", {**link, "title": "乙"})
    client.post(f"/admin/site/friendlylink/{pk}/delete/", {"post": "yes"})
    entries = Entry.objects.filter(object_type="site.friendlylink", object_id=str(pk)).order_by(
        "id"
    )
    assert list(entries.values_list("action", "object_label", "actor_label")) == [
        ("admin.add", "甲", "某人"),
        ("admin.change", "乙", "某人"),
        ("admin.delete", "乙", "某人"),
    ]
    assert entries[1].details["changes"][-1] == {"values": {"title": ["甲", "乙"]}}


def test_deleting_several_rows_logs_each():
    client = client_of(Role.SITE_ADMIN)
    rows = [Redirect.objects.create(old_path=f"/{n}", new_path="/news/") for n in range(3)]
    keys = [row.pk for row in rows]
    delete = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
    assert client.post("/admin/site/redirect/", delete).status_code == 302
    assert not Redirect.objects.exists()
    gone = Entry.objects.filter(action="admin.delete").order_by("id")
    assert sorted(gone.values_list("object_id", flat=True)) == sorted(map(str, keys))


def test_positions_changed_in_the_list_are_logged():
    client = client_of(Role.SITE_ADMIN)
    link = FriendlyLink.objects.create(title="甲", url="https://court.example/")
    data = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": link.pk,
        "form-0-position": "5", "_save": "",
    }  # fmt: skip
    assert client.post("/admin/site/friendlylink/", data).status_code == 302
    assert Entry.objects.get(action="admin.change").details["changes"][-1] == {
        "values": {"position": ["0", "5"]}
    }
