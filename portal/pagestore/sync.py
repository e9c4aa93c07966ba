"""Synchronisation of this node's page store with the database's generation.

Background threads switch, warm and prune the store. Every serving process runs a
``GenerationWatcher``; the command ``run_due --loop`` also runs a ``Warmer``.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections, connection, transaction

from . import generations
from .fingerprint import fingerprint
from .store import Generation, Store

log = logging.getLogger(__name__)

#: A node may serve an old generation for one second. This polling interval leaves enough time for
#: a slow response of the database.
POLL_SECONDS = 0.3
PRUNE_INTERVAL_SECONDS = 10
PREPARE_TIMEOUT_SECONDS = 0.4
MAX_WARM_RETRIES = 1_000
LAG_GRACE_SECONDS = 3
#: The time at which this process started. Of two processes with different code, the process that
#: started later owns the store.
PROCESS_STARTED_AT = time.time()
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@cache
def _store_at(root: Path) -> Store:
    return Store(root)


def store() -> Store:
    """Return the page store of this node."""
    return _store_at(Path(settings.PAGESTORE_ROOT))


def sync_store(prepare: Callable[[], object] = lambda: None) -> Generation:
    """Switch the store to the database's generation and return this generation.

    ``prepare`` is called before a switch (see ``Preparation``). Raises ``OSError`` if the links on
    disk cannot be changed; the store then serves no page at all, because its pages are outdated.
    """
    node_store = store()
    wanted = _wanted_generation(node_store)
    if node_store.current_name() != wanted.name:
        prepare()
        try:
            with node_store.lock("switch"):
                # The generation is read again under the lock: it may have changed meanwhile, and
                # another process may have switched already.
                wanted = _wanted_generation(node_store)
                if node_store.current_name() != wanted.name:
                    node_store.switch(wanted)
        except OSError:
            # The flag in memory is set first, because on a read-only disk the links cannot be
            # removed either.
            node_store.is_disabled = True
            node_store.remove_links(unless=wanted)
            raise
    node_store.is_disabled = False
    return wanted


def may_store(generation: Generation) -> bool:
    """Return whether this process has the code whose pages the store contains.

    While a server restarts, processes with the old and with the new code run at the same time.
    """
    return generation.fingerprint == fingerprint()


class FingerprintMismatch(Exception):
    """The error that the store contains pages of other code or settings than this process has."""


def ensure_ownership() -> None:
    """Raise ``FingerprintMismatch`` if a server with other code or settings owns the store.

    Management commands call this function before they write to the store of a running server. A
    command takes ownership only if the store has no owner.
    """
    owner = _read_owner(store()).partition(" ")[0]
    if owner and owner != fingerprint():
        raise FingerprintMismatch(
            "The store belongs to a server with other code or other settings. Use its environment "
            "(deploy/portal does), or restart it first."
        )
    if not owner:
        take_ownership()


def take_ownership() -> None:
    """Record in the store that this process's code renders its pages; called at server start.

    The generation number is raised if the previous owner had other code, because other code renders
    other pages, and after a reboot, because a power failure may have left empty files. A process
    that started before the current owner was recorded has older code and does nothing.
    """
    node_store = store()
    mine = f"{fingerprint()} {_boot_id()}"
    if _read_owner(node_store) == mine:
        return
    with node_store.lock("owner"):
        owner, file = _read_owner(node_store), node_store.root / "code"
        # A modification time in the future proves nothing except a wrong clock.
        is_older = owner and PROCESS_STARTED_AT < file.stat().st_mtime <= time.time()
        if owner == mine or is_older:
            return
        # The file is written before the generation number is raised: if writing fails, this
        # function is called again, and must not raise the number each time.
        temporary = file.with_name(f".code.{os.getpid()}")
        temporary.write_text(mine)
        if file.exists():  # also if it is empty after a power failure
            with transaction.atomic():
                generations.bump_generation(forbid_stale=False)
            node_store.repair()
        os.replace(temporary, file)


def generations_behind() -> int:
    """Return how many generations this node's store is behind the database.

    Just after a change every node is behind, so the result is 0 for the first
    ``LAG_GRACE_SECONDS``. A result above 0 means that no process syncs the store, or that the disk
    is full.
    """
    name = store().current_name()
    state = generations.current_state()
    lag = state.number - int(name.partition("-")[0] or 0)
    age = time.time() - state.timestamp
    # The timestamp may be later than the current time: after many quick changes, or if the clock of
    # this node is slow.
    if age < 0:
        age = _seconds_unchanged(name)
    return lag if age >= LAG_GRACE_SECONDS else 0


_last_seen: tuple[str, float] = ("", 0.0)


def _seconds_unchanged(name: str) -> float:
    """Return the number of seconds since this process first saw the store at this generation."""
    global _last_seen
    if _last_seen[0] != name:
        _last_seen = (name, time.monotonic())
    return time.monotonic() - _last_seen[1]


def _read_owner(node_store: Store) -> str:
    with suppress(FileNotFoundError):
        return (node_store.root / "code").read_text()
    return ""


def _boot_id() -> str:
    with suppress(OSError):
        return BOOT_ID.read_text().strip()
    return ""


def _wanted_generation(node_store: Store) -> Generation:
    code = _read_owner(node_store).partition(" ")[0] or fingerprint()
    return Generation(generations.current_state(), code)


class Preparation:
    """Work with a time limit that is done before a switch: the publication of media files.

    The work may fail or hang, for example on a full disk or on network storage. It must not delay
    the withdrawal of a page.
    """

    def __init__(self, work: Callable[[], object] = lambda: None) -> None:
        self.work = work
        self._thread: threading.Thread | None = None
        self._start_lock = threading.Lock()

    def __call__(self) -> None:
        """Run the work in a thread and wait at most ``PREPARE_TIMEOUT_SECONDS`` for its end.

        If the previous run is still going on, wait for that run instead.
        """
        with self._start_lock:
            thread = self._thread
            if thread is None or not thread.is_alive():
                thread = self._thread = threading.Thread(target=self._run, daemon=True)
                thread.start()
        thread.join(PREPARE_TIMEOUT_SECONDS)

    def _run(self) -> None:
        try:
            self.work()
        except Exception:
            log.exception("The preparation of a new generation failed.")
        finally:
            connection.close()


class GenerationWatcher(threading.Thread):
    """A thread that polls the database's generation and switches the store to new generations."""

    def __init__(self, prepare: Callable[[], object] = lambda: None) -> None:
        super().__init__(name="pagestore-watcher", daemon=True)
        self.prepare = prepare
        self.stopped = threading.Event()
        self._has_ownership = False
        self._has_warned = False

    def run(self) -> None:
        while not self.stopped.wait(POLL_SECONDS):
            try:
                close_old_connections()
                self._take_ownership()
                store().counter.attach()
                self._warn_of_other_code(sync_store(self.prepare))
            except Exception as error:  # noqa: BLE001  (any error: the next poll may succeed)
                log.warning("The page store can't be synchronised: %s", error)
                connection.close()
        connection.close()

    def _take_ownership(self) -> None:
        """Try to take ownership; only log an error of the disk, so that the store is synced."""
        if self._has_ownership:
            return
        try:
            take_ownership()
            self._has_ownership = True
        except OSError as error:
            log.warning("The ownership of the page store can't be written: %s", error)

    def _warn_of_other_code(self, generation: Generation) -> None:
        if not may_store(generation) and not self._has_warned:
            self._has_warned = True
            log.warning(
                "This process has other code or other settings than the server that the page "
                "store belongs to: it stores nothing. Restart it."
            )


