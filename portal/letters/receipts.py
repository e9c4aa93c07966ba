"""Receipt numbers such as 20261126-4821-7730-5519: the date and twelve random digits.

A number contains digits only, so that it can be dictated by telephone. The rate limit of look-ups
(``limits.QUESTIONS``) prevents guessing.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import date

_MAX_INPUT_LENGTH = 100


def new(on: date) -> str:
    """Return a random receipt number for a letter that was received on this date."""
    return read(f"{on:%Y%m%d}{secrets.randbelow(10**12):012}")


def read(text: str) -> str:
    """Return the canonical form of a receipt number as typed; "" unless it has 20 digits."""
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text[:_MAX_INPUT_LENGTH]))
    if len(digits) != 20:
        return ""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:]))
