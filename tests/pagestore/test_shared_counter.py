"""By the counter in shared memory, all processes of a node notice each switch of the store."""

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


def test_increments_of_another_process_are_seen(path: Path) -> None:
    counter = SharedCounter(path)
    assert counter.read() == b""
    counter.attach()
    values = [counter.read()]
    for _ in range(2):
        subprocess.run([sys.executable, "-c", INCREMENT, str(path)], check=True)
        values.append(counter.read())
    assert values == sorted(set(values))


def test_a_recreated_counter_does_not_repeat_numbers(path: Path) -> None:
    one, other = SharedCounter(path), SharedCounter(path)
    one.increment()
    other.attach()
    before = one.read()
    assert other.read() == before
    shutil.rmtree(path.parent)
    other.increment()
    assert one.read() == before  # the old file stays mapped until ``attach``
    one.attach()
    assert one.read() == other.read() > before


def test_every_switch_increments_the_counter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = store.Store(tmp_path / "store"), store.Store(tmp_path / "store")
    here.switch(generation(1))
    there.counter.attach()
    values = [there.counter.read()]
    here.switch(generation(2))
    values.append(there.counter.read())
    here.remove_links(unless=generation(3))
    values.append(there.counter.read())

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("portal.pagestore.store._point", full)
        with pytest.raises(OSError, match="space"):
            here.switch(generation(4))
    values.append(there.counter.read())
    assert values == sorted(set(values))


def test_without_counter_nothing_is_switched(tmp_path: Path) -> None:
    here = store.Store(tmp_path / "store")
    here.switch(generation(1))
    here.counter.path.unlink()
    here.counter.path.mkdir()
    for change in (
        lambda: here.switch(generation(2)),
        lambda: here.remove_links(unless=generation(2)),
    ):
        with pytest.raises(OSError, match="directory"):
            change()
        assert here.current_name() == generation(1).name


def test_pages_in_memory_need_no_disk_access(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    first = node.ask("/")
    sync.store().counter.attach()
    assert node.ask("/").raw == first.raw

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError(f"The disk was accessed: {args}")

    with monkeypatch.context() as patch:
        for name in ("readlink", "stat", "open"):
            patch.setattr(f"os.{name}", refuse)
        patch.setattr("builtins.open", refuse)
        assert {node.ask("/").raw for _ in range(3)} == {first.raw}
    bump_generation()
    with monkeypatch.context() as patch:
        patch.setattr("os.readlink", refuse)
        with pytest.raises(AssertionError, match="was accessed"):
            node.ask("/")