class Warmer(threading.Thread):
    """A low-priority thread that renders public pages before any request, and prunes the store.

    ``addresses`` yields the paths of all public pages, the most important first; a new generation
    starts from the first path again. ``warm`` renders one path and returns whether its page is
    stored.
    """

    def __init__(
        self, addresses: Callable[[], Iterable[str]], warm: Callable[[str], object]
    ) -> None:
        super().__init__(name="pagestore-warmer", daemon=True)
        self.addresses = addresses
        self.warm = warm
        self.stopped = threading.Event()

    def run(self) -> None:
        with suppress(OSError):  # on Linux this sets the priority of this thread only
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        completed = ""
        pruned_at = 0.0
        while not self.stopped.wait(POLL_SECONDS):
            try:
                close_old_connections()
                if time.monotonic() - pruned_at > PRUNE_INTERVAL_SECONDS:
                    store().prune()
                    pruned_at = time.monotonic()
                name = store().current_name()
                # Only processes that run the same code as the owner of the store may write pages.
                is_own_code = name.endswith(f"-{fingerprint()}")
                if is_own_code and name != completed and self._warm_all(name):
                    completed = name
            except Exception as error:  # noqa: BLE001  (any error: the next round may succeed)
                log.warning("The page store can't be warmed: %s", error)
                connection.close()
        connection.close()

    def _warm_all(self, name: str) -> bool:
        """Warm every path; return False if a new generation began meanwhile.

        A path whose page was not stored is tried one more time at the end, because the database
        may have been down for a short time.
        """
        retries: list[str] = []
        for path in chain(self.addresses(), retries):
            if self.stopped.is_set() or store().current_name() != name:
                return False
            if not self.warm(path) and len(retries) < MAX_WARM_RETRIES and path not in retries:
                retries.append(path)
        return True
