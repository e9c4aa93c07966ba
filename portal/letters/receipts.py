"""Receipt numbers: 20261126-4821-7730-5519. Figures alone, which anybody can say on a telephone;
twelve of them random, so that with the limit on asking nobody finds another's."""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import date

_LONGEST = 100


def new(on: date) -> str:
    return read(f"{on:%Y%m%d}{secrets.randbelow(10**12):012}")


def read(text: str) -> str:
    """The number as it is kept, however somebody wrote it; "" where that is none."""
    figures = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text[:_LONGEST]))
    if len(figures) != 20:
        return ""
    return "-".join((figures[:8], figures[8:12], figures[12:16], figures[16:]))
