import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.actions import set_roles
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.actions import log_event
from portal.audit.models import Entry

pytestmark = pytest.mark.django_db

PASSWORD = "Correct-horse-9"
LIST = "/admin/accounts/user/"
LOG = "/admin/audit/entry/"


def make_user(username: str, *roles: Role, **fields: object) -> User:
    user = User.objects.create_user(username, PASSWORD, full_name=username.title(), **fields)
    set_roles(user=user, roles=roles)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def officer() -> User:
    return make_user("officer", Role.SECURITY)


@pytest.fixture
def wang() -> User:
    return make_user("wang", Role.EDITOR)


def account_data(**fields: object) -> dict[str, object]:
    return {
        "username": "wang",
        "full_name": "Wang",
        "post": "",
        "is_active": "on",
        "is_staff": "on",
        "roles": [Role.EDITOR.value],
        **fields,
    }


def account_url(user: User, page: str = "change") -> str:
    return reverse(f"admin:accounts_user_{page}", args=[user.pk])


ROLES_THAT_SEE_ACCOUNTS = {Role.SECURITY, Role.AUDITOR}


@pytest.mark.parametrize("role", Role)
def test_roles_decide_who_may_view_and_edit_accounts(role, wang):
    client = signed_in(make_user("somebody", role))
    sees = role in ROLES_THAT_SEE_ACCOUNTS
    edits = role == Role.SECURITY
    assert client.get(LIST).status_code == (200 if sees else 403)
    assert client.get(account_url(wang)).status_code == (200 if sees else 403)
    assert client.get(account_url(wang, "history")).status_code == (200 if sees else 403)
    assert client.get(LIST + "add/").status_code == (200 if edits else 403)
    assert client.get(f"{LIST}{wang.pk}/password/").status_code == (200 if edits else 403)
    assert client.post(account_url(wang), account_data(post="x")).status_code == (
        302 if edits else 403
    )
    assert client.post(account_url(wang, "delete"), {"post": "yes"}).status_code == 403
    delete = {"action": "delete_selected", "_selected_action": [wang.pk], "post": "yes"}
    client.post(LIST, delete)
    assert User.objects.filter(pk=wang.pk).exists()


@pytest.mark.parametrize("address", [LIST, LOG])
def test_a_superuser_without_a_role_sees_no_accounts_and_no_log(address):
    assert signed_in(make_user("root", is_superuser=True)).get(address).status_code == 403


def test_groups_cannot_be_edited(officer):
    assert signed_in(officer).get("/admin/auth/group/").status_code == 404


def test_a_security_officer_creates_an_account_with_a_role(officer):
    data = account_data(username="li", full_name="李某", password1=PASSWORD, password2=PASSWORD)
    response = signed_in(officer).post(LIST + "add/", data)
    assert response.status_code == 302
    li = User.objects.get(username="li")
    assert (li.roles, li.is_staff, li.check_password(PASSWORD)) == (
        frozenset({Role.EDITOR}),
        True,
        True,
    )
    entries = Entry.objects.filter(object_id=str(li.pk), actor_id=officer.pk).order_by("id")
    assert list(entries.values_list("action", flat=True)) == ["account.roles", "admin.add"]
    assert PASSWORD not in str(list(Entry.objects.values()))


def test_a_change_is_logged_with_old_and_new_values(officer, wang):
    data = account_data(full_name="王某", roles=[Role.PUBLISHER.value])
    assert signed_in(officer).post(account_url(wang), data).status_code == 302
    assert User.objects.get(pk=wang.pk).roles == {Role.PUBLISHER}
    entry = Entry.objects.get(action="admin.change")
    assert entry.details["changes"][-1] == {
        "values": {"full_name": ["Wang", "王某"], "roles": ["编辑", "发布"]}
    }
    history = signed_in(officer).get(account_url(wang, "history"))
    assert [line.entry.action for line in history.context["entries"]] == [
        "admin.change",
        "account.roles",
        "account.roles",
    ]


