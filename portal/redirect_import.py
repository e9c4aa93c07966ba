"""Import and export of redirects from URLs of the former site, as a spreadsheet.

All rows of a sheet are imported or none. A second import of the same sheet changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import actions as audit
from portal.interchange.downloads import WRITERS
from portal.interchange.imports import BATCH_SIZE, Outcome, PlannedRow, batched, count_outcomes
from portal.interchange.tables import Column, Row, TableError, read_table
from portal.publishing import signals
from portal.publishing.errors import Refused
from portal.site import legacy_urls
from portal.site.models import Redirect, SiteSettings, validate_site_path

from . import addresses

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 20_000
#: Maximum number of redirects in a chain. The import refuses a longer chain, and a circle.
MAX_HOPS = 10
#: Maximum number of replaced targets that one import writes to the audit log.
MAX_LOGGED_CHANGES = 500

OLD = Column(
    "old",
    "旧地址*",
    ("旧网址", "原地址", "原网址", "旧路径", "old address", "old path", "old_path"),
    required=True,
)
NEW = Column(
    "new",
    "新地址*",
    ("新网址", "现地址", "现网址", "新路径", "new address", "new path", "new_path"),
    required=True,
)
COLUMNS = (OLD, NEW)


@dataclass(frozen=True, slots=True)
class RedirectRow:
    """A row of the sheet: its row number and the texts of its two cells."""

    row: int
    old: str
    new: str


@dataclass
class PlannedRedirect(PlannedRow):
    """A row of the sheet with its URLs as paths, and the planned outcome of its import."""

    old: str = ""
    new: str = ""
    previous: str = ""  # the existing target that the row replaces
    key: str = ""  # the lookup key of the old path, see ``legacy_urls``


def file_too_large() -> str:
    return _("The file is larger than 5 MB. Divide the table into several files.")


def read_redirects(data: bytes) -> list[RedirectRow]:
    """Return the rows of a spreadsheet file; raise ``Refused`` if it has no redirects."""
    if len(data) > MAX_BYTES:
        raise Refused(file_too_large())
    try:
        rows = [_redirect_row(row) for row in read_table(data, columns=COLUMNS, max_rows=MAX_ROWS)]
    except TableError as error:
        raise Refused(str(error)) from error
    if not rows:
        raise Refused(_("There is no row below the headers."))
    return rows


def _redirect_row(row: Row) -> RedirectRow:
    return RedirectRow(row.number, row.cells["old"].text, row.cells["new"].text)


# Functions that plan the import


def plan_import(rows: Iterable[RedirectRow]) -> list[PlannedRedirect]:
    """Return the planned outcome of each row, in the order of the sheet; write nothing."""
    site = SiteSettings.load()
    planned = [_plan_row(row, site) for row in rows]
    valid = [row for row in planned if not row.problems]
    _find_duplicates(valid)
    unique = [row for row in valid if row.outcome == Outcome.NEW and not row.problems]
    _compare_with_existing(unique)
    _find_circles(unique)
    for row in planned:
        if row.problems:
            row.outcome = Outcome.ERROR
    return planned


def preview_import(rows: Iterable[RedirectRow]) -> list[PlannedRedirect]:
    """Plan each row as ``plan_import`` does; also warn if the new path has no public page.

    The function lists all public pages, so it must not run inside the transaction of the import.
    """
    planned = plan_import(rows)
    leading = {Outcome.NEW, Outcome.CHANGED, Outcome.SAME}
    _find_unknown_targets([row for row in planned if row.outcome in leading])
    return planned


def _plan_row(given: RedirectRow, site: SiteSettings) -> PlannedRedirect:
    row = PlannedRedirect(given.row, old=given.old, new=given.new)
    row.old = _check_path(OLD, _path_of(given.old), row)
    if _host_of(given.new) in {"", site.domain.lower(), *settings.ALLOWED_HOSTS}:
        row.new = _check_path(NEW, _path_of(given.new), row)
    else:
        row.add_problem(
            _("The new address lies on another site. A redirect leads to a page of this one.")
        )
    if not row.problems:
        row.key = legacy_urls.lookup_key(row.old)
        if row.key == legacy_urls.lookup_key(row.new):
            row.add_problem(_("The old and the new address are the same."))
    return row


def _host_of(address: str) -> str | None:
    """Return the host of a URL; "" for a path, None for an invalid URL."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return None


def _path_of(address: str) -> str:
    """Return the path and the query string of a URL or path, without host and fragment."""
    address = address.partition("#")[0]
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return address
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def _check_path(column: Column, path: str, row: PlannedRedirect) -> str:
    """Return the path; add a problem to the row if the path is empty, invalid or too long."""
    name = column.header.rstrip("*")
    if not path:
        row.add_problem(_("%(column)s is empty; fill it in.") % {"column": name})
        return path
    try:
        validate_site_path(path)
        max_length = Redirect._meta.get_field("old_path").max_length or 0
        if len(path) > max_length:
            raise ValidationError(
                _("An address has at most %(count)s characters.") % {"count": max_length}
            )
    except ValidationError as error:
        for message in error.messages:
            row.add_problem(f"{name}：{message}")
    return path


def _find_duplicates(rows: Iterable[PlannedRedirect]) -> None:
    """Mark each row that has the same old path as an earlier row.

    It is a problem if the two rows have different targets.
    """
    first_of_key: dict[str, PlannedRedirect] = {}
    for row in rows:
        first = first_of_key.setdefault(row.key, row)
        if first is row:
            continue
        row.outcome = Outcome.DUPLICATE
        if legacy_urls.lookup_key(first.new) == legacy_urls.lookup_key(row.new):
            row.add_warning(_("The same as row %(row)s.") % {"row": first.row})
        else:
            row.add_problem(
                _("Row %(row)s sends the same address to another page. Keep one of them.")
                % {"row": first.row}
            )


