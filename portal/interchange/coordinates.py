"""Conversion between cell references such as AB3 and numbers of columns and rows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .limits import SHEET_COLUMNS, SHEET_ROWS

_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.IGNORECASE)


class CellRange(NamedTuple):
    """A rectangle of cells, from (top, left) to (bottom, right) inclusive, counted from 1."""

    top: int
    left: int
    bottom: int
    right: int


def cell_reference(column: int, row: int) -> str:
    return f"{column_letters(column)}{row}"


@lru_cache(SHEET_COLUMNS)
def column_letters(column: int) -> str:
    """Return the letters of a column number, counted from 1: AB for 28."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


@lru_cache(SHEET_COLUMNS)
def column_number(letters: str) -> int:
    """Return the number of a column, counted from 1; ValueError if there is no such column."""
    number = 0
    if not (0 < len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise ValueError("not a column")
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    if number > SHEET_COLUMNS:
        raise ValueError("beyond the last column")
    return number


def parse_range(reference: str) -> CellRange:
    """Parse a reference such as B3:D5 or B3; raise ValueError for any other text."""
    first, _, last = reference.partition(":")
    (left, top), (right, bottom) = _parse_cell(first), _parse_cell(last or first)
    return CellRange(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


def _parse_cell(reference: str) -> tuple[int, int]:
    match = _CELL.fullmatch(reference)
    if match is None or not 0 < int(match[2]) <= SHEET_ROWS:
        raise ValueError("not a cell")
    return column_number(match[1]), int(match[2])
