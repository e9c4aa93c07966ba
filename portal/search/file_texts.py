"""Texts of attached files, extracted in the background and never during a release.

A search document names its attached files. A file that has not been read has a pending row in
``FileText``, and the command ``run_due --loop`` reads the file within seconds: usually long before
the release, because the staff documents of drafts name the file too.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from .folding import clean
from .models import FileText

log = logging.getLogger(__name__)

#: Maximum number of characters that are stored of one file.
MAX_TEXT_LENGTH = 800_000
TIMEOUT_SECONDS = 60
MAX_ATTEMPTS = 3
#: A process that began to read a file this long ago is presumed dead: the file is read again.
RETRY_AFTER = timedelta(minutes=2)


def get_texts(attachments: Iterable[Any]) -> list[str]:
    """Return the known texts of these files; store a pending row for each unknown file.

    Inside a transaction the pending rows stay locked until the transaction ends: otherwise another
    process might read a file, and reindex its documents, before the caller's document is committed
    and visible to that process.
    """
    attachments = list(attachments)
    if not attachments:
        return []
    known = FileText.objects.in_bulk([each.digest for each in attachments])
    new = [
        FileText(digest=each.digest, name=each.file.name, kind=each.kind)
        for each in attachments
        if each.digest not in known
    ]
    if new:
        FileText.objects.bulk_create(new, ignore_conflicts=True)
    pending = [
        each.digest
        for each in attachments
        if each.digest not in known or known[each.digest].state == FileText.State.PENDING
    ]
    if pending and connection.in_atomic_block:
        locked = FileText.objects.select_for_update(no_key=True).filter(pk__in=pending)
        known |= {row.pk: row for row in locked.order_by("pk")}
    return [known[each.digest].text for each in attachments if each.digest in known]


def read_pending() -> Iterator[str]:
    """Read every pending file and yield the digest of each file whose text is now stored.

    A file stays pending until ``mark_read``: if the process dies before the file's documents are
    reindexed, another process reads the file and reindexes them.
    """
    while row := _claim_next():
        text = row.text or _extract(row)
        if text is not None:
            FileText.objects.filter(pk=row.pk).update(text=text)
            yield row.pk
        elif row.attempts >= MAX_ATTEMPTS:
            FileText.objects.filter(pk=row.pk).update(state=FileText.State.UNREADABLE)


def mark_read(digest: str) -> None:
    """Record that every search document that names the file contains the file's text."""
    FileText.objects.filter(pk=digest).update(state=FileText.State.READ)


def _claim_next() -> FileText | None:
    """Reserve a pending file for this process and return its row; None if no file is pending."""
    now = timezone.now()
    pending = FileText.objects.filter(
        Q(tried_at=None) | Q(tried_at__lt=now - RETRY_AFTER), state=FileText.State.PENDING
    )
    for row in pending.order_by("pk")[:5]:
        # The attempt is counted before it begins, so that a file that kills its reader is not
        # read again without end.
        unclaimed = FileText.objects.filter(pk=row.pk, attempts=row.attempts, tried_at=row.tried_at)
        if unclaimed.update(tried_at=now, attempts=F("attempts") + 1):
            row.attempts += 1
            return row
    return None


def _extract(row: FileText) -> str | None:
    """Return the text of a file; log errors and return None if no text can be extracted."""
    program = Path(__file__).with_name("extract_text.py")
    try:
        with default_storage.open(row.name) as file:
            data = file.read()
        # With -I Python ignores the environment variables and the current folder.
        done = subprocess.run(
            [sys.executable, "-I", str(program), row.kind, str(MAX_TEXT_LENGTH)],
            input=data,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except Exception as error:  # noqa: BLE001  (storage backends raise any exception)
        log.warning("No text of %s: %s", row.name, error)
        return None
    text = done.stdout.decode("utf-8", "ignore")
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        log.warning("No whole text of %s: %s %s", row.name, done.returncode, *reason)
        if not text:
            row.attempts = MAX_ATTEMPTS  # another attempt would fail, too
            return None
    return clean(text)
