"""What a table is made of, and what is said of a file that is none."""

from __future__ import annotations

from dataclasses import dataclass


class TableError(Exception):
    """The file as a whole is refused; str() is a sentence for the person who chose it."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    A required column must be in the file, and each of its cells filled in; another may be missing.
    """

    name: str
    header: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell; no place means that the file lacks the column."""

    text: str
    place: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row under the header, by the names of the columns; its number is that in the sheet."""

    number: int
    cells: dict[str, Cell]

    @property
    def problems(self) -> list[Cell]:
        return [cell for cell in self.cells.values() if cell.problem]


@dataclass(frozen=True, slots=True)
class Value:
    """A cell before it is known which column it belongs to."""

    text: str
    problem: str = ""
    day: str = ""  # of a date with a time of day, the date alone


EMPTY = Value("")
