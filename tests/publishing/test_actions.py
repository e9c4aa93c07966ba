"""What each verb does, and what it refuses; on whichever database the run uses."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
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


# --- the whole way -----------------------------------------------------------------------------


def test_from_a_draft_to_the_public_row(newsroom: Newsroom) -> None:
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


def test_an_edit_of_a_live_text_changes_nothing_until_it_is_released(newsroom: Newsroom) -> None:
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


def test_a_change_of_what_was_public_must_be_called_by_its_name(newsroom: Newsroom) -> None:
    article = newsroom.live()
    revision = newsroom.save(article, title="改题")
    with pytest.raises(Blocked) as blocked:
        newsroom.submit(revision)
    assert [finding.code for finding in blocked.value.check_results] == ["missing-change_kind"]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_column_says_how_many_reviews(newsroom: Newsroom, steps: int) -> None:
    newsroom.column.review_steps = steps
    newsroom.column.save()
    revision = newsroom.approved()
    assert revision.state == RevisionState.APPROVED
    assert revision.reviews.count() == steps
    labels = [review.stage_label for review in revision.reviews.all()]
    assert labels == {1: ["终审"], 2: ["初审", "终审"], 3: ["初审", "复审", "终审"]}[steps]


# --- saving ------------------------------------------------------------------------------------


def test_the_loser_of_a_race_gets_a_conflict_that_names_the_other_text(newsroom: Newsroom) -> None:
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


def test_autosave_overwrites_its_own_latest_trace_only(newsroom: Newsroom) -> None:
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


def test_saving_what_stands_already_changes_nothing(newsroom: Newsroom) -> None:
    article = newsroom.live()
    content = article.live_revision.content
    saved = actions.save(
        obj=article, content=content, by=newsroom.editor, token=VersionToken.of(article)
    )
    assert not saved.changed
    assert article.open_revision is None


def test_script_is_cleaned_away_and_plain_fields_keep_their_letters(newsroom: Newsroom) -> None:
    revision = newsroom.draft(
        title="<script>alert(1)</script>", body="<p>好<script>alert(1)</script></p>"
    )
    assert revision.content["fields"]["body"] == "<p>好</p>"
    assert revision.content["fields"]["title"] == "<script>alert(1)</script>"


# --- reviews -----------------------------------------------------------------------------------


def test_nobody_reviews_his_own_text_and_nobody_twice(newsroom: Newsroom) -> None:
    both = factories.user(Role.EDITOR, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER)
    revision = newsroom.submit(newsroom.save(by=both))
    with pytest.raises(NotAllowed):
        room_approve(both, revision)
    every = factories.user(Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER)
    revision = room_approve(every, revision)
    with pytest.raises(NotAllowed):
        room_approve(every, revision)
    assert revision.valid_approvals().count() == 1


def room_approve(person, revision: Revision) -> Revision:
    return actions.approve(
        revision=revision, by=person, digest=revision.digest, reviewed=True, proofread=True
    )


def test_an_approval_without_both_confirmations_is_none(newsroom: Newsroom) -> None:
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


def test_one_changed_byte_voids_the_approvals(newsroom: Newsroom) -> None:
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


def test_a_returned_text_needs_words_and_cannot_be_released(newsroom: Newsroom) -> None:
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


# --- gates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["title", "body", "column", "source"])
def test_what_no_article_is_without(newsroom: Newsroom, field: str) -> None:
    revision = newsroom.draft(**{field: None if field == "column" else ""})
    with pytest.raises(Blocked) as blocked:
        newsroom.submit(revision)
    assert [(f.field, f.blocking) for f in blocked.value.check_results] == [(field, True)]
    assert str(blocked.value)


def test_a_soft_finding_passes_with_the_right_and_a_reason(newsroom: Newsroom) -> None:
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


# --- time --------------------------------------------------------------------------------------


def test_a_schedule_lies_in_the_future(newsroom: Newsroom) -> None:
    with pytest.raises(Refused):
        newsroom.scheduled(at=timezone.now() - timedelta(seconds=1))


def test_what_is_due_goes_out_at_its_time_once(newsroom: Newsroom) -> None:
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


def test_a_failing_item_stops_no_other_and_is_shown(newsroom: Newsroom, monkeypatch) -> None:
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
    assert due.run_once().done == []  # not tried again at once
    DueFailure.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    assert len(due.run_once().done) == 1
    assert due.overdue() == []
    assert DueFailure.objects.count() == 0


def test_an_expired_text_leaves(newsroom: Newsroom) -> None:
    article = newsroom.live(expires_at=timezone.now() + timedelta(days=1))
    assert due.run_once().done == []
    Article.objects.filter(pk=article.pk).update(expires_at=timezone.now())
    assert len(due.run_once().done) == 1
    article.refresh_from_db()
    assert article.state == State.EXPIRED


def test_a_withdrawal_takes_the_schedule_back(newsroom: Newsroom) -> None:
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


def test_a_lease_until_next_week_is_nobodys(newsroom: Newsroom) -> None:
    """A clock that was days ahead took it, and gave it up by its own time."""
    assert due.acquire_lease("one", timedelta(days=3))
    assert due.acquire_lease("two")
    assert not due.acquire_lease("one")


# --- back and away -----------------------------------------------------------------------------


def test_restore_makes_a_draft_and_keeps_what_was_open(newsroom: Newsroom) -> None:
    article = newsroom.live(title="第一")
    first = article.live_revision
    open_one = newsroom.save(article, title="第二")
    draft = actions.restore(
        obj=article, source=first, by=newsroom.editor, token=VersionToken.of(article)
    )
    assert draft is None  # that text is live: nothing to do but to put the draft aside
    open_one.refresh_from_db()
    assert open_one.state == RevisionState.DISCARDED
    back = actions.restore(
        obj=article, source=open_one, by=newsroom.editor, token=VersionToken.of(article)
    )
    assert back.content["fields"]["title"] == "第二"
    assert back.state == RevisionState.DRAFT


def test_an_older_shape_of_the_content_still_restores(newsroom: Newsroom) -> None:
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


def test_an_archived_text_returns_by_restore(newsroom: Newsroom) -> None:
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


def test_an_imported_text_keeps_its_date_of_then(newsroom: Newsroom) -> None:
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


# --- lists -------------------------------------------------------------------------------------


def test_the_tallies_follow_every_verb(newsroom: Newsroom) -> None:
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
    kept = set(ListCount.objects.filter(count__gt=0).values_list("key", "bucket", "count"))
    list_counts.rebuild_counts(Article)
    assert set(ListCount.objects.values_list("key", "bucket", "count")) == kept


# --- the database refuses too ------------------------------------------------------------------


def refused_by_the_database(sql: str, *values: object) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except DatabaseError:
        return True
    return False


def test_the_database_refuses_what_the_press_refuses(newsroom: Newsroom) -> None:
    revision = newsroom.in_review()
    article = newsroom.live()
    review = (
        "INSERT INTO publishing_review (revision_id, round, step, steps, verdict, reviewer_id,"
        " digest, reviewed, proofread, comment, created_at)"
        " VALUES (%s, %s, %s, 3, 'approve', %s, %s, %s, %s, '', %s)"
    )
    now, yes = timezone.now(), True
    one, two = newsroom.reviewer1.pk, newsroom.reviewer2.pk

    def insert(step: int, person: int, digest: str, round_: int = 1) -> bool:
        return refused_by_the_database(
            review, revision.pk, round_, step, person, digest, yes, yes, now
        )

    assert insert(1, one, "0" * 64)  # another digest
    assert insert(1, newsroom.editor.pk, revision.digest)  # a contributor
    assert insert(2, one, revision.digest)  # out of order
    assert insert(1, one, revision.digest, 2)  # another round
    assert not insert(1, one, revision.digest)
    assert insert(2, one, revision.digest)  # the same person again
    assert insert(1, two, revision.digest)  # the same step again
    for sql in (
        f"UPDATE publishing_revision SET state = 'approved' WHERE id = {revision.pk}",
        f"UPDATE publishing_revision SET digest = 'x' WHERE id = {revision.pk}",
        f"UPDATE publishing_revision SET public_note = 'x' WHERE id = {revision.pk}",
        f"UPDATE publishing_revision SET state = 'draft' WHERE object_id = {article.pk}",
        "UPDATE publishing_review SET comment = 'x'",
        f"UPDATE news_article SET state = 'live', published_at = '2026-01-01',"
        f" published_on = '2026-01-01', title = 'x', body = 'x', source = 'x',"
        f" column_id = {newsroom.column.pk}, section_id = {newsroom.column.pk}"
        f" WHERE id = {revision.object_id}",
        "DELETE FROM publishing_review",
        "DELETE FROM publishing_revision",
        "DELETE FROM publishing_snapshot",
        "DELETE FROM publishing_contribution",
        f"DELETE FROM news_article WHERE id = {article.pk}",
        f"UPDATE news_article SET published_at = NULL WHERE id = {article.pk}",
        f"UPDATE news_article SET published_at = '2020-01-01 00:00:00' WHERE id = {article.pk}",
        f"UPDATE news_article SET published_on = '2020-01-01' WHERE id = {article.pk}",
        f"UPDATE news_article SET title = '' WHERE id = {article.pk}",
    ):
        assert refused_by_the_database(sql), sql
    # Setting what stands already is no change: the guards refuse forgery, not a harmless save.
    assert not refused_by_the_database(
        f"UPDATE news_article SET published_at = published_at WHERE id = {article.pk}"
    )
