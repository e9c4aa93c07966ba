"""The public folder follows the rows: it holds what something public uses, nothing else."""

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
from portal.library.timeouts import Patient, Step

logger = logging.getLogger(__name__)

# A part of a file that is older than this was left by a process that died.
ABANDONED_SECONDS = 600
# Each round reads the rows anew; more than this only if they change faster than files are linked.
MAX_ROUNDS = 20
SETTLED_AT_ONCE = 500


@dataclass
class Report:
    """What a reconcile did, and what it could not do."""

    linked: set[str] = field(default_factory=set)
    unlinked: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return (
            f"{len(self.linked)} linked, {len(self.unlinked)} unlinked, {len(self.missing)} missing"
        )


def enqueue(*, images: Collection[int] = (), attachments: Collection[int] = ()) -> None:
    """Note, in the transaction that changes their standing, that the folder must follow these;
    it does so after the commit, or by whoever calls ``settle`` next."""
    known = (
        (field, set(model._base_manager.filter(pk__in=ids).values_list("pk", flat=True)))
        for field, model, ids in (
            ("image_id", Image, images),
            ("attachment_id", Attachment, attachments),
        )
        if ids
    )
    rows = [MediaSyncTask(**{field: pk}) for field, pks in known for pk in sorted(pks)]
    if rows:
        MediaSyncTask.objects.bulk_create(rows)
        # Robust: what is committed must not look as if it were not because a disk is full.
        transaction.on_commit(lambda: process_sync_tasks(), robust=True)


def process_sync_tasks() -> Report:
    """Let the public folder follow all that is owed. Idempotent; any number may do it at once."""
    report = Report()
    while rows := list(MediaSyncTask.objects.order_by("pk")[:SETTLED_AT_ONCE]):
        images = {row.image_id for row in rows if row.image_id}
        attachments = {row.attachment_id for row in rows if row.attachment_id}
        done = resync(images=images, attachments=attachments)
        report.linked |= done.linked
        report.unlinked |= done.unlinked
        report.missing |= done.missing
        # Only what was read before: what was owed meanwhile is owed still.
        MediaSyncTask.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return report


def resync(
    images: Collection[int] | None = None, attachments: Collection[int] | None = None
) -> Report:
    """Make the public storage hold exactly what is public; with ids, as far as those go.

    Idempotent, and safe beside itself: whoever changed a file reads the rows once more afterwards,
    and goes on until they agree. So the last one to touch a name has seen the newest rows, and a
    process that dies half-way leaves nothing that the next one does not mend. Call it outside a
    transaction, after the commit.
    """
    report = Report()
    everything = images is None and attachments is None
    for _round in range(MAX_ROUNDS):
        # The files first: a name that appears after this is not taken for a stray.
        strays: set[str] = set()
        if everything:
            strays = Patient.do(_every_name)
        if not _round_changes(images, attachments, everything, strays, report):
            break
    if report.missing:
        logger.error("Public files are missing from the library: %s", sorted(report.missing))
    return report


def _every_name(step: Step) -> set[str]:
    found = set()
    for name in files.iter_names(storages["public"]):
        step()
        found.add(name)
    return found


def public_file_names() -> set[str]:
    """Every name that belongs in the public storage."""
    return _names(None, None, everything=True)[0]


def _round_changes(
    images: Collection[int] | None,
    attachments: Collection[int] | None,
    everything: bool,
    strays: set[str],
    report: Report,
) -> bool:
    wanted, unwanted = _names(images, attachments, everything)
    unwanted |= strays - wanted
    return Patient.do(lambda step: _follow_names(wanted, unwanted, report, step))


def _follow_names(wanted: set[str], unwanted: set[str], report: Report, step: Step) -> bool:
    private, public = default_storage, storages["public"]
    changed = False
    for name in sorted(wanted):
        step()
        try:
            done = files.link(private, public, name)
        except FileNotFoundError:
            report.missing.add(name)
            continue
        if done:
            report.linked.add(name)
            changed = True
    for name in sorted(unwanted):
        step()
        if _is_fresh_part(public, name):
            continue
        if files.unlink(public, name):
            report.unlinked.add(name)
            changed = True
    return changed


def _names(
    images: Collection[int] | None, attachments: Collection[int] | None, everything: bool
) -> tuple[set[str], set[str]]:
    """The names that belong in the public storage, and (when narrowed) those that don't."""
    wanted: set[str] = set()
    unwanted: set[str] = set()
    for model, ids in ((Image, images), (Attachment, attachments)):
        if everything:
            for media_file in model.objects.public().iterator():
                wanted.update(media_file.public_file_names)
            continue
        if not ids:
            continue
        # One query: what is public is told by the same snapshot as what is not.
        found: QuerySet[Any] = model.objects.filter(pk__in=ids).with_is_public()
        for media_file in found:
            (wanted if media_file.is_public else unwanted).update(media_file.public_file_names)
    return wanted, unwanted


def _is_fresh_part(storage: Storage, name: str) -> bool:
    """Whether this is a file that another process is just writing."""
    if not name.rpartition("/")[2].startswith(files.TEMPORARY):
        return False
    with contextlib.suppress(FileNotFoundError):
        return storage.get_modified_time(name).timestamp() > time.time() - ABANDONED_SECONDS
    return False