def _compare_with_existing(rows: Sequence[PlannedRedirect]) -> None:
    """Mark each row whose old path already has a redirect, to the same or to another target."""
    existing = _existing_targets(row.key for row in rows)
    for row in rows:
        target = existing.get(row.key)
        if target == row.new:
            row.outcome = Outcome.SAME
        elif target is not None:
            row.outcome, row.previous = Outcome.CHANGED, target
            row.add_warning(_("It leads to %(path)s so far.") % {"path": target})


def _existing_targets(keys: Iterable[str]) -> dict[str, str]:
    """Return the targets of the existing redirects with these lookup keys, by lookup key."""
    found: dict[str, str] = {}
    for batch in batched(dict.fromkeys(keys)):
        rows = Redirect.objects.filter(key__in=batch)
        found.update(rows.values_list("key", "new_path"))
    return found


def _find_circles(rows: Sequence[PlannedRedirect]) -> None:
    """Follow the target of each row through the redirects of the sheet and the database.

    A circle or a chain of more than ``MAX_HOPS`` redirects is a problem; a shorter chain is a
    warning.
    """
    targets = _reachable_targets(rows)
    for row in rows:
        path, seen = row.new, {row.key}
        while (key := _first_known(path, targets)) and key not in seen and len(seen) <= MAX_HOPS:
            seen.add(key)
            path = targets[key]
        if key:
            row.add_problem(_("It leads in a circle, or from one redirect to the next."))
        elif len(seen) > 1:
            row.add_warning(
                _("Another redirect leads on from there, to %(path)s.") % {"path": path}
            )


def _first_known(path: str, targets: dict[str, str]) -> str:
    """Return the first lookup key of a path that has a redirect; "" if none has."""
    return next((key for key in legacy_urls.lookup_keys(path) if key in targets), "")


def _reachable_targets(rows: Sequence[PlannedRedirect]) -> dict[str, str]:
    """Return all redirect targets, by lookup key, that a browser can reach from these rows.

    They are the targets of the rows, and of the redirects in the database that follow within
    ``MAX_HOPS`` steps.
    """
    targets = {row.key: row.new for row in rows}
    known = set(targets)
    paths = set(targets.values())
    for _hop in range(MAX_HOPS):
        missing = {key for path in paths for key in legacy_urls.lookup_keys(path)} - known
        if not missing:
            break
        known |= missing
        found = _existing_targets(missing)
        targets.update(found)
        paths = set(found.values())
    return targets


def _find_unknown_targets(rows: Sequence[PlannedRedirect]) -> None:
    paths = {row.row: row.new.partition("?")[0] for row in rows}
    public = addresses.public_among(set(paths.values()))
    for row in rows:
        if paths[row.row] not in public:
            row.add_warning(_("No public page stands at the new address now."))


# Functions that write redirects


def import_redirects(*, rows: Sequence[RedirectRow], name: str, by: User) -> dict[str, int]:
    """Write new and changed redirects in one transaction; return the number of rows by outcome.

    Raises ``Refused`` if a row has errors, or if another transaction changes the same redirects.
    """
    try:
        with transaction.atomic():
            planned = plan_import(rows)
            counts = count_outcomes(planned)
            if counts["error"]:
                raise Refused(
                    _("Nothing was imported: %(count)s rows have errors.")
                    % {"count": counts["error"]}
                )
            changed = [row for row in planned if row.outcome == Outcome.CHANGED]
            _write([row for row in planned if row.outcome == Outcome.NEW], changed)
            if counts["new"] or counts["changed"]:
                # No public page lists redirects, so older copies of pages stay correct.
                signals.public_listing_changed.send(
                    sender=Redirect, reason="site.redirects", forbid_stale=False
                )
            replaced = [[row.old, row.previous, row.new] for row in changed]
            audit.log_event(
                action="site.import_redirects",
                actor=by,
                details={
                    "name": name,
                    "digest": _digest(rows),
                    **counts,
                    "replaced": replaced[:MAX_LOGGED_CHANGES],
                },
            )
    except IntegrityError as error:
        raise Refused(
            _("Somebody else changed a redirect meanwhile. Nothing was imported; try again.")
        ) from error
    return counts


def _write(new: Iterable[PlannedRedirect], changed: Iterable[PlannedRedirect]) -> None:
    Redirect.objects.bulk_create(
        (Redirect(old_path=row.old, new_path=row.new, key=row.key) for row in new),
        batch_size=BATCH_SIZE,
    )
    for batch in batched(changed):
        targets = {row.key: row.new for row in batch}
        redirects = list(Redirect.objects.filter(key__in=targets))
        for redirect in redirects:
            redirect.new_path = targets[redirect.key]
        Redirect.objects.bulk_update(redirects, ["new_path"])


def _digest(rows: Iterable[RedirectRow]) -> str:
    written = "\n".join(f"{row.old}\t{row.new}" for row in rows)
    return hashlib.sha256(written.encode()).hexdigest()


def write_redirects(stream: IO[bytes], kind: str) -> None:
    """Write all redirects to a sheet that can be imported again."""
    rows: Any = Redirect.objects.order_by("old_path").values_list("old_path", "new_path")
    WRITERS[kind](
        stream, columns=COLUMNS, rows=({"old": old, "new": new} for old, new in rows.iterator())
    )
