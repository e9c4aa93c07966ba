"""How many honours, by level and year: a table whose cells carry a bar each."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from .fields import Level

#: So many years have a column of their own, the latest; the others share one.
COLUMNS = 8
#: The height of the largest bar, in the units of the drawing.
HEIGHT = 36


@dataclass(frozen=True)
class Cell:
    count: int
    height: int

    @property
    def top(self) -> int:
        return HEIGHT - self.height


@dataclass(frozen=True)
class Chart:
    """``columns``: (label, year or None); ``rows``: a level with a cell for each column."""

    columns: list[tuple[str, int | None]]
    rows: list[tuple[Level, list[Cell], int]]


def counts_chart(counts: dict[tuple[int, str], int]) -> Chart:
    """From (year or 0, level) -> count; the years run from the earliest to the latest."""
    years = sorted({year for year, _level in counts if year}, reverse=True)
    own, older = sorted(years[:COLUMNS]), set(years[COLUMNS:])
    groups: list[tuple[str, int | None, set[int]]] = []
    if older:
        groups.append((_("earlier"), None, older))
    groups += [(str(year), year, {year}) for year in own]
    if any(not year for year, _level in counts):
        groups.append((_("undated"), 0, {0}))
    table = {
        level: [
            sum(counts.get((year, level.value), 0) for year in members)
            for _label, _year, members in groups
        ]
        for level in Level
    }
    largest = max((count for row in table.values() for count in row), default=0)
    return Chart(
        [(label, year) for label, year, _members in groups],
        [
            (level, [Cell(count, _bar(count, largest)) for count in row], sum(row))
            for level, row in table.items()
            if any(row)
        ],
    )


def _bar(count: int, largest: int) -> int:
    """Whatever is there at all can be seen."""
    return max(2, round(HEIGHT * count / largest)) if count else 0
