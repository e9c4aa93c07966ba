"""Who handles letters, and what may be done with one in which state."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.rules import has_any_role

from .errors import NotAllowed, Refused
from .states import OPEN, SETTLED, State

#: Letters hold what people tell the court in confidence: two roles read them, no other.
HANDLER_ROLES = frozenset({Role.PUBLISHER, Role.SITE_ADMIN})
#: Who sets the limits; the auditor looks at them.
SETTERS = frozenset({Role.SITE_ADMIN})
SETTINGS_READERS = frozenset({Role.AUDITOR})


class Action(StrEnum):
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


def require(verb: Action, by: User, state: str) -> None:
    """Refuse whoever may not do this, and what can't be done with such a letter."""
    if not has_any_role(by, HANDLER_ROLES):
        raise NotAllowed
    if state not in ALLOWED_IN[verb]:
        raise Refused(
            _("“%(verb)s” is not possible: this letter is %(state)s.")
            % {"verb": ACTION_LABELS[verb], "state": State(state).label}
        )
