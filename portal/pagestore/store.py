"""The page store's folders on this node's disk, and the links that select the served folders.

    store/g-<number>-<timestamp>-<fingerprint>/   pages rendered in one generation
    store/current -> g-...                        the served generation, switched by one rename
    store/fallbacks/<number>/                     the newest rendering of each page since generation
    store/fallback -> fallbacks/...               <number>, the oldest one that may be served
    store/counter                                 changes with each switch (``SharedCounter``)
    store/trash/                                  folders that are being deleted

The folders of generations are in the same folder as the link ``current``: nginx looks up each page
twice, and one more directory level would add two percent to the time of a response.

A file is written under a temporary name and renamed. If its bytes equal the newest rendering of the
page, it is a hard link to that rendering instead, so that ``Last-Modified`` and nginx's ETag stay
the same in a generation that did not change the page. Every file can be rendered again, so the
store needs no backup.
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

#: A folder is deleted this long after no link points to it, when no process reads from it any more.
PRUNE_AFTER_SECONDS = 30
#: The minimum size of a page that is compressed; compression makes smaller pages hardly smaller.
MIN_COMPRESS_BYTES = 256
PAGE_LOCKS = 256
GENERATION_PREFIX = "g-"


@dataclass(frozen=True)
class Generation:
    """A generation of the database, rendered by one version of the code into one folder."""

    state: GenerationState
    fingerprint: str

    @property
    def name(self) -> str:
        return f"{self.state.number:012d}-{self.state.timestamp:x}-{self.fingerprint}"


class Store:
    """The page store of this node: its files and links below the folder ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.current = root / "current"
        self.fallback = root / "fallback"
        self.counter = SharedCounter(root / "counter")
        #: Whether this process has failed to change outdated links: it then serves no stored page.
        self.is_disabled = False
        self._unlinked_since: dict[str, float] = {}

    # Methods that read and change the links

    def current_name(self) -> str:
        """Return the name of the served generation; "" if no generation is served yet."""
        try:
            return os.readlink(self.current).removeprefix(GENERATION_PREFIX)
        except FileNotFoundError:
            return ""

    def folder(self, generation: Generation) -> Path:
        return self.root / f"{GENERATION_PREFIX}{generation.name}"

    def fallback_folder(self, generation: Generation) -> Path:
        return self.root / "fallbacks" / f"{generation.state.oldest_servable:012d}"

    def switch(self, generation: Generation) -> None:
        """Switch the links to this generation; the caller must hold ``lock("switch")``."""
        with self._counter_incremented():
            for target, link in (
                # The fallback link is switched first, because it may point to copies that must not
                # be served any more.
                (self.fallback_folder(generation), self.fallback),
                (self.folder(generation), self.current),
            ):
                target.mkdir(parents=True, exist_ok=True)
                _point(link, target)

    def remove_links(self, *, unless: Generation) -> None:
        """Remove the links that point to other generations; this works on a full disk, too."""
        with self._counter_incremented():
            for link, target in (
                (self.fallback, self.fallback_folder(unless)),
                (self.current, self.folder(unless)),
            ):
                with suppress(FileNotFoundError):
                    if os.readlink(link) != os.path.relpath(target, self.root):
                        link.unlink()

    @contextmanager
    def _counter_incremented(self) -> Iterator[None]:
        """Increment the shared counter after the links were changed, even if the change failed.

        If the counter cannot be mapped, ``OSError`` is raised before any link is changed.
        """
        self.counter.attach()
        try:
            yield
        finally:
            self.counter.increment()

    # Methods that lock

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Lock out all other threads and processes of this node that request the same lock name."""
        with self._lock_file(name) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextmanager
    def lock_page(self, path: str, deadline: float) -> Iterator[bool]:
        """Wait for the lock for rendering a path; yield whether the lock was acquired in time.

        ``deadline`` is a time of the clock ``time.monotonic()``.
        """
        # Several paths share a lock file: they wait for each other, which is harmless.
        number = zlib.crc32(path.encode()) % PAGE_LOCKS
        with self._lock_file(f"page-{number}") as handle:
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

    # Methods that write and repair files

    def put(self, generation: Generation, name: str, body: bytes) -> None:
        """Write a page that was rendered while the database was at this generation.

        The caller must hold ``lock_page`` for the path; this is also true of ``compress``.
        """
        target = self.folder(generation) / name
        newest = self.fallback_folder(generation) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if _has_content(newest, body):
            # The compressed files are linked first, so that they exist as soon as the page exists.
            for suffix in (".gz", ".br", ""):
                _link(
                    newest.with_name(newest.name + suffix), target.with_name(target.name + suffix)
                )
            return
        date = generation.state.timestamp or int(time.time())
        if len(body) >= MIN_COMPRESS_BYTES:
            compressed = gzip.compress(body, compresslevel=6, mtime=0)
            _write(target.with_name(f"{target.name}.gz"), compressed, date)
        _write(target, body, date)
        if self.current_name() == generation.name:
            self._update_fallback(target, newest)

    def compress(self, generation: Generation, name: str) -> None:
        """Write the brotli file of a page; brotli is too slow to compress during a request."""
        target = self.folder(generation) / name
        compressed = target.with_name(f"{target.name}.br")
        try:
            if compressed.exists() or target.stat().st_size < MIN_COMPRESS_BYTES:
                return
            body, date = target.read_bytes(), int(target.stat().st_mtime)
            _write(compressed, brotli.compress(body, mode=brotli.MODE_TEXT, quality=9), date)
            newest = self.fallback_folder(generation) / name
            if newest.stat().st_ino == target.stat().st_ino:
                _link(compressed, newest.with_name(compressed.name))
        except FileNotFoundError:  # the folder was pruned meanwhile
            return

    def _update_fallback(self, target: Path, newest: Path) -> None:
        """Link the fallback copy to this rendering; remove compressed files of an older one."""
        newest.parent.mkdir(parents=True, exist_ok=True)
        for suffix in (".br", ".gz"):
            with suppress(FileNotFoundError):
                newest.with_name(newest.name + suffix).unlink()
        for suffix in ("", ".gz"):
            _link(target.with_name(target.name + suffix), newest.with_name(newest.name + suffix))

    def repair(self) -> None:
        """Delete the empty files in the fallback folder, which a power failure may have left."""
        for path in self.fallback.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file() and not path.stat().st_size:
                    path.unlink()

    # Methods that delete folders

    def prune(self, *, after: float = PRUNE_AFTER_SECONDS) -> int:
        """Delete the folders to which no link has pointed for ``after`` seconds.

        Return the number of deleted folders.
        """
        unlinked = set()
        for link, folders in (
            (self.current, f"{GENERATION_PREFIX}*"),
            (self.fallback, "fallbacks/*"),
        ):
            current_name = ""  # if the link is missing, no folder is in use
            with suppress(FileNotFoundError):
                current_name = os.readlink(link).rpartition("/")[2]
            unlinked |= {path for path in self.root.glob(folders) if path.name != current_name}
        unlinked |= set(self.root.glob("trash/*"))
        now = time.monotonic()
        names = {str(path) for path in unlinked}
        self._unlinked_since = {name: self._unlinked_since.get(name, now) for name in names}
        due = [Path(name) for name, since in self._unlinked_since.items() if now - since >= after]
        for path in due:
            _remove(path, self.root / "trash")
            self._unlinked_since.pop(str(path), None)
        return len(due)


def _point(link: Path, target: Path) -> None:
    """Make a symbolic link point to the target, atomically by a rename."""
    wanted = os.path.relpath(target, link.parent)
    with suppress(FileNotFoundError):
        if os.readlink(link) == wanted:
            return
    temporary = _temporary(link)
    os.symlink(wanted, temporary)
    os.replace(temporary, link)


def _temporary(path: Path) -> Path:
    """Return a temporary file name in the same folder.

    No public path begins with a dot, and no other process or thread uses the same name.
    """
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
    """Replace the target by a hard link to the source; do nothing if the source does not exist."""
    temporary = _temporary(target)
    try:
        os.link(source, temporary)
    except FileNotFoundError:
        return
    # If the target is already a link to the same file, the rename does nothing and the temporary
    # name remains.
    os.replace(temporary, target)
    with suppress(FileNotFoundError):
        temporary.unlink()


def _has_content(path: Path, body: bytes) -> bool:
    try:
        return path.stat().st_size == len(body) and path.read_bytes() == body
    except FileNotFoundError:
        return False


def _remove(path: Path, trash: Path) -> None:
    """Move a folder to the trash and delete it there.

    A folder that is deleted only in part must not be taken for a complete generation.
    """
    if path.parent != trash:
        moved = trash / f"{path.parent.name}-{path.name}-{time.monotonic_ns()}"
        with suppress(OSError):  # a full disk may have no space for the trash folder
            trash.mkdir(exist_ok=True)
            path.rename(moved)
            path = moved
    shutil.rmtree(path, ignore_errors=True)
