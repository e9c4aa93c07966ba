"""The actions of the three reviews (三审三校): submit, recall, approve, return."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User

from .. import content_checks
from ..errors import Blocked, NotAllowed, Refused
from ..models import MediaProposal, Review, Revision
from ..parsed_content import ParsedContent
from ..rules import Action, Actor, may_override, require, reviewer_objection
from ..states import RevisionState, Verdict
from .base import lock_with_revision, log_action, transition
from .revisions import make_snapshot_permanent


def enforce_checks(
    revision: Revision, content: ParsedContent, *, by: Actor, override_reason: str
) -> str:
    """Run the content checks; return the reason for overriding them, or '' if there is none.

    Raises Blocked if a problem is not overridden, and NotAllowed if the actor may not override
    problems. A reason from an earlier step remains valid until the text changes.
    """
    reason = override_reason.strip()
    if reason and not may_override(by):
        raise NotAllowed(_("Only a publisher may let a text pass in spite of a finding."))
    reason = reason or revision.override_reason
    results = content_checks.check_revision(revision, content)
    if blocking := content_checks.blocking_results(results, reason):
        raise Blocked(blocking)
    return reason


def require_same_digest(revision: Revision, digest: str) -> None:
    """Raise Refused if the stored text differs from the text that was shown to the user."""
    if digest != revision.digest:
        raise Refused(
            _("The text was changed after you opened this page. Read it again, then decide.")
        )


def require_current_schema(revision: Revision) -> None:
    """Raise Refused if the revision was written under an older schema.

    Its digest then lacks a part of what readers would see. ``renewing`` converts open revisions
    after an upgrade of the portal; this check covers the time until then.
    """
    if revision.schema_version != revision.model.schema_version:
        raise Refused(
            _("An older version of the portal saved this text. Recall it, then save it anew.")
        )


@transaction.atomic
def submit(*, revision: Revision, by: User, digest: str, override_reason: str = "") -> Revision:
    """Submit the draft for review and begin a new round; earlier approvals become void."""
    obj, revision = lock_with_revision(revision)
    require(Action.SUBMIT, by, obj, revision)
    require_same_digest(revision, digest)
    require_current_schema(revision)
    content = revision.parse_content()
    reason = enforce_checks(revision, content, by=by, override_reason=override_reason)
    transition(
        revision,
        to=RevisionState.IN_REVIEW,
        round=revision.round + 1,
        steps_required=revision.as_object(content).review_steps,
        submitted_at=timezone.now(),
        renewed_at=None,
        override_reason=reason,
    )
    make_snapshot_permanent(revision)
    log_action(Action.SUBMIT, by, obj, revision, round=revision.round, override_reason=reason)
    return revision


@transaction.atomic
def recall(*, revision: Revision, by: User, comment: str = "") -> Revision:
    """Turn a revision that is in review, approved or scheduled into a draft again.

    A revision that belongs to a joint change leaves it.
    """
    obj, revision = lock_with_revision(revision)
    require(Action.RECALL, by, obj, revision)
    came_from = revision.state
    transition(revision, to=RevisionState.DRAFT, due_at=None, proposal=None)
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
    proposal: MediaProposal | None = None,
) -> Revision:
    """Record the approval of the current review step for the text with this digest.

    The last step makes the revision approved. ``proposal`` is the joint change that is approved.
    """
    obj, revision = lock_with_revision(revision)
    require(Action.APPROVE, by, obj, revision, proposal)
    require_same_digest(revision, digest)
    require_current_schema(revision)
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
        reviewer_name=by.get_full_name(),
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
def return_(
    *,
    revision: Revision,
    by: User,
    digest: str,
    comment: str,
    proposal: MediaProposal | None = None,
) -> Revision:
    """Return the text to its writers, with a comment that says what must be changed.

    ``proposal`` is the joint change that is returned.
    """
    obj, revision = lock_with_revision(revision)
    require(Action.RETURN, by, obj, revision, proposal)
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
        reviewer_name=by.get_full_name(),
        digest=digest,
        comment=comment,
    )
    transition(revision, to=RevisionState.RETURNED)
    log_action(Action.RETURN, by, obj, revision, comment=comment)
    return revision
