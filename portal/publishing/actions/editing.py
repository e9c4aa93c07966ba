"""Writing: save, restore, correct."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import actions as audit

from .. import content as contents
from .. import quotes, signals
from ..errors import Conflict, NotAllowed, Refused
from ..models import Contribution, Publishable, Revision, Snapshot
from ..rules import Action, require, require_role, require_state
from ..states import ChangeKind, RevisionState, State
from .base import lock_object, log_action, transition

#: Rows written by one statement.
BATCH = 500


@dataclass(frozen=True)
class VersionToken:
    """What a form was opened on: the optimistic lock. The form carries it as text."""

    revision: int = 0
    version: int = 0

    def __str__(self) -> str:
        return f"{self.revision}.{self.version}"

    @classmethod
    def of(cls, obj: Publishable) -> VersionToken:
        """The token for a form on the object as it stands now.

        Where nothing is open, it is the live revision that the writer sees.
        """
        shown = (obj.open_revision or obj.live_revision) if obj.pk else None
        return cls(shown.pk, shown.version) if shown else cls()

    @classmethod
    def parse(cls, text: str) -> VersionToken:
        """Read a form's token; anything else stands for a form that saw nothing."""
        match = re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,9})", text)
        return cls(int(match[1]), int(match[2])) if match else cls()


@dataclass(frozen=True)
class SaveResult:
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
    """Keep what was written: into the open revision, or into a new one over the live text.

    ``token`` says what the writer had before his eyes. Raises Conflict if that is no longer what
    stands, NotAllowed and Refused as every verb does.
    """
    if obj.pk:
        obj = lock_object(obj)
        revision = obj.open_revision
    else:
        revision = None
    require_role(Action.SAVE, by, obj, revision)
    # A form overtaken by a release or another save is a conflict before it is anything else: its
    # writer must get his text back beside the one that stands.
    if obj.pk and token != VersionToken.of(obj):
        raise Conflict(revision or obj.live_revision)
    require_state(Action.SAVE, obj, revision)

    content = quotes.clean_content(type(obj), content)
    now = timezone.now()
    if obj.pk is None:
        obj.set_working_columns(content)
        obj.save(force_insert=True)
    if revision is None:
        live = obj.live_revision
        if live and content == contents.upgrade_content(type(obj), live.content):
            return SaveResult(live, changed=False)
        revision = create_revision(obj=obj, content=content, by=by, base=live, now=now)
    else:
        digest = revision.digest_of(content)
        if digest == revision.digest:
            if not autosave:
                make_snapshot_permanent(revision)
            return SaveResult(revision, changed=False)
        _write(revision, content=content, digest=digest, by=by, now=now)
    Contribution.objects.get_or_create(revision=revision, user=by)
    first_trace = write_snapshot(revision, by=by, autosave=autosave)
    obj.set_working_columns(content)
    type(obj)._base_manager.filter(pk=obj.pk).update(**working_columns(obj))
    signals.draft_saved.send(sender=type(obj), written=[(obj, content)])
    if first_trace or not autosave:
        log_action(Action.SAVE, by, obj, revision, version=revision.version, autosave=autosave)
    return SaveResult(revision, changed=True)


@transaction.atomic
def save_new_objects(
    *, model: type[Publishable], written: Iterable[dict[str, Any]], by: User
) -> list[int]:
    """``save`` for many objects that are new here, from a sheet: the same rows, in few statements.

    All of them or none. Returns their ids. The log is written when every row stands, since its
    head stays locked from then on.
    """
    require_role(Action.SAVE, by, model(), None)
    events: list[tuple[Any, dict[str, Any]]] = []
    written = iter(written)
    while batch := list(islice(written, BATCH)):
        events += _save_batch(
            model, [quotes.clean_content(model, content) for content in batch], by
        )
    audit.log_events(action=f"workflow.{Action.SAVE}", events=events, actor=by)
    return [obj.pk for obj, _details in events]


def _save_batch(
    model: type[Publishable], texts: list[dict[str, Any]], by: User
) -> list[tuple[Publishable, dict[str, Any]]]:
    """The rows of some new texts; what the log will say of each."""
    now = timezone.now()
    objects = [model() for _text in texts]
    for obj, content in zip(objects, texts, strict=True):
        obj.set_working_columns(content)
    model._base_manager.bulk_create(objects)
    content_type = ContentType.objects.get_for_model(model)
    revisions = [
        Revision(
            content_type=content_type,
            object_id=obj.pk,
            number=1,
            schema_version=model.schema_version,
            content=content,
            digest=contents.compute_digest(model, content, ("", "")),
            title=obj.title_of(content),
            created_by=by,
            saved_by=by,
            saved_at=now,
        )
        for obj, content in zip(objects, texts, strict=True)
    ]
    Revision.objects.bulk_create(revisions)
    Contribution.objects.bulk_create(Contribution(revision=each, user=by) for each in revisions)
    Snapshot.objects.bulk_create(
        Snapshot(revision=each, **_kept(each, by, False)) for each in revisions
    )
    signals.draft_saved.send(sender=model, written=list(zip(objects, texts, strict=True)))
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


