"""One number, many processes: the store never goes back, and other code means other pages."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from portal.pagestore import following, turns
from portal.pagestore.following import Follower, Warmer, follow, store
from tests.pagestore.node import Node


def turn(*, takes_back: bool = False) -> None:
    with transaction.atomic():
        turns.turn(takes_back=takes_back)


def served() -> int:
    return int(store().current_name().partition("-")[0])


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
    for _ in range(3):
        following.claim()
    assert turns.standing().number == before + 1
    assert follow().fingerprint == "otherother12"


def test_code_of_before_follows_and_files_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a server is restarted, both are at work."""
    following.claim()
    monkeypatch.setattr(following, "fingerprint", lambda: "otherother12")
    following.claim()
    monkeypatch.undo()
    # Undone with the rest: where the store lies stays as the fixture set it.
    assert follow().fingerprint == "otherother12"
    assert node.ask("/").status == 200
    assert node.files() == set()


def test_a_turn_elsewhere_is_followed_within_a_second(node: Node) -> None:
    seen: list[int] = []
    done = threading.Event()

    class Watched(Follower):
        pass

    def before() -> None:
        seen.append(served() if store().current_name() else -1)
        if turns.standing().number == served() == 1:
            done.set()

    follow()
    follower = Watched(before)
    follower.start()
    turn()  # by another node, which doesn't touch this one's disk
    assert done.wait(5)
    follower.stopped.set()
    follower.join()
    assert served() == 1
    assert following.FOLLOW_SECONDS < 1


def test_what_must_come_first_comes_first(node: Node) -> None:
    """The media folder is settled before a turn shows what needs it."""
    order: list[str] = []
    done = threading.Event()

    def before() -> None:
        if turns.standing().number == 1 and not order:
            order.append(f"media while {served()}")
            done.set()

    follow()
    follower = Follower(before)
    turn()
    follower.start()
    assert done.wait(5)
    follower.stopped.set()
    follower.join()
    assert order == ["media while 0"]


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
