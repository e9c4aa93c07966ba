"""Permissions of the workflow: the roles that may take each action, and the states.

``ACTION_RULES`` contains the rule of every action. The admin checks permissions for every button,
list, history, preview and export, and the actions check them again. A superuser has no permission
without a role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.rules import has_any_role

from .errors import NotAllowed, Refused
from .guards import publishable_models
from .models import MediaProposal, Publishable, Revision
from .states import EDITABLE, RECALLABLE, RevisionState, State


@dataclass(frozen=True)
class SystemActor:
    """The portal itself, which performs scheduled releases and expiries."""

    name: str


Actor = User | SystemActor
AnyUser = User | AnonymousUser


class Action(StrEnum):
    """The workflow actions; the values are used in audit codes and URLs."""

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


# Checks of the user's roles

PUBLISHERS = frozenset({Role.PUBLISHER})
#: The actions that the portal itself performs when they are due.
SYSTEM_ACTIONS = frozenset({Action.RELEASE, Action.EXPIRE})


def may_write(user: AnyUser, obj: Publishable | type[Publishable]) -> bool:
    """Return whether the user may save, submit, restore and correct objects of this model."""
    return has_any_role(user, obj.writer_roles)


def may_review(user: AnyUser, obj: Publishable, revision: Revision | None) -> bool:
    """Return whether the user has a role for the review that is due.

    If the revision is not in review, its last review step counts.
    """
    if revision is None:
        return False
    step = revision.next_step() or revision.steps_required
    if step > revision.steps_required:
        return False
    return has_any_role(user, obj.stage_roles(step, revision.steps_required))


def may_publish(user: AnyUser) -> bool:
    """Return whether the user may release, schedule, withdraw, import and override checks."""
    return has_any_role(user, PUBLISHERS)


def may_read_work(user: AnyUser, obj: Publishable | type[Publishable]) -> bool:
    """Return whether the user may read unreleased work in lists, history, previews and exports."""
    if not (isinstance(user, User) and user.is_staff):
        return False
    return has_any_role(user, obj.reader_roles | obj.writer_roles)


def readable_proposals(user: AnyUser, proposals: Iterable[MediaProposal]) -> list[MediaProposal]:
    """Return the joint changes whose texts the user may read, all of them, with one query."""
    proposals = list(proposals)
    types: dict[int, set[type[Publishable]]] = {proposal.pk: set() for proposal in proposals}
    rows = Revision.objects.filter(proposal__in=types).order_by()
    for pk, type_id in rows.values_list("proposal_id", "content_type_id").distinct():
        types[pk].add(ContentType.objects.get_for_id(type_id).model_class())  # type: ignore[arg-type]
    every = publishable_models()
    return [
        proposal
        for proposal in proposals
        if all(may_read_work(user, model) for model in types[proposal.pk] or every)
    ]


def may_cancel(user: AnyUser, revisions: Iterable[Revision]) -> bool:
    """Return whether the user may cancel a joint change: a writer of each of its texts.

    If all texts were taken out of it, every writer may.
    """
    models = {revision.model for revision in revisions}
    if not models:
        return any(may_write(user, model) for model in publishable_models())
    return all(may_write(user, model) for model in models)


def may_override(user: AnyUser | SystemActor) -> bool:
    """Return whether the user may override a check that is not blocking, with a logged reason."""
    return isinstance(user, User) and may_publish(user)


RoleCheck = Callable[[User, Publishable, Revision | None], bool]


def _writes(user: User, obj: Publishable, revision: Revision | None) -> bool:
    return may_write(user, obj)


def _publishes(user: User, obj: Publishable, revision: Revision | None) -> bool:
    return may_publish(user)


def _writes_or_publishes(user: User, obj: Publishable, revision: Revision | None) -> bool:
    return may_write(user, obj) or may_publish(user)


def _may_return(user: User, obj: Publishable, revision: Revision | None) -> bool:
    """Return whether the user may return a text: a reviewer, or a publisher after approval."""
    is_approved = revision is not None and revision.state == RevisionState.APPROVED
    return may_review(user, obj, revision) or (is_approved and may_publish(user))


def _may_archive(user: User, obj: Publishable, revision: Revision | None) -> bool:
    """Return whether the user may archive: a publisher, or a writer if it was never public."""
    return may_publish(user) or (obj.published_at is None and may_write(user, obj))


def _nobody(user: User, obj: Publishable, revision: Revision | None) -> bool:
    return False


# Required roles and states of the actions

ANY_STATE = tuple(State)
NOT_ARCHIVED = tuple(state for state in State if state != State.ARCHIVED)
NO_REVISION = None


@dataclass(frozen=True)
class RequiredStates:
    """The states of an object and of its open revision in which an action is possible.

    ``revisions`` is None if the state of the revision does not matter.
    """

    objects: tuple[State, ...]
    revisions: tuple[RevisionState | None, ...] | None = None


@dataclass(frozen=True)
class ActionRule:
    """The label of an action, the check of the user's roles, and the required states.

    ``states`` is None if the action creates a new object.
    """

    label: Any
    has_role: RoleCheck
    states: RequiredStates | None


ACTION_RULES: dict[Action, ActionRule] = {
    Action.SAVE: ActionRule(
        gettext_lazy("Save"), _writes, RequiredStates(NOT_ARCHIVED, (NO_REVISION, *EDITABLE))
    ),
    Action.SUBMIT: ActionRule(
        gettext_lazy("Submit for review"), _writes, RequiredStates(NOT_ARCHIVED, EDITABLE)
    ),
    Action.RECALL: ActionRule(
        gettext_lazy("Recall"), _writes_or_publishes, RequiredStates(NOT_ARCHIVED, RECALLABLE)
    ),
    Action.APPROVE: ActionRule(
        gettext_lazy("Approve"),
        may_review,
        RequiredStates(NOT_ARCHIVED, (RevisionState.IN_REVIEW,)),
    ),
    Action.RETURN: ActionRule(
        gettext_lazy("Return"),
        _may_return,
        RequiredStates(NOT_ARCHIVED, (RevisionState.IN_REVIEW, RevisionState.APPROVED)),
    ),
    Action.RELEASE: ActionRule(
        gettext_lazy("Release"),
        _publishes,
        RequiredStates(NOT_ARCHIVED, (RevisionState.APPROVED,)),
    ),
    Action.SCHEDULE: ActionRule(
        gettext_lazy("Schedule"),
        _publishes,
        RequiredStates(NOT_ARCHIVED, (RevisionState.APPROVED,)),
    ),
    Action.UNSCHEDULE: ActionRule(
        gettext_lazy("Unschedule"),
        _publishes,
        RequiredStates(NOT_ARCHIVED, (RevisionState.SCHEDULED,)),
    ),
    Action.WITHDRAW: ActionRule(
        gettext_lazy("Withdraw"), _publishes, RequiredStates((State.LIVE,))
    ),
    Action.REINSTATE: ActionRule(
        gettext_lazy("Reinstate"), _publishes, RequiredStates((State.WITHDRAWN,))
    ),
    Action.EXPIRE: ActionRule(gettext_lazy("Expire"), _nobody, RequiredStates((State.LIVE,))),
    Action.ARCHIVE: ActionRule(
        gettext_lazy("Archive"),
        _may_archive,
        RequiredStates((State.UNRELEASED, State.WITHDRAWN, State.EXPIRED)),
    ),
    Action.RESTORE: ActionRule(
        gettext_lazy("Restore"), _writes, RequiredStates(ANY_STATE, (NO_REVISION, *EDITABLE))
    ),
    Action.CORRECT: ActionRule(
        gettext_lazy("Correct"),
        _writes,
        RequiredStates((State.LIVE, State.WITHDRAWN, State.EXPIRED), (NO_REVISION, *EDITABLE)),
    ),
    Action.IMPORT_RELEASED: ActionRule(gettext_lazy("Import as released"), _publishes, None),
}

ACTION_LABELS = {action: rule.label for action, rule in ACTION_RULES.items()}
#: The required states of each action on an existing object, in the order of the buttons.
REQUIRED_STATES = {
    action: rule.states for action, rule in ACTION_RULES.items() if rule.states is not None
}


def has_role_for(action: Action, by: Actor, obj: Publishable, revision: Revision | None) -> bool:
    """Return whether the actor's roles permit the action, regardless of the state."""
    if isinstance(by, SystemActor):
        return action in SYSTEM_ACTIONS
    if not (by.is_active and by.is_staff):
        return False
    return ACTION_RULES[action].has_role(by, obj, revision)


