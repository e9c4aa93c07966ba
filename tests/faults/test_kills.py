"""``kill -9`` at any point of a release, then one ``run_due``: rows and files are consistent.

An acknowledged release must be public. Any other release must be public completely or not at all;
in the latter case it can be repeated.
"""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from django.core.files.storage import default_storage, storages
from django.db import connection

from news.models import Article
from portal.audit.models import Entry
from portal.audit.verification import verify
from portal.library import files
from portal.library.models import PublicUse
from portal.publishing import actions, list_counts
from portal.publishing.models import AttachedPicture, ListCount, Revision
from portal.publishing.states import RevisionState, State
from tests import browser, factories
from tests.faults import fork_server
from tests.faults.fork_server import ForkServer
from tests.workload import FULL_WORKLOAD, workload

KILLS = workload(200, 6)
#: Number of images in each article: with many images, the time between the commit and the end of
#: the request is long enough for kills to hit it.
PICTURES = workload(60, 20)

BEFORE = "before the commit"
BEFORE_MEDIA = "after the commit, before the media"
DURING_MEDIA = "during the media"
AFTER = "after the media"
ANSWERED = "after the answer"
PHASES = (BEFORE, BEFORE_MEDIA, DURING_MEDIA, AFTER, ANSWERED)


@pytest.fixture
def server(transactional_db: None) -> Iterator[ForkServer]:
    with fork_server.start(browser.server_environment(), str(browser.BASE)) as opened:
        yield opened


def test_no_acknowledged_release_is_lost_and_all_is_consistent(server: ForkServer) -> None:
    newsroom = factories.Newsroom()
    images = [factories.image(newsroom.editor) for _ in range(PICTURES)]
    pictures = [
        {"image": image.pk, "alt": "法院外景", "caption": "", "credit": ""}
        | {"focal_x": 50, "focal_y": 50}
        for image in images
    ]
    aim = Aim([_timed(server, newsroom, pictures) for _ in range(5)])
    phases: Counter[str] = Counter()
    revision = newsroom.approved(pictures=pictures)
    for _kill in range(KILLS):
        delay = aim.next()
        child = server.begin("release", revision=revision.pk, by=newsroom.publisher.pk)
        time.sleep(delay)
        server.kill_child(child)
        _wait_for_its_connection_to_end()

        revision.refresh_from_db()
        phase = _phase(revision, images, was_answered=child.done)
        phases[phase] += 1
        aim.learn(delay, phase)

        server.do("run_due")
        article = _assert_consistent(revision, len(pictures), was_answered=child.done)
        # If the article is not live, the next kill hits a release of the same revision.
        if article.state == State.LIVE:
            actions.withdraw(obj=article, by=newsroom.publisher, reason="再来一次。")
            assert not _public_names()
            revision = newsroom.approved(pictures=pictures)
    print(f"\n{connection.vendor}: {KILLS} kills; {aim}")
    for phase in PHASES:
        print(f"  {phase:28} {phases[phase]:4}  {'#' * phases[phase]}")
    if FULL_WORKLOAD:
        assert set(phases) == set(PHASES)


def _timed(
    server: ForkServer, newsroom: factories.Newsroom, pictures: list[dict]
) -> tuple[float, float]:
    """Release without a kill; return the seconds until the commit and until the end."""
    revision = newsroom.approved(pictures=pictures)
    child = server.do("release", revision=revision.pk, by=newsroom.publisher.pk, timed=True)
    article = Article.objects.get(pk=revision.object_id)
    actions.withdraw(obj=article, by=newsroom.publisher, reason="试时。")
    return child.messages[-1]["commit"], child.messages[-1]["end"]


