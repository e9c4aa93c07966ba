"""Synchronisation of the public storage: it contains exactly the files that public objects use."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.core.files.storage import Storage, default_storage, storages
from django.db import transaction
from django.db.models import QuerySet

from portal.library import files
from portal.library.models import Attachment, Image, MediaSyncTask
from portal.library.timeouts import ReportProgress, run_with_timeout

logger = logging.getLogger(__name__)

# Maximum age in seconds of a temporary file in use; an older one was left by a killed process.
MAX_TEMPORARY_FILE_AGE_SECONDS = 600
# Maximum number of rounds of a synchronisation. Each round reads the rows again; more are needed
# only if rows change faster than files can be written.
MAX_ROUNDS = 20
TASK_BATCH_SIZE = 500


@dataclass
class SyncReport:
    """Names of the files that were linked, unlinked, or missing in the private storage."""

    linked: set[str] = field(default_factory=set)
    unlinked: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return (
            f"{len(self.linked)} linked, {len(self.unlinked)} unlinked, {len(self.missing)} missing"
        )


def enqueue(*, images: Collection[int] = (), attachments: Collection[int] = ()) -> None:
    """Record that the public storage must be updated for these files; update it after the commit.

    Call it in the transaction that changes whether the files are public. If the update after the
    commit fails, the next call of ``process_sync_tasks`` repeats it. Unknown ids are ignored.
    """
    existing = (
        (field, set(model._base_manager.filter(pk__in=ids).values_list("pk", flat=True)))
        for field, model, ids in (
            ("image_id", Image, images),
            ("attachment_id", Attachment, attachments),
        )
        if ids
    )
    rows = [MediaSyncTask(**{field: pk}) for field, pks in existing for pk in sorted(pks)]
    if rows:
        MediaSyncTask.objects.bulk_create(rows)
        # robust=True: a file error must not raise after the transaction was committed
        # successfully.
        transaction.on_commit(lambda: process_sync_tasks(), robust=True)


def process_sync_tasks() -> SyncReport:
    """Update the public storage for all recorded tasks. Idempotent and safe to run concurrently."""
    report = SyncReport()
    while rows := list(MediaSyncTask.objects.order_by("pk")[:TASK_BATCH_SIZE]):
        images = {row.image_id for row in rows if row.image_id}
        attachments = {row.attachment_id for row in rows if row.attachment_id}
        done = resync(images=images, attachments=attachments)
        report.linked |= done.linked
        report.unlinked |= done.unlinked
        report.missing |= done.missing
        # Delete only the tasks that were read before the update: tasks recorded meanwhile must
        # remain.
        MediaSyncTask.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return report


def resync(
    images: Collection[int] | None = None, attachments: Collection[int] | None = None
) -> SyncReport:
    """Make the public storage contain exactly the public files, of the given ids or of all rows.

    Without ids, unknown files in the public storage are deleted too. Call it after the commit,
    outside of a transaction.
    It is idempotent and safe to run concurrently: a process that changed a file reads the rows
    again and repeats until nothing changes. Therefore the process that changes a file last has read
    the newest rows. The next run corrects the state that a killed process left.
    """
    report = SyncReport()
    is_full = images is None and attachments is None
    for _round in range(MAX_ROUNDS):
        # List the files before reading the rows: otherwise a file that is published in between
        # would be deleted as unknown.
        stored = run_with_timeout(_stored_names) if is_full else set()
        wanted, unwanted = _names(images, attachments, is_full)
        if not _update_files(wanted, unwanted | (stored - wanted), report):
            break
    if report.missing:
        logger.error("Public files are missing from the library: %s", sorted(report.missing))
    return report


def _stored_names(report_progress: ReportProgress) -> set[str]:
    found = set()
    for name in files.iter_names(storages["public"]):
        report_progress()
        found.add(name)
    return found


def public_file_names() -> set[str]:
    """Return the names of all files that belong in the public storage."""
    return _names(None, None, is_full=True)[0]


def _update_files(wanted: set[str], unwanted: set[str], report: SyncReport) -> bool:
    """Link the wanted files and unlink the unwanted; return whether any file was changed."""

    def work(report_progress: ReportProgress) -> bool:
        private, public = default_storage, storages["public"]
        has_changed = False
        for name in sorted(wanted):
            report_progress()
            try:
                is_new = files.link(private, public, name)
            except FileNotFoundError:
                report.missing.add(name)
                continue
            if is_new:
                report.linked.add(name)
                has_changed = True
        for name in sorted(unwanted):
            report_progress()
            if _is_being_written(public, name):
                continue
            if files.unlink(public, name):
                report.unlinked.add(name)
                has_changed = True
        return has_changed

    return run_with_timeout(work)


def _names(
    images: Collection[int] | None, attachments: Collection[int] | None, is_full: bool
) -> tuple[set[str], set[str]]:
    """Return the names that belong in the public storage, and the names that do not.

    The second set covers only the given ids; it is empty if ``is_full``.
    """
    wanted: set[str] = set()
    unwanted: set[str] = set()
    for model, ids in ((Image, images), (Attachment, attachments)):
        if is_full:
            for media_file in model.objects.public().iterator():
                wanted.update(media_file.public_file_names)
            continue
        if not ids:
            continue
        # A single query reads all rows, so that all are judged by the same snapshot of the
        # database.
        found: QuerySet[Any] = model.objects.filter(pk__in=ids).with_is_public()
        for media_file in found:
            (wanted if media_file.is_public else unwanted).update(media_file.public_file_names)
    return wanted, unwanted


def _is_being_written(storage: Storage, name: str) -> bool:
    """Return whether this is a temporary file that another process is still writing."""
    if not name.rpartition("/")[2].startswith(files.TEMPORARY_PREFIX):
        return False
    with contextlib.suppress(FileNotFoundError):
        return storage.get_modified_time(name).timestamp() > (
            time.time() - MAX_TEMPORARY_FILE_AGE_SECONDS
        )
    return False
