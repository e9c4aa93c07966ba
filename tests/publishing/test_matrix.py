"""Every action by every user in every state, compared with a table written by hand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from news.models import Article
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.errors import NotAllowed, Refused
from portal.publishing.models import Revision
from portal.publishing.rules import Action
from portal.publishing.states import ChangeKind, RevisionState, State
from tests import factories
from tests.factories import Newsroom
from tests.publishing.actors import ACTOR_LABELS, make_actors
from tests.publishing.database_rows import all_rows, rolled_back

pytestmark = pytest.mark.django_db

# A capital letter (see ACTOR_LABELS): this user may take the action now. A small letter: the user's
# role permits the action, but the state does not (Refused). A letter that is missing: the user's
# role does not permit the action (NotAllowed).
#
# E: editor; F, S, L: first, second and last reviewer; P: publisher; Y: the portal itself. The
# column headings are the first four letters of the actions.
MATRIX = """
object     work       save subm reca appr retu rele sche unsc with rein expi arch rest corr
unreleased draft      E    E    ep   l    l    py   p    p    p    p    y    EP   E    e
unreleased in_review  e    e    EP   F    F    py   p    p    p    p    y    EP   e    e
unreleased in_review2 e    e    EP   S    S    py   p    p    p    p    y    EP   e    e
unreleased in_review3 e    e    EP   L    L    py   p    p    p    p    y    EP   e    e
unreleased returned   E    E    ep   l    l    py   p    p    p    p    y    EP   E    e
unreleased approved   e    e    EP   l    LP   Py   P    p    p    p    y    EP   e    e
unreleased scheduled  e    e    EP   l    l    pY   p    P    p    p    y    EP   e    e
live       -          E    e    ep   l    l    py   p    p    P    p    Y    p    E    E
live       draft      E    E    ep   l    l    py   p    p    P    p    Y    p    E    E
live       in_review  e    e    EP   F    F    py   p    p    P    p    Y    p    e    e
live       returned   E    E    ep   l    l    py   p    p    P    p    Y    p    E    E
live       approved   e    e    EP   l    LP   Py   P    p    P    p    Y    p    e    e
live       scheduled  e    e    EP   l    l    pY   p    P    P    p    Y    p    e    e
withdrawn  -          E    e    ep   l    l    py   p    p    p    P    y    P    E    E
withdrawn  draft      E    E    ep   l    l    py   p    p    p    P    y    P    E    E
withdrawn  in_review  e    e    EP   F    F    py   p    p    p    P    y    P    e    e
withdrawn  returned   E    E    ep   l    l    py   p    p    p    P    y    P    E    E
withdrawn  approved   e    e    EP   l    LP   Py   P    p    p    P    y    P    e    e
withdrawn  scheduled  e    e    EP   l    l    pY   p    P    p    P    y    P    e    e
expired    -          E    e    ep   l    l    py   p    p    p    p    y    P    E    E
expired    draft      E    E    ep   l    l    py   p    p    p    p    y    P    E    E
expired    in_review  e    e    EP   F    F    py   p    p    p    p    y    P    e    e
expired    returned   E    E    ep   l    l    py   p    p    p    p    y    P    E    E
expired    approved   e    e    EP   l    LP   Py   P    p    p    p    y    P    e    e
expired    scheduled  e    e    EP   l    l    pY   p    P    p    p    y    P    e    e
archived   -          e    e    ep   l    l    py   p    p    p    p    y    ep   E    e
archived1  -          e    e    ep   l    l    py   p    p    p    p    y    p    E    e
"""  # archived1: was public before; in_review2 (or 3): review 2 (or 3) is due

HEAD, *ROWS = [line.split() for line in MATRIX.strip().splitlines()]
ACTIONS = [next(action.value for action in Action if action.startswith(word)) for word in HEAD[2:]]

#: Action -> states after it, as "object revision"; "=": unchanged, "-": no open revision.
LEADS_TO = {
    "submit": "= in_review",
    "recall": "= draft",
    "return": "= returned",
    "release": "live -",
    "schedule": "= scheduled",
    "unschedule": "= approved",
    "reinstate": "live =",
    "expire": "expired =",
    "archive": "archived -",
}
#: Action -> state of the open revision -> states after the action, where they depend on it.
LEADS_FROM = {
    "save": {"-": "= draft", "draft": "= draft", "returned": "= returned"},
    "correct": {"-": "= draft", "draft": "= draft", "returned": "= returned"},
    "approve": {
        "in_review": "= in_review",
        "in_review2": "= in_review",
        "in_review3": "= approved",
    },
    "withdraw": {"scheduled": "withdrawn approved"},
}


def test_the_table_covers_every_action_and_state() -> None:
    assert {*ACTIONS, "import_released"} == set(Action)
    assert all(len(row) == len(HEAD) for row in ROWS)
    objects = {row[0].rstrip("1") for row in ROWS}
    assert objects == set(State)
    closed = {RevisionState.RELEASED, RevisionState.SUPERSEDED, RevisionState.DISCARDED}
    assert {row[1].rstrip("23") for row in ROWS} == {"-", *set(RevisionState) - closed}
    pairs = {(row[0], row[1].rstrip("23")) for row in ROWS}
    # An unreleased object always has an open revision; an archived object never has one.
    assert len(pairs) == 5 + 3 * 6 + 2


def make_object(newsroom: Newsroom, state: str) -> Article | None:
    match state:
        case "unreleased":
            return None
        case "archived":
            return newsroom.archived()
        case "archived1":
            return actions.archive(obj=newsroom.withdrawn(), by=newsroom.publisher)
    return getattr(newsroom, state)()


def with_open_revision(newsroom: Newsroom, article: Article | None, work: str) -> Article:
    if work == "-":
        assert article is not None
        return article
    revision = newsroom.save(article, body="<p>正在改的正文。</p>")
    if article is not None:
        revision = actions.correct(
            obj=article,
            by=newsroom.editor,
            kind=ChangeKind.TYPOGRAPHICAL,
            token=VersionToken.of(article),
        )
    if work != "draft":
        revision = newsroom.submit(revision)
    if work == "returned":
        actions.return_(
            revision=revision, by=newsroom.reviewer1, digest=revision.digest, comment="请核对。"
        )
    if work in {"in_review2", "in_review3"}:
        newsroom.approve(revision, int(work[-1]) - 1)
    if work in {"approved", "scheduled"}:
        revision = newsroom.approve(revision)
    if work == "scheduled":
        actions.schedule(
            revision=revision,
            by=newsroom.publisher,
            digest=revision.digest,
            at=timezone.now() + timedelta(days=1),
        )
    return Article.objects.get(pk=revision.object_id)


def states_of(article: Article) -> tuple[str, str]:
    work = Article.objects.get(pk=article.pk).open_revision
    return Article.objects.get(pk=article.pk).state, work.state if work else "-"


def call(action: str, by: Any, article: Article) -> Any:
    revision = article.newest_revision
    assert revision is not None
    about_text = {"revision": revision, "by": by, "digest": revision.digest}
    about_work = {"revision": revision, "by": by}
    about_object = {"obj": article, "by": by}
    changed = {**revision.content, "fields": {**revision.content["fields"], "author": "某人"}}
    calls: dict[str, Callable[[], Any]] = {
        "save": lambda: actions.save(
            **about_object, content=changed, token=VersionToken.of(article)
        ),
        "submit": lambda: actions.submit(**about_text),
        "recall": lambda: actions.recall(**about_work),
        "approve": lambda: actions.approve(**about_text, reviewed=True, proofread=True),
        "return": lambda: actions.return_(**about_text, comment="请核对。"),
        "release": lambda: actions.release(**about_text),
        "schedule": lambda: actions.schedule(**about_text, at=timezone.now() + timedelta(days=1)),
        "unschedule": lambda: actions.unschedule(**about_work),
        "withdraw": lambda: actions.withdraw(**about_object, reason="信息有误。"),
        "reinstate": lambda: actions.reinstate(**about_object),
        "expire": lambda: actions.expire(**about_object),
        "archive": lambda: actions.archive(**about_object),
        "restore": lambda: actions.restore(
            **about_object, source=article.revisions.earliest("pk"), token=VersionToken.of(article)
        ),
        "correct": lambda: actions.correct(
            **about_object,
            kind=ChangeKind.SUBSTANCE,
            public_note="更正一处数字。",
            token=VersionToken.of(article),
        ),
    }
    return calls[action]()


def make_due(action: str, article: Article) -> None:
    """Set the due time of the release or expiry to the past, so that the portal may perform it."""
    past = timezone.now() - timedelta(minutes=1)
    if action == "release":
        scheduled = Revision.objects.filter(object_id=article.pk, state=RevisionState.SCHEDULED)
        scheduled.update(due_at=past)
    if action == "expire":
        Article.objects.filter(pk=article.pk).update(expires_at=past)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_each_action_by_each_actor(row: list[str]) -> None:
    newsroom = Newsroom()
    actors = make_actors(newsroom)
    article = with_open_revision(newsroom, make_object(newsroom, row[0]), row[1])
    assert states_of(article) == (row[0].rstrip("1"), row[1].rstrip("23"))
    unchanged = all_rows()
    wrong = []
    for action, cell in zip(ACTIONS, row[2:], strict=True):
        assert set(cell.upper()) <= set(ACTOR_LABELS)
        for letter, person in actors.items():
            expected = "done" if letter in cell else "state" if letter.lower() in cell else "role"
            with rolled_back():
                before = unchanged
                if letter == "Y":
                    make_due(action, article)
                    before = all_rows()
                found = outcome(action, person, Article.objects.get(pk=article.pk), before)
                if found == "done":
                    wrong += differences(action, row, article)
            if found != expected:
                wrong.append(f"{action} by {ACTOR_LABELS[letter]}: {found}, not {expected}")
    assert not wrong


def outcome(action: str, person: Any, article: Article, before: dict[str, list]) -> str:
    try:
        call(action, person, article)
    except NotAllowed as refusal:
        found, message = "role", str(refusal)
    except Refused as refusal:
        found, message = "state", str(refusal)
    else:
        return "done" if all_rows() != before else "done, but nothing changed"
    if all_rows() != before:
        return f"{found}, but rows changed"
    return found if message else f"{found}, without a message"


def differences(action: str, row: list[str], article: Article) -> list[str]:
    """Describe the differences between the expected and the actual effects of an action."""
    before = row[0].rstrip("1"), row[1].rstrip("23")
    if action == "restore":
        # An archived object returns to its former state. The restored version becomes the draft,
        # unless it equals the live text.
        state = {"archived": "unreleased", "archived1": "withdrawn"}.get(row[0], row[0])
        expected: tuple[str, ...] = (state, "draft" if state == "unreleased" else "-")
    else:
        states = LEADS_FROM.get(action, {}).get(row[1]) or LEADS_TO.get(action) or "withdrawn ="
        expected = tuple(
            old if new == "=" else new for old, new in zip(before, states.split(), strict=True)
        )
    found = []
    if states_of(article) != expected:
        found.append(f"{action} led to {states_of(article)}, not {expected}")
    last = Entry.objects.latest("pk")
    if (last.action, last.object_id) != (f"workflow.{action}", str(article.pk)):
        found.append(f"{action} was logged as {last.action} of {last.object_id}")
    return found


def test_who_may_save_and_import_new_objects() -> None:
    newsroom = Newsroom()
    actors = make_actors(newsroom)
    existing = newsroom.live()
    content = factories.content(newsroom.column)
    then = timezone.now() - timedelta(days=400)
    before = all_rows()
    calls: dict[str, Callable[[Any], Any]] = {
        "save": lambda by: actions.save(
            obj=Article(), content=content, by=by, token=VersionToken()
        ),
        "import_released": lambda by: actions.import_released(
            obj=Article(), content=content, by=by, published_at=then
        ),
        "import_released what is here": lambda by: actions.import_released(
            obj=existing, content=content, by=by, published_at=then
        ),
    }
    table = {"save": "E", "import_released": "P", "import_released what is here": "p"}
    for name, cell in table.items():
        for letter, person in actors.items():
            with rolled_back():
                try:
                    calls[name](person)
                    found = letter
                except NotAllowed:
                    found = ""
                except Refused:
                    found = letter.lower()
                small = letter.lower() if letter.lower() in cell else ""
                assert found == (letter if letter in cell else small)
                assert (all_rows() == before) == (found != letter)


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("superuser", [False, True])
def test_contributors_may_not_approve(steps: int, superuser: bool) -> None:
    newsroom = Newsroom()
    newsroom.column.review_steps = steps
    newsroom.column.save()
    every = (Role.EDITOR, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER)
    writer = factories.user(*every, is_superuser=superuser)
    helper = factories.user(*every, is_superuser=superuser)
    revision = newsroom.save(by=writer)
    article = revision.target
    # One autosave makes its user a contributor, even if others save afterwards.
    saved = actions.save(
        obj=article,
        content={**revision.content, "fields": {**revision.content["fields"], "author": "乙"}},
        by=helper,
        token=VersionToken.of(article),
        autosave=True,
    )
    newsroom.save(article, author="丙")
    revision = newsroom.submit(saved.revision)
    for step in range(1, steps + 1):
        for person in (writer, helper):
            before = all_rows()
            with pytest.raises(NotAllowed):
                approve(revision, person)
            assert all_rows() == before
        revision = (
            newsroom.approve(revision, step)
            if step == 1
            else approve(
                revision,
                {
                    2: newsroom.reviewer2 if steps == 3 else newsroom.reviewer3,
                    3: newsroom.reviewer3,
                }[step],
            )
        )
    assert revision.state == RevisionState.APPROVED


@pytest.mark.parametrize("superuser", [False, True])
def test_no_reviewer_approves_twice_in_a_round(superuser: bool) -> None:
    newsroom = Newsroom()
    every = (Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER)
    one, two = (factories.user(*every, is_superuser=superuser) for _ in range(2))
    revision = approve(newsroom.in_review(), one)
    assert_refused(revision, one)
    revision = approve(revision, two)
    assert_refused(revision, one)
    assert_refused(revision, two)
    # A new round is about a new text, so reviewers of the last round may approve it.
    actions.recall(revision=revision, by=newsroom.editor)
    newsroom.save(revision.target, author="改动")
    revision = approve(newsroom.submit(revision), one)
    assert_refused(revision, one)


def approve(revision: Revision, person: Any) -> Revision:
    return actions.approve(
        revision=revision, by=person, digest=revision.digest, reviewed=True, proofread=True
    )


def assert_refused(revision: Revision, person: Any) -> None:
    before = all_rows()
    with pytest.raises(NotAllowed):
        approve(revision, person)
    assert all_rows() == before
