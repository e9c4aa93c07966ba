"""The effects and the refusals of each workflow action."""

from datetime import timedelta

import pytest
from django.utils import timezone

from news.models import Article
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.publishing import actions, due, list_counts
from portal.publishing.actions import VersionToken
from portal.publishing.errors import Blocked, Conflict, NotAllowed, Refused
from portal.publishing.models import DueFailure, ListCount, Revision, Snapshot
from portal.publishing.states import ChangeKind, RevisionState, State
from tests import factories
from tests.factories import Newsroom

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def actions_logged(obj: Article) -> list[str]:
    return list(
        Entry.objects.filter(object_type="news.article", object_id=str(obj.pk))
        .order_by("pk")
        .values_list("action", flat=True)
    )


def test_a_draft_is_reviewed_and_released(newsroom: Newsroom) -> None:
    revision = newsroom.draft(title="初稿", body="<p>正文</p>")
    article = revision.target
    assert (article.state, article.title, article.body) == (State.UNRELEASED, "", "")
    article = newsroom.release(newsroom.approve(newsroom.submit(revision)))
    article.refresh_from_db()
    assert (article.state, article.title, article.body) == (State.LIVE, "初稿", "<p>正文</p>")
    assert article.section == article.column == newsroom.column
    assert article.published_on == timezone.localdate(article.published_at)
    assert [name for _stage, name in article.review_trail()] == [
        newsroom.reviewer1.full_name,
        newsroom.reviewer2.full_name,
        newsroom.reviewer3.full_name,
    ]
    assert actions_logged(article) == [
        "workflow.save",
        "workflow.submit",
        "workflow.approve",
        "workflow.approve",
        "workflow.approve",
        "workflow.release",
    ]


def test_an_edit_of_a_live_text_is_public_only_after_its_release(newsroom: Newsroom) -> None:
    article = newsroom.live(body="<p>旧字</p>")
    first = article.published_at
    revision = newsroom.save(article, body="<p>新字</p>")
    article.refresh_from_db()
    assert article.body == "<p>旧字</p>"
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.SUBSTANCE,
        public_note="“旧”更正为“新”。",
        token=VersionToken.of(article),
    )
    article = newsroom.release(newsroom.approve(newsroom.submit(revision)))
    article.refresh_from_db()
    assert article.body == "<p>新字</p>"
    assert article.published_at == first
    assert article.released_at > first
    assert [(row.change_kind, row.public_note) for row in article.corrections()] == [
        (ChangeKind.SUBSTANCE, "“旧”更正为“新”。")
    ]
    assert list(article.revisions.order_by("number").values_list("state", flat=True)) == [
        RevisionState.SUPERSEDED,
        RevisionState.RELEASED,
    ]


def test_a_correction_must_name_its_kind(newsroom: Newsroom) -> None:
    article = newsroom.live()
    revision = newsroom.save(article, title="改题")
    with pytest.raises(Blocked) as blocked:
        newsroom.submit(revision)
    assert [finding.code for finding in blocked.value.check_results] == ["missing-change_kind"]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_column_determines_the_number_of_reviews(newsroom: Newsroom, steps: int) -> None:
    newsroom.column.review_steps = steps
    newsroom.column.save()
    revision = newsroom.approved()
    assert revision.state == RevisionState.APPROVED
    assert revision.reviews.count() == steps
    labels = [review.stage_label for review in revision.reviews.all()]
    assert labels == {1: ["终审"], 2: ["初审", "终审"], 3: ["初审", "复审", "终审"]}[steps]


def test_a_save_with_an_old_token_raises_conflict_with_the_stored_text(newsroom: Newsroom) -> None:
    revision = newsroom.draft(title="一")
    token = VersionToken.of(revision.target)
    newsroom.save(revision.target, title="二")
    with pytest.raises(Conflict) as conflict:
        actions.save(
            obj=revision.target,
            content=factories.content(newsroom.column, title="三"),
            by=newsroom.editor,
            token=token,
        )
    assert conflict.value.current.title == "二"
    assert Revision.objects.get(pk=revision.pk).content["fields"]["title"] == "二"


