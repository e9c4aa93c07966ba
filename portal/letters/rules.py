"""Who handles letters, and what may be done with one in which state."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.rules import holds

from .errors import NotAllowed, Refused
from .states import OPEN, SETTLED, State

#: Letters hold what people tell the court in confidence: two roles read them, no other.
HANDLERS = frozenset({Role.PUBLISHER, Role.SITE_ADMIN})
#: Who sets the limits; the auditor looks at them.
SETTERS = frozenset({Role.SITE_ADMIN})
SETTINGS_READERS = frozenset({Role.AUDITOR})


class Verb(StrEnum):
    TAKE = "take"
    KEEP = "keep"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


VERB_LABELS = {
    Verb.TAKE: _("Take in hand"),
    Verb.KEEP: _("Save the draft answer"),
    Verb.ANSWER: _("Answer"),
    Verb.CLOSE: _("Close without an answer"),
    Verb.REOPEN: _("Take up again"),
}
ALLOWED_IN: dict[Verb, frozenset[State]] = {
    Verb.TAKE: frozenset({State.NEW}),
    Verb.KEEP: frozenset({State.IN_HAND}),
    Verb.ANSWER: OPEN,
    Verb.CLOSE: OPEN,
    Verb.REOPEN: SETTLED,
}


def require(verb: Verb, by: User, state: str) -> None:
    """Refuse whoever may not do this, and what can't be done with such a letter."""
    if not holds(by, HANDLERS):
        raise NotAllowed
    if state not in ALLOWED_IN[verb]:
        raise Refused(
            _("“%(verb)s” is not possible: this letter is %(state)s.")
            % {"verb": VERB_LABELS[verb], "state": State(state).label}
        )
