"""The parts of a table, and the error that refuses a file."""

from __future__ import annotations

from dataclasses import dataclass


class TableError(Exception):
    """An error that refuses the whole file; ``str()`` is the message for its uploader."""


@dataclass(frozen=True)
class Column:
    """A column that is expected in a table.

    A required column must be present, with a value on every row. Any other column may be missing.
    """

    name: str
    header: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell and its reference ("B3"), which is "" if the file lacks the column."""

    text: str
    reference: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the header: its row number in the sheet, and its cells by column name."""

    number: int
    cells: dict[str, Cell]

    @property
    def problems(self) -> list[Cell]:
        return [cell for cell in self.cells.values() if cell.problem]


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a cell, before the cell is assigned to a column."""

    text: str
    problem: str = ""
    day: str = ""  # the ISO date without the time, if the cell contains a date


EMPTY = Value("")
