"""Texts of cells: tidied on the way in, made inert on the way out."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# Controls, halves of characters, what XML cannot hold, and marks nobody sees, such as those that
# turn the direction of writing; but not the joiners that scripts and emoji need.
_UNSEEN = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)

# A spreadsheet may take what begins so for a formula; a plain negative number is none.
_FORMULA = r"(?!-[0-9]+(?:\.[0-9]+)?%?\Z)[=+\-@＝＋－＠﹦﹢﹣﹫]"
_NEEDS_MARK = re.compile(rf"'*{_FORMULA}")
_MARKED = re.compile(rf"'+{_FORMULA}")


def clean(text: str) -> str:
    """Trimmed and in normal form C, without what cannot be seen. Cleaning twice changes nothing."""
    if not text.isprintable():
        text = _BREAKS.sub("\n", text).replace("\t", " ")
        text = _UNSEEN.sub("", text)
    return unicodedata.normalize("NFC", text).strip()


def escape_formula(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet might calculate."""
    return "'" + text if _NEEDS_MARK.match(text) else text


def unescape_formula(text: str) -> str:
    """The text without the apostrophe `escape_formula` puts."""
    return text[1:] if _MARKED.match(text) else text
