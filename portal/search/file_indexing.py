"""Indexing of attached files: read the pending files, then reindex the documents that name them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import close_old_connections, connections

from . import file_texts, index, rebuilding

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0


def index_pending_files() -> Iterator[str]:
    """Read every pending file, reindex the documents that name the file, and yield its digest."""
    for digest in file_texts.read_pending():
        index.reindex_file(digest)
        file_texts.mark_read(digest)
        yield digest


@contextmanager
def background_reader() -> Iterator[None]:
    """Index pending files in a thread inside the context, so that a long file delays no task."""
    stopped = threading.Event()
    thread = threading.Thread(target=_read_until, args=(stopped,), name="search", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=5)


def _read_until(stopped: threading.Event) -> None:
    has_cleaned_up = False
    try:
        while not stopped.wait(POLL_SECONDS):
            try:
                close_old_connections()
                if not has_cleaned_up:
                    rebuilding.end_abandoned_bulk()
                    has_cleaned_up = True
                for _digest in index_pending_files():
                    if stopped.is_set():
                        return
            except Exception:  # the database or disk may be down for a while, or a row bad
                log.exception("search: files are not read")
    finally:
        connections.close_all()