def test_conflicting_roles_are_an_error_of_the_field(officer, wang):
    data = account_data(roles=[Role.AUDITOR.value, Role.SITE_ADMIN.value])
    response = signed_in(officer).post(account_url(wang), data)
    assert set(response.context["adminform"].form.errors) == {"roles"}
    assert User.objects.get(pk=wang.pk).roles == {Role.EDITOR}


def test_security_officers_cannot_change_their_own_roles_or_access(officer):
    data = {"username": "officer", "full_name": "New", "post": "", "roles": [Role.EDITOR.value]}
    assert signed_in(officer).post(account_url(officer), data).status_code == 302
    officer = User.objects.get(pk=officer.pk)
    assert (officer.full_name, officer.is_active, officer.is_staff) == ("New", True, True)
    assert officer.roles == {Role.SECURITY}


def test_the_admin_cannot_make_superusers(officer, wang):
    signed_in(officer).post(
        account_url(wang), account_data(is_superuser="on", user_permissions=["1"])
    )
    wang.refresh_from_db()
    assert not wang.is_superuser
    assert not wang.user_permissions.exists()


def test_a_new_password_is_logged_without_its_text(officer, wang):
    new = "Another-horse-8"
    data = {"password1": new, "password2": new, "usable_password": "true"}
    response = signed_in(officer).post(f"{LIST}{wang.pk}/password/", data)
    assert response.status_code == 302
    wang.refresh_from_db()
    assert wang.check_password(new)
    assert Entry.objects.filter(action="admin.change", object_id=str(wang.pk)).count() == 1
    assert new not in str(list(Entry.objects.values()))


def test_changing_the_own_password_is_logged(wang):
    client = signed_in(wang)
    data = {"old_password": PASSWORD, "new_password1": "Another-8x", "new_password2": "Another-8x"}
    bad = client.post(reverse("admin:password_change"), {**data, "old_password": "no"})
    assert bad.status_code == 200
    assert client.post(reverse("admin:password_change"), data).status_code == 302
    assert Entry.objects.filter(action="account.password").count() == 1


def test_the_list_of_accounts_has_a_constant_number_of_queries(
    officer, django_assert_num_queries, django_assert_max_num_queries
):
    client = signed_in(officer)
    with django_assert_max_num_queries(20) as few:
        client.get(LIST)
    for number in range(20):
        make_user(f"p{number}", Role.EDITOR)
    with django_assert_num_queries(len(few)):
        client.get(LIST)


@pytest.mark.parametrize("role", Role)
def test_auditors_and_security_officers_read_the_log_and_no_role_changes_it(role):
    user = make_user("somebody", role)
    client = signed_in(user)
    entry = Entry.objects.latest("id")
    one = f"{LOG}{entry.pk}/change/"
    sees = role in {Role.AUDITOR, Role.SECURITY}
    for address in (LOG, one, f"{LOG}{entry.pk}/history/"):
        assert client.get(address).status_code == (200 if sees else 403)
    assert client.get(LOG + "add/").status_code == 403
    assert client.post(one, {"action": "x"}).status_code == 403
    assert client.post(f"{LOG}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    delete = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    client.post(LOG, delete)
    assert Entry.objects.filter(pk=entry.pk, hash=entry.hash).exists()


def test_the_log_filters_and_searches():
    auditor = make_user("auditor", Role.AUDITOR)
    for number in range(3):
        log_event(action="test.other", actor_label="老王", result="refused", details={"n": number})
    client = signed_in(auditor)
    found = client.get(LOG, {"action": "test.other"}).context["cl"]
    assert found.result_count == 3
    assert client.get(LOG, {"result": "refused"}).context["cl"].result_count == 3
    assert client.get(LOG, {"q": "老王"}).context["cl"].result_count == 3
    assert client.get(LOG, {"q": "Auditor"}).context["cl"].result_count >= 1
    assert client.get(LOG).context["cl"].result_count == Entry.objects.count()
    assert Entry.objects.distinct_values("action") == sorted(
        set(Entry.objects.values_list("action", flat=True))
    )