def create_revision(
    *,
    obj: Publishable,
    content: dict[str, Any],
    by: User,
    base: Revision | None,
    now: datetime,
    **values: Any,
) -> Revision:
    """A new open revision; the database lets only one of two that race for it pass."""
    number = (obj.revisions.aggregate(last=Max("number"))["last"] or 0) + 1
    revision = Revision(
        target=obj,
        number=number,
        base=base,
        schema_version=obj.schema_version,
        content=content,
        title=obj.title_of(content),
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


def _write(revision: Revision, *, content: dict, digest: str, by: User, now: datetime) -> None:
    won = Revision.objects.filter(
        pk=revision.pk, version=revision.version, state=revision.state
    ).update(
        content=content,
        digest=digest,
        schema_version=revision.model.schema_version,
        title=revision.model.title_of(content),
        version=revision.version + 1,
        saved_by=by,
        saved_at=now,
        # A reason to let a finding pass was given for the text as it was.
        override_reason="",
    )
    revision.refresh_from_db()
    if not won:
        raise Conflict(revision)


def write_snapshot(revision: Revision, *, by: User, autosave: bool = False) -> bool:
    """Add this save to the history; True unless it only overwrote one's own latest autosave."""
    values = _kept(revision, by, autosave)
    last = revision.snapshots.order_by("-version").first()
    if last and last.autosave and last.saved_by_id == by.pk:
        Snapshot.objects.filter(pk=last.pk).update(**values)
        return False
    Snapshot.objects.create(revision=revision, **values)
    return True


def _kept(revision: Revision, by: User, autosave: bool) -> dict[str, Any]:
    return {
        "version": revision.version,
        "content": revision.content,
        "digest": revision.digest,
        "autosave": autosave,
        "saved_by": by,
        "saved_at": revision.saved_at,
    }


def make_snapshot_permanent(revision: Revision) -> None:
    """Let no later autosave overwrite the text as it stands: somebody saved it, or submitted it."""
    last = revision.snapshots.order_by("-version").first()
    if last is not None and last.autosave:
        Snapshot.objects.filter(pk=last.pk).update(autosave=False)


def working_columns(obj: Publishable) -> dict[str, Any]:
    """The values of the columns that ``set_desk_columns`` may have changed."""
    return {
        field.attname: getattr(obj, field.attname)
        for field in obj._meta.concrete_fields
        if field.name.startswith("working_")
    }


@transaction.atomic
def restore(
    *, obj: Publishable, source: Revision | Snapshot, by: User, token: VersionToken
) -> Revision | None:
    """Make an older text the draft. What was open is kept, discarded; an archived object returns.

    Restoring the very text that is live opens no draft: it only puts the open one aside; then
    None is returned.
    """
    obj = lock_object(obj)
    revision = obj.open_revision
    require(Action.RESTORE, by, obj, revision)
    owner = source if isinstance(source, Revision) else source.revision
    if (owner.content_type_id, owner.object_id) != (
        obj.revisions.model(target=obj).content_type_id,
        obj.pk,
    ):
        raise NotAllowed(_("That version belongs to another text."))
    if token != VersionToken.of(obj):
        raise Conflict(revision or obj.live_revision)
    if revision is not None:
        transition(revision, to=RevisionState.DISCARDED)
    is_told_again = False
    if obj.state == State.ARCHIVED:
        # What was withdrawn has a reason that readers see; what expired has none.
        once_public = State.WITHDRAWN if obj.notice else State.EXPIRED
        back = once_public if obj.published_at else State.UNRELEASED
        type(obj)._base_manager.filter(pk=obj.pk).update(state=back)
        obj.state = back
        is_told_again = bool(obj.published_at)
    content = quotes.clean_content(type(obj), source.content)
    live = obj.live_revision
    draft = None
    if live is None or content != contents.upgrade_content(type(obj), live.content):
        draft = create_revision(obj=obj, content=content, by=by, base=live, now=timezone.now())
        # Whoever wrote that text wrote this one, and may not review it.
        authors = {by.pk, *owner.contributions.values_list("user_id", flat=True)}
        Contribution.objects.bulk_create(
            Contribution(revision=draft, user_id=author) for author in sorted(authors)
        )
        write_snapshot(draft, by=by)
    obj.set_working_columns(content)
    type(obj)._base_manager.filter(pk=obj.pk).update(**working_columns(obj))
    signals.draft_saved.send(sender=type(obj), written=[(obj, content)])
    if is_told_again:  # it stands in the record of changes again
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
    """Say what the open change of a once public text is: of substance, with a note, or a misprint.

    Opens a revision over the live text if none is open, so that the note can come first. What is
    half said is kept like the text itself: only who submits or releases must have said it all.
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
        # There is a live revision: the states in which this verb makes sense imply it.
        live = obj.revisions.get(state=RevisionState.RELEASED)
        revision = create_revision(
            obj=obj, content=live.content, by=by, base=live, now=timezone.now()
        )
    Contribution.objects.get_or_create(revision=revision, user=by)
    if (revision.change_kind, revision.public_note) != (kind, public_note):
        revision.change_kind, revision.public_note = kind, public_note
        transition(
            revision,
            to=revision.state,
            change_kind=kind,
            public_note=public_note,
            digest=revision.digest_of(revision.content),
            version=revision.version + 1,
            override_reason="",
        )
        # The note is part of what reviewers see: the text with it is a version of its own.
        first_trace = write_snapshot(revision, by=by, autosave=autosave)
        if first_trace or not autosave:
            log_action(Action.CORRECT, by, obj, revision, kind=kind, note=public_note)
    return revision
