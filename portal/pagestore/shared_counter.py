"""A counter in shared memory by which all processes of this node notice a new generation."""

from __future__ import annotations

import mmap
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

COUNTER_BYTES = 8


class SharedCounter:
    """A 64-bit number in a memory-mapped file that changes with each switch of the store's links.

    A request that is served from the memory cache of its process only compares this number. To
    read the links from disk instead would take a system call, which releases the GIL to another
    thread and takes as long as the rest of the response.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mapping: mmap.mmap | None = None
        self._mapped_file: tuple[int, int] | None = None
        self._attach_lock = threading.Lock()

    def read(self) -> bytes:
        """Return the bytes of the number; b"" before ``attach``: read the links from disk then."""
        return b"" if self._mapping is None else self._mapping[:COUNTER_BYTES]

    def increment(self) -> None:
        """Change the number for every process; the caller must hold a lock. Raises ``OSError``."""
        mapping = self.attach()
        previous = int.from_bytes(mapping[:COUNTER_BYTES], "big")
        # The number is based on the time, so that a file that was deleted and created again never
        # has a number a second time.
        mapping[:COUNTER_BYTES] = max(previous + 1, time.time_ns()).to_bytes(COUNTER_BYTES, "big")

    def attach(self) -> mmap.mmap:
        """Map the file into memory, and map it again if it was deleted and created again."""
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
                # Zero bytes are written instead of truncating the file to its size, so that later
                # changes never need a free disk block.
                os.pwrite(handle, bytes(COUNTER_BYTES), 0)
            return mmap.mmap(handle, COUNTER_BYTES), (status.st_dev, status.st_ino)
        finally:
            os.close(handle)


def _file_identity(path: Path) -> tuple[int, int] | None:
    with suppress(FileNotFoundError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None
