"""Permissions for letters, and the states of a letter in which each action is allowed."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.rules import has_any_role

from .errors import NotAllowed, Refused
from .states import OPEN, SETTLED, State

#: Letters are confidential: only users with one of these roles may read them.
HANDLER_ROLES = frozenset({Role.PUBLISHER, Role.SITE_ADMIN})
SETTINGS_EDITOR_ROLES = frozenset({Role.SITE_ADMIN})
SETTINGS_VIEWER_ROLES = frozenset({Role.AUDITOR})


class Action(StrEnum):
    """The actions on letters; the module ``actions`` contains a function for each."""

    TAKE = "take"
    KEEP = "keep"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


ACTION_LABELS = {
    Action.TAKE: _("Take in hand"),
    Action.KEEP: _("Save the draft answer"),
    Action.ANSWER: _("Answer"),
    Action.CLOSE: _("Close without an answer"),
    Action.REOPEN: _("Take up again"),
}
ALLOWED_IN: dict[Action, frozenset[State]] = {
    Action.TAKE: frozenset({State.NEW}),
    Action.KEEP: frozenset({State.IN_HAND}),
    Action.ANSWER: OPEN,
    Action.CLOSE: OPEN,
    Action.REOPEN: SETTLED,
}


def require(action: Action, by: User, state: str) -> None:
    """Raise ``NotAllowed`` without the role, ``Refused`` if the state forbids the action."""
    if not has_any_role(by, HANDLER_ROLES):
        raise NotAllowed
    if state not in ALLOWED_IN[action]:
        raise Refused(
            _("“%(verb)s” is not possible: this letter is %(state)s.")
            % {"verb": ACTION_LABELS[action], "state": State(state).label}
        )