#: The actions that a joint change of a file takes on all its texts together.
JOINT_ACTIONS = frozenset({Action.APPROVE, Action.RETURN, Action.RELEASE, Action.SCHEDULE})


def is_possible(
    action: Action,
    obj: Publishable,
    revision: Revision | None,
    proposal: MediaProposal | None = None,
) -> bool:
    """Return whether the states of the object and its open revision permit the action.

    ``proposal`` is the joint change that takes the action on all its texts, if one does.
    """
    if action in JOINT_ACTIONS and _belongs_to_other(revision, proposal):
        return False
    required = REQUIRED_STATES[action]
    if obj.state not in required.objects:
        return False
    if required.revisions is None:
        return True
    return (revision.state if revision else NO_REVISION) in required.revisions


def _belongs_to_other(revision: Revision | None, proposal: MediaProposal | None) -> bool:
    own = revision.proposal_id if revision else None
    return own != (proposal.pk if proposal else None)


# Checks of an action against roles and states


def is_allowed(action: Action, by: Actor, obj: Publishable, revision: Revision | None) -> bool:
    """Return whether the actor may take the action now, so that the page shows its button."""
    if not (has_role_for(action, by, obj, revision) and is_possible(action, obj, revision)):
        return False
    if action == Action.APPROVE:
        return not reviewer_objection(by, revision)
    return True


