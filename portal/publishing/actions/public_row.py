"""Functions that write the public row of an object and the rows that depend on it.

The dependent rows are attached images and files, references, media uses and list counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from portal.library.actions import set_public_uses

from .. import content as contents
from .. import list_counts, quotes, signals
from ..list_counts import ListPosition
from ..models import AttachedFile, AttachedPicture, Publishable, Reference
from ..parsed_content import ParsedContent
from ..states import RevisionState, State


@dataclass(frozen=True)
class PublicState:
    """The public aspects of an object: visibility, list positions, ids of its images and files.

    ``attachments`` maps the ids of the files to their released names.
    """

    is_public: bool = False
    positions: frozenset[ListPosition] = frozenset()
    image_ids: frozenset[int] = frozenset()
    attachments: dict[int, str] = field(default_factory=dict)


def current_state(obj: Publishable) -> PublicState:
    """Return what is public of the object now. Call it before the first change to the object."""
    if not obj.is_public:
        return PublicState()
    live = obj.revisions.get(state=RevisionState.RELEASED)
    return _state_with(obj, live.parse_content())


def _state_with(obj: Publishable, content: ParsedContent) -> PublicState:
    return PublicState(
        True,
        list_counts.list_positions(obj),
        frozenset(content.image_ids),
        content.file_names,
    )


def publish_content(
    obj: Publishable,
    content: ParsedContent,
    *,
    before: PublicState,
    published_at: datetime,
    now: datetime,
) -> None:
    """Write the content of a revision to the columns of its object and make the object public."""
    contents.set_columns(obj, content.data)
    obj.set_derived_columns()
    if obj.published_at is None:
        obj.published_at = published_at
        obj.published_on = timezone.localdate(published_at)
    obj.released_at = now
    obj.set_working_columns(content.data)
    _write_attached_rows(obj, content)
    obj.state, obj.notice, obj.withdrawn_at = State.LIVE, "", None
    obj.save(force_update=True)
    _finish_publishing(obj, content, before)


def republish(obj: Publishable, content: ParsedContent) -> None:
    """Make a withdrawn object public again; its columns still contain the released content."""
    obj.state, obj.notice, obj.withdrawn_at = State.LIVE, "", None
    obj.save(update_fields=["state", "notice", "withdrawn_at"])
    _finish_publishing(obj, content, before=PublicState())


def _finish_publishing(obj: Publishable, content: ParsedContent, before: PublicState) -> None:
    after = _state_with(obj, content)
    obj.on_published()
    _update_dependent_rows(obj, before, after)


def make_private(obj: Publishable, state: State, **changes: Any) -> None:
    """Make an object private; its columns keep the released content."""
    before = current_state(obj)
    obj.state = state
    for name, value in changes.items():
        setattr(obj, name, value)
    obj.save(update_fields=["state", *changes])
    _update_dependent_rows(obj, before, PublicState())


def _update_dependent_rows(obj: Publishable, before: PublicState, after: PublicState) -> None:
    """Update media uses, list counts and stale quotes, then send ``public_changed``."""
    set_public_uses(owner=obj, images=sorted(after.image_ids), attachments=after.attachments)
    list_counts.update_counts(before.positions, after.positions)
    if obj.is_quotable:
        quotes.mark_stale_quotes(obj)
    signals.public_changed.send(
        sender=type(obj),
        obj=obj,
        was_public=before.is_public,
        is_public=after.is_public,
        images=set(before.image_ids | after.image_ids),
        attachments=set(before.attachments) | set(after.attachments),
    )


def _write_attached_rows(obj: Publishable, content: ParsedContent) -> None:
    """Replace the attached rows and the references of the object by those in the content."""
    # ``stale_records`` locks the quoted records, so it must be called first: the release of a
    # figure locks the figure, then its references. The opposite order here could deadlock.
    stale = quotes.stale_records(content)
    key = {"content_type": ContentType.objects.get_for_model(obj), "object_id": obj.pk}
    obj.picture_rows.all().delete()
    AttachedPicture.objects.bulk_create(
        AttachedPicture(**key, position=position, image_id=row["image"], **_without(row, "image"))
        for position, row in enumerate(content.data["pictures"])
    )
    obj.file_rows.all().delete()
    AttachedFile.objects.bulk_create(
        AttachedFile(
            **key,
            position=position,
            attachment_id=row["attachment"],
            **_without(row, "attachment"),
        )
        for position, row in enumerate(content.data["files"])
    )
    Reference.objects.from_source(obj).delete()
    _write_references(obj, content.data["references"], stale)


def _write_references(
    obj: Publishable, rows: Iterable[dict[str, Any]], stale: set[tuple[str, int]]
) -> None:
    """Write the references of an object.

    ``stale`` contains the targets whose current words differ from the quote in the object.
    """
    source_type = ContentType.objects.get_for_model(obj)
    for position, row in enumerate(rows):
        target_type, target_id = contents.reference_target(row)
        Reference.objects.get_or_create(
            source_type=source_type,
            source_id=obj.pk,
            target_type=target_type,
            target_id=target_id,
            role=row["role"],
            defaults={"position": position, "stale": (row["type"], row["id"]) in stale},
        )


def _without(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}
