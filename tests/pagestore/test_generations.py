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
from portal.pagestore import generations
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.rules import SystemActor
from portal.publishing.states import ChangeKind
from tests import factories
from tests.factories import Newsroom

pytestmark = pytest.mark.django_db


def test_the_number_rises_and_its_date_is_never_the_same_twice() -> None:
    standings = []
    for forbid_stale in (False, True, False):
        with transaction.atomic():
            generations.bump_generation(forbid_stale=forbid_stale)
        standings.append(generations.current_state())
    assert [each.number for each in standings] == [1, 2, 3]
    assert [each.oldest_servable for each in standings] == [0, 2, 2]
    assert standings[0].timestamp < standings[1].timestamp < standings[2].timestamp
    assert standings[0].timestamp == pytest.approx(timezone.now().timestamp(), abs=60)


def test_it_belongs_to_a_transaction_and_is_undone_with_it() -> None:
    with transaction.atomic():
        generations.bump_generation(forbid_stale=True)
        transaction.set_rollback(True)
    assert generations.current_state() == generations.GenerationState()


@pytest.mark.django_db(transaction=True)
def test_outside_of_one_it_is_refused() -> None:
    with pytest.raises(RuntimeError):
        generations.bump_generation(forbid_stale=True)


# --- each verb ------------------------------------------------------------------------------------

QUIET = (False, False)  # readers see nothing of it
ADDS = (True, False)
TAKES_BACK = (True, True)

#: verb -> (the object as it is before, what is done to it, what readers see of it).
VERBS: dict[str, tuple[Callable, Callable, tuple[bool, bool]]] = {
    "save new": (lambda newsroom: None, lambda newsroom, _: newsroom.save(), QUIET),
    "save over what is live": (
        Newsroom.live,
        lambda newsroom, x: newsroom.save(x, title="新题"),
        QUIET,
    ),
    "submit": (Newsroom.draft, lambda newsroom, x: newsroom.submit(x), QUIET),
    "approve": (Newsroom.in_review, lambda newsroom, x: newsroom.approve(x, 1), QUIET),
    "return": (
        Newsroom.in_review,
        lambda newsroom, x: actions.return_(
            revision=x, by=newsroom.reviewer1, digest=x.digest, comment="请改。"
        ),
        QUIET,
    ),
    "recall": (
        Newsroom.in_review,
        lambda newsroom, x: actions.recall(revision=x, by=newsroom.editor),
        QUIET,
    ),
    "schedule": (
        Newsroom.approved,
        lambda newsroom, x: actions.schedule(
            revision=x,
            by=newsroom.publisher,
            digest=x.digest,
            at=timezone.now() + timezone.timedelta(days=1),
        ),
        QUIET,
    ),
    "unschedule": (
        Newsroom.scheduled,
        lambda newsroom, x: actions.unschedule(revision=x, by=newsroom.publisher),
        QUIET,
    ),
    "archive what never was public": (
        Newsroom.draft,
        lambda newsroom, x: actions.archive(obj=x.target, by=newsroom.editor),
        QUIET,
    ),
    "release": (Newsroom.approved, lambda newsroom, x: newsroom.release(x), ADDS),
    "import": (
        lambda newsroom: None,
        lambda newsroom, _: actions.import_released(
            obj=Article(),
            content=factories.content(newsroom.column),
            by=newsroom.publisher,
            published_at=timezone.now(),
        ),
        ADDS,
    ),
    "reinstate": (
        Newsroom.withdrawn,
        lambda newsroom, x: actions.reinstate(obj=x, by=newsroom.publisher),
        ADDS,
    ),
    "release a correction": (
        Newsroom.live,
        lambda newsroom, x: correct(newsroom, x),
        TAKES_BACK,
    ),
    "withdraw": (
        Newsroom.live,
        lambda newsroom, x: actions.withdraw(obj=x, by=newsroom.publisher, reason="信息有误。"),
        TAKES_BACK,
    ),
    "expire": (
        Newsroom.live,
        lambda newsroom, x: expire(x),
        TAKES_BACK,
    ),
    "archive what was withdrawn": (
        Newsroom.withdrawn,
        lambda newsroom, x: actions.archive(obj=x, by=newsroom.publisher),
        TAKES_BACK,
    ),
    "pin": (
        Newsroom.live,
        lambda newsroom, x: set_flag(article=x, flag="pinned", value=True, by=newsroom.publisher),
        ADDS,
    ),
    "hide a picture": (
        lambda newsroom: factories.image(newsroom.editor),
        lambda newsroom, x: set_hidden(media_file=x, hidden=True, by=newsroom.editor),
        TAKES_BACK,
    ),
}


def correct(newsroom: Newsroom, article: Article) -> None:
    revision = newsroom.save(article, title="更正后的标题")
    article = Article.objects.get(pk=article.pk)
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        public_note="",
        token=VersionToken.of(article),
    )
    newsroom.release(newsroom.approve(newsroom.submit(revision)))


def expire(article: Article) -> None:
    past = timezone.now() - timezone.timedelta(minutes=1)
    Article.objects.filter(pk=article.pk).update(expires_at=past)
    actions.expire(obj=Article.objects.get(pk=article.pk), by=SystemActor("test"))


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb(verb: str) -> None:
    before, act, (turned, taken_back) = VERBS[verb]
    newsroom = Newsroom()
    obj = before(newsroom)
    old = generations.current_state()
    with CaptureQueriesContext(connection) as queries:
        act(newsroom, obj)
    new = generations.current_state()
    assert (new.number > old.number, new.oldest_servable > old.oldest_servable) == (
        turned,
        taken_back,
    )
    if turned:
        assert_locked_in_order([query["sql"] for query in queries])


def assert_locked_in_order(statements: list[str]) -> None:
    """In each transaction, the row of the turn before the head of the audit chain."""
    for first, last in transactions(statements):
        part = statements[first:last]
        turn = [
            n for n, sql in enumerate(part) if sql.startswith('UPDATE "pagestore_sitegeneration"')
        ]
        head = [n for n, sql in enumerate(part) if 'FROM "audit_head"' in sql]
        if turn:
            assert head
            assert max(turn) < min(head)


def transactions(statements: list[str]) -> list[tuple[int, int]]:
    """The test itself is one: so each begins where the log of the one before was sealed."""
    ends = [n for n, sql in enumerate(statements) if sql.startswith('UPDATE "audit_head"')]
    bounds = [0, *(end + 1 for end in ends), len(statements)]
    return list(itertools.pairwise(bounds))[:-1]
