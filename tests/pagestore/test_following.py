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

from portal.pagestore import following, turns
from portal.pagestore.following import Follower, Preparation, Warmer, follow, store
from portal.site.models import SiteSettings
from tests.pagestore.node import Node


def turn(*, takes_back: bool = False) -> None:
    with transaction.atomic():
        turns.turn(takes_back=takes_back)


def served() -> int:
    return int(store().current_name().partition("-")[0])


def until(true: Callable[[], bool]) -> None:
    """As soon as it is so; tests/faults measures how soon."""
    for _look in range(1000):
        if true():
            return
        threading.Event().wait(0.02)
    pytest.fail("It never came.")


def stop(thread: Follower | Warmer) -> None:
    thread.stopped.set()
    thread.join()


def test_following_serves_what_the_database_says(node: Node) -> None:
    for _ in range(3):
        turn()
        follow()
        assert served() == turns.standing().number


def test_it_never_goes_back_whoever_is_late(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that read an older number, and only then got its turn."""
    turn()
    old = turns.standing()
    turn()
    follow()
    newest = served()
    reads = iter([old])
    real = turns.standing
    monkeypatch.setattr(turns, "standing", lambda: next(reads, None) or real())
    follow()
    assert served() == newest


def test_many_at_once_end_at_the_newest(node: Node) -> None:
    def work() -> None:
        for _ in range(5):
            turn()
            follow()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert served() == turns.standing().number == 20


def test_other_code_turns_the_pages_over_once(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    following.claim()
    before = turns.standing().number
    monkeypatch.setattr(following, "fingerprint", lambda: "otherother12")
    monkeypatch.setattr(following, "STARTED", time.time() + 60)
    for _ in range(3):
        following.claim()
    assert turns.standing().number == before + 1
    assert follow().fingerprint == "otherother12"


def test_code_of_before_follows_and_files_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a server is restarted, both are at work."""
    following.claim()
    with monkeypatch.context() as patch:
        patch.setattr(following, "fingerprint", lambda: "otherother12")
        patch.setattr(following, "STARTED", time.time() + 60)
        following.claim()
    assert follow().fingerprint == "otherother12"
    assert node.ask("/").status == 200
    assert node.files() == set()


def test_a_turn_elsewhere_is_followed(node: Node) -> None:
    follow()
    follower = Follower()
    follower.start()
    turn()  # by another node, which doesn't touch this one's disk
    until(lambda: served() == 1)
    stop(follower)
    assert following.FOLLOW_SECONDS + following.PREPARE_SECONDS < 1


def test_what_must_come_first_comes_first(node: Node) -> None:
    """The media folder is settled before a turn shows what needs it."""
    order: list[str] = []
    done = threading.Event()

    def before() -> None:
        if turns.standing().number == 1 and not order:
            order.append(f"media while {served()}")
            done.set()

    follow()
    follower = Follower(Preparation(before))
    turn()
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

    follow()
    follower = Follower(Preparation(before))
    follower.start()
    for number in (1, 2, 3):
        turn(takes_back=True)
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
        turns.turn(takes_back=True)

    monkeypatch.setattr("pathlib.Path.mkdir", full)
    with pytest.raises(OSError, match="No space"):
        follow()
    assert node.files() == node.files("last") == set()
    answer = node.ask("/")
    assert (answer.status, "新的名字" in answer.text) == (200, True)
    assert "新的名字" not in old
    monkeypatch.undo()


def test_a_claim_that_cannot_be_written_turns_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    following.claim()
    before = turns.standing().number
    with monkeypatch.context() as patch:
        patch.setattr(following, "fingerprint", lambda: "otherother12")
        patch.setattr("pathlib.Path.write_text", full)
        patch.setattr(following, "STARTED", time.time() + 60)
        for _ in range(3):
            with pytest.raises(OSError, match="No space"):
                following.claim()
    assert turns.standing().number == before


def test_who_was_started_earlier_takes_nothing_back(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    following.claim()
    before = turns.standing().number
    with monkeypatch.context() as patch:
        patch.setattr(following, "fingerprint", lambda: "otherother12")
        patch.setattr(following, "STARTED", 0)  # long before the store was claimed
        following.claim()
        with pytest.raises(following.OtherCode):
            following.join()
    assert turns.standing().number == before
    following.join()


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
        turns.turn(takes_back=True)
    with monkeypatch.context() as patch:
        for name in ("pathlib.Path.mkdir", "pathlib.Path.unlink", "os.symlink", "os.replace"):
            patch.setattr(name, read_only)
        with pytest.raises(OSError, match="Read-only"):
            follow()
        assert "index.html" in node.files()
        for encodings in ("", "gzip"):
            assert "新的名字" in node.ask("/", accept_encoding=encodings).text
    follow()  # the disk is mended
    assert "新的名字" in node.ask("/").text
    assert "index.html" in node.files()


def test_where_nothing_can_be_claimed_turns_are_followed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    following.claim()
    follow()
    monkeypatch.setattr("pathlib.Path.write_text", full)
    monkeypatch.setattr(following, "_boot", lambda: "another")
    monkeypatch.setattr(following, "STARTED", time.time() + 60)
    follower = Follower()
    follower.start()
    turn(takes_back=True)
    until(lambda: served() == turns.standing().number)
    stop(follower)
    node.store.start()
    turn(takes_back=True)
    until(lambda: served() == turns.standing().number)


@pytest.mark.parametrize("found", ["", "otherother12 boot"])
def test_a_claim_from_the_future_or_without_words_is_nobodys(node: Node, found: str) -> None:
    """A clock was wrong, or the power failed: either way it must not stand for ever."""
    following.claim()
    before = turns.standing().number
    file = store().root / "code"
    file.write_text(found)
    ahead = time.time() + 86_400
    os.utime(file, (ahead, ahead))
    for _ in range(2):
        following.claim()
    assert turns.standing().number == before + 1
    assert following.may_file(follow())


def test_being_behind_is_told_though_the_dates_run_ahead(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many quick turns, or by a clock that was wrong."""
    follow()
    turn()
    turns.Turn.objects.update(at=int(time.time()) + 86_400)
    assert following.behind() == 0  # for a moment every node is
    passed = time.monotonic() + following.BEHIND_SECONDS
    monkeypatch.setattr(following.time, "monotonic", lambda: passed)
    assert following.behind() == 1
    follow()
    assert following.behind() == 0


def test_who_renders_by_other_code_says_so_once(
    node: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that was not restarted with the server: it stores nothing, and warms nothing."""
    following.claim()
    follow()
    monkeypatch.setattr(following, "fingerprint", lambda: "otherother12")
    monkeypatch.setattr(following, "STARTED", 0)
    warmed_up: list[str] = []
    follower = Follower()
    warmer = Warmer(lambda: ["/"], warmed_up.append)
    for thread in (follower, warmer):
        thread.start()
    for _ in range(2):
        turn()
        until(lambda: served() == turns.standing().number)
    stop(follower)
    stop(warmer)
    assert warmed_up == []
    assert [record.message for record in caplog.records if "other code" in record.message] == [
        "This process has other code or other settings than the server that the page store "
        "belongs to: it stores nothing. Restart it."
    ]


def test_a_new_day_is_one_turn_whoever_sees_it(node: Node) -> None:
    turn()
    today = timezone.localdate()
    assert [turns.turn_day(today) for _ in range(3)] == [True, False, False]
    assert turns.turn_day(today + timezone.timedelta(days=1))
    assert turns.standing().number == 3


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

    following.follow()
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
            turn()
            follow()
        if path == "/b/":
            done.set()
        return True

    following.follow()
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

    following.follow()
    warmed(Warmer(lambda: ["/a/", "/b/"], warm), done)
    assert order == ["/a/", "/b/", "/a/"]


def test_a_restored_database_is_followed_back(node: Node) -> None:
    """A number may go back only with the whole database, which is then what counts."""
    for _ in range(3):
        turn()
    follow()
    turns.Turn.objects.update(number=1, emptied=0)
    follow()
    assert served() == 1


def test_the_store_lies_where_it_should(node: Node) -> None:
    assert store().root == Path(settings.PAGESTORE_ROOT)
