"""What raises the number, what takes something back; both stand or fall with the change."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from news.actions import set_flag
from news.models import Article
from portal.library.actions import set_hidden
from portal.pagestore import turns
from portal.publishing import actions
from portal.publishing.actions import Token
from portal.publishing.rules import System
from portal.publishing.states import ChangeKind
from tests import factories
from tests.factories import Newsroom

pytestmark = pytest.mark.django_db


def test_the_number_rises_and_its_date_is_never_the_same_twice() -> None:
    standings = []
    for takes_back in (False, True, False):
        with transaction.atomic():
            turns.turn(takes_back=takes_back)
        standings.append(turns.standing())
    assert [each.number for each in standings] == [1, 2, 3]
    assert [each.emptied for each in standings] == [0, 2, 2]
    assert standings[0].at < standings[1].at < standings[2].at
    assert standings[0].at == pytest.approx(timezone.now().timestamp(), abs=60)


def test_it_belongs_to_a_transaction_and_is_undone_with_it() -> None:
    with transaction.atomic():
        turns.turn(takes_back=True)
        transaction.set_rollback(True)
    assert turns.standing() == turns.Standing()


@pytest.mark.django_db(transaction=True)
def test_outside_of_one_it_is_refused() -> None:
    with pytest.raises(RuntimeError):
        turns.turn(takes_back=True)


# --- each verb ------------------------------------------------------------------------------------

QUIET = (False, False)  # readers see nothing of it
ADDS = (True, False)
TAKES_BACK = (True, True)

#: verb -> (the object as it is before, what is done to it, what readers see of it).
VERBS: dict[str, tuple[Callable, Callable, tuple[bool, bool]]] = {
    "save new": (lambda room: None, lambda room, _: room.save(), QUIET),
    "save over what is live": (Newsroom.live, lambda room, x: room.save(x, title="新题"), QUIET),
    "submit": (Newsroom.draft, lambda room, x: room.submit(x), QUIET),
    "approve": (Newsroom.in_review, lambda room, x: room.approve(x, 1), QUIET),
    "return": (
        Newsroom.in_review,
        lambda room, x: actions.return_(
            revision=x, by=room.reviewer1, digest=x.digest, comment="请改。"
        ),
        QUIET,
    ),
    "recall": (
        Newsroom.in_review,
        lambda room, x: actions.recall(revision=x, by=room.editor),
        QUIET,
    ),
    "schedule": (
        Newsroom.approved,
        lambda room, x: actions.schedule(
            revision=x,
            by=room.publisher,
            digest=x.digest,
            at=timezone.now() + timezone.timedelta(days=1),
        ),
        QUIET,
    ),
    "unschedule": (
        Newsroom.scheduled,
        lambda room, x: actions.unschedule(revision=x, by=room.publisher),
        QUIET,
    ),
    "archive what never was public": (
        Newsroom.draft,
        lambda room, x: actions.archive(obj=x.target, by=room.editor),
        QUIET,
    ),
    "release": (Newsroom.approved, lambda room, x: room.release(x), ADDS),
    "import": (
        lambda room: None,
        lambda room, _: actions.import_released(
            obj=Article(),
            content=factories.content(room.column),
            by=room.publisher,
            published_at=timezone.now(),
        ),
        ADDS,
    ),
    "reinstate": (
        Newsroom.withdrawn,
        lambda room, x: actions.reinstate(obj=x, by=room.publisher),
        ADDS,
    ),
    "release a correction": (
        Newsroom.live,
        lambda room, x: correct(room, x),
        TAKES_BACK,
    ),
    "withdraw": (
        Newsroom.live,
        lambda room, x: actions.withdraw(obj=x, by=room.publisher, reason="信息有误。"),
        TAKES_BACK,
    ),
    "expire": (
        Newsroom.live,
        lambda room, x: expire(x),
        TAKES_BACK,
    ),
    "archive what was withdrawn": (
        Newsroom.withdrawn,
        lambda room, x: actions.archive(obj=x, by=room.publisher),
        TAKES_BACK,
    ),
    "pin": (
        Newsroom.live,
        lambda room, x: set_flag(article=x, flag="pinned", value=True, by=room.publisher),
        ADDS,
    ),
    "hide a picture": (
        lambda room: factories.image(room.editor),
        lambda room, x: set_hidden(medium=x, hidden=True, by=room.editor),
        TAKES_BACK,
    ),
}


def correct(room: Newsroom, article: Article) -> None:
    revision = room.save(article, title="更正后的标题")
    article = Article.objects.get(pk=article.pk)
    actions.correct(
        obj=article,
        by=room.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        public_note="",
        token=Token.of(article),
    )
    room.release(room.approve(room.submit(revision)))


def expire(article: Article) -> None:
    past = timezone.now() - timezone.timedelta(minutes=1)
    Article.objects.filter(pk=article.pk).update(expires_at=past)
    actions.expire(obj=Article.objects.get(pk=article.pk), by=System("test"))


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb(verb: str) -> None:
    before, act, (turned, taken_back) = VERBS[verb]
    room = Newsroom()
    obj = before(room)
    old = turns.standing()
    with CaptureQueriesContext(connection) as queries:
        act(room, obj)
    new = turns.standing()
    assert (new.number > old.number, new.emptied > old.emptied) == (turned, taken_back)
    if turned:
        assert_locked_in_order([query["sql"] for query in queries])


def assert_locked_in_order(statements: list[str]) -> None:
    """In each transaction, the row of the turn before the head of the audit chain."""
    for first, last in transactions(statements):
        part = statements[first:last]
        turn = [n for n, sql in enumerate(part) if sql.startswith('UPDATE "pagestore_turn"')]
        head = [n for n, sql in enumerate(part) if 'FROM "audit_head"' in sql]
        if turn:
            assert head
            assert max(turn) < min(head)


def transactions(statements: list[str]) -> list[tuple[int, int]]:
    """The test itself is one: so each begins where the log of the one before was sealed."""
    ends = [n for n, sql in enumerate(statements) if sql.startswith('UPDATE "audit_head"')]
    bounds = [0, *(end + 1 for end in ends), len(statements)]
    return list(itertools.pairwise(bounds))[:-1]
