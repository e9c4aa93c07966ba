"""The parts of a table, and the error that refuses a file."""

from __future__ import annotations

from dataclasses import dataclass


class TableError(Exception):
    """The file as a whole is refused; ``str()`` is a sentence for the user who uploaded it."""


@dataclass(frozen=True)
class Column:
    """An expected column of a table.

    A required column must be present and filled in on every row; any other column may be missing.
    """

    name: str
    header: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text and its reference ("B3"); the reference is "" if the file lacks the column."""

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
    """The value of a cell, before it is assigned to a column."""

    text: str
    problem: str = ""
    day: str = ""  # the ISO date alone, if the cell holds a date with a time


EMPTY = Value("")
