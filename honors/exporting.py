"""The ledger as files and on paper: what the list shows, whole, as the desk sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import IO, Any

from django.utils.translation import gettext as _

from portal.interchange.tables import read_table, write_csv, write_xlsx

from . import sheet
from .fields import Level
from .importing import batches
from .ledger import desk_fields, desk_revisions
from .models import Honor
from .recipients import recipient_label

#: A longer list belongs in a file, not on paper.
PRINTED_ROWS = 5_000
#: Rows of the empty template that are formatted as text: else Excel turns 2018年3月 into a day.
BLANK_ROWS = 300

WRITERS = {"xlsx": write_xlsx, "csv": write_csv}


@dataclass(frozen=True)
class Record:
    """An honour as the desk sees it."""

    honor: Honor
    fields: dict[str, Any]
    status: str


def records(ids: Sequence[int]) -> Iterator[Record]:
    """In the order given, a bounded number in memory at a time."""
    for batch in batches(ids):
        honors = Honor.objects.in_bulk(batch)
        revisions = desk_revisions(honors)
        for pk in batch:
            if honor := honors.get(pk):
                revision = revisions.get(pk)
                status = [honor.get_state_display()]
                if revision and revision.is_open:
                    status.append(revision.state_summary)
                yield Record(honor, desk_fields(revision), "，".join(map(str, status)))


def write(stream: IO[bytes], kind: str, ids: Sequence[int]) -> None:
    rows = (
        {**sheet.written(record.fields), sheet.STATUS.name: record.status}
        for record in records(ids)
    )
    WRITERS[kind](stream, columns=(*sheet.COLUMNS, sheet.STATUS), rows=rows)


def write_template(stream: IO[bytes]) -> None:
    write_xlsx(stream, columns=sheet.COLUMNS, rows=({} for _row in range(BLANK_ROWS)))


def write_found(stream: IO[bytes], data: bytes, plan: Sequence[dict[str, Any]]) -> None:
    """The uploaded sheet once more, with what was found beside each row."""
    found = {line["row"]: _found(line) for line in plan}
    rows = (
        {
            **{name: cell.text for name, cell in row.cells.items()},
            sheet.FOUND.name: found.get(row.number, ""),
        }
        for row in read_table(data, columns=sheet.READ)
    )
    write_xlsx(stream, columns=(*sheet.COLUMNS, sheet.FOUND), rows=rows)


def _found(line: dict[str, Any]) -> str:
    words = {
        "error": _("has errors"),
        "new": "",
        "same": _("in the ledger already"),
        "duplicate": _("the same as row %(row)s") % {"row": line["other"]},
    }[line["outcome"]]
    notes = [f"{note['column']}：{note['text']}" for note in line["notes"]]
    return "；".join(filter(None, [words, *notes]))


# --- on paper ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Printed:
    """One line of the printed ledger."""

    number: int
    record: Record

    @property
    def year(self) -> int:
        return self.record.honor.working_year

    @property
    def cells(self) -> dict[str, str]:
        return sheet.written(self.record.fields)

    @property
    def kind(self) -> str:
        return str(Honor.Kind(self.record.fields["kind"]).label)

    @property
    def awarded(self) -> str:
        return self.record.honor.working_awarded

    @property
    def recipients(self) -> str:
        return "、".join(recipient_label(row) for row in self.record.fields["recipients"])


@dataclass(frozen=True)
class Year:
    year: int
    lines: list[Printed]


def by_year(ids: Iterable[int]) -> list[Year]:
    """The honours of each year, as the list orders them; the latest year first, undated ones last.

    ``ids`` come in the order of the years.
    """
    lines = [Printed(number, record) for number, record in enumerate(records(list(ids)), 1)]
    return [Year(year, list(group)) for year, group in groupby(lines, attrgetter("year"))]


def totals(years: Iterable[Year]) -> list[tuple[str, int]]:
    """How many in all, and at each level; one of two levels counts in both."""
    counts: Counter[str] = Counter()
    for year in years:
        for line in year.lines:
            counts.update(["all", *filter(None, line.record.fields["levels"].split(","))])
    labels = {"all": _("In all"), **dict(Level.choices)}
    return [(str(label), counts[name]) for name, label in labels.items() if counts[name]]
