"""A counter in shared memory that notifies every process of this node of a new generation."""

from __future__ import annotations

import mmap
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

COUNTER_BYTES = 8


class SharedCounter:
    """A 64-bit number in a memory-mapped file, changed each time the store's links are switched.

    Answers from a process's memory cache compare this number only. A system call on the disk
    instead would release the GIL to another thread and cost as much as the rest of the answer.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mapping: mmap.mmap | None = None
        self._mapped_file: tuple[int, int] | None = None
        self._attach_lock = threading.Lock()

    def read(self) -> bytes:
        """Return the number's bytes; b"" before ``attach``, when the disk must be read instead."""
        return b"" if self._mapping is None else self._mapping[:COUNTER_BYTES]

    def increment(self) -> None:
        """Change the number for every process. Call it under a lock. Raises ``OSError``."""
        mapping = self.attach()
        previous = int.from_bytes(mapping[:COUNTER_BYTES], "big")
        # Based on the time: a file that was deleted and created again must not repeat a number.
        mapping[:COUNTER_BYTES] = max(previous + 1, time.time_ns()).to_bytes(COUNTER_BYTES, "big")

    def attach(self) -> mmap.mmap:
        """Map the file that is there now: the folder may have been deleted and created again."""
        with self._attach_lock:
            if self._mapping is None or self._mapped_file != _file_identity(self.path):
                self._mapping, self._mapped_file = self._map_file()
            return self._mapping

    def _map_file(self) -> tuple[mmap.mmap, tuple[int, int]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            status = os.fstat(handle)
            if status.st_size < COUNTER_BYTES:
                # Written, not truncated to size: later changes then never need a free disk block.
                os.pwrite(handle, bytes(COUNTER_BYTES), 0)
            return mmap.mmap(handle, COUNTER_BYTES), (status.st_dev, status.st_ino)
        finally:
            os.close(handle)


def _file_identity(path: Path) -> tuple[int, int] | None:
    with suppress(FileNotFoundError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None