def test_autosave_overwrites_only_the_users_own_latest_autosave(newsroom: Newsroom) -> None:
    revision = newsroom.draft(title="零")
    article = revision.target

    def save(title: str, by, autosave: bool) -> None:
        actions.save(
            obj=article,
            content={**revision.content, "fields": {**revision.content["fields"], "title": title}},
            by=by,
            token=VersionToken.of(article),
            autosave=autosave,
        )

    other = factories.user(Role.EDITOR)
    save("一", newsroom.editor, True)
    save("二", newsroom.editor, True)
    save("三", other, True)
    save("四", newsroom.editor, True)
    save("四", newsroom.editor, False)
    rows = Snapshot.objects.filter(revision=revision).order_by("version")
    assert [(row.content["fields"]["title"], row.saved_by, row.autosave) for row in rows] == [
        ("零", newsroom.editor, False),
        ("二", newsroom.editor, True),
        ("三", other, True),
        ("四", newsroom.editor, False),
    ]
    assert set(revision.contributors.all()) == {newsroom.editor, other}


def test_saving_the_live_text_opens_no_revision(newsroom: Newsroom) -> None:
    article = newsroom.live()
    content = article.live_revision.content
    saved = actions.save(
        obj=article, content=content, by=newsroom.editor, token=VersionToken.of(article)
    )
    assert not saved.changed
    assert article.open_revision is None


def test_rich_text_is_sanitised_and_plain_text_kept(newsroom: Newsroom) -> None:
    revision = newsroom.draft(
        title="<script>alert(1)</script>", body="<p>好<script>alert(1)</script></p>"
    )
    assert revision.content["fields"]["body"] == "<p>好</p>"
    assert revision.content["fields"]["title"] == "<script>alert(1)</script>"


def test_contributors_and_earlier_reviewers_may_not_approve(newsroom: Newsroom) -> None:
    both = factories.user(Role.EDITOR, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER)
    revision = newsroom.submit(newsroom.save(by=both))
    with pytest.raises(NotAllowed):
        approve(both, revision)
    every = factories.user(Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER)
    revision = approve(every, revision)
    with pytest.raises(NotAllowed):
        approve(every, revision)
    assert revision.valid_approvals().count() == 1


def approve(person, revision: Revision) -> Revision:
    return actions.approve(
        revision=revision, by=person, digest=revision.digest, reviewed=True, proofread=True
    )


def test_an_approval_needs_both_confirmations(newsroom: Newsroom) -> None:
    revision = newsroom.in_review()
    for reviewed, proofread in ((True, False), (False, True), (False, False)):
        with pytest.raises(Refused):
            actions.approve(
                revision=revision,
                by=newsroom.reviewer1,
                digest=revision.digest,
                reviewed=reviewed,
                proofread=proofread,
            )
    assert revision.reviews.count() == 0


def test_a_changed_byte_voids_the_approvals(newsroom: Newsroom) -> None:
    revision = newsroom.approve(newsroom.in_review(), 2)
    seen = revision.digest
    actions.recall(revision=revision, by=newsroom.editor)
    newsroom.save(revision.target, body="<p>改了一字。</p>")
    revision = newsroom.submit(revision)
    assert revision.valid_approvals().count() == 0
    with pytest.raises(Refused):
        actions.approve(
            revision=revision, by=newsroom.reviewer1, digest=seen, reviewed=True, proofread=True
        )
    assert newsroom.approve(revision).state == RevisionState.APPROVED


def test_a_return_needs_a_comment_and_prevents_release(newsroom: Newsroom) -> None:
    revision = newsroom.in_review()
    with pytest.raises(Refused):
        actions.return_(
            revision=revision, by=newsroom.reviewer1, digest=revision.digest, comment=" "
        )
    revision = actions.return_(
        revision=revision, by=newsroom.reviewer1, digest=revision.digest, comment="请核对。"
    )
    with pytest.raises(Refused):
        newsroom.release(revision)
    assert revision.target.state == State.UNRELEASED


