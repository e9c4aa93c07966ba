"""Removal of hidden content from the operations of a content stream of a PDF.

What changes how later content looks (fonts, colours, positions) stays; words, paths and pictures
go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pypdf.generic import DictionaryObject, NameObject

Operation = tuple[Any, bytes]

_SHOWS_TEXT = {b"Tj", b"TJ", b"'", b'"'}
#: Operators that only change the state; without them later content would look different.
_STATE = {
    b"w", b"J", b"j", b"M", b"d", b"ri", b"i", b"gs", b"cm", b"Tc", b"Tw", b"Tz", b"TL", b"Tf",
    b"Tr", b"Ts", b"Td", b"TD", b"Tm", b"T*", b"CS", b"cs", b"SC", b"SCN", b"sc", b"scn", b"G",
    b"g", b"RG", b"rg", b"K", b"k", b"BT", b"ET",
}  # fmt: skip
_DRAWS = {
    b"m", b"l", b"c", b"v", b"y", b"h", b"re", b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b",
    b"b*", b"n", b"Do", b"sh", b"INLINE IMAGE", b"MP", b"DP", b"BX", b"EX", b"BMC", b"BDC", b"EMC",
    b"Tj", b"TJ",
}  # fmt: skip
#: Keys of the words that stand for content, for example when it is read aloud.
TEXT_OF_TAGS = {"/ActualText", "/Alt", "/E"}
_CLIPS = {b"W", b"W*"}


class UncertainContent(Exception):
    """Raised if it is not certain that hidden content can be removed and nothing else changes."""


def remove_hidden_content(
    operations: Iterable[Operation], hidden: set[str]
) -> tuple[list[Operation], bool]:
    """Return the operations without hidden content, and whether tagged content was removed.

    ``hidden`` are the names of hidden layers, forms and pictures in the resources. Raises
    ``UncertainContent`` if a mark has no end, or if clipping goes on after hidden content.
    """
    result: list[Operation] = []
    state_of_hidden: set[int] = set()  # the places of operations that came from hidden content
    part: list[Operation] = []
    marks: list[Operation] = []  # the marks that are open
    hidden_since, has_tags = 0, False
    for operands, operator in operations:
        if operator == b"EMC" and not marks:
            raise UncertainContent
        if operator in {b"BMC", b"BDC"}:
            marks.append((operands, operator))
            if not hidden_since and _starts_hidden(operands, operator, hidden):
                hidden_since = len(marks)
                has_tags = True in {_is_tagged(*each) for each in marks[:-1]} or has_tags
        if not hidden_since:
            if operator == b"EMC":
                marks.pop()
            if not (operator == b"Do" and operands and operands[0] in hidden):
                result.append((operands, operator))
        elif operator == b"EMC":
            marks.pop()
            if len(marks) < hidden_since:
                state = _state_after(part)
                state_of_hidden |= set(range(len(result), len(result) + len(state)))
                result += state
                part, hidden_since = [], 0
        else:
            has_tags = has_tags or (operator == b"BDC" and operands[0] != "/OC")
            part.append((operands, operator))
    if hidden_since or marks:
        raise UncertainContent
    return _without_unused_fonts(result, state_of_hidden), has_tags


def used_names(operations: Iterable[Operation]) -> set[str]:
    """Return the names of resources that the operations mention."""
    return {
        operand
        for operands, _operator in operations
        for operand in (operands if isinstance(operands, list) else ())
        if isinstance(operand, NameObject)
    }


def _starts_hidden(operands: Any, operator: bytes, hidden: set[str]) -> bool:
    if operator != b"BDC" or len(operands) != 2 or operands[0] != "/OC":
        return False
    if isinstance(operands[1], DictionaryObject):  # the standard wants a name
        raise UncertainContent
    return operands[1] in hidden


def _is_tagged(operands: Any, operator: bytes) -> bool:
    """Return whether the tree of tags may describe in words the content after a mark.

    Raises ``UncertainContent`` if the mark itself may do so.
    """
    if operator != b"BDC" or operands[0] == "/OC":
        return False
    if not isinstance(operands[1], DictionaryObject) or set(operands[1]) & TEXT_OF_TAGS:
        raise UncertainContent
    return True


def _state_after(part: list[Operation]) -> list[Operation]:
    """Return the operations of hidden content that later content depends on."""
    remaining: list[Operation] = []
    saved: list[int] = []  # where the parts between q and Q begin, which leave nothing behind
    clips: list[int] = []
    for operands, operator in part:
        if operator == b"q":
            saved.append(len(remaining))
        elif operator == b"Q":
            if not saved:
                raise UncertainContent
            del remaining[saved.pop() :]
            clips = [depth for depth in clips if depth <= len(saved)]
        elif operator in _CLIPS:
            clips.append(len(saved))
        elif operator == b"'":
            remaining.append(([], b"T*"))
        elif operator == b'"':
            remaining += [([operands[0]], b"Tw"), ([operands[1]], b"Tc"), ([], b"T*")]
        elif operator in _STATE:
            remaining.append((operands, operator))
        elif operator not in _DRAWS:
            raise UncertainContent
    if saved or clips:
        raise UncertainContent
    return remaining


def _without_unused_fonts(operations: list[Operation], candidates: set[int]) -> list[Operation]:
    """Leave out the fonts that only hidden text used.

    A font for a few words contains just their characters. ``candidates`` are the places of
    operations that came from hidden content.
    """
    pending: list[int | None] = [None]  # for each level of q: the font that is not used so far
    unused: set[int] = set()
    for place, (_operands, operator) in enumerate(operations):
        if operator == b"q":
            pending.append(None)
        elif operator == b"Q" and len(pending) > 1:
            ended = pending.pop()
            unused |= {ended} if ended is not None else set()
        elif operator == b"Tf":
            ended = pending[-1]
            unused |= {ended} if ended is not None else set()
            pending[-1] = place if place in candidates else None
        elif operator in _SHOWS_TEXT:
            # Text uses the font of the innermost level that sets one; all outer ones stay.
            pending = [None] * len(pending)
    unused |= {place for place in pending if place is not None}
    return [each for place, each in enumerate(operations) if place not in unused]
