"""The actions that change what is public: release, schedule, withdraw, expire, archive."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User

from .. import content_checks, quotes, signals
from ..errors import Blocked, Refused
from ..models import Contribution, Expiring, MediaProposal, Publishable, Revision
from ..rules import Action, Actor, SystemActor, require, require_role
from ..states import RevisionState, State
from .base import P, lock_object, lock_with_revision, log_action, set_state, transition
from .public_row import PublicState, current_state, make_private, publish_content, republish
from .reviewing import enforce_checks, require_current_schema, require_same_digest
from .revisions import create_revision, write_snapshot

E = TypeVar("E", bound=Expiring)

#: Maximum length of the reason for a withdrawal, equal to that of the column ``notice``.
MAX_REASON_LENGTH = 300


@transaction.atomic
def release(
    *,
    revision: Revision,
    by: Actor,
    digest: str | None = None,
    override_reason: str = "",
    proposal: MediaProposal | None = None,
) -> Publishable:
    """Make an approved revision the public text of its object.

    If ``by`` is a SystemActor, the revision must be scheduled and due; the scheduled time then
    becomes the time of publication. ``proposal`` is the joint change that is released.
    """
    obj, revision = lock_with_revision(revision)
    now = timezone.now()
    if isinstance(by, SystemActor):
        published_at = _due_time(obj, revision, by, now)
    else:
        require(Action.RELEASE, by, obj, revision, proposal)
        require_same_digest(revision, digest or "")
        published_at = now
    content = revision.parse_content()
    reason = enforce_checks(revision, content, by=by, override_reason=override_reason)
    require_current_schema(revision)
    previous = _require_base(obj, revision)
    before = current_state(obj)
    if previous is not None:
        transition(previous, to=RevisionState.SUPERSEDED)
    transition(revision, to=RevisionState.RELEASED, released_at=now, override_reason=reason)
    publish_content(obj, content, before=before, published_at=published_at, now=now)
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


def _due_time(obj: Publishable, revision: Revision, by: SystemActor, now: datetime) -> datetime:
    """Return the scheduled time of the release; raise Refused if the revision is not due."""
    require_role(Action.RELEASE, by, obj, revision)
    due_at = revision.due_at
    if revision.state != RevisionState.SCHEDULED or due_at is None or due_at > now:
        raise Refused(_("This text is not due for release."))
    return due_at


def _require_base(obj: Publishable, revision: Revision) -> Revision | None:
    """Return the live revision; raise Refused if the new revision is based on another one."""
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
    """Schedule the release of an approved revision for a time in the future."""
    obj, revision = lock_with_revision(revision)
    require(Action.SCHEDULE, by, obj, revision)
    require_same_digest(revision, digest)
    if at <= timezone.now():
        raise Refused(_("The time of release must lie in the future."))
    require_current_schema(revision)
    content = revision.parse_content()
    reason = enforce_checks(revision, content, by=by, override_reason=override_reason)
    transition(revision, to=RevisionState.SCHEDULED, due_at=at, override_reason=reason)
    log_action(Action.SCHEDULE, by, obj, revision, due_at=at, override_reason=reason)
    return revision


@transaction.atomic
def unschedule(*, revision: Revision, by: User) -> Revision:
    """Cancel a scheduled release; the revision stays approved."""
    obj, revision = lock_with_revision(revision)
    require(Action.UNSCHEDULE, by, obj, revision)
    due_at = revision.due_at
    transition(revision, to=RevisionState.APPROVED, due_at=None)
    log_action(Action.UNSCHEDULE, by, obj, revision, due_at=due_at)
    return revision


@transaction.atomic
def withdraw(*, obj: P, by: User, reason: str) -> P:
    """Withdraw a public text, with a reason that is shown to readers (撤稿)."""
    obj = lock_object(obj)
    revision = obj.open_revision
    require(Action.WITHDRAW, by, obj, revision)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Give the reason; readers who follow an old link will see it."))
    if len(reason) > MAX_REASON_LENGTH:
        raise Refused(_("Keep the reason within 300 characters."))
    # A release that remains scheduled would make the text public again.
    if revision is not None and revision.state == RevisionState.SCHEDULED:
        transition(revision, to=RevisionState.APPROVED, due_at=None)
    make_private(obj, State.WITHDRAWN, notice=reason, withdrawn_at=timezone.now())
    log_action(Action.WITHDRAW, by, obj, obj.live_revision, reason=reason)
    return obj


@transaction.atomic
def reinstate(*, obj: P, by: User) -> P:
    """Make a withdrawn text public again without changing it."""
    obj = lock_object(obj)
    require(Action.REINSTATE, by, obj, obj.open_revision)
    live = obj.revisions.get(state=RevisionState.RELEASED)
    if blocking := [result for result in obj.content_checks() if result.blocking]:
        raise Blocked(blocking)
    if isinstance(obj, Expiring) and obj.is_over:
        raise Refused(_("This text has expired meanwhile: release it anew with a later date."))
    content = live.parse_content()
    hidden = content_checks.check_hidden_content(content)
    if hidden and not live.override_reason:
        raise Blocked(hidden)
    republish(obj, content)
    log_action(Action.REINSTATE, by, obj, live)
    return obj


@transaction.atomic
def expire(*, obj: E, by: SystemActor) -> E:
    """Make a text private after its time of expiry."""
    obj = lock_object(obj)
    require(Action.EXPIRE, by, obj, obj.open_revision)
    if not obj.is_over:
        raise Refused(_("This text has not expired."))
    make_private(obj, State.EXPIRED, withdrawn_at=timezone.now())
    log_action(Action.EXPIRE, by, obj, obj.live_revision, expires_at=obj.expires_at)
    return obj


@transaction.atomic
def archive(*, obj: P, by: User) -> P:
    """Archive an object instead of deleting it; the action ``restore`` unarchives it."""
    obj = lock_object(obj)
    if obj.state == State.LIVE:
        require_role(Action.ARCHIVE, by, obj, obj.open_revision)
        raise Refused(_("This text is public: withdraw it first, with a reason readers can see."))
    revision = obj.open_revision
    require(Action.ARCHIVE, by, obj, revision)
    came_from = obj.state
    if revision is not None:
        transition(revision, to=RevisionState.DISCARDED, due_at=None)
    set_state(obj, State.ARCHIVED)
    if obj.published_at:  # the public list of corrections no longer shows the object
        signals.public_listing_changed.send(sender=type(obj), reason="workflow.archive")
    log_action(Action.ARCHIVE, by, obj, revision, came_from=came_from)
    return obj


@transaction.atomic
def import_released(*, obj: P, content: dict[str, Any], by: User, published_at: datetime) -> P:
    """Publish a text of a former website, with its date of publication on that website.

    Only this action may set a past date of publication, and only for a new object.
    """
    require_role(Action.IMPORT_RELEASED, by, obj, None)
    if obj.pk is not None:
        raise Refused(_("Only a text that is new here can be imported as released."))
    now = timezone.now()
    if published_at > now:
        raise Refused(_("The date of the former publication lies in the future."))
    parsed = quotes.clean_content(type(obj), content)
    obj.set_working_columns(parsed.data)
    obj.save(force_insert=True)
    revision = create_revision(obj=obj, content=parsed, by=by, base=None, now=now, imported=True)
    Contribution.objects.create(revision=revision, user=by)
    write_snapshot(revision, by=by)
    signals.draft_saved.send(sender=type(obj), written=[(obj, parsed.data)])
    enforce_checks(revision, parsed, by=by, override_reason="")
    transition(revision, to=RevisionState.RELEASED, released_at=now)
    publish_content(obj, parsed, before=PublicState(), published_at=published_at, now=published_at)
    log_action(Action.IMPORT_RELEASED, by, obj, revision, published_at=published_at)
    return obj
