"""Keeping this node's store at the database's number, warm and swept."""

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

#: A node may lag by one second: this leaves time for a slow answer of the database.
FOLLOW_SECONDS = 0.3
SWEEP_SECONDS = 10
PREPARE_SECONDS = 0.4
MOST_AGAIN = 1_000
BEHIND_SECONDS = 3
#: When this process began: who came later knows better.
STARTED = time.time()
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@cache
def _store_at(root: Path) -> Store:
    return Store(root)


def store() -> Store:
    """This node's store."""
    return _store_at(Path(settings.PAGESTORE_ROOT))


def sync_store(prepare: Callable[[], object] = lambda: None) -> Generation:
    """Serve what the database's number says; never an older one, whoever is quicker. ``prepare``
    is called ahead of a turn (``Preparation``).

    Raises ``OSError`` where the disk can't follow: nothing is served from it then, rather than
    something of before.
    """
    here = store()
    wanted = _wanted(here)
    if here.current_name() != wanted.name:
        prepare()
        try:
            with here.locked("turn"):
                # Read again: whoever had the lock before may have seen a later turn.
                wanted = _wanted(here)
                if here.current_name() != wanted.name:
                    here.switch(wanted)
        except OSError:
            # Known to this process, whatever becomes of the links: a disk may take no change.
            here.is_disabled = True
            here.close(but=wanted)
            raise
    here.is_disabled = False
    return wanted


def may_store(generation: Generation) -> bool:
    """Whether this process renders by the code that the store holds pages of: while a server is
    restarted, processes of before and after work side by side."""
    return generation.fingerprint == fingerprint()


class FingerprintMismatch(Exception):
    """The store holds pages of other code, or of other settings, than this process has."""


def ensure_ownership() -> None:
    """Work for the store beside the server: for commands, which must not take it from him."""
    claimed = _claimed(store()).partition(" ")[0]
    if claimed and claimed != fingerprint():
        raise FingerprintMismatch(
            "The store belongs to a server with other code or other settings. Use its environment "
            "(deploy/portal does), or restart it first."
        )
    if not claimed:
        take_ownership()


def take_ownership() -> None:
    """Say that this process's code is the one whose pages count; when a server starts.

    Other code gives other pages under the same number, and a machine that lost its power may have
    left files empty: either way the pages are turned over. What was started before somebody else
    claimed the store is the older one, and claims nothing.
    """
    here = store()
    mine = f"{fingerprint()} {_boot()}"
    if _claimed(here) == mine:
        return
    with here.locked("take_ownership"):
        claimed, file = _claimed(here), here.root / "code"
        # A date to come says only that some clock was wrong.
        if claimed == mine or (claimed and STARTED < file.stat().st_mtime <= time.time()):
            return
        # On disk first: a turn that nothing comes of would be repeated without end.
        temporary = file.with_name(f".code.{os.getpid()}")
        temporary.write_text(mine)
        if file.exists():  # empty, too: that is what a power failure leaves
            with transaction.atomic():
                generations.bump_generation(forbid_stale=False)
            here.repair()
        os.replace(temporary, file)


def generations_behind() -> int:
    """How many turns this node has yet to follow. More than 0 when the last one is a while ago
    means that nothing follows, or that its disk is full."""
    name = store().current_name()
    current_state = generations.current_state()
    turns_left = current_state.number - int(name.partition("-")[0] or 0)
    age = time.time() - current_state.timestamp
    if age < 0:  # the date of turns runs ahead of clocks that are slow, and of many quick turns
        age = _seen_for(name)
    return turns_left if age >= BEHIND_SECONDS else 0


_seen: tuple[str, float] = ("", 0.0)


def _seen_for(name: str) -> float:
    """For how many seconds this process has seen the store serve that generation."""
    global _seen
    if _seen[0] != name:
        _seen = (name, time.monotonic())
    return time.monotonic() - _seen[1]


