"""Actions that change public content raise the generation number in their own transaction.

Those that change or remove content also forbid stale copies of pages.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from news.actions import set_flag
from news.models import Article
from portal.library.withdrawal import withdraw
from portal.pagestore import generations
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.rules import SystemActor
from portal.publishing.states import ChangeKind
from tests import factories
from tests.factories import Newsroom

pytestmark = pytest.mark.django_db


def test_number_and_timestamp_rise_with_each_change() -> None:
    states = []
    for forbid_stale in (False, True, False):
        with transaction.atomic():
            generations.bump_generation(forbid_stale=forbid_stale)
        states.append(generations.current_state())
    assert [each.number for each in states] == [1, 2, 3]
    assert [each.oldest_servable for each in states] == [0, 2, 2]
    assert states[0].timestamp < states[1].timestamp < states[2].timestamp
    assert states[0].timestamp == pytest.approx(timezone.now().timestamp(), abs=60)


def test_a_rollback_undoes_the_change_of_generation() -> None:
    with transaction.atomic():
        generations.bump_generation(forbid_stale=True)
        transaction.set_rollback(True)
    assert generations.current_state() == generations.GenerationState()


@pytest.mark.django_db(transaction=True)
def test_a_transaction_is_required() -> None:
    with pytest.raises(RuntimeError):
        generations.bump_generation(forbid_stale=True)


INVISIBLE = (False, False)  # the action changes no public page
ADDS = (True, False)
FORBIDS_STALE = (True, True)

#: For each action: a function that creates the object, a function that performs the action, and the
#: expectation (raises the generation number, forbids stale copies).
ACTIONS: dict[str, tuple[Callable, Callable, tuple[bool, bool]]] = {
    "save new": (lambda newsroom: None, lambda newsroom, _: newsroom.save(), INVISIBLE),
    "save over what is live": (
        Newsroom.live,
        lambda newsroom, x: newsroom.save(x, title="新题"),
        INVISIBLE,
    ),
    "submit": (Newsroom.draft, lambda newsroom, x: newsroom.submit(x), INVISIBLE),
    "approve": (Newsroom.in_review, lambda newsroom, x: newsroom.approve(x, 1), INVISIBLE),
    "return": (
        Newsroom.in_review,
        lambda newsroom, x: actions.return_(
            revision=x, by=newsroom.reviewer1, digest=x.digest, comment="请改。"
        ),
        INVISIBLE,
    ),
    "recall": (
        Newsroom.in_review,
        lambda newsroom, x: actions.recall(revision=x, by=newsroom.editor),
        INVISIBLE,
    ),
    "schedule": (
        Newsroom.approved,
        lambda newsroom, x: actions.schedule(
            revision=x,
            by=newsroom.publisher,
            digest=x.digest,
            at=timezone.now() + timezone.timedelta(days=1),
        ),
        INVISIBLE,
    ),
    "unschedule": (
        Newsroom.scheduled,
        lambda newsroom, x: actions.unschedule(revision=x, by=newsroom.publisher),
        INVISIBLE,
    ),
    "archive what never was public": (
        Newsroom.draft,
        lambda newsroom, x: actions.archive(obj=x.target, by=newsroom.editor),
        INVISIBLE,
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
        FORBIDS_STALE,
    ),
    "withdraw": (
        Newsroom.live,
        lambda newsroom, x: actions.withdraw(obj=x, by=newsroom.publisher, reason="信息有误。"),
        FORBIDS_STALE,
    ),
    "expire": (
        Newsroom.live,
        lambda newsroom, x: expire(x),
        FORBIDS_STALE,
    ),
    "archive what was withdrawn": (
        Newsroom.withdrawn,
        lambda newsroom, x: actions.archive(obj=x, by=newsroom.publisher),
        FORBIDS_STALE,
    ),
    "pin": (
        Newsroom.live,
        lambda newsroom, x: set_flag(article=x, flag="pinned", value=True, by=newsroom.publisher),
        ADDS,
    ),
    "withdraw a picture": (
        lambda newsroom: factories.image(newsroom.editor),
        lambda newsroom, x: withdraw(media_file=x, by=newsroom.publisher, reason="侵权"),
        FORBIDS_STALE,
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


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action(action: str) -> None:
    create, act, (raises_number, forbids_stale) = ACTIONS[action]
    newsroom = Newsroom()
    obj = create(newsroom)
    old = generations.current_state()
    with CaptureQueriesContext(connection) as queries:
        act(newsroom, obj)
    new = generations.current_state()
    assert (new.number > old.number, new.oldest_servable > old.oldest_servable) == (
        raises_number,
        forbids_stale,
    )
    if raises_number:
        assert_locked_in_order([query["sql"] for query in queries])


def assert_locked_in_order(statements: list[str]) -> None:
    """Assert that each transaction locks the generation row before the head of the audit chain."""
    for first, last in transactions(statements):
        part = statements[first:last]
        generation = [
            n for n, sql in enumerate(part) if sql.startswith('UPDATE "pagestore_sitegeneration"')
        ]
        head = [n for n, sql in enumerate(part) if 'FROM "audit_head"' in sql]
        if generation:
            assert head
            assert max(generation) < min(head)


def transactions(statements: list[str]) -> list[tuple[int, int]]:
    """Return the positions (start, end) of the statements of each transaction.

    Each transaction ends with the update of the head of the audit chain.
    """
    log_updates = [n for n, sql in enumerate(statements) if sql.startswith('UPDATE "audit_head"')]
    bounds = [0, *(end + 1 for end in log_updates), len(statements)]
    return list(itertools.pairwise(bounds))[:-1]
