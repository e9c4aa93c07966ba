"""The texts of attached files: taken out beside the newsroom's work, never inside a release.

A document names its files; one that has not been read waits in ``FileText``, and the loop of
``run_due`` reads it within seconds: mostly long before the release, since a draft names it too.
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

#: So many characters of one file.
LENGTH = 800_000
SECONDS = 60
ATTEMPTS = 3
#: After this long, whoever began to read it is taken for dead.
AGAIN_AFTER = timedelta(minutes=2)


def texts_of(attachments: Iterable[Any]) -> list[str]:
    """What is known of these files' words; those never met before are noted, to be read."""
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
    waiting = [
        each.digest
        for each in attachments
        if each.digest not in known or known[each.digest].state == FileText.State.PENDING
    ]
    if waiting and connection.in_atomic_block:
        # Held to the end: or the file is read, and its documents are looked for, before this one
        # is committed and can be seen.
        held = FileText.objects.select_for_update(no_key=True).filter(pk__in=waiting)
        known |= {row.pk: row for row in held.order_by("pk")}
    return [known[each.digest].text for each in attachments if each.digest in known]


def read_pending() -> Iterator[str]:
    """Read every file that waits, and name each that has words now. It waits on until ``settle``:
    who is killed before the documents have its words does it again."""
    while row := _next():
        text = row.text or _read(row)
        if text is not None:
            FileText.objects.filter(pk=row.pk).update(text=text)
            yield row.pk
        elif row.attempts >= ATTEMPTS:
            FileText.objects.filter(pk=row.pk).update(state=FileText.State.UNREADABLE)


def settle(digest: str) -> None:
    """Every document that names the file has its words."""
    FileText.objects.filter(pk=digest).update(state=FileText.State.READ)


def _next() -> FileText | None:
    """A file that is this process's to read now."""
    now = timezone.now()
    waiting = FileText.objects.filter(
        Q(tried_at=None) | Q(tried_at__lt=now - AGAIN_AFTER), state=FileText.State.PENDING
    )
    for row in waiting.order_by("pk")[:5]:
        # Counted before it is tried: a file that kills its reader is not tried for ever.
        mine = FileText.objects.filter(pk=row.pk, attempts=row.attempts, tried_at=row.tried_at)
        if mine.update(tried_at=now, attempts=F("attempts") + 1):
            row.attempts += 1
            return row
    return None


def _read(row: FileText) -> str | None:
    """The words of a file, or None where there are none to be had; it is logged, not raised."""
    program = Path(__file__).with_name("extract_text.py")
    try:
        with default_storage.open(row.name) as file:
            data = file.read()
        # -I: neither the environment nor the folder it is started in has a say.
        done = subprocess.run(
            [sys.executable, "-I", str(program), row.kind, str(LENGTH)],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except Exception as error:  # noqa: BLE001  (a storage raises what it likes)
        log.warning("No text of %s: %s", row.name, error)
        return None
    text = done.stdout.decode("utf-8", "ignore")
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        log.warning("No whole text of %s: %s %s", row.name, done.returncode, *why)
        if not text:
            row.attempts = ATTEMPTS  # it would fail again
            return None
    return clean(text)
