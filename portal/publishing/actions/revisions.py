"""Functions that write revisions, and a snapshot of the content for each save."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from portal.accounts.models import User

from ..errors import Conflict
from ..models import Publishable, Revision, Snapshot
from ..parsed_content import ParsedContent


def create_revision(
    *,
    obj: Publishable,
    content: ParsedContent,
    by: User,
    base: Revision | None,
    now: datetime,
    **values: Any,
) -> Revision:
    """Create the open revision of an object.

    Raises Conflict if another transaction has created one: a database constraint permits only one
    open revision for each object.
    """
    number = (obj.revisions.aggregate(last=Max("number"))["last"] or 0) + 1
    revision = Revision(
        target=obj,
        number=number,
        base=base,
        schema_version=obj.schema_version,
        content=content.data,
        title=obj.title_of(content.data),
        created_by=by,
        saved_by=by,
        saved_at=now,
        **values,
    )
    revision.digest = revision.digest_of(content)
    try:
        with transaction.atomic():
            revision.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(obj.open_revision) from error
    return revision


def update_revision(
    revision: Revision, *, content: ParsedContent, digest: str, by: User, now: datetime
) -> None:
    """Replace the content of an open revision and increment its version.

    Raises Conflict if the stored version or state differs from that of ``revision``.
    """
    updated = Revision.objects.filter(
        pk=revision.pk, version=revision.version, state=revision.state
    ).update(
        content=content.data,
        digest=digest,
        schema_version=revision.model.schema_version,
        title=revision.model.title_of(content.data),
        version=revision.version + 1,
        saved_by=by,
        saved_at=now,
        # The override was justified for the previous content only.
        override_reason="",
    )
    revision.refresh_from_db()
    if not updated:
        raise Conflict(revision)


def snapshot_values(revision: Revision, by: User, autosave: bool) -> dict[str, Any]:
    """Return the column values of a snapshot of the revision."""
    return {
        "version": revision.version,
        "content": revision.content,
        "digest": revision.digest,
        "autosave": autosave,
        "saved_by": by,
        "saved_at": revision.saved_at,
    }


def write_snapshot(revision: Revision, *, by: User, autosave: bool = False) -> bool:
    """Store the revision's current content as a snapshot; return whether a snapshot was added.

    If the latest snapshot is an autosave of the same user, it is overwritten instead.
    """
    values = snapshot_values(revision, by, autosave)
    last = revision.snapshots.order_by("-version").first()
    if last and last.autosave and last.saved_by_id == by.pk:
        Snapshot.objects.filter(pk=last.pk).update(**values)
        return False
    Snapshot.objects.create(revision=revision, **values)
    return True


def make_snapshot_permanent(revision: Revision) -> None:
    """Clear the autosave flag of the latest snapshot, so that no autosave overwrites it.

    Called when the user saves the same content by hand or submits it.
    """
    last = revision.snapshots.order_by("-version").first()
    if last is not None and last.autosave:
        Snapshot.objects.filter(pk=last.pk).update(autosave=False)
