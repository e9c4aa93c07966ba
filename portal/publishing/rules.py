"""Who may do what, in which state: the permission matrix of the press, whole.

An auditor reads this page. The admin asks it for every button, list, history, preview and export;
the verbs ask it again. A superuser has no right here that a role has not given him.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.rules import has_any_role

from .errors import NotAllowed, Refused
from .states import EDITABLE, RECALLABLE, RevisionState, State

if TYPE_CHECKING:
    from .models import Publishable, Revision


@dataclass(frozen=True)
class SystemActor:
    """The portal itself, doing what a person has decided before."""

    name: str


Actor = User | SystemActor


class Action(StrEnum):
    SAVE = "save"
    SUBMIT = "submit"
    RECALL = "recall"
    APPROVE = "approve"
    RETURN = "return"
    RELEASE = "release"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    WITHDRAW = "withdraw"
    REINSTATE = "reinstate"
    EXPIRE = "expire"
    ARCHIVE = "archive"
    RESTORE = "restore"
    CORRECT = "correct"
    IMPORT_RELEASED = "import_released"


ACTION_LABELS = {
    Action.SAVE: gettext_lazy("Save"),
    Action.SUBMIT: gettext_lazy("Submit for review"),
    Action.RECALL: gettext_lazy("Recall"),
    Action.APPROVE: gettext_lazy("Approve"),
    Action.RETURN: gettext_lazy("Return"),
    Action.RELEASE: gettext_lazy("Release"),
    Action.SCHEDULE: gettext_lazy("Schedule"),
    Action.UNSCHEDULE: gettext_lazy("Unschedule"),
    Action.WITHDRAW: gettext_lazy("Withdraw"),
    Action.REINSTATE: gettext_lazy("Reinstate"),
    Action.EXPIRE: gettext_lazy("Expire"),
    Action.ARCHIVE: gettext_lazy("Archive"),
    Action.RESTORE: gettext_lazy("Restore"),
    Action.CORRECT: gettext_lazy("Correct"),
    Action.IMPORT_RELEASED: gettext_lazy("Import as released"),
}

# --- Roles -------------------------------------------------------------------------------------

PUBLISHERS = frozenset({Role.PUBLISHER})


AnyUser = User | AnonymousUser


def may_write(user: AnyUser, obj: Publishable | type[Publishable]) -> bool:
    """Save, submit, restore, correct: whoever writes this type."""
    return has_any_role(user, obj.writer_roles)


def may_review(user: AnyUser, obj: Publishable, revision: Revision | None) -> bool:
    """Approve and return: the role of the step that is due (none due: the last one's)."""
    if revision is None:
        return False
    step = revision.next_step() or revision.steps_required
    if step > revision.steps_required:
        return False
    return has_any_role(user, obj.stage_roles(step, revision.steps_required))


def may_publish(user: AnyUser) -> bool:
    """Release, schedule, withdraw, reinstate, import, override a gate."""
    return has_any_role(user, PUBLISHERS)


def may_read_work(user: AnyUser, obj: Publishable | type[Publishable]) -> bool:
    """Drafts, lists, history, differences, previews, the approval form, exports."""
    return (
        isinstance(user, User)
        and user.is_staff
        and has_any_role(user, obj.reader_roles | obj.writer_roles)
    )


def may_override(user: AnyUser | SystemActor) -> bool:
    """Let a text pass a gate that is not firm, with a reason that is logged."""
    return isinstance(user, User) and may_publish(user)


def has_role_for(action: Action, by: Actor, obj: Publishable, revision: Revision | None) -> bool:
    """The matrix of roles."""
    if isinstance(by, SystemActor):
        return action in {Action.RELEASE, Action.EXPIRE}
    if not (by.is_active and by.is_staff):
        return False
    match action:
        case Action.SAVE | Action.SUBMIT | Action.RESTORE | Action.CORRECT:
            return may_write(by, obj)
        case Action.RECALL:
            return may_write(by, obj) or may_publish(by)
        case Action.APPROVE:
            return may_review(by, obj, revision)
        case Action.RETURN:
            # What is approved already, the publisher too may send back.
            approved = revision is not None and revision.state == RevisionState.APPROVED
            return may_review(by, obj, revision) or (approved and may_publish(by))
        case (
            Action.RELEASE
            | Action.SCHEDULE
            | Action.UNSCHEDULE
            | Action.WITHDRAW
            | Action.REINSTATE
        ):
            return may_publish(by)
        case Action.IMPORT_RELEASED:
            return may_publish(by)
        case Action.ARCHIVE:
            # A draft that never was public is its writers' to clear away.
            return may_publish(by) or (obj.published_at is None and may_write(by, obj))
        case Action.EXPIRE:
            return False
    raise AssertionError(action)


# --- States ------------------------------------------------------------------------------------

ANY_STATE = tuple(State)
NOT_ARCHIVED = tuple(state for state in State if state != State.ARCHIVED)
NO_REVISION = None


@dataclass(frozen=True)
class RequiredStates:
    """The states in which a verb makes sense. ``revisions`` None: it doesn't look at them."""

    objects: tuple[State, ...]
    revisions: tuple[RevisionState | None, ...] | None = None


REQUIRED_STATES = {
    Action.SAVE: RequiredStates(NOT_ARCHIVED, (NO_REVISION, *EDITABLE)),
    Action.SUBMIT: RequiredStates(NOT_ARCHIVED, EDITABLE),
    Action.RECALL: RequiredStates(NOT_ARCHIVED, RECALLABLE),
    Action.APPROVE: RequiredStates(NOT_ARCHIVED, (RevisionState.IN_REVIEW,)),
    Action.RETURN: RequiredStates(NOT_ARCHIVED, (RevisionState.IN_REVIEW, RevisionState.APPROVED)),
    Action.RELEASE: RequiredStates(NOT_ARCHIVED, (RevisionState.APPROVED,)),
    Action.SCHEDULE: RequiredStates(NOT_ARCHIVED, (RevisionState.APPROVED,)),
    Action.UNSCHEDULE: RequiredStates(NOT_ARCHIVED, (RevisionState.SCHEDULED,)),
    Action.WITHDRAW: RequiredStates((State.LIVE,)),
    Action.REINSTATE: RequiredStates((State.WITHDRAWN,)),
    Action.EXPIRE: RequiredStates((State.LIVE,)),
    Action.ARCHIVE: RequiredStates((State.UNRELEASED, State.WITHDRAWN, State.EXPIRED)),
    Action.RESTORE: RequiredStates(ANY_STATE, (NO_REVISION, *EDITABLE)),
    Action.CORRECT: RequiredStates(
        (State.LIVE, State.WITHDRAWN, State.EXPIRED), (NO_REVISION, *EDITABLE)
    ),
}


def is_possible(action: Action, obj: Publishable, revision: Revision | None) -> bool:
    needs = REQUIRED_STATES[action]
    if obj.state not in needs.objects:
        return False
    if needs.revisions is None:
        return True
    return (revision.state if revision else NO_REVISION) in needs.revisions


# --- Both together -----------------------------------------------------------------------------


def is_allowed(action: Action, by: Actor, obj: Publishable, revision: Revision | None) -> bool:
    """Whether the button stands on the page."""
    if not (has_role_for(action, by, obj, revision) and is_possible(action, obj, revision)):
        return False
    if action == Action.APPROVE:
        return not reviewer_objection(by, revision)
    return True


def require(action: Action, by: Actor, obj: Publishable, revision: Revision | None) -> None:
    """Raise NotAllowed or Refused, with a sentence, unless the verb may go on."""
    require_role(action, by, obj, revision)
    require_state(action, obj, revision)


def require_role(action: Action, by: Actor, obj: Publishable, revision: Revision | None) -> None:
    if not has_role_for(action, by, obj, revision):
        raise NotAllowed(
            _("Your roles do not include: %(verb)s. Ask the security officer if they should.")
            % {"verb": ACTION_LABELS[action]}
        )


def require_state(action: Action, obj: Publishable, revision: Revision | None) -> None:
    if not is_possible(action, obj, revision):
        raise Refused(
            _("“%(verb)s” is not possible now: the text is “%(state)s”, its open work “%(work)s”.")
            % {
                "verb": ACTION_LABELS[action],
                "state": obj.get_state_display(),
                "work": revision.get_state_display() if revision else _("none"),
            }
        )


def reviewer_objection(by: Actor, revision: Revision | None) -> str:
    """Why this person may not give this approval, or ''. Three reviews, three people (R1)."""
    if revision is None or not isinstance(by, User):
        return ""
    if revision.contributions.filter(user=by).exists():
        return _("You worked on this text yourself; somebody else must review it.")
    if revision.valid_approvals().filter(reviewer=by).exists():
        return _("You have given a review of this text already; the next one is another person's.")
    return ""


def actions_for(by: Actor, obj: Publishable, revision: Revision | None) -> list[Action]:
    """The verbs this person may use on this object now, in the order of ``Verb``."""
    return [action for action in REQUIRED_STATES if is_allowed(action, by, obj, revision)]
