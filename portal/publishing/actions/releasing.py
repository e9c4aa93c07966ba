"""What readers see changes here and nowhere else: release, schedule, withdraw, expire, archive."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.library.actions import set_public_uses

from .. import content as contents
from .. import list_counts, quotes, signals
from ..errors import Blocked, Refused
from ..models import (
    AttachedFile,
    AttachedPicture,
    Contribution,
    Expiring,
    Publishable,
    Reference,
    Revision,
)
from ..rules import Action, Actor, SystemActor, require, require_role
from ..states import RevisionState, State
from .base import P, lock_object, lock_with_revision, log_action, transition
from .editing import create_revision, write_snapshot
from .reviewing import enforce_checks, require_same_digest

E = TypeVar("E", bound=Expiring)


@transaction.atomic
def release(
    *, revision: Revision, by: Actor, digest: str | None = None, override_reason: str = ""
) -> Publishable:
    """Make the approved revision what the public reads.

    The portal itself (``by`` a System) releases what is scheduled and due, and takes the due time
    as the time of publication.
    """
    obj, revision = lock_with_revision(revision)
    now = timezone.now()
    if isinstance(by, SystemActor):
        require_role(Action.RELEASE, by, obj, revision)
        due_at = revision.due_at
        if revision.state != RevisionState.SCHEDULED or due_at is None or due_at > now:
            raise Refused(_("This text is not due for release."))
        published_at = due_at
    else:
        require(Action.RELEASE, by, obj, revision)
        require_same_digest(revision, digest or "")
        published_at = now
    reason = enforce_checks(revision, by=by, override_reason=override_reason)
    previous = _require_base(obj, revision)
    if previous is not None:
        transition(previous, to=RevisionState.SUPERSEDED)
    transition(revision, to=RevisionState.RELEASED, released_at=now, override_reason=reason)
    _publish_content(obj, revision, published_at=published_at, now=now)
    log_action(
        Action.RELEASE,
        by,
        obj,
        revision,
        published_at=obj.published_at,
        change_kind=revision.change_kind,
        override_reason=reason,
    )
    return obj


def _require_base(obj: Publishable, revision: Revision) -> Revision | None:
    """The live revision that this one replaces; refused if the work began on another."""
    live = obj.live_revision
    if (live.pk if live else None) != revision.base_id:
        raise Refused(
            _("This text was written over a version that is no longer the public one. Recall it.")
        )
    return live


@transaction.atomic
def schedule(
    *, revision: Revision, by: User, digest: str, at: datetime, override_reason: str = ""
) -> Revision:
    """Let the approved revision go out at a time to come."""
    obj, revision = lock_with_revision(revision)
    require(Action.SCHEDULE, by, obj, revision)
    require_same_digest(revision, digest)
    if at <= timezone.now():
        raise Refused(_("The time of release must lie in the future."))
    reason = enforce_checks(revision, by=by, override_reason=override_reason)
    transition(revision, to=RevisionState.SCHEDULED, due_at=at, override_reason=reason)
    log_action(Action.SCHEDULE, by, obj, revision, due_at=at, override_reason=reason)
    return revision


@transaction.atomic
def unschedule(*, revision: Revision, by: User) -> Revision:
    """Take the time back; the revision stays approved."""
    obj, revision = lock_with_revision(revision)
    require(Action.UNSCHEDULE, by, obj, revision)
    due_at = revision.due_at
    transition(revision, to=RevisionState.APPROVED, due_at=None)
    log_action(Action.UNSCHEDULE, by, obj, revision, due_at=due_at)
    return revision


@transaction.atomic
def withdraw(*, obj: P, by: User, reason: str) -> P:
    """Take the text back from the public at once, with a reason it may read (撤稿)."""
    obj = lock_object(obj)
    revision = obj.open_revision
    require(Action.WITHDRAW, by, obj, revision)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Give the reason; readers who follow an old link will see it."))
    if len(reason) > 300:
        raise Refused(_("Keep the reason within 300 characters."))
    # What was scheduled would bring the text back by itself.
    if revision is not None and revision.state == RevisionState.SCHEDULED:
        transition(revision, to=RevisionState.APPROVED, due_at=None)
    _make_private(obj, State.WITHDRAWN, notice=reason, withdrawn_at=timezone.now())
    log_action(Action.WITHDRAW, by, obj, obj.live_revision, reason=reason)
    return obj


@transaction.atomic
def reinstate(*, obj: P, by: User) -> P:
    """Bring a withdrawn text back as it was."""
    obj = lock_object(obj)
    require(Action.REINSTATE, by, obj, obj.open_revision)
    live = obj.revisions.get(state=RevisionState.RELEASED)
    if failed := [finding for finding in obj.content_checks() if finding.blocking]:
        raise Blocked(failed)
    if isinstance(obj, Expiring) and obj.is_over:
        raise Refused(_("This text has expired meanwhile: release it anew with a later date."))
    _make_public(obj, live, notice="", withdrawn_at=None)
    log_action(Action.REINSTATE, by, obj, live)
    return obj


@transaction.atomic
def expire(*, obj: E, by: SystemActor) -> E:
    """Take a text back whose time is over; the portal itself does it."""
    obj = lock_object(obj)
    require(Action.EXPIRE, by, obj, obj.open_revision)
    if not obj.is_over:
        raise Refused(_("This text has not expired."))
    _make_private(obj, State.EXPIRED, withdrawn_at=timezone.now())
    log_action(Action.EXPIRE, by, obj, obj.live_revision, expires_at=obj.expires_at)
    return obj


@transaction.atomic
def archive(*, obj: P, by: User) -> P:
    """Put away: what "delete" means here. The history stays; ``restore`` brings it back."""
    obj = lock_object(obj)
    if obj.state == State.LIVE:
        require_role(Action.ARCHIVE, by, obj, obj.open_revision)
        raise Refused(_("This text is public: withdraw it first, with a reason readers can see."))
    revision = obj.open_revision
    require(Action.ARCHIVE, by, obj, revision)
    came_from = obj.state
    if revision is not None:
        transition(revision, to=RevisionState.DISCARDED, due_at=None)
    type(obj)._base_manager.filter(pk=obj.pk).update(state=State.ARCHIVED)
    obj.state = State.ARCHIVED
    if obj.published_at:  # what was withdrawn leaves the record of changes
        signals.public_listing_changed.send(sender=type(obj), reason="workflow.archive")
    log_action(Action.ARCHIVE, by, obj, revision, came_from=came_from)
    return obj


@transaction.atomic
def import_released(*, obj: P, content: dict[str, Any], by: User, published_at: datetime) -> P:
    """Take over a text that a former site published, with its date of then.

    The one verb that sets a past date, once, for an object that is new here; audited as such.
    """
    require_role(Action.IMPORT_RELEASED, by, obj, None)
    if obj.pk is not None:
        raise Refused(_("Only a text that is new here can be imported as released."))
    now = timezone.now()
    if published_at > now:
        raise Refused(_("The date of the former publication lies in the future."))
    content = quotes.clean_content(type(obj), content)
    obj.set_working_columns(content)
    obj.save(force_insert=True)
    revision = create_revision(obj=obj, content=content, by=by, base=None, now=now, imported=True)
    Contribution.objects.create(revision=revision, user=by)
    write_snapshot(revision, by=by)
    signals.draft_saved.send(sender=type(obj), written=[(obj, content)])
    enforce_checks(revision, by=by, override_reason="")
    transition(revision, to=RevisionState.RELEASED, released_at=now)
    _publish_content(obj, revision, published_at=published_at, now=published_at)
    log_action(Action.IMPORT_RELEASED, by, obj, revision, published_at=published_at)
    return obj


# --- the public row ----------------------------------------------------------------------------


def _publish_content(
    obj: Publishable, revision: Revision, *, published_at: datetime, now: datetime
) -> None:
    """Write the revision's content into the public row."""
    before = _public_state(obj)
    content = contents.upgrade_content(type(obj), revision.content)
    contents.set_columns(obj, content)
    obj.set_derived_columns()
    if obj.published_at is None:
        obj.published_at = published_at
        obj.published_on = timezone.localdate(published_at)
    obj.released_at = now
    obj.set_working_columns(content)
    _write_attached_rows(obj, content)
    _make_public(obj, revision, before=before, notice="", withdrawn_at=None, columns=True)


