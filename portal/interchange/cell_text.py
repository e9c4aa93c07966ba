"""Cleaning of a cell's text on import, and escaping of formulas on export."""

from __future__ import annotations

import re
import unicodedata

_LINE_BREAKS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# Control characters, surrogates, characters that XML does not allow, and invisible marks such as
# bidirectional controls. Joiners are not included, because scripts and emoji need them.
_INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)

# A spreadsheet program may evaluate a text that begins with one of these characters as a formula,
# except a plain negative number.
_FORMULA = r"(?!-[0-9]+(?:\.[0-9]+)?%?\Z)[=+\-@＝＋－＠﹦﹢﹣﹫]"
_NEEDS_ESCAPE = re.compile(rf"'*{_FORMULA}")
_ESCAPED = re.compile(rf"'+{_FORMULA}")


def clean(text: str) -> str:
    """Trim a text, remove invisible characters and normalise to NFC. The function is idempotent."""
    if not text.isprintable():
        text = _LINE_BREAKS.sub("\n", text).replace("\t", " ")
        text = _INVISIBLE.sub("", text)
    return unicodedata.normalize("NFC", text).strip()


def escape_formula(text: str) -> str:
    """Add an apostrophe before a text that a spreadsheet program might evaluate as a formula."""
    return "'" + text if _NEEDS_ESCAPE.match(text) else text


def unescape_formula(text: str) -> str:
    """Remove the apostrophe that ``escape_formula`` added."""
    return text[1:] if _ESCAPED.match(text) else text
