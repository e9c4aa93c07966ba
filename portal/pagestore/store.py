"""The folders on this node's disk, and the links that say which of them count.

    store/g-<number>-<date>-<fingerprint>/   what was rendered since one turn
    store/current -> g-...                   swapped by one rename
    store/lasts/<number>/                    each address's newest rendering since
    store/last -> lasts/...                  something was last taken back
    store/beat                               changes with each swap (``beat.Beat``)

Generations lie beside the link: nginx looks each page up twice, and a folder more on the way is
two in a hundred of what an answer costs it.

A file is written under another name and then renamed, or hard-linked where the bytes are those of
the newest rendering: so ``Last-Modified`` and nginx's ETag outlive a turn that changed nothing.
Nothing here is precious: all of it can be rendered again.
"""

from __future__ import annotations

import fcntl
import gzip
import logging
import os
import shutil
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import brotli

from .generations import GenerationState
from .shared_counter import SharedCounter

log = logging.getLogger(__name__)

#: So long nobody can still be reading a folder that no link names.
LATE_SECONDS = 30
#: Smaller ones gain nothing.
MIN_COMPRESS_BYTES = 256
STRIPES = 256
GENERATION = "g-"


@dataclass(frozen=True)
class Generation:
    """Where pages rendered under one standing of the database, by one state of the code, go."""

    state: GenerationState
    fingerprint: str

    @property
    def name(self) -> str:
        return f"{self.state.number:012d}-{self.state.timestamp:x}-{self.fingerprint}"