def _make_public(
    obj: Publishable,
    revision: Revision,
    *,
    before: _PublicState | None = None,
    columns: bool = False,
    **changes: Any,
) -> None:
    """Make the row public, with everything that the press itself keeps of it."""
    before = before or _public_state(obj)
    obj.state = State.LIVE
    for name, value in changes.items():
        setattr(obj, name, value)
    if columns:
        obj.save(force_update=True)
    else:
        obj.save(update_fields=["state", *changes])
    content = contents.upgrade_content(type(obj), revision.content)
    after = _PublicState(
        True,
        list_counts.list_positions(obj),
        set(contents.image_ids(type(obj), content)),
        set(contents.attachment_ids(content)),
    )
    obj.on_published()
    _send_public_changed(obj, before, after)


def _make_private(obj: Publishable, state: State, **changes: Any) -> None:
    """Take the row from the public; its content stays in its columns."""
    before = _public_state(obj)
    obj.state = state
    for name, value in changes.items():
        setattr(obj, name, value)
    obj.save(update_fields=["state", *changes])
    _send_public_changed(obj, before, _PublicState(False, frozenset(), set(), set()))


class _PublicState:
    """What of an object is public: itself, its places in lists, its media."""

    def __init__(self, public: bool, places: frozenset, images: set, attachments: set) -> None:
        self.public = public
        self.places = places
        self.images = images
        self.attachments = attachments


