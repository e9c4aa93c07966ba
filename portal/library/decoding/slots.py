"""Slots of decoders: at most two run at a time on this machine, in order of arrival.

Files in a folder of this machine hold the order and the slots. All of them are locked by
``flock``, which the kernel ends with the process, so that a killed process blocks nobody.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

POLL_SECONDS = 0.03


class NoSlotInTime(Exception):
    """No slot became free before the deadline."""


@contextmanager
def take_slots(folder: Path, *, wanted: int, count: int, deadline: float) -> Iterator[list[int]]:
    """Wait for ``wanted`` of ``count`` slots, in order of arrival; yield their file descriptors.

    A child process that inherits the descriptors keeps the slots as long as it lives. ``deadline``
    is a value of ``time.monotonic()``. Raises ``NoSlotInTime``.
    """
    (folder / "queue").mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as held:
        with _ticket(folder) as ticket:
            while not _is_first(folder, ticket):
                _pause(deadline)
            descriptors: list[int] = []
            while len(descriptors) < wanted:
                for number in range(count):
                    descriptor = _try_lock(folder / f"slot-{number}")
                    if descriptor is not None and len(descriptors) < wanted:
                        held.callback(os.close, descriptor)
                        descriptors.append(descriptor)
                    elif descriptor is not None:
                        os.close(descriptor)
                if len(descriptors) < wanted:
                    _pause(deadline)
        yield descriptors


def _pause(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise NoSlotInTime
    time.sleep(POLL_SECONDS)


@contextmanager
def _ticket(folder: Path) -> Iterator[int]:
    """Join the end of the queue; yield the number of the ticket, which exists meanwhile."""
    with _locked(folder):
        number = max(_numbers(folder), default=0) + 1
        path = _path(folder, number)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield number
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _is_first(folder: Path, ticket: int) -> bool:
    """Return whether nobody with a lower number waits; delete the tickets of killed processes."""
    with _locked(folder):
        for number in sorted(_numbers(folder)):
            if number >= ticket:
                break
            path = _path(folder, number)
            descriptor = _try_lock(path, create=False)
            if descriptor is None:
                if path.exists():
                    return False
                continue
            path.unlink(missing_ok=True)
            os.close(descriptor)
    return True


def _numbers(folder: Path) -> list[int]:
    return [int(name) for name in os.listdir(folder / "queue") if name.isdecimal()]


def _path(folder: Path, number: int) -> Path:
    return folder / "queue" / str(number)


def _try_lock(path: Path, *, create: bool = True) -> int | None:
    """Lock a file and return its descriptor; None if it is locked or, without create, missing."""
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of the queue for a moment."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        with suppress(OSError):
            os.close(descriptor)
