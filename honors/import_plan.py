"""Planning of an import: whether a row is new, in the ledger already, repeated or invalid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.interchange.imports import Note, Outcome, PlannedRow, batched

from . import sheet
from .current_content import current_contents
from .models import Honor, duplicate_key
from .sheet import Entry

#: Maximum number of rows whose notes are stored, for rows with errors and for other rows.
MAX_ROWS_WITH_NOTES = 2_000


@dataclass
class PlannedHonor(PlannedRow):
    """A row of the sheet and the action of the import for it."""

    title: str = ""
    existing_id: int | None = None  # id of the honour that is in the ledger already
    duplicate_of: int | None = None  # number of the earlier row that this row repeats
    notes_omitted: bool = False


def plan_import(
    entries: Iterable[Entry], on_new: Callable[[Entry], object] = lambda entry: None
) -> list[PlannedHonor]:
    """Plan each entry, in the order of the sheet; call ``on_new`` with each new entry."""
    planned: list[PlannedHonor] = []
    first_of_key: dict[str, Entry] = {}
    rows_with_notes: Counter[bool] = Counter()
    for batch in batched(entries):
        keys = {entry.number: duplicate_key(entry.fields) for entry in batch if not entry.problems}
        existing = _existing_ids(keys.values())
        fields_by_id = current_contents(existing.values())
        for entry in batch:
            key = keys.get(entry.number, "")
            row = _plan_entry(entry, existing.get(key), first_of_key.get(key), fields_by_id)
            if row.outcome == Outcome.NEW:
                first_of_key[key] = entry
                on_new(entry)
            is_error = row.outcome == Outcome.ERROR
            rows_with_notes[is_error] += bool(row.notes)
            if row.notes and rows_with_notes[is_error] > MAX_ROWS_WITH_NOTES:
                row.notes, row.notes_omitted = [], True
            planned.append(row)
    return planned


def _existing_ids(keys: Iterable[str]) -> dict[str, int]:
    """Return key -> id of the oldest honour in the ledger with this ``duplicate_key``."""
    rows = Honor.objects.filter(working_key__in=set(keys)).order_by("-pk")
    return dict(rows.values_list("working_key", "pk"))


def _plan_entry(
    entry: Entry,
    existing_id: int | None,
    first: Entry | None,
    fields_by_id: Mapping[int, dict[str, Any]],
) -> PlannedHonor:
    row = PlannedHonor(entry.number, title=entry.title[:200])
    if entry.problems:
        row.outcome = Outcome.ERROR
        has_name_problem = any(note.cell == entry.name_cell for note in entry.problems)
        row.notes = [*([] if has_name_problem else _missing_name(entry)), *entry.notes]
    elif existing_id is not None:
        row.outcome, row.existing_id = Outcome.SAME, existing_id
        row.notes = _differences(entry, fields_by_id[existing_id])
    elif not entry.title:
        row.outcome = Outcome.ERROR
        row.notes = [*_missing_name(entry), *entry.notes]
    elif first is not None:
        row.outcome, row.duplicate_of = Outcome.DUPLICATE, first.number
        row.notes = _differences(entry, first.fields)
    else:
        row.notes = list(entry.notes)
    return row


def _missing_name(entry: Entry) -> list[Note]:
    """Return a problem if the name is empty: unlike a draft, an imported row must have a name."""
    if entry.title:
        return []
    header = sheet.COLUMNS[0].header.rstrip("*")
    return [Note(_("is empty; fill it in"), cell=entry.name_cell, column=header)]


def _differences(entry: Entry, fields: dict[str, Any]) -> list[Note]:
    """Return a warning with the columns in which the entry differs from the content ``fields``."""
    columns = sheet.differing_columns(entry, fields)
    if not columns:
        return []
    text = _("says otherwise than what stands already, and is left alone: change it there")
    return [Note(text, warning=True, column="、".join(columns))]


def plan_as_json(planned: Sequence[PlannedHonor]) -> list[dict[str, Any]]:
    """Return the plan as JSON data: errors first, then new rows with notes, then all others."""

    def priority(row: PlannedHonor) -> tuple[bool, bool, bool, int]:
        has_notes = bool(row.notes) or row.notes_omitted
        return (
            row.outcome != Outcome.ERROR,
            not has_notes,
            has_notes and row.outcome != Outcome.NEW,
            row.row,
        )

    return [asdict(row) for row in sorted(planned, key=priority)]
