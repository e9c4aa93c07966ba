"""Folding: one form for characters that readers treat as equal (width, case, 繁體 and 简体).

Texts and queries are folded by the same rules, then compared character by character.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from functools import cache
from itertools import accumulate
from pathlib import Path

from . import tokens

_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n[ \n]*")


class _Cleaning(dict[int, str]):
    """A translation table: spaces and control characters to a space, invisible ones to nothing."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        category = unicodedata.category(letter)
        if category in {"Cf", "Cs"}:  # joiners, direction marks, single surrogates
            clean = ""
        elif category in {"Cc", "Zs", "Zl", "Zp"}:
            clean = "\n" if letter == "\n" else " "
        else:
            clean = letter
        self[code] = clean
        return clean


class _Folding(dict[int, str]):
    """A translation table of characters to their simplified, lower-case form of normal width."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        wide = unicodedata.normalize("NFKC", letter).casefold()
        wide = unicodedata.normalize("NFKC", wide)
        folded = "".join(_simplified().get(each, each) for each in wide) or letter
        self[code] = folded
        return folded


@cache
def _simplified() -> dict[str, str]:
    lines = (Path(__file__).parent / "traditional.txt").read_text(encoding="utf-8").splitlines()
    pairs = [pair for line in lines if not line.startswith("#") for pair in line.split()]
    table = {pair[0]: pair[1] for pair in pairs}
    # A few entries map to a character that has a simpler form itself.
    return {letter: table.get(simple, simple) for letter, simple in table.items()} | _ADDITIONS


#: Added to the table: a circle used as the zero of years (二○二四年), and 著 written for 着.
_ADDITIONS = {"○": "〇", "◯": "〇", "著": "着"}


_cleaning = _Cleaning()
_folding = _Folding()


def clean(text: str) -> str:
    """Return the text as it is stored and displayed: composed, without invisible characters."""
    text = unicodedata.normalize("NFC", text).translate(_cleaning)
    return _BREAKS.sub("\n", _BLANKS.sub(" ", text)).strip()


def fold_characters(text: str) -> str:
    """Fold each character of a cleaned text; spaces stay."""
    return text.translate(_folding)


def fold(text: str) -> str:
    """Return the form of a cleaned text that is compared."""
    return tokens.GAP.sub("", fold_characters(text))


def fold_offsets(text: str) -> list[int] | None:
    """Return where each character of a text begins in its folded form, and the end.

    None if the positions are equal in both.
    """
    folded = fold_characters(text)
    gaps = [gap.start() for gap in tokens.GAP.finditer(folded)]
    if len(folded) != len(text):  # some character became several
        widths = (len(_folding[ord(letter)]) for letter in text)
        return [place - bisect_left(gaps, place) for place in (0, *accumulate(widths))]
    if not gaps:
        return None
    # The usual case, by slices: from each removed space on, all positions move left by one.
    found: list[int] = []
    for passed, gap in enumerate([*gaps, len(text)]):
        found.extend(range(len(found) - passed, gap + 1 - passed))
    return found
