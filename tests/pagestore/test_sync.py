"""The store switches to each new generation of the database, and one code version owns it.

A switch to an older generation happens only after a database was restored from a backup.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.pagestore import generations, sync
from portal.pagestore.sync import GenerationWatcher, Preparation, Warmer, store, sync_store
from portal.site.models import SiteSettings
from tests.pagestore.node import Node


def bump_generation(*, forbid_stale: bool = False) -> None:
    with transaction.atomic():
        generations.bump_generation(forbid_stale=forbid_stale)


def served() -> int:
    return int(store().current_name().partition("-")[0])


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the condition is true; tests/faults measures the time of such waits."""
    for _look in range(1000):
        if condition():
            return
        threading.Event().wait(0.02)
    pytest.fail("The condition never became true.")


def stop(thread: GenerationWatcher | Warmer) -> None:
    thread.stopped.set()
    thread.join()


def test_the_store_follows_the_database(node: Node) -> None:
    for _ in range(3):
        bump_generation()
        sync_store()
        assert served() == generations.current_state().number


def test_the_store_never_goes_back(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has read an old generation must not switch back after another process.

    It may get the lock later than a process that has read the new generation.
    """
    bump_generation()
    old = generations.current_state()
    bump_generation()
    sync_store()
    newest = served()
    reads = iter([old])
    real = generations.current_state
    monkeypatch.setattr(generations, "current_state", lambda: next(reads, None) or real())
    sync_store()
    assert served() == newest


def test_concurrent_syncs_end_at_the_newest_generation(node: Node) -> None:
    def work() -> None:
        for _ in range(5):
            bump_generation()
            sync_store()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert served() == generations.current_state().number == 20


def test_other_code_raises_the_generation_once(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    sync.take_ownership()
    before = generations.current_state().number
    monkeypatch.setattr(sync, "fingerprint", lambda: "otherother12")
    monkeypatch.setattr(sync, "PROCESS_STARTED_AT", time.time() + 60)
    for _ in range(3):
        sync.take_ownership()
    assert generations.current_state().number == before + 1
    assert sync_store().fingerprint == "otherother12"


def test_older_code_syncs_but_stores_nothing(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """During a restart of the server, processes with the old code must not store their pages."""
    sync.take_ownership()
    with monkeypatch.context() as patch:
        patch.setattr(sync, "fingerprint", lambda: "otherother12")
        patch.setattr(sync, "PROCESS_STARTED_AT", time.time() + 60)
        sync.take_ownership()
    assert sync_store().fingerprint == "otherother12"
    assert node.ask("/").status == 200
    assert node.files() == set()


def test_a_generation_of_another_node_is_followed(node: Node) -> None:
    sync_store()
    watcher = GenerationWatcher()
    watcher.start()
    bump_generation()  # only the database changes, as if another node had made the change
    wait_until(lambda: served() == 1)
    stop(watcher)
    assert sync.POLL_SECONDS + sync.PREPARE_TIMEOUT_SECONDS < 1


def test_the_preparation_runs_before_the_switch(node: Node) -> None:
    """Media files must be published before the store serves pages that use them."""
    order: list[str] = []
    done = threading.Event()

    def before() -> None:
        if generations.current_state().number == 1 and not order:
            order.append(f"media while {served()}")
            done.set()

    sync_store()
    watcher = GenerationWatcher(Preparation(before))
    bump_generation()
    watcher.start()
    assert done.wait(20)
    stop(watcher)
    assert order == ["media while 0"]


def test_a_failing_or_hanging_preparation_delays_no_switch(node: Node) -> None:
    hanging, begun = threading.Event(), []

    def before() -> None:
        begun.append(served())
        if len(begun) == 1:
            raise ValueError("an unexpected error of the storage")
        hanging.wait(20)

    sync_store()
    watcher = GenerationWatcher(Preparation(before))
    watcher.start()
    for number in (1, 2, 3):
        bump_generation(forbid_stale=True)
        wait_until(lambda number=number: served() == number)
    assert len(begun) == 2  # while a preparation hangs, no other is started
    hanging.set()
    stop(watcher)


def test_a_full_disk_serves_nothing_outdated(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk, readers get rendered pages instead of copies that may be withdrawn."""
    old = node.ask("/").text
    assert "index.html" in node.files()
    with transaction.atomic():
        SiteSettings.objects.update_or_create(pk=1, defaults={"name": "新的名字"})
        generations.bump_generation(forbid_stale=True)

    monkeypatch.setattr("pathlib.Path.mkdir", full)
    with pytest.raises(OSError, match="No space"):
        sync_store()
    assert node.files() == node.files("fallback") == set()
    answer = node.ask("/")
    assert (answer.status, "新的名字" in answer.text) == (200, True)
    assert "新的名字" not in old
    monkeypatch.undo()


def test_unwritable_ownership_raises_no_generation(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync.take_ownership()
    before = generations.current_state().number
    with monkeypatch.context() as patch:
        patch.setattr(sync, "fingerprint", lambda: "otherother12")
        patch.setattr("pathlib.Path.write_text", full)
        patch.setattr(sync, "PROCESS_STARTED_AT", time.time() + 60)
        for _ in range(3):
            with pytest.raises(OSError, match="No space"):
                sync.take_ownership()
    assert generations.current_state().number == before


def test_a_process_started_earlier_does_not_take_ownership(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync.take_ownership()
    before = generations.current_state().number
    with monkeypatch.context() as patch:
        patch.setattr(sync, "fingerprint", lambda: "otherother12")
        patch.setattr(sync, "PROCESS_STARTED_AT", 0)  # it started long before the owner
        sync.take_ownership()
        with pytest.raises(sync.FingerprintMismatch):
            sync.ensure_ownership()
    assert generations.current_state().number == before
    sync.ensure_ownership()


def full(*args: object, **kwargs: object) -> None:
    raise OSError(28, "No space left on device")


def read_only(*args: object, **kwargs: object) -> None:
    raise OSError(30, "Read-only file system")


def test_a_read_only_disk_serves_nothing_outdated(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a read-only disk the links point to outdated pages, which must not be served."""
    assert node.ask("/").status == 200
    assert node.ask("/").status == 200  # the second response is from the memory cache
    with transaction.atomic():
        SiteSettings.objects.update_or_create(pk=1, defaults={"name": "新的名字"})
        generations.bump_generation(forbid_stale=True)
    with monkeypatch.context() as patch:
        for name in ("pathlib.Path.mkdir", "pathlib.Path.unlink", "os.symlink", "os.replace"):
            patch.setattr(name, read_only)
        with pytest.raises(OSError, match="Read-only"):
            sync_store()
        assert "index.html" in node.files()
        for encodings in ("", "gzip"):
            assert "新的名字" in node.ask("/", accept_encoding=encodings).text
    sync_store()  # now the disk is writable again
    assert "新的名字" in node.ask("/").text
    assert "index.html" in node.files()


def test_the_store_is_synced_without_ownership(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    sync.take_ownership()
    sync_store()
    monkeypatch.setattr("pathlib.Path.write_text", full)
    monkeypatch.setattr(sync, "_boot_id", lambda: "another")
    monkeypatch.setattr(sync, "PROCESS_STARTED_AT", time.time() + 60)
    watcher = GenerationWatcher()
    watcher.start()
    bump_generation(forbid_stale=True)
    wait_until(lambda: served() == generations.current_state().number)
    stop(watcher)
    node.store.start()
    bump_generation(forbid_stale=True)
    wait_until(lambda: served() == generations.current_state().number)


@pytest.mark.parametrize("found", ["", "otherother12 boot"])
def test_ownership_from_the_future_or_empty_is_invalid(node: Node, found: str) -> None:
    """A process can take ownership if the file has a future date or is empty.

    A wrong clock or a power failure may leave such a file.
    """
    sync.take_ownership()
    before = generations.current_state().number
    file = store().root / "code"
    file.write_text(found)
    ahead = time.time() + 86_400
    os.utime(file, (ahead, ahead))
    for _ in range(2):
        sync.take_ownership()
    assert generations.current_state().number == before + 1
    assert sync.may_store(sync_store())


def test_lag_is_reported_though_timestamps_are_in_the_future(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After many quick changes or with a wrong clock, timestamps are later than the current time.

    The lag must be reported all the same.
    """
    sync_store()
    bump_generation()
    generations.SiteGeneration.objects.update(timestamp=int(time.time()) + 86_400)
    assert sync.generations_behind() == 0  # LAG_GRACE_SECONDS have not passed yet
    passed = time.monotonic() + sync.LAG_GRACE_SECONDS
    monkeypatch.setattr(sync.time, "monotonic", lambda: passed)
    assert sync.generations_behind() == 1
    sync_store()
    assert sync.generations_behind() == 0


def test_a_process_with_other_code_warns_once(
    node: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that was not restarted with the server must warn, and store and warm nothing."""
    sync.take_ownership()
    sync_store()
    monkeypatch.setattr(sync, "fingerprint", lambda: "otherother12")
    monkeypatch.setattr(sync, "PROCESS_STARTED_AT", 0)
    warmed_up: list[str] = []
    watcher = GenerationWatcher()
    warmer = Warmer(lambda: ["/"], warmed_up.append)
    for thread in (watcher, warmer):
        thread.start()
    for _ in range(2):
        bump_generation()
        wait_until(lambda: served() == generations.current_state().number)
    stop(watcher)
    stop(warmer)
    assert warmed_up == []
    assert [entry.message for entry in caplog.records if "other code" in entry.message] == [
        "This process has other code or other settings than the server that the page store "
        "belongs to: it stores nothing. Restart it."
    ]


def test_a_new_day_raises_the_generation_once(node: Node) -> None:
    bump_generation()
    today = timezone.localdate()
    assert [generations.bump_for_new_day(today) for _ in range(3)] == [True, False, False]
    assert generations.bump_for_new_day(today + timezone.timedelta(days=1))
    assert generations.current_state().number == 3


def run_warmer(warmer: Warmer, done: Any) -> None:
    warmer.start()
    assert done.wait(30)
    warmer.stopped.set()
    warmer.join()


def test_the_warmer_works_in_order_and_compresses(node: Node) -> None:
    order: list[str] = []
    done = threading.Event()

    def addresses() -> Iterable[str]:
        yield from ("/", "/corrections/", "/no-such-page/", "/search/")
        done.set()

    def warm(path: str) -> bool:
        order.append(path)
        return node.store.warm(path)

    sync.sync_store()
    run_warmer(Warmer(addresses, warm), done)
    assert order[:4] == ["/", "/corrections/", "/no-such-page/", "/search/"]
    pages = ("index.html", "corrections/index.html")
    assert (
        node.files()
        == node.files("fallback")
        == {f"{page}{suffix}" for page in pages for suffix in ("", ".gz", ".br")}
    )


def test_a_new_generation_restarts_the_warmer(node: Node) -> None:
    order: list[str] = []
    done = threading.Event()

    def warm(path: str) -> bool:
        order.append(path)
        if order == ["/a/"]:
            bump_generation()
            sync_store()
        if path == "/b/":
            done.set()
        return True

    sync.sync_store()
    run_warmer(Warmer(lambda: ["/a/", "/b/"], warm), done)
    assert order[:3] == ["/a/", "/a/", "/b/"]


def test_failed_pages_are_retried_once(node: Node) -> None:
    order: list[str] = []
    done = threading.Event()

    def warm(path: str) -> bool:
        order.append(path)
        if order.count("/a/") == 2:
            done.set()
        return path == "/b/"

    sync.sync_store()
    run_warmer(Warmer(lambda: ["/a/", "/b/"], warm), done)
    assert order == ["/a/", "/b/", "/a/"]


def test_a_restored_database_is_followed(node: Node) -> None:
    """A database that was restored from a backup has a lower number, which the store must serve."""
    for _ in range(3):
        bump_generation()
    sync_store()
    generations.SiteGeneration.objects.update(number=1, oldest_servable=0)
    sync_store()
    assert served() == 1


def test_the_store_is_in_the_configured_folder(node: Node) -> None:
    assert store().root == Path(settings.PAGESTORE_ROOT)
