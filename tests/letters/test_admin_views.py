"""Tests of the admin of letters: permissions, actions, and refused answers kept in the form."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.letters.models import Letter, LetterSettings, sort_key
from portal.letters.rules import HANDLER_ROLES
from portal.letters.states import Kind, State
from tests import factories
from tests.factories import PASSWORD
from tests.publishing.page_forms import HtmlForm

from .build import CONTACT, WORDS, Office, letter

pytestmark = pytest.mark.django_db

LIST = "/admin/letters/letter/"


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(found: Letter) -> str:
    return f"{LIST}{found.pk}/change/"


def submit(client: Client, found: Letter, button: str, **values: Any) -> Any:
    """Load the letter's page, fill in the form and press a button."""
    page = client.get(page_of(found))
    data = HtmlForm(page.content, "letter_form").data(**values)
    return client.post(page_of(found), {**data, f"_{button}": "1"})


@pytest.mark.parametrize("role", [*Role, None])
def test_roles_that_may_read_letters(role: Role | None) -> None:
    office = Office()
    found = office.letter(State.NEW, at=timezone.now() - timedelta(days=30), **CONTACT)
    client = sign_in(factories.user(*[role] if role else [], is_superuser=role is None))
    reads = role in HANDLER_ROLES
    for path in (LIST, page_of(found), f"{LIST}?q={WORDS[:4]}"):
        response = client.get(path)
        assert response.status_code == (200 if reads else 403)
        assert (WORDS[:10] in response.content.decode()) == reads
    for action in ("take", "answer", "close"):
        if not reads:
            assert client.post(page_of(found), {f"_{action}": "1"}).status_code == 403
    index = client.get("/admin/").content.decode()
    assert (page_of(found) in index) == reads
    assert WORDS[:4] not in index
    for never in (f"{LIST}add/", f"{LIST}{found.pk}/delete/"):
        assert client.get(never).status_code == client.post(never).status_code == 403
    assert Letter.objects.get() == found


@pytest.mark.parametrize("role", Role)
def test_roles_that_may_change_the_settings(role: Role) -> None:
    client = sign_in(factories.user(role))
    path = "/admin/letters/lettersettings/"
    sees, sets = role in {Role.SITE_ADMIN, Role.AUDITOR}, role == Role.SITE_ADMIN
    assert client.get(path).status_code == (302 if sets else 200 if sees else 403)
    data = {"letter_days": "10", "error_days": "3", "contact_days": "90"}
    assert client.post(f"{path}add/", data).status_code == (302 if sets else 403)
    assert LetterSettings.load().letter_days == (10 if sets else 15)
    if sets:
        assert client.get(path).headers["Location"] == f"{path}1/change/"
        for name, value in (("letter_days", "0"), ("error_days", "61"), ("contact_days", "")):
            response = client.post(f"{path}1/change/", {**data, name: value})
            assert set(response.context["adminform"].form.errors) == {name}


def test_all_actions_through_the_admin() -> None:
    office = Office()
    found = office.letter(State.NEW, page="/news/12/", **CONTACT)
    client = sign_in(office.admin)
    page = client.get(page_of(found)).content.decode()
    for text in (WORDS, found.receipt, 'href="/news/12/"', *CONTACT.values()):
        assert text in page
    assert submit(client, found, "take", answer="开头").status_code == 302
    assert submit(client, found, "keep", answer="开头\r\n第二行").status_code == 302
    found.refresh_from_db()
    assert (found.state, found.answer, found.taken_by) == ("in_hand", "开头\n第二行", office.admin)
    assert submit(client, found, "answer").status_code == 302
    found.refresh_from_db()
    assert (found.state, found.finished_by) == ("answered", office.admin)
    page = client.get(page_of(found)).content.decode()
    assert 'id="id_answer"' not in page
    assert submit(client, found, "reopen").status_code == 302
    assert submit(client, found, "close", reason="请向主管机关提出。").status_code == 302
    found.refresh_from_db()
    assert (found.state, found.answer) == ("closed", "开头\n第二行")
    actions = Entry.objects.filter(object_type="letters.letter").order_by("pk")
    names = ["take", "keep", "answer", "reopen", "close"]
    assert list(actions.values_list("action", flat=True)) == [f"letters.{name}" for name in names]
    history = client.get(f"{LIST}{found.pk}/history/")
    assert history.headers["Location"] == f"{page_of(found)}#log"


def test_the_letter_itself_cannot_be_edited() -> None:
    office = Office()
    found = office.letter(State.NEW, **CONTACT)
    page = sign_in(office.admin).get(page_of(found))
    assert set(HtmlForm(page.content, "letter_form").data()) == {
        "csrfmiddlewaretoken",
        "version",
        "answer",
        "reason",
    }
    changed = {"text": "别的话", "name": "别人", "state": "answered", "due_on": "2030-01-01"}
    submit(sign_in(office.admin), found, "keep", **changed)
    again = Letter.objects.get(pk=found.pk)
    for name in changed:
        assert getattr(again, name) == getattr(found, name)


def test_conflicting_answer_is_returned_in_the_form() -> None:
    office = Office()
    found = office.letter(State.NEW)
    first, second = sign_in(office.publisher), sign_in(office.admin)
    page = second.get(page_of(found))
    mine = HtmlForm(page.content, "letter_form").data(answer="我的答复\n<b>&amp;")
    submit(first, found, "take", answer="同事写的")
    response = second.post(page_of(found), {**mine, "_answer": "1"})
    assert response.status_code == 409
    text = response.content.decode()
    assert "同事写的" in text
    again = HtmlForm(response.content, "letter_form").data()
    assert again["answer"] == ["我的答复\r\n<b>&amp;"]
    assert Letter.objects.get(pk=found.pk).answer == "同事写的"
    assert second.post(page_of(found), {**again, "_answer": "1"}).status_code == 302
    assert Letter.objects.get(pk=found.pk).answer == "我的答复\n<b>&amp;"


