"""The public index always equals the public content, because one transaction changes both."""

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
from portal.library.withdrawal import reinstate, withdraw
from portal.publishing import actions, due
from portal.publishing.actions import VersionToken
from portal.publishing.guards import publishable_models
from portal.publishing.models import Publishable
from portal.publishing.states import ChangeKind
from portal.search import index, rebuilding
from portal.search.models import PublicIndex, StaffIndex
from portal.source_values.quantities import parse_quantity
from tests import factories
from tests.court.build import PROFILE
from tests.factories import Newsroom, Records
from tests.search.build import found, name

pytestmark = pytest.mark.django_db

#: A word that the tests write to the text of an object and search for; no other text contains it.
WORD = "枫桥经验"


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


@pytest.fixture
def records(newsroom: Newsroom) -> Records:
    made = Records(newsroom)
    made.source  # noqa: B018  (released before anything is looked for)
    return made


def fields(model: type[Publishable], records: Records) -> dict[str, Any]:
    """Return the fields that a release of this model requires, with ``WORD`` in one of them."""
    match model.__name__:
        case "Article":
            return {"column": records.newsroom.column.pk, "title": "题", "source": "本院"} | {
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
            return {"indicator": indicator.pk, "value": parse_quantity("5177件"), "remark": WORD}
    raise AssertionError(f"{model} has no case here: it must be searchable, too")


TYPES = [Article, Honor, CourtProfile, Department, Person, Indicator, Observation]


def test_the_list_of_models_is_complete() -> None:
    assert set(publishable_models()) == set(TYPES)


@pytest.mark.parametrize("model", TYPES)
def test_each_model_is_found_while_it_is_public(model: type[Publishable], records: Records) -> None:
    steps = 3 if model is Article else 1
    draft = records.draft(model(), **fields(model, records))
    assert found(WORD) == set()
    revision = actions.submit(revision=draft, by=records.writer(draft.target), digest=draft.digest)
    assert found(WORD) == set()
    revision = records.newsroom.approve(revision, steps)
    assert found(WORD) == set()
    obj = records.newsroom.release(revision)
    assert found(WORD) == {name(obj)}
    obj = actions.withdraw(obj=obj, by=records.newsroom.publisher, reason="信息有误。")
    assert found(WORD) == set()
    obj = actions.reinstate(obj=obj, by=records.newsroom.publisher)
    assert found(WORD) == {name(obj)}
    obj = actions.withdraw(obj=obj, by=records.newsroom.publisher, reason="信息有误。")
    actions.archive(obj=obj, by=records.newsroom.publisher)
    assert found(WORD) == set()
    assert list(rebuilding.find_differences("live")) == []
    assert list(rebuilding.find_differences("desk")) == []


def test_only_live_objects_are_found(newsroom: Newsroom) -> None:
    made: dict[str, Callable[..., Any]] = {
        "draft": newsroom.draft,
        "in_review": newsroom.in_review,
        "returned": newsroom.returned,
        "approved": newsroom.approved,
        "scheduled": newsroom.scheduled,
        "withdrawn": newsroom.withdrawn,
        "expired": newsroom.expired,
        "archived": newsroom.archived,
    }
    for state, make in made.items():
        make(title=f"{WORD}{state}")
        assert found(WORD) == set(), state
    article = newsroom.live(title=f"{WORD}公开")
    assert found(WORD) == {name(article)}
    newsroom.save(article, title="别的题目")  # readers do not find the draft
    assert found(WORD) == {name(article)}
    assert found("别的题目") == set()


def test_a_correction_is_found_by_its_new_text_only(newsroom: Newsroom) -> None:
    article = newsroom.live(body="<p>旧话说在前面。</p>")
    revision = newsroom.save(article, body="<p>新话说在后面。</p>")
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=VersionToken.of(article),
    )
    newsroom.release(newsroom.approve(newsroom.submit(revision)))
    assert found("旧话说") == set()
    assert found("新话说") == {name(article)}
    assert PublicIndex.objects.filter(object_id=article.pk).count() == 1


def test_scheduled_releases_and_expiries_update_the_index(newsroom: Newsroom) -> None:
    over = timezone.now() + timedelta(hours=1)
    revision = newsroom.scheduled(title=WORD, expires_at=over.isoformat())
    past = timezone.now() - timedelta(seconds=1)
    type(revision).objects.filter(pk=revision.pk).update(due_at=past)
    due.run_once()
    assert found(WORD) == {f"article {revision.object_id}"}
    Article.objects.filter(pk=revision.object_id).update(expires_at=past)
    due.run_once()
    assert found(WORD) == set()


