"""Three reviews and three proofreadings: submit, recall, approve, return."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User

from .. import content_checks
from ..errors import Blocked, NotAllowed, Refused
from ..models import Review, Revision
from ..rules import Action, Actor, may_override, require, reviewer_objection
from ..states import RevisionState, Verdict
from .base import lock_with_revision, log_action, transition
from .editing import make_snapshot_permanent


def enforce_checks(revision: Revision, *, by: Actor, override_reason: str) -> str:
    """Refuse what the gates block; return the reason under which the rest may pass.

    A reason given at an earlier step holds for later ones, as long as the text stays the same.
    """
    reason = override_reason.strip()
    if reason and not may_override(by):
        raise NotAllowed(_("Only a publisher may let a text pass in spite of a finding."))
    reason = reason or revision.override_reason
    blocking = content_checks.blocking_results(content_checks.check_revision(revision), reason)
    if blocking:
        raise Blocked(blocking)
    return reason


def require_same_digest(revision: Revision, digest: str) -> None:
    """The person decides on the text he has seen, to the byte."""
    if digest != revision.digest:
        raise Refused(
            _("The text was changed after you opened this page. Read it again, then decide.")
        )


@transaction.atomic
def submit(*, revision: Revision, by: User, digest: str, override_reason: str = "") -> Revision:
    """Hand the draft to the reviewers. A new round begins; earlier approvals don't count."""
    obj, revision = lock_with_revision(revision)
    require(Action.SUBMIT, by, obj, revision)
    require_same_digest(revision, digest)
    reason = enforce_checks(revision, by=by, override_reason=override_reason)
    transition(
        revision,
        to=RevisionState.IN_REVIEW,
        round=revision.round + 1,
        steps_required=revision.as_object().review_steps,
        submitted_at=timezone.now(),
        override_reason=reason,
    )
    make_snapshot_permanent(revision)
    log_action(Action.SUBMIT, by, obj, revision, round=revision.round, override_reason=reason)
    return revision


@transaction.atomic
def recall(*, revision: Revision, by: User, comment: str = "") -> Revision:
    """Take the work back for writing, out of review, approval or schedule."""
    obj, revision = lock_with_revision(revision)
    require(Action.RECALL, by, obj, revision)
    came_from = revision.state
    transition(revision, to=RevisionState.DRAFT, due_at=None)
    log_action(Action.RECALL, by, obj, revision, came_from=came_from, comment=comment.strip())
    return revision


@transaction.atomic
def approve(
    *,
    revision: Revision,
    by: User,
    digest: str,
    reviewed: bool,
    proofread: bool,
    comment: str = "",
) -> Revision:
    """Give the review that is due, for exactly the text with this digest."""
    obj, revision = lock_with_revision(revision)
    require(Action.APPROVE, by, obj, revision)
    require_same_digest(revision, digest)
    if objection := reviewer_objection(by, revision):
        raise NotAllowed(objection)
    if not (reviewed and proofread):
        raise Refused(_("Confirm both: that you reviewed the text, and that you proofread it."))
    step = revision.valid_approvals().count() + 1
    Review.objects.create(
        revision=revision,
        round=revision.round,
        step=step,
        steps=revision.steps_required,
        verdict=Verdict.APPROVE,
        reviewer=by,
        digest=digest,
        reviewed=True,
        proofread=True,
        comment=comment.strip(),
    )
    if step == revision.steps_required:
        transition(revision, to=RevisionState.APPROVED)
    log_action(Action.APPROVE, by, obj, revision, step=step, steps=revision.steps_required)
    return revision


@transaction.atomic
def return_(*, revision: Revision, by: User, digest: str, comment: str) -> Revision:
    """Send the text back to its writers, with what is to be mended."""
    obj, revision = lock_with_revision(revision)
    require(Action.RETURN, by, obj, revision)
    require_same_digest(revision, digest)
    comment = comment.strip()
    if not comment:
        raise Refused(_("Say what is to be mended; the writer will read it."))
    Review.objects.create(
        revision=revision,
        round=revision.round,
        step=min(revision.valid_approvals().count() + 1, revision.steps_required),
        steps=revision.steps_required,
        verdict=Verdict.RETURN,
        reviewer=by,
        digest=digest,
        comment=comment,
    )
    transition(revision, to=RevisionState.RETURNED)
    log_action(Action.RETURN, by, obj, revision, comment=comment)
    return revision
