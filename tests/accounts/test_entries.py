"""What the security officer and the auditor read in the audit log."""

from __future__ import annotations

import pytest
from django.test import Client

from honors.models import Honor
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from tests import factories
from tests.factories import Newsroom, Records

SECRET = "尚未公开的题目"
LIST = "/admin/audit/entry/"


@pytest.fixture
def entries() -> list[Entry]:
    """Return entries about drafts of two kinds, a released article with a draft, and an image."""
    newsroom = Newsroom()
    newsroom.draft(title=SECRET)
    newsroom.in_review(title=f"{SECRET}二")
    newsroom.save(newsroom.live(title="公开的题目"), title=f"{SECRET}三")
    Records(newsroom).draft(Honor(), name=f"{SECRET}四")
    factories.image(newsroom.editor, title=f"{SECRET}五")
    found = Entry.objects.filter(object_label__contains=SECRET)
    assert {entry.object_type for entry in found} == {
        "news.article",
        "honors.honor",
        "library.image",
    }
    return list(found)


@pytest.fixture
def officer(client: Client) -> User:
    user = factories.user(Role.SECURITY, full_name="安全员")
    client.force_login(user)
    return user


@pytest.mark.django_db
def test_the_officer_reads_no_title_of_a_draft(
    client: Client, officer: User, entries: list[Entry]
) -> None:
    addresses = [LIST, f"{LIST}?all="]
    addresses += [
        f"{LIST}{entry.pk}/{page}/" for entry in entries for page in ("change", "history")
    ]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert SECRET not in answer.content.decode(), address
    # The kind and the number of the object are shown instead.
    entry = next(entry for entry in entries if entry.object_type == "news.article")
    assert f"稿件 {entry.object_id}" in client.get(LIST).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        {"object_label__startswith": SECRET},
        {"object_label": SECRET},
        {"object_label__regex": "."},
        {"details__icontains": SECRET},
        {"hash": "0"},
    ],
)
def test_the_officer_cannot_ask_for_a_title(
    client: Client, officer: User, entries: list[Entry], query: dict[str, str]
) -> None:
    assert client.get(LIST, query).status_code == 400
    found = client.get(LIST, {"q": SECRET}).context["cl"]
    assert list(found.result_list) == []


@pytest.mark.django_db
def test_the_officer_reads_entries_about_accounts(client: Client, officer: User) -> None:
    other = factories.user(full_name="王某")
    client.post(f"/admin/accounts/user/{other.pk}/change/", {})
    client.post("/admin/login/", {"username": "nobody-here", "password": "x"})
    client.force_login(officer)
    page = client.get(LIST).content.decode()
    assert "安全员" in page
    assert "nobody-here" in page


@pytest.mark.django_db
def test_the_auditor_reads_every_entry(client: Client, entries: list[Entry]) -> None:
    client.force_login(factories.user(Role.AUDITOR))
    assert SECRET in client.get(LIST).content.decode()
    for entry in entries:
        page = client.get(f"{LIST}{entry.pk}/change/").content.decode()
        assert entry.object_label in page
    found = client.get(LIST, {"q": SECRET}).context["cl"]
    assert {row.pk for row in found.result_list} == {entry.pk for entry in entries}


@pytest.mark.django_db
def test_showing_an_entry_does_not_change_it(
    client: Client, officer: User, entries: list[Entry]
) -> None:
    client.get(LIST)
    client.get(f"{LIST}{entries[0].pk}/change/")
    stored = Entry.objects.get(pk=entries[0].pk)
    assert stored.object_label == entries[0].object_label
    assert stored.hash == stored.computed_hash()