def test_a_rollback_restores_the_index(newsroom: Newsroom) -> None:
    revision = newsroom.approved(title=WORD)
    with transaction.atomic():
        article = newsroom.release(revision)
        assert found(WORD) == {name(article)}
        transaction.set_rollback(True)
    assert found(WORD) == set()
    article = newsroom.release(revision)
    with transaction.atomic():
        actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
        assert found(WORD) == set()
        transaction.set_rollback(True)
    assert found(WORD) == {name(article)}
    assert list(rebuilding.find_differences("live")) == []


def test_figures_follow_their_indicator(records: Records) -> None:
    indicator = records.live(Indicator(), name="受理", definition=WORD)
    figure = records.live(Observation(), indicator=indicator.pk, value=parse_quantity("5177件"))
    assert found("5177件") == {name(figure)}
    indicator = actions.withdraw(obj=indicator, by=records.newsroom.publisher, reason="口径有误。")
    assert found("5177件") == found("受理") == set()
    indicator = actions.reinstate(obj=indicator, by=records.newsroom.publisher)
    assert found("受理") == {name(indicator), name(figure)}
    records.live(indicator, name="收案")
    assert found("收案") == {name(indicator), name(figure)}
    assert found("受理") == set()


def test_captions_of_withdrawn_pictures_are_not_found(newsroom: Newsroom) -> None:
    image = factories.image(newsroom.editor)
    row = {"image": image.pk, "alt": "外景", "caption": f"图为{WORD}", "credit": "", "focal_x": 50}
    article = newsroom.live(title="题", pictures=[row | {"focal_y": 50}])
    assert found(WORD) == {name(article)}
    set_hidden(media_file=image, hidden=True, by=newsroom.editor)
    assert found(WORD) == {name(article)}
    withdraw(media_file=image, by=newsroom.publisher, reason="侵权")
    assert found(WORD) == set()
    reinstate(media_file=image, by=newsroom.publisher)
    assert found(WORD) == {name(article)}


def test_an_import_is_indexed_with_its_past_date(newsroom: Newsroom) -> None:
    then = timezone.now() - timedelta(days=3000)
    content = factories.content(newsroom.column, title=WORD)
    article = actions.import_released(
        obj=Article(), content=content, by=newsroom.publisher, published_at=then
    )
    assert found(WORD) == {name(article)}
    assert PublicIndex.objects.get().day == article.published_on
    assert StaffIndex.objects.get().object_id == article.pk


def test_a_release_needs_few_statements_for_the_index(newsroom: Newsroom) -> None:
    """The SQL statements look up, delete and insert the public row and its tokens.

    A release does not change the staff index.
    """
    revision = newsroom.approved(title=WORD)
    with CaptureQueriesContext(connection) as captured:
        article = newsroom.release(revision)
    first = [query["sql"] for query in captured if "search_" in query["sql"]]
    revision = newsroom.save(article, title=f"{WORD}二")
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=VersionToken.of(article),
    )
    revision = newsroom.approve(newsroom.submit(revision))
    with CaptureQueriesContext(connection) as captured:
        newsroom.release(revision)
    again = [query["sql"] for query in captured if "search_" in query["sql"]]
    assert (len(first), len(again)) == {"sqlite": (4, 6), "postgresql": (2, 2)}[connection.vendor]


def test_a_withdrawal_during_that_of_a_picture_is_kept(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The withdrawal of a picture must lock the article before it reads the article's state.

    Otherwise it would index an article that another transaction has just withdrawn.
    """
    image = factories.image(newsroom.editor)
    row = {"image": image.pk, "alt": "外景", "caption": "图", "credit": "", "focal_x": 50}
    article = newsroom.live(title=WORD, pictures=[row | {"focal_y": 50}])
    lock = index.lock_objects

    def late(model: type[Publishable], ids: list[int]) -> None:
        monkeypatch.setattr(index, "lock_objects", lock)
        actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
        lock(model, ids)

    monkeypatch.setattr(index, "lock_objects", late)
    withdraw(media_file=image, by=newsroom.publisher, reason="侵权")
    assert index.lock_objects is lock
    assert found(WORD) == set()
    assert not PublicIndex.objects.filter(object_id=article.pk).exists()
