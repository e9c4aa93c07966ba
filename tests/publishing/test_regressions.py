"""Regression tests: each reproduces a fault that occurred one time."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from news.actions import move_column
from news.models import Article, Column
from portal.accounts.roles import Role
from portal.library import media_sync
from portal.management.commands import run_due
from portal.publishing import actions, due, list_counts, review_views, signals
from portal.publishing.actions import VersionToken, public_row
from portal.publishing.errors import Blocked, NotAllowed
from portal.publishing.models import DueFailure, ListCount, Revision
from portal.publishing.states import ChangeKind, State
from tests import factories
from tests.factories import Newsroom


@pytest.fixture
def newsroom(db: None) -> Newsroom:
    return Newsroom()


@pytest.mark.parametrize("kind", ["revision", "save"])
def test_the_author_of_a_restored_text_may_not_review_it(newsroom: Newsroom, kind: str) -> None:
    writer = factories.user(Role.EDITOR, Role.FIRST_REVIEWER)
    written = newsroom.save(by=writer, body="<p>某人写的。</p>")
    article = written.target
    if kind == "revision":
        source = written
    else:
        source = written.snapshots.get()
        newsroom.save(article, by=newsroom.editor, body="<p>另一人改的。</p>")
    draft = actions.restore(
        obj=article, source=source, by=newsroom.editor, token=VersionToken.of(article)
    )
    assert draft is not None
    assert set(draft.contributors.all()) == {writer, newsroom.editor}
    revision = newsroom.submit(draft)
    with pytest.raises(NotAllowed):
        actions.approve(
            revision=revision, by=writer, digest=revision.digest, reviewed=True, proofread=True
        )


def test_an_override_is_valid_only_for_the_same_text(newsroom: Newsroom) -> None:
    one, two = (factories.image(newsroom.editor) for _ in range(2))
    row = {"alt": "", "caption": "", "credit": "", "focal_x": 50, "focal_y": 50}
    revision = newsroom.save(pictures=[{"image": one.pk, **row}])
    publisher = factories.user(Role.EDITOR, Role.PUBLISHER)
    revision = actions.submit(
        revision=revision, by=publisher, digest=revision.digest, override_reason="老照片"
    )
    revision = actions.return_(
        revision=revision, by=newsroom.reviewer1, digest=revision.digest, comment="再看"
    )
    # The text is submitted again unchanged, so the reason for the override is still valid.
    revision = actions.recall(revision=newsroom.submit(revision), by=newsroom.editor)
    changed = newsroom.save(
        revision.target, pictures=[{"image": one.pk, **row}, {"image": two.pk, **row}]
    )
    with pytest.raises(Blocked):
        newsroom.submit(changed)


def test_a_changed_public_note_voids_the_override(newsroom: Newsroom) -> None:
    article = newsroom.live()
    newsroom.save(article, title="改了")
    revision = actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=VersionToken.of(article),
    )
    Revision.objects.filter(pk=revision.pk).update(override_reason="给了理由")
    revision = actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.SUBSTANCE,
        public_note="更正",
        token=VersionToken.of(article),
    )
    assert Revision.objects.get(pk=revision.pk).override_reason == ""


def _save_body(newsroom: Newsroom, article: Article, body: str, *, autosave: bool) -> Revision:
    content = article.newest_revision.content
    return actions.save(
        obj=article,
        content={**content, "fields": {**content["fields"], "body": body}},
        by=newsroom.editor,
        token=VersionToken.of(article),
        autosave=autosave,
    ).revision


def _bodies(article: Article) -> list[str]:
    snapshots = article.open_revision.snapshots.all()
    return [snapshot.content["fields"]["body"] for snapshot in snapshots]


def test_an_autosave_does_not_overwrite_the_submitted_snapshot(newsroom: Newsroom) -> None:
    article = newsroom.save(body="<p>一</p>").target
    revision = newsroom.submit(_save_body(newsroom, article, "<p>二</p>", autosave=True))
    actions.return_(
        revision=revision, by=newsroom.reviewer1, digest=revision.digest, comment="请核对。"
    )
    _save_body(newsroom, article, "<p>三</p>", autosave=True)
    assert _bodies(article) == ["<p>一</p>", "<p>二</p>", "<p>三</p>"]


def test_an_autosave_does_not_overwrite_a_save_after_a_note(newsroom: Newsroom) -> None:
    article = newsroom.live()
    _save_body(newsroom, article, "<p>二</p>", autosave=True)
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=VersionToken.of(article),
    )
    _save_body(newsroom, article, "<p>二</p>", autosave=False)
    _save_body(newsroom, article, "<p>三</p>", autosave=True)
    assert _bodies(article) == ["<p>二</p>", "<p>三</p>"]


def test_the_changes_since_a_return_are_shown_for_a_correction_too(newsroom: Newsroom) -> None:
    article = newsroom.live()
    newsroom.save(article, title="改")
    revision = actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=VersionToken.of(article),
    )
    revision = newsroom.submit(revision)
    actions.return_(
        revision=revision, by=newsroom.reviewer1, digest=revision.digest, comment="请核对。"
    )
    revision = newsroom.save(article, title="再改")
    assert [change.label for change in review_views._changes_since_return(revision)] == ["标题"]


def test_a_new_due_time_does_not_wait_for_an_old_failure(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = newsroom.scheduled()
    past = timezone.now() - timedelta(minutes=5)
    Revision.objects.filter(pk=revision.pk).update(due_at=past)
    with monkeypatch.context() as broken:
        broken.setattr(actions, "release", lambda **_: 1 / 0)
        due.run_once()
    assert DueFailure.objects.get().next_at > timezone.now()
    # The release is rescheduled to a time before the next attempt at the old due time.
    revision = actions.unschedule(
        revision=Revision.objects.get(pk=revision.pk), by=newsroom.publisher
    )
    actions.schedule(
        revision=revision,
        by=newsroom.publisher,
        digest=revision.digest,
        at=timezone.now() + timedelta(hours=1),
    )
    soon = timezone.now() - timedelta(seconds=1)
    Revision.objects.filter(pk=revision.pk).update(due_at=soon)
    assert due.overdue() == []
    assert len(due.run_once().done) == 1
    assert not DueFailure.objects.exists()


def test_a_failure_at_a_new_due_time_is_a_first_attempt(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = newsroom.scheduled()
    monkeypatch.setattr(actions, "release", lambda **_: 1 / 0)
    for minutes in (5, 4):
        at = timezone.now() - timedelta(minutes=minutes)
        Revision.objects.filter(pk=revision.pk).update(due_at=at)
        due.run_once()
        failure = DueFailure.objects.get()
        assert (failure.attempts, failure.due_at) == (1, at)


def test_the_list_of_overdue_items_costs_the_same_for_many(newsroom: Newsroom) -> None:
    def late(count: int) -> int:
        for _ in range(count):
            revision = newsroom.scheduled()
            past = timezone.now() - timedelta(hours=1)
            Revision.objects.filter(pk=revision.pk).update(due_at=past)
        with CaptureQueriesContext(connection) as queries:
            due.overdue()
        return len(queries)

    # This call fills the cache of content types, so that both measurements need the same queries.
    due.overdue()
    assert late(1) == late(4)


class _StopAfterThree:
    """A fake event for the loop of ``run_due``, which ends the loop after three runs."""

    def __init__(self) -> None:
        self.rounds = 0

    def wait(self, _seconds: float) -> bool:
        self.rounds += 1
        return self.rounds == 3


def test_the_scheduler_continues_when_the_media_folder_is_full(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    revision = newsroom.scheduled()
    past = timezone.now() - timedelta(seconds=1)
    Revision.objects.filter(pk=revision.pk).update(due_at=past)
    monkeypatch.setattr(media_sync, "resync", full)
    monkeypatch.setattr(run_due, "close_old_connections", lambda: None)
    command = run_due.Command(stdout=StringIO(), stderr=StringIO())
    command.loop(due.new_holder_name(), timedelta(seconds=15), 1.0, _StopAfterThree())
    assert Article.objects.get(pk=revision.object_id).state == State.LIVE


def test_a_full_media_folder_does_not_fail_a_committed_action(
    newsroom: Newsroom,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable,
) -> None:
    image = factories.image(newsroom.editor)
    article = newsroom.live(body=f'<p><img data-image="{image.pk}" alt="图"></p>')

    def full(**_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(media_sync, "resync", full)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        actions.withdraw(obj=article, by=newsroom.publisher, reason="有误")
    assert callbacks


def test_an_expired_object_is_unarchived_as_expired(newsroom: Newsroom) -> None:
    article = actions.archive(obj=newsroom.expired(), by=newsroom.publisher)
    actions.restore(
        obj=article,
        source=article.live_revision,
        by=newsroom.editor,
        token=VersionToken.of(article),
    )
    article.refresh_from_db()
    assert article.state == State.EXPIRED


def test_archiving_and_restoring_a_published_object_invalidates_pages(newsroom: Newsroom) -> None:
    reasons = []

    def receive(**kwargs: object) -> None:
        reasons.append(kwargs["reason"])

    signals.public_listing_changed.connect(receive)
    try:
        article = actions.archive(obj=newsroom.withdrawn(), by=newsroom.publisher)
        actions.restore(
            obj=article,
            source=article.live_revision,
            by=newsroom.editor,
            token=VersionToken.of(article),
        )
        actions.archive(obj=newsroom.draft().target, by=newsroom.editor)
    finally:
        signals.public_listing_changed.disconnect(receive)
    assert reasons == ["workflow.archive", "workflow.restore"]


def test_a_correction_without_a_picture_withdraws_its_files(newsroom: Newsroom) -> None:
    """The signal contains the removed image, so that its files leave the public folder."""
    old, new = (factories.image(newsroom.editor) for _ in range(2))
    row = {"alt": "图", "caption": "", "credit": "", "focal_x": 50, "focal_y": 50}
    article = newsroom.live(pictures=[{"image": old.pk, **row}])
    newsroom.save(article, pictures=[{"image": new.pk, **row}])
    revision = actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.TYPOGRAPHICAL,
        token=VersionToken.of(article),
    )
    revision = newsroom.approve(newsroom.submit(revision))
    announced: list[set[int]] = []

    def receive(*, images: set[int], **kwargs: object) -> None:
        announced.append(images)

    signals.public_changed.connect(receive)
    try:
        newsroom.release(revision)
    finally:
        signals.public_changed.disconnect(receive)
    assert announced == [{old.pk, new.pk}]


def test_the_history_loads_no_content(newsroom: Newsroom, client: Client) -> None:
    article = newsroom.draft().target
    newsroom.save(article, body="<p>又一稿。</p>")
    client.force_login(newsroom.editor)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"/admin/news/article/{article.pk}/history/")
    assert answer.status_code == 200
    assert not [q for q in queries if '"publishing_snapshot"."content"' in q["sql"]]


@pytest.mark.django_db(transaction=True)
def test_a_column_is_moved_while_an_article_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom = Newsroom()
    old, new = factories.column(), factories.column()
    column = factories.column(parent=old)
    newsroom.column = column
    newsroom.live()
    revision = newsroom.approved()
    derived, moved = Event(), Event()
    real = public_row._write_attached_rows

    def write_slowly(*args: object) -> None:
        real(*args)
        derived.set()
        moved.wait(0.5)

    def release() -> None:
        try:
            newsroom.release(revision)
        finally:
            connection.close()

    monkeypatch.setattr(public_row, "_write_attached_rows", write_slowly)
    thread = Thread(target=release)
    thread.start()
    derived.wait(10)
    try:
        with transaction.atomic():
            column.parent = new
            move_column(column)
    finally:
        moved.set()
        thread.join()
    assert set(Article.objects.values_list("section", flat=True)) == {new.pk}
    assert list_counts.total(Column.objects.get(pk=new.pk).list_key) == 2
    stored = set(ListCount.objects.filter(count__gt=0).values_list("key", "month", "count"))
    list_counts.rebuild_counts(Article)
    assert stored == set(ListCount.objects.values_list("key", "month", "count"))
