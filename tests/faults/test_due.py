"""Four processes apply each due item exactly once, although the owner of the lease is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from news.models import Article
from portal.audit.models import Entry
from portal.audit.verification import verify
from portal.library.actions import set_hidden
from portal.publishing import due
from portal.publishing.models import DueFailure, Lease, Revision
from portal.publishing.states import RevisionState, State
from tests import browser, bulk, factories
from tests.workload import workload

ITEMS = workload(500, 40)
WORKERS = 4
#: Number of items that expire; all other items are released.
EXPIRIES = ITEMS // 5
LEASE_SECONDS = 1.0
TIMEOUT_SECONDS = 600


@pytest.mark.usefixtures("transactional_db")
def test_each_item_is_applied_once_though_the_holder_is_killed() -> None:
    with _workers() as workers:  # the workers run already while the items are created
        failing = _make_due()
        expected = ITEMS - len(failing)
        _wait_until(lambda: _count_done() >= expected // 10, workers)
        killed = _kill_the_holder(workers)
        done_before = _count_done()
        _wait_until(lambda: _count_done() == expected, workers)
        _wait_until(lambda: DueFailure.objects.count() == len(failing), workers)
        successor = _holder()
        assert successor != killed
        assert successor in {worker.pid for worker in workers}
    outputs = [worker.output() for worker in workers]
    assert [worker.code for worker in workers].count(0) == WORKERS - 1

    # Each item must appear exactly once in the audit log. A worker prints an item after its commit,
    # so a killed worker may not have printed its last one: each appears at most once there.
    logged = Counter(Entry.objects.filter(actor_label="run_due").values_list("action", "object_id"))
    assert set(logged.values()) == {1}
    assert Counter(action for action, _object in logged) == {
        "workflow.release": expected - EXPIRIES,
        "workflow.expire": EXPIRIES,
    }
    lines = Counter(line for output in outputs for line in output if line.startswith("done: "))
    assert set(lines.values()) <= {1}
    assert verify().problem == ""
    assert Article.objects.filter(state=State.EXPIRED).count() == EXPIRIES
    assert not Article.objects.public().filter(expires_at__lte=timezone.now()).exists()

    # The failed items must not stop the other items; they are overdue and still scheduled.
    late = due.overdue()
    assert {(obj.pk, kind) for kind, obj, _at, _reason in late} == {
        (revision.object_id, DueFailure.Kind.RELEASE.label) for revision in failing
    }
    assert all(reason for _kind, _obj, _at, reason in late)
    for revision in failing:
        revision.refresh_from_db()
        assert revision.state == RevisionState.SCHEDULED
        assert revision.target.state == State.UNRELEASED
    print(
        f"\n{connection.vendor}: {ITEMS} due items, {WORKERS} workers, one killed as the holder"
        f" after {done_before} items; {expected} done once each, {len(failing)} failed and overdue"
    )


def _make_due() -> list[Revision]:
    """Create releases and expiries due an hour ago; return the revisions that must fail."""
    newsroom = factories.Newsroom()
    newsroom.column.review_steps = 1
    newsroom.column.save()
    bulk.articles(EXPIRIES, by=newsroom.editor)
    image = factories.image(newsroom.editor)
    picture = {"image": image.pk, "alt": "旧照", "caption": "", "credit": ""}
    later = timezone.now() + timedelta(days=1)
    failing = []
    for number in range(ITEMS - EXPIRIES):
        # The failing items are spread over all items, so that other items follow each of them. A
        # release fails because its image is hidden after the approval.
        fails = number % 19 == 7
        pictures = [picture | {"focal_x": 50, "focal_y": 50}] if fails else []
        revision = newsroom.scheduled(later, pictures=pictures)
        if fails:
            failing.append(revision)
    set_hidden(media_file=image, hidden=True, by=newsroom.editor)
    # Move the due times of all items into the past.
    past = timezone.now() - timedelta(hours=1)
    Revision.objects.filter(state=RevisionState.SCHEDULED).update(due_at=past)
    Article.objects.public().update(expires_at=past)
    return failing


class Worker:
    """A process that runs ``manage.py run_due --loop``."""

    def __init__(self, number: int) -> None:
        self.log = Path(settings.VAR_DIR) / f"run-due-{number}.log"
        command = [sys.executable, str(browser.BASE / "manage.py"), "run_due", "--loop"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--interval", "0.05", "--lease", str(LEASE_SECONDS)],
                env={**browser.server_environment(), "PYTHONUNBUFFERED": "1"},
                cwd=browser.BASE,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pid = self.process.pid
        self.code = 0

    def output(self) -> list[str]:
        return self.log.read_text(errors="replace").splitlines()


@contextmanager
def _workers() -> Iterator[list[Worker]]:
    workers = [Worker(number) for number in range(WORKERS)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.code = worker.process.wait(60)


def _count_done() -> int:
    return Entry.objects.filter(actor_label="run_due").count()


def _holder() -> int:
    """Return the id of the process that owns the lease, which is part of the owner's name."""
    lease = Lease.objects.get(name=due.LEASE_NAME)
    return int(lease.holder.split(":")[1])


def _kill_the_holder(workers: list[Worker]) -> int:
    """Kill the owner of the lease; return its process id.

    The process is stopped before the lease is checked, so that it owns the lease when it dies.
    """
    while True:
        pid = _holder()
        os.kill(pid, signal.SIGSTOP)
        lease = Lease.objects.get(name=due.LEASE_NAME)
        if int(lease.holder.split(":")[1]) == pid and lease.until > timezone.now():
            break
        os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGKILL)
    next(worker for worker in workers if worker.pid == pid).process.wait(10)
    return pid


def _wait_until(is_reached, workers: list[Worker]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not is_reached():
        if time.monotonic() > deadline:
            pytest.fail("\n".join("\n".join(worker.output()[-20:]) for worker in workers))
        time.sleep(0.02)
