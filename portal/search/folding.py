"""One spelling for what readers take for the same: full and half width, capitals, 繁體 and 简体.

Texts and queries are folded alike, then compared letter by letter.
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
    """Blanks for every kind of space and control; nothing for what can't be seen."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        category = unicodedata.category(letter)
        if category in {"Cf", "Cs"}:  # joiners, marks of direction, halves of a pair
            clean = ""
        elif category in {"Cc", "Zs", "Zl", "Zp"}:
            clean = "\n" if letter == "\n" else " "
        else:
            clean = letter
        self[code] = clean
        return clean


class _Folding(dict[int, str]):
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
    # A few lead to a character that has a simpler form itself.
    return {letter: table.get(simple, simple) for letter, simple in table.items()} | _OURS


#: A circle for the nought of years (二○二四年); 著 where 着 is meant, which no map dares to change.
_OURS = {"○": "〇", "◯": "〇", "著": "着"}


_cleaning = _Cleaning()
_folding = _Folding()


def clean(text: str) -> str:
    """The text as it is kept and shown: composed, without what no reader can see."""
    text = unicodedata.normalize("NFC", text).translate(_cleaning)
    return _BREAKS.sub("\n", _BLANKS.sub(" ", text)).strip()


def spell(text: str) -> str:
    """The text (clean already), each letter in its one spelling."""
    return text.translate(_folding)


def fold(text: str) -> str:
    """The text (clean already) as it is compared."""
    return tokens.GAP.sub("", spell(text))


def places(text: str) -> list[int] | None:
    """Where each letter of ``text`` begins in its fold, and the end; None where nothing moves."""
    spelled = spell(text)
    gaps = [gap.start() for gap in tokens.GAP.finditer(spelled)]
    if len(spelled) != len(text):  # some letter became several
        widths = (len(_folding[ord(letter)]) for letter in text)
        return [place - bisect_left(gaps, place) for place in (0, *accumulate(widths))]
    if not gaps:
        return None
    # The usual case by whole stretches: from each gap on, everything lies one letter further left.
    found: list[int] = []
    for passed, gap in enumerate([*gaps, len(text)]):
        found.extend(range(len(found) - passed, gap + 1 - passed))
    return found
