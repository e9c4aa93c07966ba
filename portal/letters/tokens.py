"""The token of a form: signed, dated, good once. It takes the place of a cookie.

It tells nothing of the reader, and is in no table until a letter came with it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import Enum

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

#: No person writes a letter in less, and hardly anybody needs longer.
MIN_FILL_SECONDS = 3
MAX_FORM_AGE_SECONDS = 24 * 3600
#: So long may a receipt be looked at, and loaded again, by the address to which its sender is led.
RECEIPT_SECONDS = 30 * 60
_LONGEST = 200

_forms = TimestampSigner(salt="portal.letters.form")
_receipts = TimestampSigner(salt="portal.letters.receipt")


class TokenStatus(Enum):
    GOOD = "good"
    EARLY = "early"
    LATE = "late"
    FORGED = "forged"


@dataclass(frozen=True)
class Token:
    text: str
    standing: TokenStatus

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def new() -> Token:
    return Token(_forms.sign(secrets.token_urlsafe(16)), TokenStatus.EARLY)


def read(text: str) -> Token:
    return Token(text, _standing(text))


def _standing(text: str) -> TokenStatus:
    if len(text) > _LONGEST:
        return TokenStatus.FORGED
    try:
        _forms.unsign(text)
    except BadSignature:
        return TokenStatus.FORGED
    if _is_older(text, MAX_FORM_AGE_SECONDS):
        return TokenStatus.LATE
    return TokenStatus.GOOD if _is_older(text, MIN_FILL_SECONDS) else TokenStatus.EARLY


def _is_older(text: str, seconds: int) -> bool:
    try:
        _forms.unsign(text, max_age=seconds)
    except SignatureExpired:
        return True
    return False


def for_receipt(digest: str) -> str:
    """What lets the sender see his receipt: it leads to one letter, for a while."""
    return _receipts.sign(digest)


def of_receipt(text: str) -> str:
    """The digest of the letter's token; "" where the time is over, or somebody made this up."""
    try:
        return _receipts.unsign(text[:_LONGEST], max_age=RECEIPT_SECONDS)
    except BadSignature:
        return ""