@pytest.mark.parametrize(
    ("button", "values"),
    [
        ("answer", {"answer": "  "}),
        ("answer", {"answer": "字" * 10_001}),
        ("close", {"answer": "草稿", "reason": ""}),
        ("keep", {"answer": "草稿"}),  # the action is not allowed for a new letter
        ("nonsense", {"answer": "草稿"}),
    ],
)
def test_refused_input_stays_in_the_form(button: str, values: dict[str, str]) -> None:
    office = Office()
    found = office.letter(State.NEW)
    response = submit(sign_in(office.admin), found, button, **values)
    assert response.status_code == 422
    assert HtmlForm(response.content, "letter_form").data()["answer"] == [values["answer"]]
    assert Letter.objects.get(pk=found.pk).version == 0


@pytest.mark.parametrize("version", ["", "x", "-1", "٣", "9" * 40])
def test_invalid_version_is_a_conflict(version: str) -> None:
    office = Office()
    found = office.letter(State.NEW)
    response = submit(sign_in(office.admin), found, "answer", answer="答", version=version)
    assert response.status_code == 409
    assert Letter.objects.get(pk=found.pk).state == State.NEW


def test_answer_is_preserved_when_the_session_has_expired() -> None:
    office = Office()
    found = office.letter(State.NEW)
    client = sign_in(office.admin)
    data = HtmlForm(client.get(page_of(found)).content, "letter_form").data(answer="写了很久的答复")
    client.cookies.pop("sessionid")
    page = client.post(page_of(found), {**data, "_answer": "1"})
    assert page.status_code == 403
    form = HtmlForm(page.content, "login-form")
    signed = form.data(username=office.admin.username, password=PASSWORD)
    preserved = client.post(form.action, signed)
    resume = HtmlForm(preserved.content, "resume-form")
    assert client.post(resume.action, resume.data()).status_code == 302
    assert Letter.objects.get(pk=found.pk).answer == "写了很久的答复"


@pytest.mark.parametrize("pk", ["0", "x", "9" * 30, "1_2F"])
def test_unknown_letter_is_404(pk: str) -> None:
    assert sign_in(Office().admin).get(f"{LIST}{pk}/change/").status_code == 404


def test_list_begins_with_overdue_letters() -> None:
    office = Office()
    now = timezone.now()
    late = office.letter(State.IN_HAND, at=now - timedelta(days=40))
    new = office.letter(State.NEW)
    done = office.letter(State.ANSWERED, at=now - timedelta(days=50))
    client = sign_in(office.publisher)
    page = client.get(LIST).content.decode()
    assert re.findall(r"/letter/(\d+)/change/", page) == [str(x.pk) for x in (late, new, done)]
    assert page.count("▲") == 1
    for query, found in (
        ("due=open", [late, new]),
        ("due=over", [late]),
        ("due=nonsense", [late, new, done]),
        ("state__exact=answered", [done]),
        ("kind__exact=error", []),
        (f"q={new.receipt}", [new]),
        (f"q={done.receipt.replace('-', ' ')}", [done]),
        ("q=百分号", [late, new, done]),
        ("q=没有这样的话", []),
    ):
        page = client.get(f"{LIST}?{query}").content.decode()
        pks = re.findall(r"/letter/(\d+)/change/", page)
        assert pks == [str(each.pk) for each in found], query


def many(count: int) -> None:
    first = letter()
    now = timezone.now()
    rows = []
    for number in range(count):
        at = now - timedelta(days=number % 300)
        row = Letter(kind=list(Kind)[number % 4], text=WORDS, received_at=at, token_digest=number)
        row.receipt, row.due_on = f"{number:023}", timezone.localdate(at)
        row.state, row.sort_key = State.NEW, sort_key(State.NEW, row.due_on, None)
        rows.append(row)
    Letter.objects.bulk_create(rows, batch_size=500)
    assert Letter.objects.count() == count + 1
    assert first.version == 0


def test_query_count_of_the_list_is_constant() -> None:
    client = sign_in(Office().admin)
    counts = []
    for more in (0, 3000):
        if more:
            many(more)
        found = []
        for query in ("", "?due=over", "?state__exact=new", "?p=20"):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert client.get(f"{LIST}{query}").status_code == 200
            found.append(len(captured))
        counts.append(found)
    assert max(counts[1]) <= max(counts[0]) + 2, counts
    with CaptureQueriesContext(connection) as captured:
        client.get(LIST)
    list_queries = [each["sql"] for each in captured if "letters_letter" in each["sql"]]
    assert all("LIMIT" in sql for sql in list_queries), list_queries


def test_admin_index_names_some_letters_and_counts_the_rest() -> None:
    office = Office()
    client = sign_in(office.admin)
    many(300)
    with CaptureQueriesContext(connection) as captured:
        page = client.get("/admin/").content.decode()
    assert len(re.findall(r"/letter/\d+/change/", page)) == 12
    assert "188" in page
    queries = [each["sql"] for each in captured if '"letters_letter"' in each["sql"]]
    assert len(queries) == 2, queries
