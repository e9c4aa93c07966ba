"""A piece of the text around what was found, as it reads there, with the hits marked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from . import tokens
from .folding import fold, places
from .query import Term

#: So many characters around the first hit.
LENGTH = 120
BEFORE = 30
#: Longer texts are looked through up to here; the title and the beginning answer for the rest.
LOOKED_THROUGH = 300_000


def marked(text: str, terms: Iterable[Term]) -> SafeString:
    """The whole text, its hits marked."""
    return _written(text, 0, len(text), spans(text, terms))


def snippet(texts: Sequence[str], terms: Iterable[Term]) -> tuple[int, SafeString]:
    """A piece around the first hit, of the first text that has one; or how the first that there is
    begins. And which of them it is from."""
    found = ((number, spans(text, terms)) for number, text in enumerate(texts))
    begins = next((number for number, text in enumerate(texts) if text), 0)
    number, hits = next((each for each in found if each[1]), (begins, []))
    text = texts[number]
    first, last = hits[0] if hits else (0, 0)
    start = max(0, first - BEFORE)
    for index in range(first - 1, start - 1, -1):  # better from the beginning of a sentence
        if text[index] in "\n。！？；!?;":
            start = index + 1
            break
    end = min(len(text), max(start + LENGTH, last))
    piece = _written(text, start, end, hits)
    before = "…" if start > 0 and text[start - 1] not in "\n。！？；!?;" else ""
    after = "…" if end < len(text) else ""
    # Safe: the piece is, and the rest are two signs of our own.
    return number, mark_safe(f"{before}{piece}{after}")


def spans(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Where the terms stand in the text, in its own letters; merged and in order."""
    looked = text[:LOOKED_THROUGH]
    folded = fold(looked)
    found = sorted(
        match.span() for term in terms for match in tokens.whole(term.text).finditer(folded)
    )
    moved = places(looked) if found else None
    if moved is not None:  # some letter was folded into several: back to its own place
        found = [(bisect_right(moved, start) - 1, bisect_left(moved, end)) for start, end in found]
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _written(text: str, start: int, end: int, hits: list[tuple[int, int]]) -> SafeString:
    pieces: list[str] = []
    at = start
    for first, last in hits:
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        pieces += [_line(text[at:first]), "<mark>", _line(text[first:last]), "</mark>"]
        at = last
    pieces.append(_line(text[at:end]))
    # Safe: every piece of the text is escaped; between them stand only our own marks.
    return mark_safe("".join(pieces))


def _line(text: str) -> str:
    return escape(text.replace("\n", " "))
