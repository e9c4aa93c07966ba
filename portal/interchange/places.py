"""Where a cell stands: column 28, row 3 is AB3."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .limits import SHEET_COLUMNS, SHEET_ROWS

_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.IGNORECASE)


class Block(NamedTuple):
    """A rectangle of cells; rows and columns count from 1, and both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int


def place(column: int, row: int) -> str:
    return f"{letters(column)}{row}"


@lru_cache(SHEET_COLUMNS)
def letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


@lru_cache(SHEET_COLUMNS)
def index_of(text: str) -> int:
    """The number of the column named by these letters."""
    index = 0
    if not (0 < len(text) <= 3 and text.isascii() and text.isalpha()):
        raise ValueError("not a column")
    for letter in text.upper():
        index = index * 26 + ord(letter) - ord("A") + 1
    if index > SHEET_COLUMNS:
        raise ValueError("beyond the last column")
    return index


def block(reference: str) -> Block:
    """The block that a reference such as B3:D5 names."""
    first, _, last = reference.partition(":")
    (left, top), (right, bottom) = _corner(first), _corner(last or first)
    return Block(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


def _corner(reference: str) -> tuple[int, int]:
    match = _CELL.fullmatch(reference)
    if match is None or not 0 < int(match[2]) <= SHEET_ROWS:
        raise ValueError("not a cell")
    return index_of(match[1]), int(match[2])
