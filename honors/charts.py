"""The chart of the number of honours by level and year: a table with a bar in each cell."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from .fields import Level

#: Number of the latest years with a column of their own; all earlier years share one column.
MAX_YEAR_COLUMNS = 8
#: The height of the largest bar, in SVG units.
MAX_BAR_HEIGHT = 36


@dataclass(frozen=True)
class Cell:
    count: int
    height: int

    @property
    def top(self) -> int:
        return MAX_BAR_HEIGHT - self.height


@dataclass(frozen=True)
class Chart:
    """A table of bars: ``columns`` are (label, year), ``rows`` are (level, cells, total).

    The year is None for the column of earlier years and 0 for the column of undated honours.
    """

    columns: list[tuple[str, int | None]]
    rows: list[tuple[Level, list[Cell], int]]


def counts_chart(counts: dict[tuple[int, str], int]) -> Chart:
    """Build the chart from (year, level) -> number of honours; the year 0 means undated.

    The columns are in ascending order of the years.
    """
    years = sorted({year for year, _level in counts if year}, reverse=True)
    own, older = sorted(years[:MAX_YEAR_COLUMNS]), set(years[MAX_YEAR_COLUMNS:])
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
            (level, [Cell(count, _bar_height(count, largest)) for count in row], sum(row))
            for level, row in table.items()
            if any(row)
        ],
    )


def _bar_height(count: int, largest: int) -> int:
    """Return the height of a bar; a bar for a count above 0 is high enough to be visible."""
    return max(2, round(MAX_BAR_HEIGHT * count / largest)) if count else 0
