"""Actions on letters: receive, take, keep a draft, answer, close, reopen.

The audit log records the letter's id, the action, the user and the time, but never the text.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import actions as audit

from . import receipts
from .errors import Changed, FormUsed, Refused
from .models import Letter, LetterSettings, sort_key
from .rules import Action, require
from .states import State

MAX_ANSWER_LENGTH = 10_000
MAX_REASON_LENGTH = 300
#: Attempts to draw an unused receipt number; three collisions in a row can only be a bug.
MAX_RECEIPT_ATTEMPTS = 3


def receive(*, digest: str, written: dict[str, str], at: datetime | None = None) -> Letter:
    """Create a letter from validated form data; ``digest`` is the digest of the form's token.

    If a letter with this token exists, return it if its data are the same; otherwise raise
    ``FormUsed``.
    """
    at = at or timezone.now()
    day = timezone.localdate(at)
    due_on = LetterSettings.load().due_on(written["kind"], day)
    letter = Letter(
        **written,
        token_digest=digest,
        received_at=at,
        due_on=due_on,
        sort_key=sort_key(State.NEW, due_on, None),
    )
    for attempt in range(1, MAX_RECEIPT_ATTEMPTS + 1):
        letter.receipt = receipts.new(day)
        try:
            with transaction.atomic():
                letter.save(force_insert=True)
            return letter
        except IntegrityError:
            if existing := Letter.objects.filter(token_digest=digest).first():
                if existing.has_same_content(written):
                    return existing
                raise FormUsed from None
            if attempt == MAX_RECEIPT_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def take(*, letter: Letter, by: User, version: int, answer: str = "") -> Letter:
    """Assign a new letter to the user; store the answer, if it was begun, as a draft."""
    return _change(Action.TAKE, letter, by, version, **_in_hand(by, _answer(answer)))


def keep(*, letter: Letter, by: User, version: int, answer: str) -> Letter:
    """Store a draft of the answer."""
    return _change(Action.KEEP, letter, by, version, **_in_hand(by, _answer(answer)))


def answer(*, letter: Letter, by: User, version: int, answer: str) -> Letter:
    """Answer the letter; from then on the sender can read the answer with the receipt number."""
    text = _answer(answer)
    if not text:
        raise Refused(_("Write the answer first; the sender will read it as it stands here."))
    return _finish(Action.ANSWER, State.ANSWERED, letter, by, version, answer=text)


def close(*, letter: Letter, by: User, version: int, reason: str, answer: str = "") -> Letter:
    """Close the letter without an answer. The sender reads the reason; a draft stays internal."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why there is no answer; the sender will read it."))
    if len(reason) > MAX_REASON_LENGTH:
        raise Refused(_("The reason is too long: at most %(most)d characters.") % {"most": 300})
    fields = {"reason": reason, "answer": _answer(answer)}
    return _finish(Action.CLOSE, State.CLOSED, letter, by, version, **fields)


def reopen(*, letter: Letter, by: User, version: int) -> Letter:
    """Reopen a settled letter: its answer becomes a draft, which the sender can no longer read."""
    fields = {"reason": "", "finished_at": None, "finished_by": None}
    return _change(Action.REOPEN, letter, by, version, **_in_hand(by, letter.answer), **fields)


def _answer(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_ANSWER_LENGTH:
        raise Refused(
            _("The answer is too long: at most %(most)d characters.") % {"most": MAX_ANSWER_LENGTH}
        )
    return text


def _in_hand(by: User, answer: str) -> dict[str, Any]:
    return {"state": State.IN_HAND, "taken_by": by, "answer": answer}


def _finish(
    action: Action, to: State, letter: Letter, by: User, version: int, **fields: Any
) -> Letter:
    fields |= {"state": to, "finished_at": timezone.now(), "finished_by": by}
    return _change(action, letter, by, version, taken_by=letter.taken_by or by, **fields)


@transaction.atomic
def _change(action: Action, letter: Letter, by: User, version: int, **fields: Any) -> Letter:
    """Apply an action to the version of the letter that the user has loaded, and log the action.

    Raises ``NotAllowed`` or ``Refused`` according to the rules, and ``Changed`` if another user has
    changed the letter since.
    """
    require(action, by, letter.state)
    came_from = letter.state
    key = sort_key(fields["state"], letter.due_on, fields.get("finished_at"))
    rows = Letter.objects.filter(pk=letter.pk, version=version, state=came_from)
    if not rows.update(version=F("version") + 1, sort_key=key, **fields):
        raise Changed
    letter.refresh_from_db()
    details = {"from": came_from, "to": letter.state}
    audit.log_event(action=f"letters.{action}", obj=letter, actor=by, details=details)
    return letter
