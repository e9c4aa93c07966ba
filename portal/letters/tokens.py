"""Signed tokens of the public form, which replace a cookie: each is dated and creates one letter.

A token contains nothing about the visitor. Only its digest is stored, with the letter.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import Enum

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

#: Minimum and maximum age of a form when it is sent. A form sent sooner was probably filled in by
#: a program; an older form must be sent again.
MIN_FILL_SECONDS = 3
MAX_FORM_AGE_SECONDS = 24 * 3600
#: Time for which the URL of a receipt page is valid, in seconds.
RECEIPT_SECONDS = 30 * 60
_MAX_TOKEN_LENGTH = 200

_forms = TimestampSigner(salt="portal.letters.form")
_receipts = TimestampSigner(salt="portal.letters.receipt")


class TokenStatus(Enum):
    """The status of a token. EARLY and LATE are valid tokens whose form is too new or too old."""

    GOOD = "good"
    EARLY = "early"
    LATE = "late"
    FORGED = "forged"


@dataclass(frozen=True)
class Token:
    """A token of the public form and its status."""

    text: str
    status: TokenStatus

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def new() -> Token:
    """Return a new token for a form that is being opened."""
    return Token(_forms.sign(secrets.token_urlsafe(16)), TokenStatus.EARLY)


def read(text: str) -> Token:
    """Return the token that was sent with a form, and its status."""
    return Token(text, _status_of(text))


def _status_of(text: str) -> TokenStatus:
    if len(text) > _MAX_TOKEN_LENGTH:
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


def sign_receipt(digest: str) -> str:
    """Return a signed value for the URL of a letter's receipt; ``digest`` is its token's digest."""
    return _receipts.sign(digest)


def read_receipt(text: str) -> str:
    """Return the digest of the letter's token; "" if the value is forged or has expired."""
    try:
        return _receipts.unsign(text[:_MAX_TOKEN_LENGTH], max_age=RECEIPT_SECONDS)
    except BadSignature:
        return ""
