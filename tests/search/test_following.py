"""What is found is what is public, at every moment: the index changes with the rows, or neither."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from honors.models import Honor
from news.models import Article
from portal.court.models import CourtProfile, Department, Indicator, Observation, Person
from portal.library.actions import set_hidden
from portal.printed.quantities import read_quantity
from portal.publishing import actions, due
from portal.publishing.actions import Token
from portal.publishing.guards import publishables
from portal.publishing.models import Publishable
from portal.publishing.states import ChangeKind
from portal.search import index, rebuilding
from portal.search.models import Desk, Live
from tests import factories
from tests.court.build import PROFILE
from tests.factories import Newsroom, Records
from tests.search.build import found, name

pytestmark = pytest.mark.django_db

#: In every text of these tests; no other has it.
WORD = "枫桥经验"


@pytest.fixture
def room() -> Newsroom:
    return Newsroom()


@pytest.fixture
def records(room: Newsroom) -> Records:
    made = Records(room)
    made.source  # noqa: B018  (released before anything is looked for)
    return made


def fields(model: type[Publishable], records: Records) -> dict[str, Any]:
    """What an object of the type needs to be released, with the word somewhere in its text."""
    match model.__name__:
        case "Article":
            return {"column": records.room.column.pk, "title": "题", "source": "本院"} | {
                "body": f"<p>长文，<b>枫桥</b>经验。</p><p>{'再说。' * 10}</p>"
            }
        case "Honor":
            court = [{"kind": "court", "name": "", "count": ""}]
            return {"name": "先进", "levels": ["national"], "recipients": court, "remark": WORD}
        case "CourtProfile":
            return PROFILE | {"introduction": f"<p>{WORD}</p>"}
        case "Department":
            return {"name": "立案庭", "duties": WORD}
        case "Person":
            posts = [{"title": WORD, "since": "", "until": ""}]
            return {"name": "张三", "is_leader": True, "posts": posts}
        case "Indicator":
            return {"name": WORD, "code": "accepted"}
        case "Observation":
            indicator = records.live(Indicator(), name="受理")
            return {"indicator": indicator.pk, "value": read_quantity("5177件"), "remark": WORD}
    raise AssertionError(f"{model} has no line here: it must be searched, too")


TYPES = [Article, Honor, CourtProfile, Department, Person, Indicator, Observation]


def test_the_types_are_these() -> None:
    assert set(publishables()) == set(TYPES)


@pytest.mark.parametrize("model", TYPES)
def test_each_type_is_found_while_it_is_public(model: type[Publishable], records: Records) -> None:
    steps = 3 if model is Article else 1
    draft = records.draft(model(), **fields(model, records))
    assert found(WORD) == set()
    revision = actions.submit(revision=draft, by=records.writer(draft.target), digest=draft.digest)
    assert found(WORD) == set()
    revision = records.room.approve(revision, steps)
    assert found(WORD) == set()
    obj = records.room.release(revision)
    assert found(WORD) == {name(obj)}
    obj = actions.withdraw(obj=obj, by=records.room.publisher, reason="信息有误。")
    assert found(WORD) == set()
    obj = actions.reinstate(obj=obj, by=records.room.publisher)
    assert found(WORD) == {name(obj)}
    obj = actions.withdraw(obj=obj, by=records.room.publisher, reason="信息有误。")
    actions.archive(obj=obj, by=records.room.publisher)
    assert found(WORD) == set()
    assert list(rebuilding.differences("live")) == []
    assert list(rebuilding.differences("desk")) == []


def test_of_all_states_only_the_live_one_is_found(room: Newsroom) -> None:
    made: dict[str, Callable[..., Any]] = {
        "draft": room.draft,
        "in_review": room.in_review,
        "returned": room.returned,
        "approved": room.approved,
        "scheduled": room.scheduled,
        "withdrawn": room.withdrawn,
        "expired": room.expired,
        "archived": room.archived,
    }
    for state, make in made.items():
        make(title=f"{WORD}{state}")
        assert found(WORD) == set(), state
    article = room.live(title=f"{WORD}公开")
    assert found(WORD) == {name(article)}
    room.save(article, title="别的题目")  # a draft over the live text changes nothing for readers
    assert found(WORD) == {name(article)}
    assert found("别的题目") == set()


def test_a_correction_is_found_by_its_new_words_alone(room: Newsroom) -> None:
    article = room.live(body="<p>旧话说在前面。</p>")
    revision = room.save(article, body="<p>新话说在后面。</p>")
    actions.correct(
        obj=article,
        by=room.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=Token.of(article),
    )
    room.release(room.approve(room.submit(revision)))
    assert found("旧话说") == set()
    assert found("新话说") == {name(article)}
    assert Live.objects.filter(object_id=article.pk).count() == 1


def test_what_the_portal_itself_releases_and_expires(room: Newsroom) -> None:
    over = timezone.now() + timedelta(hours=1)
    revision = room.scheduled(title=WORD, expires_at=over.isoformat())
    past = timezone.now() - timedelta(seconds=1)
    type(revision).objects.filter(pk=revision.pk).update(due_at=past)
    due.run_once()
    assert found(WORD) == {f"article {revision.object_id}"}
    Article.objects.filter(pk=revision.object_id).update(expires_at=past)
    due.run_once()
    assert found(WORD) == set()


def test_what_is_rolled_back_was_never_found(room: Newsroom) -> None:
    revision = room.approved(title=WORD)
    with transaction.atomic():
        article = room.release(revision)
        assert found(WORD) == {name(article)}
        transaction.set_rollback(True)
    assert found(WORD) == set()
    article = room.release(revision)
    with transaction.atomic():
        actions.withdraw(obj=article, by=room.publisher, reason="信息有误。")
        assert found(WORD) == set()
        transaction.set_rollback(True)
    assert found(WORD) == {name(article)}
    assert list(rebuilding.differences("live")) == []


def test_figures_leave_with_their_indicator_and_take_its_name(records: Records) -> None:
    indicator = records.live(Indicator(), name="受理", definition=WORD)
    figure = records.live(Observation(), indicator=indicator.pk, value=read_quantity("5177件"))
    assert found("5177件") == {name(figure)}
    indicator = actions.withdraw(obj=indicator, by=records.room.publisher, reason="口径有误。")
    assert found("5177件") == found("受理") == set()
    indicator = actions.reinstate(obj=indicator, by=records.room.publisher)
    assert found("受理") == {name(indicator), name(figure)}
    records.live(indicator, name="收案")
    assert found("收案") == {name(indicator), name(figure)}
    assert found("受理") == set()


def test_captions_are_found_until_their_picture_is_hidden(room: Newsroom) -> None:
    image = factories.image(room.editor)
    row = {"image": image.pk, "alt": "外景", "caption": f"图为{WORD}", "credit": "", "focal_x": 50}
    article = room.live(title="题", pictures=[row | {"focal_y": 50}])
    assert found(WORD) == {name(article)}
    set_hidden(medium=image, hidden=True, by=room.editor)
    assert found(WORD) == set()
    set_hidden(medium=image, hidden=False, by=room.editor)
    assert found(WORD) == {name(article)}


def test_an_import_is_found_by_its_date_of_then(room: Newsroom) -> None:
    then = timezone.now() - timedelta(days=3000)
    content = factories.content(room.column, title=WORD)
    article = actions.import_released(
        obj=Article(), content=content, by=room.publisher, published_at=then
    )
    assert found(WORD) == {name(article)}
    assert Live.objects.get().on == article.published_on
    assert Desk.objects.get().object_id == article.pk


def test_a_release_costs_few_statements_of_its_own(room: Newsroom) -> None:
    """The old row, out with it, the new row and its tokens; at the desk nothing has changed."""
    revision = room.approved(title=WORD)
    with CaptureQueriesContext(connection) as captured:
        article = room.release(revision)
    first = [query["sql"] for query in captured if "search_" in query["sql"]]
    revision = room.save(article, title=f"{WORD}二")
    actions.correct(
        obj=article, by=room.editor, kind=ChangeKind.TYPOGRAPHICAL, token=Token.of(article)
    )
    revision = room.approve(room.submit(revision))
    with CaptureQueriesContext(connection) as captured:
        room.release(revision)
    again = [query["sql"] for query in captured if "search_" in query["sql"]]
    assert (len(first), len(again)) == {"sqlite": (4, 6), "postgresql": (2, 2)}[connection.vendor]


def test_what_is_withdrawn_while_a_picture_is_hidden_stays_away(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hides waits for the article's lock, and reads it only then."""
    image = factories.image(room.editor)
    row = {"image": image.pk, "alt": "外景", "caption": "图", "credit": "", "focal_x": 50}
    article = room.live(title=WORD, pictures=[row | {"focal_y": 50}])
    lock = index.lock

    def late(model: type[Publishable], ids: list[int]) -> None:
        monkeypatch.setattr(index, "lock", lock)
        actions.withdraw(obj=article, by=room.publisher, reason="信息有误。")
        lock(model, ids)

    monkeypatch.setattr(index, "lock", late)
    set_hidden(medium=image, hidden=True, by=room.editor)
    assert index.lock is lock
    assert found(WORD) == set()
    assert not Live.objects.filter(object_id=article.pk).exists()
