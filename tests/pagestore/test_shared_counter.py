"""The number in shared memory that tells the processes of a node of each turn."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portal.pagestore import store, sync
from portal.pagestore.shared_counter import SharedCounter
from tests.pagestore.node import Node
from tests.pagestore.test_middleware import bump_generation
from tests.pagestore.test_store import generation

INCREMENT = (
    "import sys; from pathlib import Path; "
    "from portal.pagestore.shared_counter import SharedCounter; "
    "SharedCounter(Path(sys.argv[1])).increment()"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "counter"


def test_another_process_is_heard_at_once(path: Path) -> None:
    counter = SharedCounter(path)
    assert counter.read() == b""
    counter.attach()
    heard = [counter.read()]
    for _ in range(2):
        subprocess.run([sys.executable, "-c", INCREMENT, str(path)], check=True)
        heard.append(counter.read())
    assert heard == sorted(set(heard))


def test_a_folder_that_was_cleared_away_comes_to_no_number_of_before(path: Path) -> None:
    one, other = SharedCounter(path), SharedCounter(path)
    one.increment()
    other.attach()
    before = one.read()
    assert other.read() == before
    shutil.rmtree(path.parent)
    other.increment()
    assert one.read() == before  # until it looks again
    one.attach()
    assert one.read() == other.read() > before


def test_every_swap_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = store.Store(tmp_path / "store"), store.Store(tmp_path / "store")
    here.switch(generation(1))
    there.counter.attach()
    heard = [there.counter.read()]
    here.switch(generation(2))
    heard.append(there.counter.read())
    here.close(but=generation(3))
    heard.append(there.counter.read())

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("portal.pagestore.store._point", full)
        with pytest.raises(OSError, match="space"):
            here.switch(generation(4))
    heard.append(there.counter.read())
    assert heard == sorted(set(heard))


def test_who_cannot_tell_of_it_swaps_nothing(tmp_path: Path) -> None:
    here = store.Store(tmp_path / "store")
    here.switch(generation(1))
    here.counter.path.unlink()
    here.counter.path.mkdir()
    for swap in (
        lambda: here.switch(generation(2)),
        lambda: here.close(but=generation(2)),
    ):
        with pytest.raises(OSError, match="directory"):
            swap()
        assert here.current_name() == generation(1).name


def test_a_page_in_memory_asks_the_disk_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = node.ask("/")
    sync.store().counter.attach()
    assert node.ask("/").raw == first.raw

    def asked(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError(f"The disk was asked: {args}")

    with monkeypatch.context() as patch:
        for name in ("readlink", "stat", "open"):
            patch.setattr(f"os.{name}", asked)
        patch.setattr("builtins.open", asked)
        assert {node.ask("/").raw for _ in range(3)} == {first.raw}
    bump_generation()
    with monkeypatch.context() as patch:
        patch.setattr("os.readlink", asked)
        with pytest.raises(AssertionError, match="was asked"):
            node.ask("/")
