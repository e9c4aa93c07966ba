"""The store writes pages to files, links unchanged pages to one file, and prunes old folders."""

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


def test_a_page_is_stored_plain_and_compressed_and_as_fallback(store: Store) -> None:
    first = generation(1)
    store.switch(first)
    store.put(first, NAME, BODY)
    store.compress(first, NAME)
    for link in (store.current, store.fallback):
        assert tree(link) == {NAME, f"{NAME}.gz", f"{NAME}.br"}
        page = link / NAME
        assert page.read_bytes() == BODY
        assert gzip.decompress(Path(f"{page}.gz").read_bytes()) == BODY
        assert brotli.decompress(Path(f"{page}.br").read_bytes()) == BODY
        assert {int(Path(f"{page}{s}").stat().st_mtime) for s in ("", ".gz", ".br")} == {1_000_001}


def test_equal_bytes_stay_the_same_file_over_generations(store: Store) -> None:
    for number in (1, 2, 3):
        store.switch(generation(number))
        store.put(generation(number), NAME, BODY)
        if number == 1:
            store.compress(generation(1), NAME)
    pages = [store.folder(generation(number)) / NAME for number in (1, 2, 3)]
    for suffix in ("", ".gz", ".br"):
        assert len({Path(f"{page}{suffix}").stat().st_ino for page in pages}) == 1
    assert int(pages[2].stat().st_mtime) == 1_000_001


def test_changed_bytes_are_a_new_file_with_a_later_date(store: Store) -> None:
    for number, body in ((1, BODY), (2, OTHER), (3, BODY)):
        store.switch(generation(number))
        store.put(generation(number), NAME, body)
        assert (store.fallback / NAME).read_bytes() == body
    dates = [int((store.folder(generation(n)) / NAME).stat().st_mtime) for n in (1, 2, 3)]
    assert dates == [1_000_001, 1_000_002, 1_000_003]


def test_compressed_forms_of_an_older_fallback_are_removed(store: Store) -> None:
    store.switch(generation(1))
    store.put(generation(1), NAME, BODY)
    store.compress(generation(1), NAME)
    store.switch(generation(2))
    store.put(generation(2), NAME, b"short")
    assert tree(store.fallback) == tree(store.current) == {NAME}


def test_forbidding_stale_copies_empties_the_fallback(store: Store) -> None:
    store.switch(generation(1))
    store.put(generation(1), NAME, BODY)
    store.switch(generation(2, oldest_servable=2))
    assert tree(store.fallback) == tree(store.current) == set()


def test_a_page_of_an_older_generation_is_not_served(store: Store) -> None:
    before, after = generation(1), generation(2, oldest_servable=2)
    store.switch(before)
    store.switch(after)
    store.put(before, NAME, BODY)
    assert tree(store.fallback) == tree(store.current) == set()


def test_an_older_rendering_does_not_replace_a_newer_fallback(store: Store) -> None:
    store.switch(generation(1))
    store.switch(generation(2))
    store.put(generation(2), NAME, OTHER)
    store.put(generation(1), NAME, BODY)
    assert (store.fallback / NAME).read_bytes() == OTHER
    assert (store.current / NAME).read_bytes() == OTHER


def test_pruning_keeps_served_folders_and_deletes_others_later(store: Store) -> None:
    for number in (1, 2, 3):
        store.switch(generation(number, oldest_servable=number))
        store.put(generation(number, oldest_servable=number), NAME, BODY)
    assert store.prune(after=3600) == 0
    assert store.prune(after=0) == 4
    generation_names = [path.name for path in store.root.glob("g-*")]
    assert generation_names == [f"g-{store.current_name()}"] == [os.readlink(store.current)]
    assert [path.name for path in (store.root / "fallbacks").iterdir()] == ["000000000003"]
    assert tree(store.current) == tree(store.fallback) == {NAME, f"{NAME}.gz"}
    assert store.prune(after=0) == 0


def test_a_full_disk_can_be_pruned(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store itself may have filled the disk, so pruning must work without free space."""
    for number in (1, 2):
        store.switch(generation(number, oldest_servable=number))
        store.put(generation(number, oldest_servable=number), NAME, BODY)
    store.remove_links(unless=generation(3, oldest_servable=3))

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.mkdir", full)
    assert store.prune(after=0) == 4
    assert tree(store.root) <= {"counter"} | {path for path in tree(store.root) if "locks" in path}


def test_files_emptied_by_a_power_failure_are_deleted(store: Store) -> None:
    store.switch(generation(1))
    store.put(generation(1), NAME, BODY)
    (store.fallback / "index.html").touch()
    store.repair()
    assert tree(store.fallback) == {NAME, f"{NAME}.gz"}


def test_no_temporary_files_remain(store: Store) -> None:
    for number in range(1, 5):
        store.switch(generation(number))
        store.put(generation(number), NAME, BODY if number % 2 else OTHER)
        store.put(generation(number), "index.html", BODY)
        store.compress(generation(number), NAME)
    hidden = list(store.root.rglob(".*"))
    assert hidden == []