class Store:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.current = root / "current"
        self.last = root / "last"
        self.counter = SharedCounter(root / "counter")
        #: Set while this process knows that the links are of before and can't be changed.
        self.is_disabled = False
        self._unused: dict[str, float] = {}

    # --- which folders count ----------------------------------------------------------------------

    def current_name(self) -> str:
        """The generation that is being served; "" before the first."""
        try:
            return os.readlink(self.current).removeprefix(GENERATION)
        except FileNotFoundError:
            return ""

    def folder(self, generation: Generation) -> Path:
        return self.root / f"{GENERATION}{generation.name}"

    def last_folder(self, generation: Generation) -> Path:
        return self.root / "lasts" / f"{generation.state.oldest_servable:012d}"

    def switch(self, generation: Generation) -> None:
        """Serve this generation from now on. Call it under ``locked("turn")``."""
        with self._told():
            for target, link in (
                # What may no longer be shown goes first.
                (self.last_folder(generation), self.last),
                (self.folder(generation), self.current),
            ):
                target.mkdir(parents=True, exist_ok=True)
                _point(link, target)

    def close(self, *, but: Generation) -> None:
        """Serve nothing that is not of this generation; that takes no room on a full disk."""
        with self._told():
            for link, target in (
                (self.last, self.last_folder(but)),
                (self.current, self.folder(but)),
            ):
                with suppress(FileNotFoundError):
                    if os.readlink(link) != os.path.relpath(target, self.root):
                        link.unlink()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Who can't tell the other processes swaps nothing; and half a swap is told of, too."""
        self.counter.attach()
        try:
            yield
        finally:
            self.counter.increment()

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Alone on this node, threads and processes alike."""
        with self._lock_file(name) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextmanager
    def claimed(self, path: str, deadline: float) -> Iterator[bool]:
        """Whether this thread may render the address now; waits for another one until then."""
        stripe = zlib.crc32(path.encode()) % STRIPES  # addresses that share one wait, no more
        with self._lock_file(f"page-{stripe}") as handle:
            pause = 0.002
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        yield False
                        return
                    time.sleep(pause)
                    pause = min(pause * 1.5, 0.05)
                else:
                    yield True
                    return

    @contextmanager
    def _lock_file(self, name: str) -> Iterator[int]:
        folder = self.root / "locks"
        try:
            handle = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield handle
        finally:
            os.close(handle)

    # --- files ------------------------------------------------------------------------------------

    def put(self, generation: Generation, name: str, body: bytes) -> None:
        """File a page that was rendered while the database stood at this generation's number.

        By whoever has claimed its address, like ``pack``.
        """
        target = self.folder(generation) / name
        newest = self.last_folder(generation) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if _holds(newest, body):
            # The packed ones first: whoever finds the page finds them beside it.
            for suffix in (".gz", ".br", ""):
                _link(
                    newest.with_name(newest.name + suffix), target.with_name(target.name + suffix)
                )
            return
        date = generation.state.timestamp or int(time.time())
        if len(body) >= MIN_COMPRESS_BYTES:
            packed = gzip.compress(body, compresslevel=6, mtime=0)
            _write(target.with_name(f"{target.name}.gz"), packed, date)
        _write(target, body, date)
        if self.current_name() == generation.name:
            self._keep(target, newest)

    def pack(self, generation: Generation, name: str) -> None:
        """Add the brotli form, which takes too long for a reader to wait for."""
        target = self.folder(generation) / name
        packed = target.with_name(f"{target.name}.br")
        try:
            if packed.exists() or target.stat().st_size < MIN_COMPRESS_BYTES:
                return
            body, date = target.read_bytes(), int(target.stat().st_mtime)
            _write(packed, brotli.compress(body, mode=brotli.MODE_TEXT, quality=9), date)
            newest = self.last_folder(generation) / name
            if newest.stat().st_ino == target.stat().st_ino:
                _link(packed, newest.with_name(packed.name))
        except FileNotFoundError:  # swept meanwhile
            return

    def _keep(self, target: Path, newest: Path) -> None:
        """Let ``last`` hold this rendering. A packed form of an older one must not stand beside."""
        newest.parent.mkdir(parents=True, exist_ok=True)
        for suffix in (".br", ".gz"):
            with suppress(FileNotFoundError):
                newest.with_name(newest.name + suffix).unlink()
        for suffix in ("", ".gz"):
            _link(target.with_name(target.name + suffix), newest.with_name(newest.name + suffix))

    def repair(self) -> None:
        """Take out of ``last`` what a power failure left empty."""
        for path in self.last.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file() and not path.stat().st_size:
                    path.unlink()

    # --- what nobody reads any more ---------------------------------------------------------------

    def prune(self, *, after: float = LATE_SECONDS) -> int:
        """Remove folders that no link has named for a while; the number of them."""
        unused = set()
        for link, folders in ((self.current, f"{GENERATION}*"), (self.last, "lasts/*")):
            kept = ""  # closed: nothing is, and a full disk needs the room
            with suppress(FileNotFoundError):
                kept = os.readlink(link).rpartition("/")[2]
            unused |= {path for path in self.root.glob(folders) if path.name != kept}
        unused |= set(self.root.glob("swept/*"))
        now = time.monotonic()
        names = {str(path) for path in unused}
        self._unused = {name: self._unused.get(name, now) for name in names}
        due = [Path(name) for name, since in self._unused.items() if now - since >= after]
        for path in due:
            _remove(path, self.root / "swept")
            self._unused.pop(str(path), None)
        return len(due)


def _point(link: Path, target: Path) -> None:
    """Make the link lead there, by one rename."""
    wanted = os.path.relpath(target, link.parent)
    with suppress(FileNotFoundError):
        if os.readlink(link) == wanted:
            return
    temporary = _temporary(link)
    os.symlink(wanted, temporary)
    os.replace(temporary, link)


def _temporary(path: Path) -> Path:
    """A name beside it that no address has and no other thread uses."""
    return path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")


def _write(path: Path, data: bytes, date: int) -> None:
    temporary = _temporary(path)
    try:
        temporary.write_bytes(data)
        os.utime(temporary, (date, date))
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise


def _link(source: Path, target: Path) -> None:
    """Let the target be the source's file; a form that does not exist is left out."""
    temporary = _temporary(target)
    try:
        os.link(source, temporary)
    except FileNotFoundError:
        return
    # A rename onto another name of the same file does nothing, and leaves the first one behind.
    os.replace(temporary, target)
    with suppress(FileNotFoundError):
        temporary.unlink()


def _holds(path: Path, body: bytes) -> bool:
    try:
        return path.stat().st_size == len(body) and path.read_bytes() == body
    except FileNotFoundError:
        return False


def _remove(path: Path, bin_: Path) -> None:
    """Out of sight first: a folder half removed must never be taken for a whole one."""
    if path.parent != bin_:
        moved = bin_ / f"{path.parent.name}-{path.name}-{time.monotonic_ns()}"
        with suppress(OSError):  # on a full disk there may be no room for the bin itself
            bin_.mkdir(exist_ok=True)
            path.rename(moved)
            path = moved
    shutil.rmtree(path, ignore_errors=True)
