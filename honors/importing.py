"""A sheet of honours into the ledger: check it, show what would happen, then write drafts.

The whole sheet or nothing. The sheet is read outside the transaction, so that it is short; what
it means for the ledger is found out inside, where nobody else imports.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

from django.core.files.storage import default_storage
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import actions as audit
from portal.interchange.tables import Row, TableError, read_table
from portal.library import documents, files
from portal.publishing import actions, rules
from portal.publishing.errors import NotAllowed, Refused
from portal.site.models import SiteSettings

from . import sheet
from .ledger import desk_contents
from .models import Honor, Import, duplicate_key
from .sheet import Entry

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000
#: So many at a time are asked for, and written.
BATCH = 500
#: The notes of so many rows with errors are kept, and of as many without; who has more to mend
#: begins with these.
NOTED_ROWS = 2_000

T = TypeVar("T")


class Outcome(StrEnum):
    ERROR = "error"
    NEW = "new"
    SAME = "same"
    DUPLICATE = "duplicate"


@dataclass
class Line:
    """What becomes of a row. ``other``: the honour it is already, or the row it repeats."""

    row: int
    outcome: str
    title: str
    other: int | None = None
    notes: list[dict[str, Any]] = field(default_factory=list)
    more_notes: bool = False


# --- reading -------------------------------------------------------------------------------------


def read(data: bytes) -> Iterator[Entry]:
    """The entries of a file; TableError at once where it is no sheet of honours."""
    return sheet.read(table(data), own_names())


def table(data: bytes) -> Iterator[Row]:
    rows = read_table(data, columns=sheet.READ, max_rows=MAX_ROWS)
    first = next(rows, None)
    if first is None:
        raise TableError(_("There is no row below the headers. Fill in the sheet, then upload it."))
    if not first.cells["name"].place:
        raise TableError(
            _("The column “%(column)s” is missing. Copy the header row of the template.")
            % {"column": sheet.COLUMNS[0].header}
        )
    return _followed(first, rows)


def _followed(first: T, rest: Iterable[T]) -> Iterator[T]:
    yield first
    yield from rest


def own_names() -> tuple[str, ...]:
    settings = SiteSettings.load()
    return tuple(filter(None, (settings.name, settings.short_name)))


# --- what it means for the ledger ----------------------------------------------------------------


def plan(entries: Iterable[Entry], new: Callable[[Entry], None] = lambda entry: None) -> list[Line]:
    """A line for each entry, in the order of the sheet; ``new`` is told of those to be written."""
    lines: list[Line] = []
    seen: dict[str, Entry] = {}
    noted: Counter[bool] = Counter()
    for batch in batches(entries):
        keys = {entry.number: duplicate_key(entry.fields) for entry in batch if not entry.problems}
        standing = dict(
            Honor.objects.filter(working_key__in=set(keys.values()))
            .order_by("-pk")
            .values_list("working_key", "pk")
        )
        known = desk_contents(standing.values())
        for entry in batch:
            line = Line(entry.number, Outcome.NEW, entry.title[:200])
            notes = list(entry.notes)
            key = keys.get(entry.number, "")
            if entry.problems:
                line.outcome = Outcome.ERROR
                if not any(note.place == entry.name_at for note in entry.problems):
                    notes = [*_nameless(entry), *notes]
            elif key in standing:
                line.outcome, line.other = Outcome.SAME, standing[key]
                notes = _differences(entry, known[standing[key]])
            elif not entry.title:
                line.outcome = Outcome.ERROR
                notes = [*_nameless(entry), *notes]
            elif key in seen:
                line.outcome, line.other = Outcome.DUPLICATE, seen[key].number
                notes = _differences(entry, seen[key].fields)
            else:
                seen[key] = entry
                new(entry)
            is_error = line.outcome == Outcome.ERROR
            noted[is_error] += bool(notes)
            if noted[is_error] <= NOTED_ROWS:
                line.notes = [note.as_json() for note in notes]
            line.more_notes = bool(notes) and not line.notes
            lines.append(line)
    return lines


def _nameless(entry: Entry) -> list[sheet.Note]:
    """A draft without a name may stand in the ledger, but none comes in with a sheet."""
    if entry.title:
        return []
    header = sheet.COLUMNS[0].header.rstrip("*")
    return [sheet.Note(entry.name_at, header, "", _("is empty; fill it in"))]


def _differences(entry: Entry, fields: dict[str, Any]) -> list[sheet.Note]:
    """Where a row that is left alone says otherwise than what stands."""
    columns = sheet.differing(entry, fields)
    if not columns:
        return []
    text = _("says otherwise than what stands already, and is left alone: change it there")
    return [sheet.Note("", "、".join(columns), "", text, warning=True)]


def as_json(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """For the row of the import: what asks for something first, the rest as in the sheet."""

    def place(line: Line) -> tuple:
        noted = bool(line.notes) or line.more_notes
        return line.outcome != Outcome.ERROR, not noted, noted and line.outcome != Outcome.NEW

    ordered = sorted(lines, key=lambda line: (*place(line), line.row))
    return [asdict(line) for line in ordered]


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


# --- the verbs -----------------------------------------------------------------------------------


def require_writer(by: User) -> None:
    if not rules.may_write(by, Honor):
        raise NotAllowed(_("Only honours staff import into the ledger."))


def upload(*, data: bytes, name: str, by: User) -> Import:
    """Check a sheet and keep it, with what it would do. The ledger stays as it is."""
    require_writer(by)
    if len(data) > MAX_BYTES:
        raise Refused(_("The file is larger than 20 MB. Divide the table into several files."))
    try:
        lines = plan(read(data))
    except TableError as error:
        raise Refused(str(error)) from error
    kind = "xlsx" if data.startswith(b"PK") else "csv"
    digest = hashlib.sha256(data).hexdigest()
    stored_as = f"imports/{digest}.{kind}"
    files.put(default_storage, stored_as, data)
    return Import.objects.create(
        name=documents.clean_name(name, kind),
        digest=digest,
        stored_as=stored_as,
        uploaded_by=by,
        plan=as_json(lines),
        **_counted(lines),
    )


def _counted(lines: Sequence[Line]) -> dict[str, int]:
    counts = Counter(line.outcome for line in lines)
    return {
        "new_count": counts[Outcome.NEW],
        "same_count": counts[Outcome.SAME],
        "duplicate_count": counts[Outcome.DUPLICATE],
        "error_count": counts[Outcome.ERROR],
    }


def stored(found: Import) -> bytes:
    """The file as it was uploaded, to the byte."""
    try:
        with default_storage.open(found.stored_as) as file:
            data = file.read()
    except FileNotFoundError as error:
        raise Refused(_("The uploaded file is no longer there. Upload it again.")) from error
    if hashlib.sha256(data).hexdigest() != found.digest:
        raise Refused(_("The stored file was changed. Upload it again."))
    return data


def confirm(*, found: Import, by: User) -> Import:
    """Write what is new as drafts, in one transaction. A second click finds it done."""
    require_writer(by)
    if found.uploaded_by_id != by.pk:
        # Whoever typed the sheet has written the drafts, and may not review them.
        raise NotAllowed(_("Only the person who uploaded the sheet can import it."))
    if found.state == Import.State.DONE:
        return found
    _require_no_errors(found)
    try:
        entries = list(read(stored(found)))
    except TableError as error:
        raise Refused(str(error)) from error
    try:
        with transaction.atomic():
            done = _write(found, entries, by)
    except OperationalError as error:
        raise Refused(
            _("Somebody else is writing to it now. Nothing was imported; try again in a minute.")
        ) from error
    if done.state == Import.State.DONE:
        return done
    if done.state == Import.State.DISCARDED:
        raise Refused(_("This sheet was put aside. Upload it again if it is to be imported."))
    _require_no_errors(done)
    raise Refused(_("Nothing was imported: every row of the sheet is in the ledger already."))


def _require_no_errors(found: Import) -> None:
    if found.error_count:
        raise Refused(
            _("Nothing was imported: %(count)s rows have errors. Mend them, then upload it again.")
            % {"count": found.error_count}
        )


def _write(found: Import, entries: list[Entry], by: User) -> Import:
    # The oldest row stands for all imports: one at a time, whichever sheets they are. Without the
    # key's lock, which the rows that refer to it would wait for.
    Import.objects.order_by("pk").select_for_update(no_key=True).first()
    found = Import.objects.select_for_update(no_key=True).get(pk=found.pk)
    if found.state != Import.State.PREVIEWED:
        return found
    new: list[Entry] = []
    lines = plan(entries, new.append)
    found.plan = as_json(lines)
    for name, count in _counted(lines).items():
        setattr(found, name, count)
    if new and not found.error_count:
        entries.clear()
        written = ({"fields": entry.fields} for entry in _consumed(new))
        found.created_ids = actions.save_new_objects(model=Honor, written=written, by=by)
        for ids in batches(found.created_ids):
            Honor.objects.filter(pk__in=ids).update(imported_with=found)
        found.state = Import.State.DONE
        found.finished_at = timezone.now()
    found.save()
    if found.state == Import.State.DONE:
        counts = {name: getattr(found, f"{name}_count") for name in ("new", "same", "duplicate")}
        audit.log_event(
            action="honors.import",
            obj=found,
            actor=by,
            details={"digest": found.digest, **counts},
        )
    return found


def _consumed(items: list[T]) -> Iterator[T]:
    """The items in their order, each let go as it is taken."""
    items.reverse()
    while items:
        yield items.pop()


def discard(*, found: Import, by: User) -> None:
    """Put a sheet aside that was checked and not imported."""
    require_writer(by)
    waiting = Import.objects.filter(pk=found.pk, state=Import.State.PREVIEWED)
    if not waiting.update(state=Import.State.DISCARDED):
        raise Refused(_("This sheet is not waiting any more."))
