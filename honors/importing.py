"""The import of a sheet of honours: check the sheet, store its plan, then write drafts.

A sheet is imported as a whole or not at all. The file is read before the transaction begins, so
that the transaction is short. It is planned again inside the transaction, where a lock prevents
other imports from changing the ledger at the same time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeVar

from django.core.files.storage import default_storage
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import actions as audit
from portal.interchange.imports import Outcome, batched, count_outcomes
from portal.interchange.tables import Row, TableError, read_table
from portal.library import documents, files
from portal.publishing import actions, rules
from portal.publishing.errors import NotAllowed, Refused
from portal.site.models import SiteSettings

from . import sheet
from .import_plan import PlannedHonor, plan_as_json, plan_import
from .models import Honor, Import
from .sheet import Entry

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000

T = TypeVar("T")


def file_too_large() -> str:
    return _("The file is larger than 20 MB. Divide the table into several files.")


# Reading of the uploaded file


def read_entries(data: bytes) -> Iterator[Entry]:
    """Return the entries of a file; raise TableError at once if it is not a sheet of honours."""
    return sheet.read_rows(read_sheet(data), _court_names())


def read_sheet(data: bytes) -> Iterator[Row]:
    """Return the rows of a file; TableError at once if the rows or the name column are missing."""
    rows = read_table(data, columns=sheet.KNOWN_COLUMNS, max_rows=MAX_ROWS)
    first = next(rows, None)
    if first is None:
        raise TableError(_("There is no row below the headers. Fill in the sheet, then upload it."))
    if not first.cells["name"].reference:
        raise TableError(
            _("The column “%(column)s” is missing. Copy the header row of the template.")
            % {"column": sheet.COLUMNS[0].header}
        )
    return chain([first], rows)


def _court_names() -> tuple[str, ...]:
    settings = SiteSettings.load()
    return tuple(filter(None, (settings.name, settings.short_name)))


# Actions of a user: upload, confirm, discard


def require_writer(by: User) -> None:
    if not rules.may_write(by, Honor):
        raise NotAllowed(_("Only honours staff import into the ledger."))


def upload(*, data: bytes, name: str, by: User) -> Import:
    """Check a sheet and store it with its plan, without changing the ledger."""
    require_writer(by)
    if len(data) > MAX_BYTES:
        raise Refused(file_too_large())
    try:
        planned = plan_import(read_entries(data))
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
        plan=plan_as_json(planned),
        **_count_fields(planned),
    )


def _count_fields(planned: Sequence[PlannedHonor]) -> dict[str, int]:
    """Return the name of each counter field of ``Import`` with the number of rows for it."""
    counts = count_outcomes(planned)
    outcomes = (Outcome.NEW, Outcome.SAME, Outcome.DUPLICATE, Outcome.ERROR)
    return {f"{outcome.value}_count": counts[outcome.value] for outcome in outcomes}


def stored_file(sheet_import: Import) -> bytes:
    """Return the uploaded file; raise Refused if it is missing or its digest differs."""
    try:
        with default_storage.open(sheet_import.stored_as) as file:
            data = file.read()
    except FileNotFoundError as error:
        raise Refused(_("The uploaded file is no longer there. Upload it again.")) from error
    if hashlib.sha256(data).hexdigest() != sheet_import.digest:
        raise Refused(_("The stored file was changed. Upload it again."))
    return data


def confirm(*, sheet_import: Import, by: User) -> Import:
    """Write the new rows as drafts in one transaction; nothing if the sheet is imported already."""
    require_writer(by)
    if sheet_import.uploaded_by_id != by.pk:
        # The user who confirms becomes the author of the drafts. If another user could confirm, the
        # uploader could review the drafts.
        raise NotAllowed(_("Only the person who uploaded the sheet can import it."))
    if sheet_import.state == Import.State.DONE:
        return sheet_import
    _require_no_errors(sheet_import)
    try:
        entries = list(read_entries(stored_file(sheet_import)))
    except TableError as error:
        raise Refused(str(error)) from error
    try:
        with transaction.atomic():
            done = _write(sheet_import, entries, by)
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


def _require_no_errors(sheet_import: Import) -> None:
    if sheet_import.error_count:
        raise Refused(
            _("Nothing was imported: %(count)s rows have errors. Mend them, then upload it again.")
            % {"count": sheet_import.error_count}
        )


def _write(sheet_import: Import, entries: list[Entry], by: User) -> Import:
    # Every import locks the oldest row of this table, so that only one import runs at a time.
    # Without no_key, inserting rows with a foreign key to the locked row would wait for the lock.
    Import.objects.order_by("pk").select_for_update(no_key=True).first()
    sheet_import = Import.objects.select_for_update(no_key=True).get(pk=sheet_import.pk)
    if sheet_import.state != Import.State.PREVIEWED:
        return sheet_import
    new: list[Entry] = []
    planned = plan_import(entries, new.append)
    sheet_import.plan = plan_as_json(planned)
    for name, count in _count_fields(planned).items():
        setattr(sheet_import, name, count)
    if new and not sheet_import.error_count:
        entries.clear()
        written = ({"fields": entry.fields} for entry in _pop_all(new))
        sheet_import.created_ids = actions.save_new_objects(model=Honor, written=written, by=by)
        for ids in batched(sheet_import.created_ids):
            Honor.objects.filter(pk__in=ids).update(imported_with=sheet_import)
        sheet_import.state = Import.State.DONE
        sheet_import.finished_at = timezone.now()
    sheet_import.save()
    if sheet_import.state == Import.State.DONE:
        counts = {
            name: getattr(sheet_import, f"{name}_count") for name in ("new", "same", "duplicate")
        }
        audit.log_event(
            action="honors.import",
            obj=sheet_import,
            actor=by,
            details={"digest": sheet_import.digest, **counts},
        )
    return sheet_import


def _pop_all(items: list[T]) -> Iterator[T]:
    """Yield the items in their order; remove each from the list, which frees its memory."""
    items.reverse()
    while items:
        yield items.pop()


def discard(*, sheet_import: Import, by: User) -> None:
    """Discard a sheet that was checked, but not imported."""
    require_writer(by)
    waiting = Import.objects.filter(pk=sheet_import.pk, state=Import.State.PREVIEWED)
    if not waiting.update(state=Import.State.DISCARDED):
        raise Refused(_("This sheet is not waiting any more."))
