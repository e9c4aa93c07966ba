"""One number, many processes: the store never goes back, and other code means other pages."""

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


def until(true: Callable[[], bool]) -> None:
    """As soon as it is so; tests/faults measures how soon."""
    for _look in range(1000):
        if true():
            return
        threading.Event().wait(0.02)
    pytest.fail("It never came.")


def stop(thread: GenerationWatcher | Warmer) -> None:
    thread.stopped.set()
    thread.join()


def test_following_serves_what_the_database_says(node: Node) -> None:
    for _ in range(3):
        bump_generation()
        sync_store()
        assert served() == generations.current_state().number


def test_it_never_goes_back_whoever_is_late(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that read an older number, and only then got its turn."""
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


def test_many_at_once_end_at_the_newest(node: Node) -> None:
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


def test_other_code_turns_the_pages_over_once(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    sync.take_ownership()
    before = generations.current_state().number
    monkeypatch.setattr(sync, "fingerprint", lambda: "otherother12")
    monkeypatch.setattr(sync, "STARTED", time.time() + 60)
    for _ in range(3):
        sync.take_ownership()
    assert generations.current_state().number == before + 1
    assert sync_store().fingerprint == "otherother12"


def test_code_of_before_follows_and_files_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a server is restarted, both are at work."""
    sync.take_ownership()
    with monkeypatch.context() as patch:
        patch.setattr(sync, "fingerprint", lambda: "otherother12")
        patch.setattr(sync, "STARTED", time.time() + 60)
        sync.take_ownership()
    assert sync_store().fingerprint == "otherother12"
    assert node.ask("/").status == 200
    assert node.files() == set()


def test_a_turn_elsewhere_is_followed(node: Node) -> None:
    sync_store()
    follower = GenerationWatcher()
    follower.start()
    bump_generation()  # by another node, which doesn't touch this one's disk
    until(lambda: served() == 1)
    stop(follower)
    assert sync.FOLLOW_SECONDS + sync.PREPARE_SECONDS < 1


def test_what_must_come_first_comes_first(node: Node) -> None:
    """The media folder is settled before a turn shows what needs it."""
    order: list[str] = []
    done = threading.Event()

    def before() -> None:
        if generations.current_state().number == 1 and not order:
            order.append(f"media while {served()}")
            done.set()

    sync_store()
    follower = GenerationWatcher(Preparation(before))
    bump_generation()
    follower.start()
    assert done.wait(20)
    stop(follower)
    assert order == ["media while 0"]


def test_a_media_folder_that_fails_or_hangs_holds_no_turn_back(node: Node) -> None:
    hanging, begun = threading.Event(), []

    def before() -> None:
        begun.append(served())
        if len(begun) == 1:
            raise ValueError("a storage that nobody expected to say this")
        hanging.wait(20)

    sync_store()
    follower = GenerationWatcher(Preparation(before))
    follower.start()
    for number in (1, 2, 3):
        bump_generation(forbid_stale=True)
        until(lambda number=number: served() == number)
    assert len(begun) == 2  # what hangs is not begun a second time
    hanging.set()
    stop(follower)


def test_a_disk_that_cannot_turn_serves_nothing_of_before(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full, say: readers get what is so now, and no copy of what was withdrawn."""
    old = node.ask("/").text
    assert "index.html" in node.files()
    with transaction.atomic():
        SiteSettings.objects.update_or_create(pk=1, defaults={"name": "新的名字"})
        generations.bump_generation(forbid_stale=True)

    monkeypatch.setattr("pathlib.Path.mkdir", full)
    with pytest.raises(OSError, match="No space"):
        sync_store()
    assert node.files() == node.files("last") == set()
    answer = node.ask("/")
    assert (answer.status, "新的名字" in answer.text) == (200, True)
    assert "新的名字" not in old
    monkeypatch.undo()


def test_a_claim_that_cannot_be_written_turns_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync.take_ownership()
    before = generations.current_state().number
    with monkeypatch.context() as patch:
        patch.setattr(sync, "fingerprint", lambda: "otherother12")
        patch.setattr("pathlib.Path.write_text", full)
        patch.setattr(sync, "STARTED", time.time() + 60)
        for _ in range(3):
            with pytest.raises(OSError, match="No space"):
                sync.take_ownership()
    assert generations.current_state().number == before


def test_who_was_started_earlier_takes_nothing_back(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync.take_ownership()
    before = generations.current_state().number
    with monkeypatch.context() as patch:
        patch.setattr(sync, "fingerprint", lambda: "otherother12")
        patch.setattr(sync, "STARTED", 0)  # long before the store was claimed
        sync.take_ownership()
        with pytest.raises(sync.FingerprintMismatch):
            sync.ensure_ownership()
    assert generations.current_state().number == before
    sync.ensure_ownership()


def full(*args: object, **kwargs: object) -> None:
    raise OSError(28, "No space left on device")


def read_only(*args: object, **kwargs: object) -> None:
    raise OSError(30, "Read-only file system")


def test_a_disk_that_takes_no_change_at_all_serves_nothing_of_before(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The links still lead to the pages of before, but this process knows better."""
    assert node.ask("/").status == 200
    assert node.ask("/").status == 200  # from memory
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
    sync_store()  # the disk is mended
    assert "新的名字" in node.ask("/").text
    assert "index.html" in node.files()


def test_where_nothing_can_be_claimed_turns_are_followed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync.take_ownership()
    sync_store()
    monkeypatch.setattr("pathlib.Path.write_text", full)
    monkeypatch.setattr(sync, "_boot", lambda: "another")
    monkeypatch.setattr(sync, "STARTED", time.time() + 60)
    follower = GenerationWatcher()
    follower.start()
    bump_generation(forbid_stale=True)
    until(lambda: served() == generations.current_state().number)
    stop(follower)
    node.store.start()
    bump_generation(forbid_stale=True)
    until(lambda: served() == generations.current_state().number)


@pytest.mark.parametrize("found", ["", "otherother12 boot"])
def test_a_claim_from_the_future_or_without_words_is_nobodys(node: Node, found: str) -> None:
    """A clock was wrong, or the power failed: either way it must not stand for ever."""
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


def test_being_behind_is_told_though_the_dates_run_ahead(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many quick turns, or by a clock that was wrong."""
    sync_store()
    bump_generation()
    generations.SiteGeneration.objects.update(timestamp=int(time.time()) + 86_400)
    assert sync.generations_behind() == 0  # for a moment every node is
    passed = time.monotonic() + sync.BEHIND_SECONDS
    monkeypatch.setattr(sync.time, "monotonic", lambda: passed)
    assert sync.generations_behind() == 1
    sync_store()
    assert sync.generations_behind() == 0


def test_who_renders_by_other_code_says_so_once(
    node: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that was not restarted with the server: it stores nothing, and warms nothing."""
    sync.take_ownership()
    sync_store()
    monkeypatch.setattr(sync, "fingerprint", lambda: "otherother12")
    monkeypatch.setattr(sync, "STARTED", 0)
    warmed_up: list[str] = []
    follower = GenerationWatcher()
    warmer = Warmer(lambda: ["/"], warmed_up.append)
    for thread in (follower, warmer):
        thread.start()
    for _ in range(2):
        bump_generation()
        until(lambda: served() == generations.current_state().number)
    stop(follower)
    stop(warmer)
    assert warmed_up == []
    assert [record.message for record in caplog.records if "other code" in record.message] == [
        "This process has other code or other settings than the server that the page store "
        "belongs to: it stores nothing. Restart it."
    ]


def test_a_new_day_is_one_turn_whoever_sees_it(node: Node) -> None:
    bump_generation()
    today = timezone.localdate()
    assert [generations.bump_for_new_day(today) for _ in range(3)] == [True, False, False]
    assert generations.bump_for_new_day(today + timezone.timedelta(days=1))
    assert generations.current_state().number == 3


def warmed(warmer: Warmer, until: Any) -> None:
    warmer.start()
    assert until.wait(30)
    warmer.stopped.set()
    warmer.join()


def test_the_warm_up_fills_in_order_and_packs_well(node: Node) -> None:
    order: list[str] = []
    done = threading.Event()

    def addresses() -> Iterable[str]:
        yield from ("/", "/corrections/", "/no-such-page/", "/search/")
        done.set()

    def warm(path: str) -> bool:
        order.append(path)
        return node.store.warm(path)

    sync.sync_store()
    warmed(Warmer(addresses, warm), done)
    assert order[:4] == ["/", "/corrections/", "/no-such-page/", "/search/"]
    pages = ("index.html", "corrections/index.html")
    assert (
        node.files()
        == node.files("last")
        == {f"{page}{suffix}" for page in pages for suffix in ("", ".gz", ".br")}
    )


def test_a_turn_begins_the_warm_up_anew(node: Node) -> None:
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
    warmed(Warmer(lambda: ["/a/", "/b/"], warm), done)
    assert order[:3] == ["/a/", "/a/", "/b/"]


def test_what_could_not_be_warmed_is_tried_once_more(node: Node) -> None:
    order: list[str] = []
    done = threading.Event()

    def warm(path: str) -> bool:
        order.append(path)
        if order.count("/a/") == 2:
            done.set()
        return path == "/b/"

    sync.sync_store()
    warmed(Warmer(lambda: ["/a/", "/b/"], warm), done)
    assert order == ["/a/", "/b/", "/a/"]


def test_a_restored_database_is_followed_back(node: Node) -> None:
    """A number may go back only with the whole database, which is then what counts."""
    for _ in range(3):
        bump_generation()
    sync_store()
    generations.SiteGeneration.objects.update(number=1, oldest_servable=0)
    sync_store()
    assert served() == 1


def test_the_store_lies_where_it_should(node: Node) -> None:
    assert store().root == Path(settings.PAGESTORE_ROOT)
