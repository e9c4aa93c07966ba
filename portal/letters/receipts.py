"""Receipt numbers such as 20261126-4821-7730-5519: the date and twelve random digits.

Digits only, so that a number can be dictated by telephone. Guessing one is prevented by the rate
limit on look-ups (``limits.QUESTIONS``).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import date

_MAX_INPUT_LENGTH = 100


def new(on: date) -> str:
    """Return a random receipt number for a letter received on this day."""
    return read(f"{on:%Y%m%d}{secrets.randbelow(10**12):012}")


def read(text: str) -> str:
    """Return the canonical form of a number in any spelling; "" if it does not have 20 digits."""
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text[:_MAX_INPUT_LENGTH]))
    if len(digits) != 20:
        return ""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:]))
