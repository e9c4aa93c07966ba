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
from portal.accounts.rules import holds

from .errors import NotAllowed, Refused
from .states import EDITABLE, RECALLABLE, RevisionState, State

if TYPE_CHECKING:
    from .models import Publishable, Revision


@dataclass(frozen=True)
class System:
    """The portal itself, doing what a person has decided before."""

    name: str


Actor = User | System


class Verb(StrEnum):
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


VERB_LABELS = {
    Verb.SAVE: gettext_lazy("Save"),
    Verb.SUBMIT: gettext_lazy("Submit for review"),
    Verb.RECALL: gettext_lazy("Recall"),
    Verb.APPROVE: gettext_lazy("Approve"),
    Verb.RETURN: gettext_lazy("Return"),
    Verb.RELEASE: gettext_lazy("Release"),
    Verb.SCHEDULE: gettext_lazy("Schedule"),
    Verb.UNSCHEDULE: gettext_lazy("Unschedule"),
    Verb.WITHDRAW: gettext_lazy("Withdraw"),
    Verb.REINSTATE: gettext_lazy("Reinstate"),
    Verb.EXPIRE: gettext_lazy("Expire"),
    Verb.ARCHIVE: gettext_lazy("Archive"),
    Verb.RESTORE: gettext_lazy("Restore"),
    Verb.CORRECT: gettext_lazy("Correct"),
    Verb.IMPORT_RELEASED: gettext_lazy("Import as released"),
}

# --- Roles -------------------------------------------------------------------------------------

PUBLISHERS = frozenset({Role.PUBLISHER})


Person = User | AnonymousUser


def writes(user: Person, obj: Publishable | type[Publishable]) -> bool:
    """Save, submit, restore, correct: whoever writes this type."""
    return holds(user, obj.writers)


def reviews(user: Person, obj: Publishable, revision: Revision | None) -> bool:
    """Approve and return: the role of the step that is due (none due: the last one's)."""
    if revision is None:
        return False
    step = revision.next_step() or revision.steps_required
    if step > revision.steps_required:
        return False
    return holds(user, obj.stage_roles(step, revision.steps_required))


def publishes(user: Person) -> bool:
    """Release, schedule, withdraw, reinstate, import, override a gate."""
    return holds(user, PUBLISHERS)


def may_read_work(user: Person, obj: Publishable | type[Publishable]) -> bool:
    """Drafts, lists, history, differences, previews, the approval form, exports."""
    return isinstance(user, User) and user.is_staff and holds(user, obj.readers | obj.writers)


def may_override(user: Person | System) -> bool:
    """Let a text pass a gate that is not firm, with a reason that is logged."""
    return isinstance(user, User) and publishes(user)


def has_role_for(verb: Verb, by: Actor, obj: Publishable, revision: Revision | None) -> bool:
    """The matrix of roles."""
    if isinstance(by, System):
        return verb in {Verb.RELEASE, Verb.EXPIRE}
    if not (by.is_active and by.is_staff):
        return False
    match verb:
        case Verb.SAVE | Verb.SUBMIT | Verb.RESTORE | Verb.CORRECT:
            return writes(by, obj)
        case Verb.RECALL:
            return writes(by, obj) or publishes(by)
        case Verb.APPROVE:
            return reviews(by, obj, revision)
        case Verb.RETURN:
            # What is approved already, the publisher too may send back.
            approved = revision is not None and revision.state == RevisionState.APPROVED
            return reviews(by, obj, revision) or (approved and publishes(by))
        case Verb.RELEASE | Verb.SCHEDULE | Verb.UNSCHEDULE | Verb.WITHDRAW | Verb.REINSTATE:
            return publishes(by)
        case Verb.IMPORT_RELEASED:
            return publishes(by)
        case Verb.ARCHIVE:
            # A draft that never was public is its writers' to clear away.
            return publishes(by) or (obj.published_at is None and writes(by, obj))
        case Verb.EXPIRE:
            return False
    raise AssertionError(verb)