@pytest.mark.parametrize("field", ["title", "body", "column", "source"])
def test_required_fields_of_an_article(newsroom: Newsroom, field: str) -> None:
    revision = newsroom.draft(**{field: None if field == "column" else ""})
    with pytest.raises(Blocked) as blocked:
        newsroom.submit(revision)
    assert [(f.field, f.blocking) for f in blocked.value.check_results] == [(field, True)]
    assert str(blocked.value)


def test_a_publisher_may_override_a_check_with_a_reason(newsroom: Newsroom) -> None:
    chief = factories.user(Role.EDITOR, Role.PUBLISHER)
    image = factories.image(newsroom.editor)
    row = {"image": image.pk, "alt": "", "caption": "", "credit": "", "focal_x": 50, "focal_y": 50}
    revision = newsroom.draft(pictures=[row])
    with pytest.raises(Blocked):
        newsroom.submit(revision)
    with pytest.raises(NotAllowed):
        actions.submit(
            revision=revision, by=newsroom.editor, digest=revision.digest, override_reason="急"
        )
    revision = actions.submit(
        revision=revision, by=chief, digest=revision.digest, override_reason="装饰图"
    )
    article = newsroom.release(newsroom.approve(revision))
    logged = Entry.objects.filter(action="workflow.submit", object_id=str(article.pk)).get()
    assert logged.details["override_reason"] == "装饰图"


def test_a_schedule_must_lie_in_the_future(newsroom: Newsroom) -> None:
    with pytest.raises(Refused):
        newsroom.scheduled(at=timezone.now() - timedelta(seconds=1))


def test_a_due_revision_is_released_once(newsroom: Newsroom) -> None:
    at = timezone.now() + timedelta(days=1)
    revision = newsroom.scheduled(at=at)
    article = revision.target
    assert due.run_once().done == []
    make_due(revision)
    assert len(due.run_once().done) == 1
    assert due.run_once().done == []
    article.refresh_from_db()
    revision.refresh_from_db()
    assert article.published_at == revision.due_at
    assert actions_logged(article).count("workflow.release") == 1


def make_due(revision: Revision) -> None:
    past = timezone.now() - timedelta(minutes=5)
    Revision.objects.filter(pk=revision.pk).update(due_at=past)


def test_a_failing_item_stops_no_other_and_is_reported(newsroom: Newsroom, monkeypatch) -> None:
    broken, fine = newsroom.scheduled(title="坏"), newsroom.scheduled(title="好")
    make_due(broken)
    make_due(fine)
    real = actions.release

    def release(*, revision: Revision, **arguments):
        if revision.pk == broken.pk:
            raise RuntimeError("disk full")
        return real(revision=revision, **arguments)

    monkeypatch.setattr(actions, "release", release)
    report = due.run_once()
    assert (len(report.done), len(report.failed)) == (1, 1)
    assert [(row[1].pk, row[3]) for row in due.overdue()] == [(broken.object_id, "disk full")]
    monkeypatch.setattr(actions, "release", real)
    # The time of the next attempt has not come, so the run must not do anything.
    assert due.run_once().done == []
    DueFailure.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    assert len(due.run_once().done) == 1
    assert due.overdue() == []
    assert DueFailure.objects.count() == 0


def test_an_expired_text_becomes_private(newsroom: Newsroom) -> None:
    article = newsroom.live(expires_at=timezone.now() + timedelta(days=1))
    assert due.run_once().done == []
    Article.objects.filter(pk=article.pk).update(expires_at=timezone.now())
    assert len(due.run_once().done) == 1
    article.refresh_from_db()
    assert article.state == State.EXPIRED


def test_a_withdrawal_cancels_the_schedule(newsroom: Newsroom) -> None:
    article = newsroom.live()
    revision = newsroom.save(article, title="新题")
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=VersionToken.of(article),
    )
    revision = newsroom.approve(newsroom.submit(revision))
    actions.schedule(
        revision=revision,
        by=newsroom.publisher,
        digest=revision.digest,
        at=timezone.now() + timedelta(days=1),
    )
    actions.withdraw(obj=article, by=newsroom.publisher, reason="有误。")
    revision.refresh_from_db()
    assert revision.state == RevisionState.APPROVED
    assert revision.due_at is None


