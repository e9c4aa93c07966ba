"""The actions of writers: save, restore, correct."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import actions as audit

from .. import content as contents
from .. import quotes, signals
from ..errors import Conflict, NotAllowed, Refused
from ..models import Contribution, Publishable, Revision, Snapshot
from ..parsed_content import ParsedContent
from ..rules import Action, require, require_role, require_state
from ..states import ChangeKind, RevisionState, State
from .base import lock_object, log_action, set_state, transition
from .revisions import (
    create_revision,
    make_snapshot_permanent,
    snapshot_values,
    update_revision,
    write_snapshot,
)

#: Number of objects that ``save_new_objects`` inserts with one SQL statement.
BATCH_SIZE = 500


@dataclass(frozen=True)
class VersionToken:
    """The version of a text that a form was opened on, for optimistic locking.

    The form contains the token as text; a save is refused if another version is stored by then.
    """

    revision: int = 0
    version: int = 0

    def __str__(self) -> str:
        return f"{self.revision}.{self.version}"

    @classmethod
    def of(cls, obj: Publishable) -> VersionToken:
        """Return the token for a form that is opened now.

        The form shows the open revision or, if none is open, the live revision.
        """
        current = (obj.open_revision or obj.live_revision) if obj.pk else None
        return cls(current.pk, current.version) if current else cls()

    @classmethod
    def parse(cls, text: str) -> VersionToken:
        """Parse the token of a form; return the token of an empty form if the text is malformed."""
        match = re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,9})", text)
        return cls(int(match[1]), int(match[2])) if match else cls()


@dataclass(frozen=True)
class SaveResult:
    """The revision that contains the saved content, and whether the save changed anything."""

    revision: Revision
    changed: bool

    @property
    def token(self) -> VersionToken:
        return VersionToken(self.revision.pk, self.revision.version)


@transaction.atomic
def save(
    *,
    obj: Publishable,
    content: dict[str, Any],
    by: User,
    token: VersionToken,
    autosave: bool = False,
) -> SaveResult:
    """Save content to the open revision, or to a new revision based on the live revision.

    ``token`` identifies the version that the writer's form was opened on. Raises Conflict if
    another version is stored now, and NotAllowed or Refused like every action.
    """
    if obj.pk:
        obj = lock_object(obj)
        revision = obj.open_revision
    else:
        revision = None
    require_role(Action.SAVE, by, obj, revision)
    # The token is checked before the state: after a release or another save, the writer must get
    # the conflict page, which shows the input beside the stored text.
    if obj.pk and token != VersionToken.of(obj):
        raise Conflict(revision or obj.live_revision)
    require_state(Action.SAVE, obj, revision)

    parsed = quotes.clean_content(type(obj), content)
    now = timezone.now()
    if obj.pk is None:
        obj.set_working_columns(parsed.data)
        obj.save(force_insert=True)
    if revision is None:
        live = obj.live_revision
        if live and _is_content_of(live, parsed):
            return SaveResult(live, changed=False)
        revision = create_revision(obj=obj, content=parsed, by=by, base=live, now=now)
    else:
        digest = revision.digest_of(parsed)
        if digest == revision.digest:
            if not autosave:
                make_snapshot_permanent(revision)
            return SaveResult(revision, changed=False)
        update_revision(revision, content=parsed, digest=digest, by=by, now=now)
    Contribution.objects.get_or_create(revision=revision, user=by)
    added = write_snapshot(revision, by=by, autosave=autosave)
    _store_working_columns(obj, parsed)
    if added or not autosave:
        log_action(Action.SAVE, by, obj, revision, version=revision.version, autosave=autosave)
    return SaveResult(revision, changed=True)


def _is_content_of(live: Revision, content: ParsedContent) -> bool:
    return content.data == contents.upgrade_content(live.model, live.content)


def _store_working_columns(obj: Publishable, content: ParsedContent) -> None:
    """Update the ``working_…`` columns of the object and send ``draft_saved`` with its content."""
    obj.set_working_columns(content.data)
    values = {
        field.attname: getattr(obj, field.attname)
        for field in obj._meta.concrete_fields
        if field.name.startswith("working_")
    }
    type(obj)._base_manager.filter(pk=obj.pk).update(**values)
    signals.draft_saved.send(sender=type(obj), written=[(obj, content.data)])


@transaction.atomic
def save_new_objects(
    *, model: type[Publishable], written: Iterable[dict[str, Any]], by: User
) -> list[int]:
    """Save all objects of an imported sheet, or none of them, with few SQL statements.

    Writes the same rows as ``save`` and returns the ids of the objects. The audit log is written
    last, because the head of its hash chain stays locked until the transaction ends.
    """
    require_role(Action.SAVE, by, model(), None)
    events: list[tuple[Any, dict[str, Any]]] = []
    written = iter(written)
    while batch := list(islice(written, BATCH_SIZE)):
        events += _save_batch(
            model, [quotes.clean_content(model, content) for content in batch], by
        )
    audit.log_events(action=f"workflow.{Action.SAVE}", events=events, actor=by)
    return [obj.pk for obj, _details in events]


def _save_batch(
    model: type[Publishable], texts: list[ParsedContent], by: User
) -> list[tuple[Publishable, dict[str, Any]]]:
    """Insert new objects with all their rows; return each object with its audit details."""
    now = timezone.now()
    objects = [model() for _text in texts]
    for obj, content in zip(objects, texts, strict=True):
        obj.set_working_columns(content.data)
    model._base_manager.bulk_create(objects)
    content_type = ContentType.objects.get_for_model(model)
    revisions = [
        Revision(
            content_type=content_type,
            object_id=obj.pk,
            number=1,
            schema_version=model.schema_version,
            content=content.data,
            digest=content.digest(),
            title=obj.title_of(content.data),
            created_by=by,
            saved_by=by,
            saved_at=now,
        )
        for obj, content in zip(objects, texts, strict=True)
    ]
    Revision.objects.bulk_create(revisions)
    Contribution.objects.bulk_create(Contribution(revision=each, user=by) for each in revisions)
    Snapshot.objects.bulk_create(
        Snapshot(revision=each, **snapshot_values(each, by, autosave=False)) for each in revisions
    )
    signals.draft_saved.send(
        sender=model,
        written=[(obj, content.data) for obj, content in zip(objects, texts, strict=True)],
    )
    return [
        (
            obj,
            {
                "revision": revision.number,
                "digest": revision.digest,
                "version": revision.version,
                "autosave": False,
            },
        )
        for obj, revision in zip(objects, revisions, strict=True)
    ]


@transaction.atomic
def restore(
    *, obj: Publishable, source: Revision | Snapshot, by: User, token: VersionToken
) -> Revision | None:
    """Make an earlier version the draft; discard the open revision; unarchive the object.

    Returns None and creates no draft if the restored version equals the live text.
    """
    obj = lock_object(obj)
    revision = obj.open_revision
    require(Action.RESTORE, by, obj, revision)
    owner = source if isinstance(source, Revision) else source.revision
    own_type = ContentType.objects.get_for_model(obj)
    if (owner.content_type_id, owner.object_id) != (own_type.pk, obj.pk):
        raise NotAllowed(_("That version belongs to another text."))
    if token != VersionToken.of(obj):
        raise Conflict(revision or obj.live_revision)
    if revision is not None:
        transition(revision, to=RevisionState.DISCARDED)
    was_archived = obj.state == State.ARCHIVED
    if was_archived:
        set_state(obj, _state_before_archive(obj))
    content = quotes.clean_content(type(obj), source.content)
    live = obj.live_revision
    draft = None
    if live is None or not _is_content_of(live, content):
        draft = _restored_draft(obj, content, owner, live, by)
    _store_working_columns(obj, content)
    if was_archived and obj.published_at:  # the public list of corrections shows the object again
        signals.public_listing_changed.send(sender=type(obj), reason="workflow.restore")
    log_action(
        Action.RESTORE,
        by,
        obj,
        draft or live,
        source=owner.number,
        discarded=revision.number if revision else None,
    )
    return draft


def _state_before_archive(obj: Publishable) -> State:
    """Return the state that an archived object gets when it is unarchived."""
    if not obj.published_at:
        return State.UNRELEASED
    # A withdrawal always stores a reason in ``notice``; an expiry stores none.
    return State.WITHDRAWN if obj.notice else State.EXPIRED


def _restored_draft(
    obj: Publishable, content: ParsedContent, owner: Revision, live: Revision | None, by: User
) -> Revision:
    """Create the draft of a restored version.

    The user and the authors of that version become contributors, who may not review the draft.
    """
    draft = create_revision(obj=obj, content=content, by=by, base=live, now=timezone.now())
    authors = {by.pk, *owner.contributions.values_list("user_id", flat=True)}
    Contribution.objects.bulk_create(
        Contribution(revision=draft, user_id=author) for author in sorted(authors)
    )
    write_snapshot(draft, by=by)
    return draft


@transaction.atomic
def correct(
    *,
    obj: Publishable,
    by: User,
    kind: ChangeKind,
    public_note: str = "",
    token: VersionToken,
    autosave: bool = False,
) -> Revision:
    """Set the kind of a change to a text that was public, and the note for readers.

    Creates a revision of the live text if none is open, so that the note can be written first. Kind
    and note may be incomplete here; the checks of ``submit`` refuse incomplete ones.
    """
    obj = lock_object(obj)
    revision = obj.open_revision
    require(Action.CORRECT, by, obj, revision)
    if token != VersionToken.of(obj):
        raise Conflict(revision or obj.live_revision)
    public_note = public_note.strip()
    if kind not in ChangeKind.values or (revision is None and not (kind or public_note)):
        raise Refused(_("Say whether you correct the substance or a misprint."))
    if revision is None:
        # Every object state that permits this action has a released revision.
        live = obj.revisions.get(state=RevisionState.RELEASED)
        revision = create_revision(
            obj=obj,
            content=live.parse_content(),
            by=by,
            base=live,
            now=timezone.now(),
        )
    Contribution.objects.get_or_create(revision=revision, user=by)
    if (revision.change_kind, revision.public_note) != (kind, public_note):
        _set_correction(revision, kind, public_note)
        # Reviewers see the note, so a changed note is a new version with its own snapshot.
        added = write_snapshot(revision, by=by, autosave=autosave)
        if added or not autosave:
            log_action(Action.CORRECT, by, obj, revision, kind=kind, note=public_note)
    return revision


def _set_correction(revision: Revision, kind: ChangeKind, public_note: str) -> None:
    revision.change_kind, revision.public_note = kind, public_note
    content = revision.parse_content()
    transition(
        revision,
        to=revision.state,
        change_kind=kind,
        public_note=public_note,
        content=content.data,
        digest=revision.digest_of(content),
        schema_version=revision.model.schema_version,
        version=revision.version + 1,
        override_reason="",
    )
