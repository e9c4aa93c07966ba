"""Tests of the actions on letters, of permissions, and of constraints of the database."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from portal.accounts.roles import Role
from portal.audit import triggers
from portal.audit.models import Entry
from portal.audit.verification import verify
from portal.letters import actions, cleanup
from portal.letters.errors import Changed, NotAllowed, Refused
from portal.letters.models import Attempt, Letter, LetterSettings
from portal.letters.rules import HANDLER_ROLES, Action
from portal.letters.states import State
from tests import factories

from .build import CONTACT, WORDS, Office, letter

pytestmark = pytest.mark.django_db

ALLOWED = {
    (Action.TAKE, State.NEW),
    (Action.KEEP, State.IN_HAND),
    (Action.ANSWER, State.NEW),
    (Action.ANSWER, State.IN_HAND),
    (Action.CLOSE, State.NEW),
    (Action.CLOSE, State.IN_HAND),
    (Action.REOPEN, State.ANSWERED),
    (Action.REOPEN, State.CLOSED),
}
LEADS_TO = {
    Action.TAKE: State.IN_HAND,
    Action.KEEP: State.IN_HAND,
    Action.ANSWER: State.ANSWERED,
    Action.CLOSE: State.CLOSED,
    Action.REOPEN: State.IN_HAND,
}


RUN: dict[Action, Callable[..., Letter]] = {
    Action.TAKE: actions.take,
    Action.KEEP: partial(actions.keep, answer="草稿"),
    Action.ANSWER: partial(actions.answer, answer="答复"),
    Action.CLOSE: partial(actions.close, reason="理由"),
    Action.REOPEN: actions.reopen,
}


def do(action: Action, letter: Letter, by: Any, version: int | None = None) -> Letter:
    version = letter.version if version is None else version
    return RUN[action](letter=letter, by=by, version=version)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
def test_each_action_in_each_state(action: Action, state: State) -> None:
    office = Office()
    found = office.letter(state)
    log = Entry.objects.count()
    if (action, state) not in ALLOWED:
        with pytest.raises(Refused):
            do(action, found, office.admin)
        assert Letter.objects.get(pk=found.pk).version == found.version
        assert Entry.objects.count() == log
        return
    do(action, found, office.admin)
    found = Letter.objects.get(pk=found.pk)
    assert found.state == LEADS_TO[action]
    entry = Entry.objects.latest("pk")
    assert (entry.action, entry.details) == (
        f"letters.{action}",
        {"from": state.value, "to": found.state},
    )
    # The audit log must contain neither text nor receipt number.
    for private in (WORDS, found.receipt, "草稿", "答复", "理由"):
        assert private not in f"{entry.object_label} {entry.details}"
    assert verify().problem == ""


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("action", Action)
def test_roles_that_may_run_each_action(action: Action, role: Role | None) -> None:
    state = next(state for each, state in sorted(ALLOWED) if each == action)
    found = Office().letter(state)
    person = factories.user(*[role] if role else [], is_superuser=role is None)
    if role in HANDLER_ROLES:
        do(action, found, person)
    else:
        with pytest.raises(NotAllowed):
            do(action, found, person)
        assert Letter.objects.get(pk=found.pk).version == found.version
    assert {Role.PUBLISHER, Role.SITE_ADMIN} == HANDLER_ROLES


def test_outdated_version_is_refused() -> None:
    office = Office()
    found = office.letter(State.NEW)
    mine, yours = (Letter.objects.get(pk=found.pk) for _ in range(2))
    actions.answer(letter=mine, by=office.publisher, version=0, answer="先答")
    for action in (Action.TAKE, Action.ANSWER, Action.CLOSE):
        with pytest.raises(Changed):
            do(action, yours, office.admin, version=0)
    assert Letter.objects.get(pk=found.pk).answer == "先答"


def test_empty_or_too_long_texts_are_refused() -> None:
    office = Office()
    found = office.letter(State.NEW)
    seen: dict[str, Any] = {"letter": found, "by": office.admin, "version": 0}
    for refused in (
        lambda: actions.answer(**seen, answer=" \n"),
        lambda: actions.answer(**seen, answer="字" * 10_001),
        lambda: actions.close(**seen, reason=" "),
        lambda: actions.close(**seen, reason="字" * 301),
    ):
        with pytest.raises(Refused):
            refused()
    assert Letter.objects.get(pk=found.pk).state == State.NEW


def test_reopened_letter_can_be_answered_again() -> None:
    office = Office()
    found = actions.reopen(letter=office.letter(State.ANSWERED), by=office.admin, version=1)
    assert (found.answer, found.finished_at, found.taken_by) == (
        "已经更正，谢谢。",
        None,
        office.admin,
    )
    again = actions.answer(letter=found, by=office.admin, version=2, answer="改正的答复")
    assert (again.state, again.answer) == ("answered", "改正的答复")


def test_letters_are_ordered_by_due_date_with_settled_ones_last() -> None:
    office = Office()
    now = timezone.now()
    late = office.letter(State.NEW, at=now - timedelta(days=30))
    settled = office.letter(State.ANSWERED, at=now - timedelta(days=60))
    soon = office.letter(State.IN_HAND, at=now - timedelta(days=10))
    new = office.letter(State.NEW)
    assert list(Letter.objects.all()) == [late, soon, new, settled]
    assert list(Letter.objects.overdue(timezone.localdate())) == [late]
    assert [each.is_overdue for each in (late, settled, soon, new)] == [True, False, False, False]


WHOLE = {"state": "answered", "answer": "答", "finished_at": timezone.now()}
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("new", {"text": "别的话"}),
    ("new", {"kind": "complaint"}),
    ("new", {"page": "/other/"}),
    ("new", {"receipt": "20260101-0000-0000-0000"}),
    ("new", {"received_at": timezone.now()}),
    ("new", {"due_on": timezone.localdate()}),
    ("new", {"token_digest": "x"}),
    ("new", {"name": "别人"}),
    ("new", {"email": "other@court.example"}),
    ("new", {"state": "answered"}),
    ("new", {"state": "in_hand"}),
    ("in_hand", {"state": "new"}),
    ("in_hand", {"state": "nonsense"}),
    ("in_hand", {"taken_by": None}),
    ("in_hand", WHOLE),
    ("in_hand", {"state": "closed", "reason": "由"}),
    ("answered", {"answer": "别的答复"}),
    ("answered", {"answer": ""}),
    ("answered", {"finished_at": timezone.now()}),
    ("answered", {"finished_by": None}),
    ("answered", {"state": "closed", "reason": "由"}),
    ("answered", {"state": "new"}),
    ("closed", {"reason": "别的理由"}),
    ("closed", {"state": "answered", "answer": "答"}),
]


@pytest.mark.parametrize(("state", "change"), REFUSED)
def test_database_refuses_updates_that_bypass_the_actions(
    state: str, change: dict[str, Any]
) -> None:
    found = Office().letter(State(state), **CONTACT)
    with pytest.raises(DatabaseError), transaction.atomic():
        Letter.objects.filter(pk=found.pk).update(**change)
    for name, value in change.items():
        assert getattr(Letter.objects.get(pk=found.pk), name) == getattr(found, name) != value


def test_database_refuses_invalid_rows() -> None:
    office = Office()
    made = office.letter(State.NEW)
    for change in (
        {"text": ""},
        {"kind": "gift"},
        {"page": "//elsewhere.example/"},
        {"page": "news/"},
        {"state": "in_hand"},
        {"state": "closed", "taken_by": office.admin},
    ):
        row = Letter.objects.get(pk=made.pk)
        row.pk, row.receipt, row.token_digest = None, "another", "another"
        for name, value in change.items():
            setattr(row, name, value)
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(force_insert=True)
    assert Letter.objects.count() == 1


def test_letters_are_never_deleted() -> None:
    found = letter()
    with pytest.raises(DatabaseError), transaction.atomic():
        Letter.objects.filter(pk=found.pk).delete()
    if connection.vendor == "sqlite":
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT OR REPLACE INTO letters_letter SELECT * FROM letters_letter")
    else:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE letters_letter")
    assert Letter.objects.get() == found


def test_contact_data_of_old_letters_are_erased() -> None:
    office = Office()
    old, young = (office.letter(State.ANSWERED, **CONTACT) for _ in range(2))
    waiting = office.letter(State.IN_HAND, **CONTACT)
    bare = office.letter(State.CLOSED)
    LetterSettings.objects.create(contact_days=30)
    with triggers.suspended():  # make the letters appear as settled more than a month ago
        then = timezone.now() - timedelta(days=31)
        Letter.objects.filter(pk__in=[old.pk, bare.pk]).update(finished_at=then)
    Attempt.objects.create(key="old", until=timezone.now() - timedelta(seconds=1))
    Attempt.objects.create(key="new", until=timezone.now() + timedelta(minutes=1))
    assert cleanup.erase_expired() == 1
    assert cleanup.erase_expired() == 0
    contacts = {
        pk: tuple(values)
        for pk, *values in Letter.objects.values_list("pk", "name", "phone", "email")
    }
    given = tuple(CONTACT.values())
    assert contacts == {
        old.pk: ("", "", ""),
        young.pk: given,
        waiting.pk: given,
        bare.pk: ("", "", ""),
    }
    assert Letter.objects.get(pk=old.pk).text == WORDS
    assert list(Attempt.objects.values_list("key", flat=True)) == ["new"]
    entries = Entry.objects.filter(action="letters.erase")
    assert [entry.details for entry in entries] == [{"letters": 1}]