def test_only_one_process_at_a_time_holds_the_lease(newsroom: Newsroom) -> None:
    assert due.acquire_lease("one")
    assert not due.acquire_lease("two")
    assert due.acquire_lease("one")
    due.release_lease("one")
    assert due.acquire_lease("two")


def test_a_lease_that_ends_too_late_is_free(newsroom: Newsroom) -> None:
    """A lease with an end far in the future was taken by a machine with a wrong clock."""
    assert due.acquire_lease("one", timedelta(days=3))
    assert due.acquire_lease("two")
    assert not due.acquire_lease("one")


def test_restore_creates_a_draft_and_discards_the_open_one(newsroom: Newsroom) -> None:
    article = newsroom.live(title="第一")
    first = article.live_revision
    open_one = newsroom.save(article, title="第二")
    draft = actions.restore(
        obj=article, source=first, by=newsroom.editor, token=VersionToken.of(article)
    )
    assert draft is None  # the restored text is live already, so the open draft is only discarded
    open_one.refresh_from_db()
    assert open_one.state == RevisionState.DISCARDED
    back = actions.restore(
        obj=article, source=open_one, by=newsroom.editor, token=VersionToken.of(article)
    )
    assert back.content["fields"]["title"] == "第二"
    assert back.state == RevisionState.DRAFT


def test_content_of_an_older_schema_is_restored(newsroom: Newsroom) -> None:
    article = newsroom.draft(title="旧").target
    old = Snapshot.objects.get(revision__object_id=article.pk)
    shape = {"fields": {"title": "旧", "gone": 1, "expires_at": "nonsense"}, "pictures": []}
    Snapshot.objects.filter(pk=old.pk).update(content=shape)
    old.refresh_from_db()
    draft = actions.restore(
        obj=article, source=old, by=newsroom.editor, token=VersionToken.of(article)
    )
    fields = draft.content["fields"]
    assert (fields["title"], fields["body"], fields["expires_at"]) == ("旧", "", None)
    assert set(fields) == set(Article.content_fields)


def test_restore_unarchives_an_object(newsroom: Newsroom) -> None:
    article = newsroom.archived()
    source = article.revisions.get()
    actions.restore(obj=article, source=source, by=newsroom.editor, token=VersionToken.of(article))
    article.refresh_from_db()
    assert article.state == State.UNRELEASED
    article = actions.archive(obj=newsroom.withdrawn(), by=newsroom.publisher)
    source = article.live_revision
    actions.restore(obj=article, source=source, by=newsroom.editor, token=VersionToken.of(article))
    article.refresh_from_db()
    assert article.state == State.WITHDRAWN


def test_an_imported_text_keeps_its_date(newsroom: Newsroom) -> None:
    then = timezone.now() - timedelta(days=400)
    article = actions.import_released(
        obj=Article(),
        content=factories.content(newsroom.column),
        by=newsroom.publisher,
        published_at=then,
    )
    article.refresh_from_db()
    assert (article.state, article.published_at) == (State.LIVE, then)
    assert actions_logged(article) == ["workflow.import_released"]
    with pytest.raises(Refused):
        actions.import_released(
            obj=article,
            content=factories.content(newsroom.column),
            by=newsroom.publisher,
            published_at=then,
        )


def test_the_list_counts_follow_every_action(newsroom: Newsroom) -> None:
    other = factories.column("other")
    article = newsroom.live()
    key = newsroom.column.list_key
    assert list_counts.total(key) == 1
    actions.withdraw(obj=article, by=newsroom.publisher, reason="有误。")
    assert list_counts.total(key) == 0
    actions.reinstate(obj=article, by=newsroom.publisher)
    assert list_counts.total(key) == 1
    revision = newsroom.save(article, column=other.pk)
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=VersionToken.of(article),
    )
    newsroom.release(newsroom.approve(newsroom.submit(revision)))
    assert (list_counts.total(key), list_counts.total(other.list_key)) == (0, 1)
    stored = set(ListCount.objects.filter(count__gt=0).values_list("key", "month", "count"))
    list_counts.rebuild_counts(Article)
    assert set(ListCount.objects.values_list("key", "month", "count")) == stored
