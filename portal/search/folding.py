"""Folding: one form for characters that readers treat as equal (width, case, 繁體 and 简体).

Texts and search queries are folded by the same rules, then compared character by character.
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
    """A translation table for ``str.translate``, filled on demand.

    It replaces spaces and control characters by a space and removes invisible characters.
    """

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
    """A translation table for ``str.translate``, filled on demand.

    It maps each character to its simplified, lower-case form of normal width.
    """

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
    # A few characters are mapped to a character that has an even simpler form in the table.
    return {letter: table.get(simple, simple) for letter, simple in table.items()} | _ADDITIONS


#: Entries that the file ``traditional.txt`` does not have: circles that writers use as the zero of
#: years (二○二四年), and 著 written for 着.
_ADDITIONS = {"○": "〇", "◯": "〇", "著": "着"}


_cleaning = _Cleaning()
_folding = _Folding()


def clean(text: str) -> str:
    """Return the text as the index stores and displays it.

    The result has composed characters (NFC), no invisible characters and only single spaces.
    """
    text = unicodedata.normalize("NFC", text).translate(_cleaning)
    return _BREAKS.sub("\n", _BLANKS.sub(" ", text)).strip()


def fold_characters(text: str) -> str:
    """Fold each character of a cleaned text and keep all spaces."""
    return text.translate(_folding)


def fold(text: str) -> str:
    """Return the form of a cleaned text that searches compare.

    Its characters are folded, and spaces between Chinese and other scripts are removed.
    """
    return tokens.GAP.sub("", fold_characters(text))


def fold_offsets(text: str) -> list[int] | None:
    """Return the position in the folded text of each character of ``text``, and of its end.

    Return None if the positions in the two texts are equal.
    """
    folded = fold_characters(text)
    gaps = [gap.start() for gap in tokens.GAP.finditer(folded)]
    if len(folded) != len(text):  # folding replaced a character by several
        widths = (len(_folding[ord(letter)]) for letter in text)
        return [place - bisect_left(gaps, place) for place in (0, *accumulate(widths))]
    if not gaps:
        return None
    # In the usual case folding removed only spaces: after each removed space, all positions are
    # smaller by one more.
    found: list[int] = []
    for passed, gap in enumerate([*gaps, len(text)]):
        found.extend(range(len(found) - passed, gap + 1 - passed))
    return found
