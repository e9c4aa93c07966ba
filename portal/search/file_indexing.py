"""The files that wait to be read, and the documents that then have their words."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import close_old_connections, connections

from . import file_texts, index, rebuilding

log = logging.getLogger(__name__)

SECONDS = 1.0


def index_pending_files() -> Iterator[str]:
    """Read what waits; whatever names such a file is indexed with its words."""
    for digest in file_texts.read_pending():
        index.take_in(digest)
        file_texts.settle(digest)
        yield digest


@contextmanager
def background_reader() -> Iterator[None]:
    """Read what waits, beside whatever else this process does: a long file keeps nothing up."""
    stopped = threading.Event()
    thread = threading.Thread(target=_read_until, args=(stopped,), name="search", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=5)


def _read_until(stopped: threading.Event) -> None:
    settled = False
    try:
        while not stopped.wait(SECONDS):
            try:
                close_old_connections()
                if not settled:
                    rebuilding.settle()
                    settled = True
                for _digest in index_pending_files():
                    if stopped.is_set():
                        return
            except Exception:  # database or disk, away for a while; or one bad row: go on
                log.exception("search: files are not read")
    finally:
        connections.close_all()
