"""What becomes of a letter: received, taken in hand, answered or closed, taken up again.

The log names the letter, who did what and when; never a word of it.
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

ANSWER_LENGTH = 10_000
REASON_LENGTH = 300
#: Two letters with one number are less likely than a fault; three in a row are one.
TRIES = 3


def receive(*, digest: str, written: dict[str, str], at: datetime | None = None) -> Letter:
    """Take in what somebody wrote. What comes twice with one form is one letter; other words with
    it are refused."""
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
    for attempt in range(1, TRIES + 1):
        letter.receipt = receipts.new(day)
        try:
            with transaction.atomic():
                letter.save(force_insert=True)
            return letter
        except IntegrityError:
            if known := Letter.objects.filter(token_digest=digest).first():
                if known.says(written):
                    return known
                raise FormUsed from None
            if attempt == TRIES:
                raise
    raise AssertionError("unreachable")


def take(*, letter: Letter, by: User, version: int, answer: str = "") -> Letter:
    """Somebody sees to it now. What he has begun to answer is kept."""
    return _change(Action.TAKE, letter, by, version, **_in_hand(by, _answer(answer)))


def keep(*, letter: Letter, by: User, version: int, answer: str) -> Letter:
    """Keep an answer that is not finished."""
    return _change(Action.KEEP, letter, by, version, **_in_hand(by, _answer(answer)))


def answer(*, letter: Letter, by: User, version: int, answer: str) -> Letter:
    """From now on whoever has the receipt number reads this."""
    text = _answer(answer)
    if not text:
        raise Refused(_("Write the answer first; the sender will read it as it stands here."))
    return _settle(Action.ANSWER, State.ANSWERED, letter, by, version, answer=text)


def close(*, letter: Letter, by: User, version: int, reason: str, answer: str = "") -> Letter:
    """Settle it without an answer. The sender reads the reason; a draft stays at the desk."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why there is no answer; the sender will read it."))
    if len(reason) > REASON_LENGTH:
        raise Refused(_("The reason is too long: at most %(most)d characters.") % {"most": 300})
    fields = {"reason": reason, "answer": _answer(answer)}
    return _settle(Action.CLOSE, State.CLOSED, letter, by, version, **fields)


def reopen(*, letter: Letter, by: User, version: int) -> Letter:
    """Take it up again: the answer becomes a draft, and its sender no longer reads it."""
    fields = {"reason": "", "finished_at": None, "finished_by": None}
    return _change(Action.REOPEN, letter, by, version, **_in_hand(by, letter.answer), **fields)


def _answer(text: str) -> str:
    text = text.strip()
    if len(text) > ANSWER_LENGTH:
        raise Refused(
            _("The answer is too long: at most %(most)d characters.") % {"most": ANSWER_LENGTH}
        )
    return text


def _in_hand(by: User, answer: str) -> dict[str, Any]:
    return {"state": State.IN_HAND, "taken_by": by, "answer": answer}


def _settle(
    verb: Action, to: State, letter: Letter, by: User, version: int, **fields: Any
) -> Letter:
    fields |= {"state": to, "finished_at": timezone.now(), "finished_by": by}
    return _change(verb, letter, by, version, taken_by=letter.taken_by or by, **fields)


@transaction.atomic
def _change(verb: Action, letter: Letter, by: User, version: int, **fields: Any) -> Letter:
    """Change the letter as the person has seen it, and no other version of it."""
    require(verb, by, letter.state)
    came_from = letter.state
    at = sort_key(fields["state"], letter.due_on, fields.get("finished_at"))
    seen = Letter.objects.filter(pk=letter.pk, version=version, state=came_from)
    if not seen.update(version=F("version") + 1, sort_key=at, **fields):
        raise Changed
    letter.refresh_from_db()
    details = {"from": came_from, "to": letter.state}
    audit.log_event(action=f"letters.{verb}", obj=letter, actor=by, details=details)
    return letter