def _public_state(obj: Publishable) -> _PublicState:
    if not obj.is_public:
        return _PublicState(False, frozenset(), set(), set())
    live = obj.revisions.get(state=RevisionState.RELEASED)
    content = contents.upgrade_content(type(obj), live.content)
    return _PublicState(
        True,
        list_counts.list_positions(obj),
        set(contents.image_ids(type(obj), content)),
        set(contents.attachment_ids(content)),
    )


def _send_public_changed(obj: Publishable, before: _PublicState, after: _PublicState) -> None:
    set_public_uses(owner=obj, images=sorted(after.images), attachments=sorted(after.attachments))
    list_counts.update_counts(obj, before.places, after.places)
    if obj.is_quotable:
        quotes.mark_stale_quotes(obj)
    signals.public_changed.send(
        sender=type(obj),
        obj=obj,
        was_public=before.public,
        is_public=after.public,
        images=before.images | after.images,
        attachments=before.attachments | after.attachments,
    )


def _write_attached_rows(obj: Publishable, content: dict[str, Any]) -> None:
    """Replace the attached rows by the content's."""
    # Locks what is quoted: before any row that the release of a figure waits for.
    stale = quotes.stale_records(type(obj), content)
    obj.picture_rows.all().delete()
    AttachedPicture.objects.bulk_create(
        AttachedPicture(
            **_generic_key(obj), position=position, image_id=row["image"], **_without(row, "image")
        )
        for position, row in enumerate(content["pictures"])
    )
    obj.file_rows.all().delete()
    AttachedFile.objects.bulk_create(
        AttachedFile(
            **_generic_key(obj),
            position=position,
            attachment_id=row["attachment"],
            **_without(row, "attachment"),
        )
        for position, row in enumerate(content["files"])
    )
    Reference.objects.from_source(obj).delete()
    key = _generic_key(obj)
    for position, row in enumerate(content["references"]):
        target_type, target_id = contents.reference_target(row)
        Reference.objects.get_or_create(
            source_type=key["content_type"],
            source_id=obj.pk,
            target_type=target_type,
            target_id=target_id,
            role=row["role"],
            defaults={"position": position, "stale": (row["type"], row["id"]) in stale},
        )


def _generic_key(obj: Publishable) -> dict[str, Any]:
    return {"content_type": obj.revisions.content_type, "object_id": obj.pk}


def _without(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}