# --- States ------------------------------------------------------------------------------------

ANY_STATE = tuple(State)
NOT_ARCHIVED = tuple(state for state in State if state != State.ARCHIVED)
NO_REVISION = None


@dataclass(frozen=True)
class Needs:
    """The states in which a verb makes sense. ``revisions`` None: it doesn't look at them."""

    objects: tuple[State, ...]
    revisions: tuple[RevisionState | None, ...] | None = None


NEEDS = {
    Verb.SAVE: Needs(NOT_ARCHIVED, (NO_REVISION, *EDITABLE)),
    Verb.SUBMIT: Needs(NOT_ARCHIVED, EDITABLE),
    Verb.RECALL: Needs(NOT_ARCHIVED, RECALLABLE),
    Verb.APPROVE: Needs(NOT_ARCHIVED, (RevisionState.IN_REVIEW,)),
    Verb.RETURN: Needs(NOT_ARCHIVED, (RevisionState.IN_REVIEW, RevisionState.APPROVED)),
    Verb.RELEASE: Needs(NOT_ARCHIVED, (RevisionState.APPROVED,)),
    Verb.SCHEDULE: Needs(NOT_ARCHIVED, (RevisionState.APPROVED,)),
    Verb.UNSCHEDULE: Needs(NOT_ARCHIVED, (RevisionState.SCHEDULED,)),
    Verb.WITHDRAW: Needs((State.LIVE,)),
    Verb.REINSTATE: Needs((State.WITHDRAWN,)),
    Verb.EXPIRE: Needs((State.LIVE,)),
    Verb.ARCHIVE: Needs((State.UNRELEASED, State.WITHDRAWN, State.EXPIRED)),
    Verb.RESTORE: Needs(ANY_STATE, (NO_REVISION, *EDITABLE)),
    Verb.CORRECT: Needs((State.LIVE, State.WITHDRAWN, State.EXPIRED), (NO_REVISION, *EDITABLE)),
}


def makes_sense(verb: Verb, obj: Publishable, revision: Revision | None) -> bool:
    needs = NEEDS[verb]
    if obj.state not in needs.objects:
        return False
    if needs.revisions is None:
        return True
    return (revision.state if revision else NO_REVISION) in needs.revisions


# --- Both together -----------------------------------------------------------------------------


def may(verb: Verb, by: Actor, obj: Publishable, revision: Revision | None) -> bool:
    """Whether the button stands on the page."""
    if not (has_role_for(verb, by, obj, revision) and makes_sense(verb, obj, revision)):
        return False
    if verb == Verb.APPROVE:
        return not reviewer_objection(by, revision)
    return True


def require(verb: Verb, by: Actor, obj: Publishable, revision: Revision | None) -> None:
    """Raise NotAllowed or Refused, with a sentence, unless the verb may go on."""
    require_role(verb, by, obj, revision)
    require_state(verb, obj, revision)


def require_role(verb: Verb, by: Actor, obj: Publishable, revision: Revision | None) -> None:
    if not has_role_for(verb, by, obj, revision):
        raise NotAllowed(
            _("Your roles do not include: %(verb)s. Ask the security officer if they should.")
            % {"verb": VERB_LABELS[verb]}
        )


def require_state(verb: Verb, obj: Publishable, revision: Revision | None) -> None:
    if not makes_sense(verb, obj, revision):
        raise Refused(
            _("“%(verb)s” is not possible now: the text is “%(state)s”, its open work “%(work)s”.")
            % {
                "verb": VERB_LABELS[verb],
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


def verbs_for(by: Actor, obj: Publishable, revision: Revision | None) -> list[Verb]:
    """The verbs this person may use on this object now, in the order of ``Verb``."""
    return [verb for verb in NEEDS if may(verb, by, obj, revision)]
