"""Writing of the ledger as files and for printing, with the current content of each honour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import IO, Any

from django.utils.translation import gettext as _

from portal.interchange.downloads import WRITERS
from portal.interchange.imports import batched
from portal.interchange.tables import read_table, write_xlsx

from . import sheet
from .current_content import current_revisions, fields_of
from .fields import Level
from .models import Honor
from .recipients import recipient_label

#: Maximum number of rows on the page for printing; a longer list must be exported instead.
MAX_PRINTED_ROWS = 5_000
#: Number of rows of the template that are formatted as text, because Excel would convert a text
#: such as 2018年3月 to a date.
TEMPLATE_ROWS = 300


@dataclass(frozen=True)
class LedgerEntry:
    """An honour with its current content and the labels of its states."""

    honor: Honor
    fields: dict[str, Any]
    status: str


def ledger_entries(ids: Sequence[int]) -> Iterator[LedgerEntry]:
    """Yield the entries in the order of ``ids``, which are loaded in batches."""
    for batch in batched(ids):
        honors = Honor.objects.in_bulk(batch)
        revisions = current_revisions(honors)
        for pk in batch:
            if honor := honors.get(pk):
                revision = revisions.get(pk)
                status = [honor.get_state_display()]
                if revision and revision.is_open:
                    status.append(revision.state_summary)
                yield LedgerEntry(honor, fields_of(revision), "，".join(map(str, status)))


def write(stream: IO[bytes], kind: str, ids: Sequence[int]) -> None:
    """Write these honours as a sheet that can be imported again."""
    rows = (
        {**sheet.cell_texts(entry.fields), sheet.STATUS.name: entry.status}
        for entry in ledger_entries(ids)
    )
    WRITERS[kind](stream, columns=(*sheet.COLUMNS, sheet.STATUS), rows=rows)


def write_template(stream: IO[bytes]) -> None:
    """Write an empty sheet with all columns."""
    write_xlsx(stream, columns=sheet.COLUMNS, rows=({} for _row in range(TEMPLATE_ROWS)))


def write_checked_sheet(stream: IO[bytes], data: bytes, plan: Sequence[dict[str, Any]]) -> None:
    """Write the uploaded sheet again, with the result of the check beside each row."""
    results = {row["row"]: _result_text(row) for row in plan}
    rows = (
        {
            **{name: cell.text for name, cell in row.cells.items()},
            sheet.FOUND.name: results.get(row.number, ""),
        }
        for row in read_table(data, columns=sheet.KNOWN_COLUMNS)
    )
    write_xlsx(stream, columns=(*sheet.COLUMNS, sheet.FOUND), rows=rows)


def _result_text(row: dict[str, Any]) -> str:
    result = {
        "error": _("has errors"),
        "new": "",
        "same": _("in the ledger already"),
        "duplicate": _("the same as row %(row)s") % {"row": row["duplicate_of"]},
    }[row["outcome"]]
    notes = [f"{note['column']}：{note['text']}" for note in row["notes"]]
    return "；".join(filter(None, [result, *notes]))


# Printed ledger


@dataclass(frozen=True)
class PrintedEntry:
    """A numbered row of the printed ledger."""

    number: int
    entry: LedgerEntry

    @property
    def year(self) -> int:
        return self.entry.honor.working_year

    @property
    def cells(self) -> dict[str, str]:
        return sheet.cell_texts(self.entry.fields)

    @property
    def kind(self) -> str:
        return str(Honor.Kind(self.entry.fields["kind"]).label)

    @property
    def awarded(self) -> str:
        return self.entry.honor.working_awarded

    @property
    def recipients(self) -> str:
        return "、".join(recipient_label(row) for row in self.entry.fields["recipients"])


@dataclass(frozen=True)
class Year:
    """The honours of one year in the printed ledger; the year 0 means undated."""

    year: int
    entries: list[PrintedEntry]


def by_year(ids: Iterable[int]) -> list[Year]:
    """Group honours by year; ``ids`` must be ordered by year."""
    entries = [
        PrintedEntry(number, entry) for number, entry in enumerate(ledger_entries(list(ids)), 1)
    ]
    return [Year(year, list(group)) for year, group in groupby(entries, attrgetter("year"))]


def totals(years: Iterable[Year]) -> list[tuple[str, int]]:
    """Count all honours and those of each level; an honour with two levels counts for both."""
    counts: Counter[str] = Counter()
    for year in years:
        for printed in year.entries:
            counts.update(["all", *filter(None, printed.entry.fields["levels"].split(","))])
    labels = {"all": _("In all"), **dict(Level.choices)}
    return [(str(label), counts[name]) for name, label in labels.items() if counts[name]]
