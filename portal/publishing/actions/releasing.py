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
from .. import listing, quotes, signals
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
from ..rules import Actor, System, Verb, require, require_role
from ..states import RevisionState, State
from .editing import keep_snapshot, open_revision
from .reviewing import pass_gates, require_seen
from .skeleton import P, flip, locked, locked_with, record

E = TypeVar("E", bound=Expiring)


@transaction.atomic
def release(
    *, revision: Revision, by: Actor, digest: str | None = None, override_reason: str = ""
) -> Publishable:
    """Make the approved revision what the public reads.

    The portal itself (``by`` a System) releases what is scheduled and due, and takes the due time
    as the time of publication.
    """
    obj, revision = locked_with(revision)
    now = timezone.now()
    if isinstance(by, System):
        require_role(Verb.RELEASE, by, obj, revision)
        due_at = revision.due_at
        if revision.state != RevisionState.SCHEDULED or due_at is None or due_at > now:
            raise Refused(_("This text is not due for release."))
        published_at = due_at
    else:
        require(Verb.RELEASE, by, obj, revision)
        require_seen(revision, digest or "")
        published_at = now
    reason = pass_gates(revision, by=by, override_reason=override_reason)
    previous = _require_base(obj, revision)
    if previous is not None:
        flip(previous, to=RevisionState.SUPERSEDED)
    flip(revision, to=RevisionState.RELEASED, released_at=now, override_reason=reason)
    _go_live(obj, revision, published_at=published_at, now=now)
    record(
        Verb.RELEASE,
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
    obj, revision = locked_with(revision)
    require(Verb.SCHEDULE, by, obj, revision)
    require_seen(revision, digest)
    if at <= timezone.now():
        raise Refused(_("The time of release must lie in the future."))
    reason = pass_gates(revision, by=by, override_reason=override_reason)
    flip(revision, to=RevisionState.SCHEDULED, due_at=at, override_reason=reason)
    record(Verb.SCHEDULE, by, obj, revision, due_at=at, override_reason=reason)
    return revision


@transaction.atomic
def unschedule(*, revision: Revision, by: User) -> Revision:
    """Take the time back; the revision stays approved."""
    obj, revision = locked_with(revision)
    require(Verb.UNSCHEDULE, by, obj, revision)
    due_at = revision.due_at
    flip(revision, to=RevisionState.APPROVED, due_at=None)
    record(Verb.UNSCHEDULE, by, obj, revision, due_at=due_at)
    return revision


@transaction.atomic
def withdraw(*, obj: P, by: User, reason: str) -> P:
    """Take the text back from the public at once, with a reason it may read (撤稿)."""
    obj = locked(obj)
    revision = obj.open_revision
    require(Verb.WITHDRAW, by, obj, revision)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Give the reason; readers who follow an old link will see it."))
    if len(reason) > 300:
        raise Refused(_("Keep the reason within 300 characters."))
    # What was scheduled would bring the text back by itself.
    if revision is not None and revision.state == RevisionState.SCHEDULED:
        flip(revision, to=RevisionState.APPROVED, due_at=None)
    _leave(obj, State.WITHDRAWN, notice=reason, withdrawn_at=timezone.now())
    record(Verb.WITHDRAW, by, obj, obj.live_revision, reason=reason)
    return obj


@transaction.atomic
def reinstate(*, obj: P, by: User) -> P:
    """Bring a withdrawn text back as it was."""
    obj = locked(obj)
    require(Verb.REINSTATE, by, obj, obj.open_revision)
    live = obj.revisions.get(state=RevisionState.RELEASED)
    if firm := [finding for finding in obj.gates() if finding.firm]:
        raise Blocked(firm)
    if isinstance(obj, Expiring) and obj.is_over:
        raise Refused(_("This text has expired meanwhile: release it anew with a later date."))
    _enter(obj, live, notice="", withdrawn_at=None)
    record(Verb.REINSTATE, by, obj, live)
    return obj


@transaction.atomic
def expire(*, obj: E, by: System) -> E:
    """Take a text back whose time is over; the portal itself does it."""
    obj = locked(obj)
    require(Verb.EXPIRE, by, obj, obj.open_revision)
    if not obj.is_over:
        raise Refused(_("This text has not expired."))
    _leave(obj, State.EXPIRED, withdrawn_at=timezone.now())
    record(Verb.EXPIRE, by, obj, obj.live_revision, expires_at=obj.expires_at)
    return obj


@transaction.atomic
def archive(*, obj: P, by: User) -> P:
    """Put away: what "delete" means here. The history stays; ``restore`` brings it back."""
    obj = locked(obj)
    if obj.state == State.LIVE:
        require_role(Verb.ARCHIVE, by, obj, obj.open_revision)
        raise Refused(_("This text is public: withdraw it first, with a reason readers can see."))
    revision = obj.open_revision
    require(Verb.ARCHIVE, by, obj, revision)
    came_from = obj.state
    if revision is not None:
        flip(revision, to=RevisionState.DISCARDED, due_at=None)
    type(obj)._base_manager.filter(pk=obj.pk).update(state=State.ARCHIVED)
    obj.state = State.ARCHIVED
    if obj.published_at:  # what was withdrawn leaves the record of changes
        signals.public_listing_changed.send(sender=type(obj), reason="press.archive")
    record(Verb.ARCHIVE, by, obj, revision, came_from=came_from)
    return obj


@transaction.atomic
def import_released(*, obj: P, content: dict[str, Any], by: User, published_at: datetime) -> P:
    """Take over a text that a former site published, with its date of then.

    The one verb that sets a past date, once, for an object that is new here; audited as such.
    """
    require_role(Verb.IMPORT_RELEASED, by, obj, None)
    if obj.pk is not None:
        raise Refused(_("Only a text that is new here can be imported as released."))
    now = timezone.now()
    if published_at > now:
        raise Refused(_("The date of the former publication lies in the future."))
    content = quotes.cleaned(type(obj), content)
    obj.set_desk_columns(content)
    obj.save(force_insert=True)
    revision = open_revision(obj=obj, content=content, by=by, base=None, now=now, imported=True)
    Contribution.objects.create(revision=revision, user=by)
    keep_snapshot(revision, by=by)
    signals.work_saved.send(sender=type(obj), written=[(obj, content)])
    pass_gates(revision, by=by, override_reason="")
    flip(revision, to=RevisionState.RELEASED, released_at=now)
    _go_live(obj, revision, published_at=published_at, now=published_at)
    record(Verb.IMPORT_RELEASED, by, obj, revision, published_at=published_at)
    return obj


# --- the public row ----------------------------------------------------------------------------


def _go_live(
    obj: Publishable, revision: Revision, *, published_at: datetime, now: datetime
) -> None:
    """Write the revision's content into the public row."""
    before = _standing(obj)
    content = contents.upgraded(type(obj), revision.content)
    contents.set_columns(obj, content)
    obj.derive()
    if obj.published_at is None:
        obj.published_at = published_at
        obj.published_on = timezone.localdate(published_at)
    obj.released_at = now
    obj.set_desk_columns(content)
    _write_attached(obj, content)
    _enter(obj, revision, before=before, notice="", withdrawn_at=None, columns=True)


def _enter(
    obj: Publishable,
    revision: Revision,
    *,
    before: _Standing | None = None,
    columns: bool = False,
    **changes: Any,
) -> None:
    """Make the row public, with everything that the press itself keeps of it."""
    before = before or _standing(obj)
    obj.state = State.LIVE
    for name, value in changes.items():
        setattr(obj, name, value)
    if columns:
        obj.save(force_update=True)
    else:
        obj.save(update_fields=["state", *changes])
    content = contents.upgraded(type(obj), revision.content)
    after = _Standing(
        True,
        listing.places(obj),
        set(contents.image_ids(type(obj), content)),
        set(contents.attachment_ids(content)),
    )
    obj.entered()
    _announce(obj, before, after)


def _leave(obj: Publishable, state: State, **changes: Any) -> None:
    """Take the row from the public; its content stays in its columns."""
    before = _standing(obj)
    obj.state = state
    for name, value in changes.items():
        setattr(obj, name, value)
    obj.save(update_fields=["state", *changes])
    _announce(obj, before, _Standing(False, frozenset(), set(), set()))


class _Standing:
    """What of an object is public: itself, its places in lists, its media."""

    def __init__(self, public: bool, places: frozenset, images: set, attachments: set) -> None:
        self.public = public
        self.places = places
        self.images = images
        self.attachments = attachments


def _standing(obj: Publishable) -> _Standing:
    if not obj.is_public:
        return _Standing(False, frozenset(), set(), set())
    live = obj.revisions.get(state=RevisionState.RELEASED)
    content = contents.upgraded(type(obj), live.content)
    return _Standing(
        True,
        listing.places(obj),
        set(contents.image_ids(type(obj), content)),
        set(contents.attachment_ids(content)),
    )


def _announce(obj: Publishable, before: _Standing, after: _Standing) -> None:
    set_public_uses(owner=obj, images=sorted(after.images), attachments=sorted(after.attachments))
    listing.shift(obj, before.places, after.places)
    if obj.quotable:
        quotes.mark_quoting(obj)
    signals.public_changed.send(
        sender=type(obj),
        obj=obj,
        was_public=before.public,
        is_public=after.public,
        images=before.images | after.images,
        attachments=before.attachments | after.attachments,
    )


def _write_attached(obj: Publishable, content: dict[str, Any]) -> None:
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
    Reference.objects.of(obj).delete()
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