class Aim:
    """Chooses the time of each kill, over the whole duration of a release.

    Most kills are aimed at the time after the commit. The expected time of the commit is adjusted
    by the phase that each kill has hit, because the durations of releases vary.
    """

    def __init__(self, measured: list[tuple[float, float]]) -> None:
        self.commit = statistics.median(commit for commit, _end in measured)
        self.media = statistics.median(end - commit for commit, end in measured)
        self.measured = (self.commit, self.media)
        self.random = random.Random(20_211_022)
        self.shot = 0

    def next(self) -> float:
        self.shot += 1
        span = {
            0: (0, self.commit),
            1: (self.commit * 0.9, self.commit + self.media * 0.3),
            2: (self.commit, self.commit + self.media),
            3: (self.commit, self.commit + self.media),
            4: (self.commit + self.media * 0.8, (self.commit + self.media) * 1.2),
        }[self.shot % 5]
        return self.random.uniform(*span)

    def learn(self, delay: float, phase: str) -> None:
        if phase == BEFORE and delay > self.commit:
            self.commit += (delay - self.commit) * 0.3
        elif phase != BEFORE and delay < self.commit:
            self.commit -= (self.commit - delay) * 0.3

    def __str__(self) -> str:
        commit, media = self.measured
        return (
            f"a release commits after {commit * 1000:.0f} ms, its media take {media * 1000:.0f} ms"
        )


def _wait_for_its_connection_to_end() -> None:
    """Wait until PostgreSQL has closed the database connections of the killed process.

    PostgreSQL completes the last statement of a killed client, which may be COMMIT.
    """
    if connection.vendor != "postgresql":
        return
    deadline = time.monotonic() + 300
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s",
                [fork_server.NAME],
            )
            if not cursor.fetchone()[0]:
                return
            time.sleep(0.002)
    pytest.fail("the connection of a killed process stays open")


def _phase(revision: Revision, images: list, *, was_answered: bool) -> str:
    if revision.state != RevisionState.RELEASED:
        assert not was_answered
        return BEFORE
    if was_answered:
        return ANSWERED
    wanted = {name for image in images for name in image.public_file_names}
    there = _public_names()
    if wanted <= there:
        return AFTER
    return DURING_MEDIA if wanted & there else BEFORE_MEDIA


def _public_names() -> set[str]:
    return set(files.iter_names(storages["public"]))


def _assert_consistent(revision: Revision, pictures: int, *, was_answered: bool) -> Article:
    revision = Revision.objects.get(pk=revision.pk)
    article = Article.objects.get(pk=revision.object_id)
    released = revision.state == RevisionState.RELEASED
    assert released or not was_answered  # no acknowledged release may be lost
    # The database rows must be consistent with each other.
    uses = PublicUse.objects.filter(owner_type=revision.content_type, owner_id=article.pk)
    rows = AttachedPicture.objects.filter(content_type=revision.content_type, object_id=article.pk)
    if released:
        assert article.state == State.LIVE
        assert article.current_content() == revision.content
        assert (uses.count(), rows.count()) == (pictures, pictures)
    else:
        assert (revision.state, article.state) == (RevisionState.APPROVED, State.UNRELEASED)
        assert (article.title, article.published_at, revision.released_at) == ("", None, None)
        assert (uses.count(), rows.count()) == (0, 0)
    positions = Counter(
        position
        for public in Article.objects.public()
        for position in list_counts.list_positions(public)
    )
    stored_counts = ListCount.objects.exclude(count=0).values_list("key", "month", "count")
    assert {(key, month): count for key, month, count in stored_counts} == dict(positions)
    # The public media folder must be consistent with the database rows.
    wanted = {
        name
        for use in PublicUse.objects.select_related("image")
        for name in use.image.public_file_names
    }
    assert _public_names() == wanted
    for name in wanted:
        assert storages["public"].size(name) == default_storage.size(name)
    # The audit log must be consistent with the database rows.
    assert verify().problem == ""
    logged = Entry.objects.filter(action="workflow.release", object_id=str(article.pk))
    assert [entry.details["digest"] for entry in logged] == [revision.digest] * released
    return article