def require(
    action: Action,
    by: Actor,
    obj: Publishable,
    revision: Revision | None,
    proposal: MediaProposal | None = None,
) -> None:
    """Raise NotAllowed unless the roles permit the action, or Refused unless the states do."""
    require_role(action, by, obj, revision)
    require_state(action, obj, revision, proposal)


def require_role(action: Action, by: Actor, obj: Publishable, revision: Revision | None) -> None:
    """Raise NotAllowed unless the actor's roles permit the action."""
    if not has_role_for(action, by, obj, revision):
        raise NotAllowed(
            _("Your roles do not include: %(verb)s. Ask the security officer if they should.")
            % {"verb": ACTION_LABELS[action]}
        )


def require_state(
    action: Action,
    obj: Publishable,
    revision: Revision | None,
    proposal: MediaProposal | None = None,
) -> None:
    """Raise Refused unless the states of the object and its open revision permit the action."""
    if action in JOINT_ACTIONS and _belongs_to_other(revision, proposal):
        raise Refused(
            _(
                "This text is part of a joint change, which is reviewed and released as a whole. "
                "Recall the text to take it out."
            )
        )
    if not is_possible(action, obj, revision, proposal):
        raise Refused(
            _("“%(verb)s” is not possible now: the text is “%(state)s”, its open work “%(work)s”.")
            % {
                "verb": ACTION_LABELS[action],
                "state": obj.get_state_display(),
                "work": revision.get_state_display() if revision else _("none"),
            }
        )


def reviewer_objection(by: Actor, revision: Revision | None) -> str:
    """Return why this user may not give the review that is due, or ''.

    The three reviews must be given by three people, none of them a contributor (R1).
    """
    if revision is None or not isinstance(by, User):
        return ""
    if revision.contributions.filter(user=by).exists():
        return _("You worked on this text yourself; somebody else must review it.")
    if revision.valid_approvals().filter(reviewer=by).exists():
        return _("You have given a review of this text already; the next one is another person's.")
    return ""


def actions_for(by: Actor, obj: Publishable, revision: Revision | None) -> list[Action]:
    """Return the actions that this actor may take now, in the order of ``Action``."""
    return [action for action in REQUIRED_STATES if is_allowed(action, by, obj, revision)]