def _claimed(here: Store) -> str:
    with suppress(FileNotFoundError):
        return (here.root / "code").read_text()
    return ""


def _boot() -> str:
    with suppress(OSError):
        return BOOT_ID.read_text().strip()
    return ""


def _wanted(here: Store) -> Generation:
    code = _claimed(here).partition(" ")[0] or fingerprint()
    return Generation(generations.current_state(), code)


class Preparation:
    """What must be true before a turn is shown (media files). It has a bound, and may fail: a
    folder that is full or hangs holds back no withdrawal."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self.before = before
        self._running: threading.Thread | None = None
        self._starting = threading.Lock()

    def __call__(self) -> None:
        """Let it run for a moment; one that hangs is not begun a second time."""
        with self._starting:
            running = self._running
            if running is None or not running.is_alive():
                running = self._running = threading.Thread(target=self._run, daemon=True)
                running.start()
        running.join(PREPARE_SECONDS)

    def _run(self) -> None:
        try:
            self.before()
        except Exception:
            log.exception("What comes before a turn has failed.")
        finally:
            connection.close()


class GenerationWatcher(threading.Thread):
    """Follows the turns of the database, in every process that serves."""

    def __init__(self, prepare: Callable[[], object] = lambda: None) -> None:
        super().__init__(name="pagestore-follower", daemon=True)
        self.prepare = prepare
        self.stopped = threading.Event()
        self._has_claimed = False
        self._has_told = False

    def run(self) -> None:
        while not self.stopped.wait(FOLLOW_SECONDS):
            try:
                close_old_connections()
                self._claim()
                store().counter.attach()
                self._tell(sync_store(self.prepare))
            except Exception as error:  # noqa: BLE001  (whatever it is, the next look may succeed)
                log.warning("The page store can't follow: %s", error)
                connection.close()
        connection.close()

    def _claim(self) -> None:
        """A disk on which nothing can be claimed must be followed all the same."""
        if self._has_claimed:
            return
        try:
            take_ownership()
            self._has_claimed = True
        except OSError as error:
            log.warning("The page store can't be claimed: %s", error)

    def _tell(self, generation: Generation) -> None:
        if not may_store(generation) and not self._has_told:
            self._has_told = True
            log.warning(
                "This process has other code or other settings than the server that the page "
                "store belongs to: it stores nothing. Restart it."
            )


class Warmer(threading.Thread):
    """Renders what nobody has asked for yet, at the lowest priority, and sweeps.

    After each turn it begins anew: the addresses come in the order of their importance.
    """

    def __init__(
        self, addresses: Callable[[], Iterable[str]], warm: Callable[[str], object]
    ) -> None:
        super().__init__(name="pagestore-warmer", daemon=True)
        self.addresses = addresses
        self.warm = warm
        self.stopped = threading.Event()

    def run(self) -> None:
        with suppress(OSError):  # of this thread alone, as Linux has it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        done = ""
        swept = 0.0
        while not self.stopped.wait(FOLLOW_SECONDS):
            try:
                close_old_connections()
                if time.monotonic() - swept > SWEEP_SECONDS:
                    store().prune()
                    swept = time.monotonic()
                name = store().current_name()
                # Of other code than this process has, nothing would be stored.
                ours = name.endswith(f"-{fingerprint()}")
                if ours and name != done and self._round(name):
                    done = name
            except Exception as error:  # noqa: BLE001  (whatever it is, the next round may succeed)
                log.warning("The page store can't be warmed: %s", error)
                connection.close()
        connection.close()

    def _round(self, name: str) -> bool:
        """Warm every address; False if a turn came between. Once more, if it could not be: for a
        moment the database may have been away."""
        again: list[str] = []
        for path in chain(self.addresses(), again):
            if self.stopped.is_set() or store().current_name() != name:
                return False
            if not self.warm(path) and len(again) < MOST_AGAIN and path not in again:
                again.append(path)
        return True
