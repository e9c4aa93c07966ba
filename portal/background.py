"""Repeating a task in a thread of a long-running process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import close_old_connections, connections

log = logging.getLogger(__name__)

#: The maximum time in seconds to wait for the thread at the end; the process may end before it.
JOIN_SECONDS = 5


@contextmanager
def background_task(
    name: str, work: Callable[[threading.Event], None], *, interval: float
) -> Iterator[None]:
    """Call ``work`` in a thread inside the context, again and again.

    ``work`` receives an event that is set at the end. Between two calls the thread waits for
    ``interval`` seconds. An exception is logged and the task goes on.
    """
    stopped = threading.Event()
    thread = threading.Thread(
        target=_repeat, args=(name, work, interval, stopped), name=name, daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=JOIN_SECONDS)


def _repeat(
    name: str,
    work: Callable[[threading.Event], None],
    interval: float,
    stopped: threading.Event,
) -> None:
    try:
        while not stopped.is_set():
            try:
                close_old_connections()
                work(stopped)
            except Exception:  # the database or disk may be down for a while
                log.exception("%s: failed", name)
            stopped.wait(interval)
    finally:
        connections.close_all()
