"""Snippets: excerpts of texts around the found terms, with the terms marked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from . import tokens
from .folding import fold, fold_offsets
from .query import Term

#: Length of a snippet in characters, and the maximum length of its text before the first hit.
SNIPPET_LENGTH = 120
LEADING_LENGTH = 30
#: Number of characters at the start of a text that are searched for hits.
MAX_SCANNED_LENGTH = 300_000


def highlight(text: str, terms: Iterable[Term]) -> SafeString:
    """Return the whole text as HTML with its hits marked."""
    return _render(text, 0, len(text), find_spans(text, terms))


def make_snippet(texts: Sequence[str], terms: Iterable[Term]) -> tuple[int, SafeString]:
    """Return the index of the text that the snippet is from, and an excerpt around its first hit.

    The first text with a hit is used; without any hit, the beginning of the first non-empty text.
    """
    found = ((number, find_spans(text, terms)) for number, text in enumerate(texts))
    begins = next((number for number, text in enumerate(texts) if text), 0)
    number, hits = next((each for each in found if each[1]), (begins, []))
    text = texts[number]
    first, last = hits[0] if hits else (0, 0)
    start = max(0, first - LEADING_LENGTH)
    for index in range(first - 1, start - 1, -1):  # start after the end of a sentence, if any
        if text[index] in "\n。！？；!?;":
            start = index + 1
            break
    end = min(len(text), max(start + SNIPPET_LENGTH, last))
    excerpt = _render(text, start, end, hits)
    before = "…" if start > 0 and text[start - 1] not in "\n。！？；!?;" else ""
    after = "…" if end < len(text) else ""
    # ``mark_safe`` is correct: the excerpt is escaped, and only ellipses are added.
    return number, mark_safe(f"{before}{excerpt}{after}")


def find_spans(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Return the (start, end) positions of the terms in the unfolded text.

    They are sorted, and overlapping positions are merged.
    """
    scanned = text[:MAX_SCANNED_LENGTH]
    folded = fold(scanned)
    found = sorted(
        match.span()
        for term in terms
        for match in tokens.whole_word_pattern(term.text).finditer(folded)
    )
    offsets = fold_offsets(scanned) if found else None
    if offsets is not None:  # map positions in the folded text to the original text
        found = [
            (bisect_right(offsets, start) - 1, bisect_left(offsets, end)) for start, end in found
        ]
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _render(text: str, start: int, end: int, hits: list[tuple[int, int]]) -> SafeString:
    """Return the text from ``start`` to ``end`` as HTML with its hits marked."""
    pieces: list[str] = []
    at = start
    for first, last in hits:
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        pieces += [
            _escape_line(text[at:first]),
            "<mark>",
            _escape_line(text[first:last]),
            "</mark>",
        ]
        at = last
    pieces.append(_escape_line(text[at:end]))
    # ``mark_safe`` is correct: each piece of text is escaped, and only <mark> tags are added.
    return mark_safe("".join(pieces))


def _escape_line(text: str) -> str:
    return escape(text.replace("\n", " "))
