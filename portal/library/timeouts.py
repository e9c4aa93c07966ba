"""Time limits for file operations on a folder that may hang (a network mount)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
ReportProgress = Callable[[], None]

#: The time limit of one step (the operation on one file), in seconds.
STEP_TIMEOUT_SECONDS = 5.0

#: The thread that was abandoned last; while it is alive, the folder still hangs. None at first.
_abandoned: threading.Thread | None = None


def run_with_timeout(work: Callable[[ReportProgress], T]) -> T:
    """Call ``work`` in a thread and return its result; abandon the thread if a step takes too long.

    ``work`` receives a function that it must call before each step. An abandoned thread cannot be
    stopped while it waits for the folder; it ends at its next step. Until then, further calls raise
    an error immediately, so that no more threads are abandoned.
    Raises ``OSError`` if the folder hangs, and any exception that ``work`` raises.
    """
    global _abandoned
    if _abandoned is not None and _abandoned.is_alive():
        raise OSError("The folder of public media still hangs.")
    worker = _Worker(work)
    thread = threading.Thread(target=worker.run, name="public-media", daemon=True)
    thread.start()
    steps_before = -1
    while thread.is_alive():
        if worker.steps == steps_before:
            worker.is_abandoned = True
            _abandoned = thread
            raise OSError("The folder of public media hangs.")
        steps_before = worker.steps
        thread.join(STEP_TIMEOUT_SECONDS)
    if worker.error is not None:
        raise worker.error
    return worker.results[0]


class _Worker(Generic[T]):
    """The state that the calling thread shares with the thread that runs ``work``."""

    def __init__(self, work: Callable[[ReportProgress], T]) -> None:
        self._work = work
        self.steps = 0
        self.is_abandoned = False
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.results.append(self._work(self._report_progress))
        except BaseException as error:  # noqa: BLE001  (raised again in the calling thread)
            self.error = error

    def _report_progress(self) -> None:
        if self.is_abandoned:  # the database rows that determined the work may have changed since
            raise OSError("Abandoned.")
        self.steps += 1
