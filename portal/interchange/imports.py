"""Shared parts of importing a sheet: outcomes, planned rows with their notes, batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TypeVar

#: Number of rows that one database query loads or writes.
BATCH_SIZE = 500

T = TypeVar("T")


class Outcome(StrEnum):
    """The action of the import for a row."""

    ERROR = "error"
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Note:
    """A message about a row or one of its cells. A warning does not prevent the import."""

    text: str
    warning: bool = False
    cell: str = ""  # a reference such as "B3"; "" if the note is about the whole row
    column: str = ""
    value: str = ""  # the beginning of the cell's text


@dataclass
class PlannedRow:
    """A row of the sheet, identified by its row number, with the action of the import for it."""

    row: int
    outcome: Outcome = Outcome.NEW
    notes: list[Note] = field(default_factory=list)

    def add_problem(self, text: str) -> None:
        self.notes.append(Note(text))

    def add_warning(self, text: str) -> None:
        self.notes.append(Note(text, warning=True))

    @property
    def problems(self) -> list[str]:
        return [note.text for note in self.notes if not note.warning]

    @property
    def warnings(self) -> list[str]:
        return [note.text for note in self.notes if note.warning]


def count_outcomes(rows: Iterable[PlannedRow]) -> dict[str, int]:
    """Return the number of rows with each outcome, zeros included."""
    counts = Counter(row.outcome for row in rows)
    return {outcome.value: counts[outcome] for outcome in Outcome}


def batched(items: Iterable[T], size: int = BATCH_SIZE) -> Iterator[list[T]]:
    """Yield the items in lists of ``size``; the last list may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
