"""How the processes of one node hear of a turn at once, without asking anybody."""

from __future__ import annotations

import mmap
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

BYTES = 8


class SharedCounter:
    """A number in memory that all processes of this node share; each turn makes it another one.

    An answer from memory needs to know nothing but that. A look at the disk instead would let
    another thread have its turn, and cost as much as all the rest of the answer.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shared: mmap.mmap | None = None
        self._of: tuple[int, int] | None = None
        self._joining = threading.Lock()

    def read(self) -> bytes:
        """The number as it stands; b"" before ``join``: then the disk must be asked."""
        return b"" if self._shared is None else self._shared[:BYTES]

    def increment(self) -> None:
        """Make it another number, for every process. By one at a time. Raises ``OSError``."""
        shared = self.attach()
        was = int.from_bytes(shared[:BYTES], "big")
        # Of the time: a folder that was made anew must not come to a number of before.
        shared[:BYTES] = max(was + 1, time.time_ns()).to_bytes(BYTES, "big")

    def attach(self) -> mmap.mmap:
        """Share what lies there now: somebody may have cleared the folder away."""
        with self._joining:
            if self._shared is None or self._of != _identity(self.path):
                self._shared, self._of = self._opened()
            return self._shared

    def _opened(self) -> tuple[mmap.mmap, tuple[int, int]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            about = os.fstat(handle)
            if about.st_size < BYTES:
                # Written, not left out: what has its place on the disk can always be changed.
                os.pwrite(handle, bytes(BYTES), 0)
            return mmap.mmap(handle, BYTES), (about.st_dev, about.st_ino)
        finally:
            os.close(handle)


def _identity(path: Path) -> tuple[int, int] | None:
    with suppress(FileNotFoundError):
        about = path.stat()
        return about.st_dev, about.st_ino
    return None
