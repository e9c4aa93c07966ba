"""The folders on disk: what is filed where, what stays the same file, what is swept."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import brotli
import pytest

from portal.pagestore.generations import GenerationState
from portal.pagestore.store import Generation, Store

BODY = b"<p>" + "法院".encode() * 200 + b"</p>"
OTHER = b"<p>" + "法官".encode() * 200 + b"</p>"
NAME = "news/12/index.html"


def generation(
    number: int, *, oldest_servable: int = 0, at: int = 0, code: str = "a"
) -> Generation:
    return Generation(GenerationState(number, oldest_servable, at or 1_000_000 + number), code)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_page_lies_plain_and_packed_and_is_the_newest_of_its_address(store: Store) -> None:
    first = generation(1)
    store.switch(first)
    store.put(first, NAME, BODY)
    store.pack(first, NAME)
    for link in (store.current, store.last):
        assert tree(link) == {NAME, f"{NAME}.gz", f"{NAME}.br"}
        page = link / NAME
        assert page.read_bytes() == BODY
        assert gzip.decompress(Path(f"{page}.gz").read_bytes()) == BODY
        assert brotli.decompress(Path(f"{page}.br").read_bytes()) == BODY
        assert {int(Path(f"{page}{s}").stat().st_mtime) for s in ("", ".gz", ".br")} == {1_000_001}


def test_equal_bytes_stay_the_same_file_over_turns(store: Store) -> None:
    for number in (1, 2, 3):
        store.switch(generation(number))
        store.put(generation(number), NAME, BODY)
        if number == 1:
            store.pack(generation(1), NAME)
    pages = [store.folder(generation(number)) / NAME for number in (1, 2, 3)]
    for suffix in ("", ".gz", ".br"):
        assert len({Path(f"{page}{suffix}").stat().st_ino for page in pages}) == 1
    assert int(pages[2].stat().st_mtime) == 1_000_001


def test_other_bytes_are_another_file_with_a_later_date(store: Store) -> None:
    for number, body in ((1, BODY), (2, OTHER), (3, BODY)):
        store.switch(generation(number))
        store.put(generation(number), NAME, body)
        assert (store.last / NAME).read_bytes() == body
    dates = [int((store.folder(generation(n)) / NAME).stat().st_mtime) for n in (1, 2, 3)]
    assert dates == [1_000_001, 1_000_002, 1_000_003]


def test_no_packed_form_of_an_older_page_stands_beside_the_newest(store: Store) -> None:
    store.switch(generation(1))
    store.put(generation(1), NAME, BODY)
    store.pack(generation(1), NAME)
    store.switch(generation(2))
    store.put(generation(2), NAME, b"short")
    assert tree(store.last) == tree(store.current) == {NAME}


def test_what_is_taken_back_empties_last_at_once(store: Store) -> None:
    store.switch(generation(1))
    store.put(generation(1), NAME, BODY)
    store.switch(generation(2, oldest_servable=2))
    assert tree(store.last) == tree(store.current) == set()


def test_a_page_rendered_before_is_filed_where_nobody_looks(store: Store) -> None:
    before, after = generation(1), generation(2, oldest_servable=2)
    store.switch(before)
    store.switch(after)
    store.put(before, NAME, BODY)
    assert tree(store.last) == tree(store.current) == set()


def test_an_older_rendering_does_not_replace_a_newer_one(store: Store) -> None:
    store.switch(generation(1))
    store.switch(generation(2))
    store.put(generation(2), NAME, OTHER)
    store.put(generation(1), NAME, BODY)
    assert (store.last / NAME).read_bytes() == OTHER
    assert (store.current / NAME).read_bytes() == OTHER


def test_sweeping_keeps_what_is_served_and_takes_the_rest_late(store: Store) -> None:
    for number in (1, 2, 3):
        store.switch(generation(number, oldest_servable=number))
        store.put(generation(number, oldest_servable=number), NAME, BODY)
    assert store.prune(after=3600) == 0
    assert store.prune(after=0) == 4
    kept = [path.name for path in store.root.glob("g-*")]
    assert kept == [f"g-{store.current_name()}"] == [os.readlink(store.current)]
    assert [path.name for path in (store.root / "lasts").iterdir()] == ["000000000003"]
    assert tree(store.current) == tree(store.last) == {NAME, f"{NAME}.gz"}
    assert store.prune(after=0) == 0


def test_a_closed_store_is_swept_though_nothing_more_can_be_made(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full, and it is the store that fills it: only this makes room again."""
    for number in (1, 2):
        store.switch(generation(number, oldest_servable=number))
        store.put(generation(number, oldest_servable=number), NAME, BODY)
    store.close(but=generation(3, oldest_servable=3))

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.mkdir", full)
    assert store.prune(after=0) == 4
    assert tree(store.root) <= {"counter"} | {path for path in tree(store.root) if "locks" in path}


def test_a_page_left_empty_by_a_power_failure_is_taken_out(store: Store) -> None:
    store.switch(generation(1))
    store.put(generation(1), NAME, BODY)
    (store.last / "index.html").touch()
    store.repair()
    assert tree(store.last) == {NAME, f"{NAME}.gz"}


def test_nothing_unfinished_is_left_behind(store: Store) -> None:
    for number in range(1, 5):
        store.switch(generation(number))
        store.put(generation(number), NAME, BODY if number % 2 else OTHER)
        store.put(generation(number), "index.html", BODY)
        store.pack(generation(number), NAME)
    hidden = list(store.root.rglob(".*"))
    assert hidden == []
