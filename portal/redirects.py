"""Addresses of the former site: answered where nothing else is found, and brought in by the sheet.

A sheet is written whole or not at all. It may come again: what leads where it says stays as it is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import IO, Any, TypeVar
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import actions as audit
from portal.interchange.tables import Column, Row, TableError, read_table, write_csv, write_xlsx
from portal.publishing import signals
from portal.publishing.errors import Refused
from portal.site import legacy_urls
from portal.site.models import Redirect, SiteSettings, validate_site_path

from . import addresses

# --- the answer ----------------------------------------------------------------------------------

#: Browsers keep a permanent redirect as long as they are let: a mended one must reach its readers.
KEPT_SECONDS = 3600
#: Below these the former site had nothing, and they are asked by programs.
OURS = ("/admin/", "/static/", "/media/")


def find_redirect(request: HttpRequest) -> HttpResponse | None:
    """Where this site knows no page: what the former site had at the address. One query."""
    if request.method not in {"GET", "HEAD"} or request.path_info.startswith(OURS):
        return None
    address = requested_address(request)
    found = Redirect.objects.for_path(address)
    if found is None or legacy_urls.lookup_key(found.new_path) in legacy_urls.lookup_keys(address):
        return None
    try:
        validate_site_path(found.new_path)  # whoever wrote it: it leads to no other site
    except ValidationError:
        return None
    response = HttpResponsePermanentRedirect(found.new_path)
    response.headers["Cache-Control"] = f"max-age={KEPT_SECONDS}"
    return response


def requested_address(request: HttpRequest) -> str:
    """Path and query as they were asked for, whatever encoding they are in."""
    path = request.path_info.replace("?", "%3F")
    # WSGI hands bytes over as Latin-1.
    query = quote(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"), safe="%&=+")
    return f"{path}?{query}" if query else path


# --- the sheet -----------------------------------------------------------------------------------

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 20_000
BATCH = 500
#: So many hops are followed from a target; a longer chain is refused like a circle.
MOST_HOPS = 10
#: So many replaced targets stand in the log in full.
LOGGED = 500

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
WRITERS = {"csv": write_csv, "xlsx": write_xlsx}

T = TypeVar("T")


class Outcome(StrEnum):
    ERROR = "error"
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    DUPLICATE = "duplicate"


#: Rows that lead somewhere, or will.
LEADING = {Outcome.NEW, Outcome.CHANGED, Outcome.SAME}


@dataclass(frozen=True, slots=True)
class RedirectRow:
    """A row of the sheet, as it was typed."""

    row: int
    old: str
    new: str


@dataclass
class Line:
    """What becomes of a row, and what to know about it."""

    row: int
    old: str
    new: str
    outcome: Outcome = Outcome.NEW
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    #: Where the address leads now, if the row changes that.
    before: str = ""
    key: str = ""


def read(data: bytes) -> list[RedirectRow]:
    """The rows of a file; Refused where it is no sheet of addresses."""
    if len(data) > MAX_BYTES:
        raise Refused(_("The file is larger than 5 MB. Divide the table into several files."))
    try:
        pairs = [_pair(row) for row in read_table(data, columns=COLUMNS, max_rows=MAX_ROWS)]
    except TableError as error:
        raise Refused(str(error)) from error
    if not pairs:
        raise Refused(_("There is no row below the headers."))
    return pairs


def _pair(row: Row) -> RedirectRow:
    return RedirectRow(row.number, row.cells["old"].text, row.cells["new"].text)


def plan(pairs: Iterable[RedirectRow]) -> list[Line]:
    """A line for each row, in the order of the sheet. Nothing is written."""
    site = SiteSettings.load()
    lines = [_line(pair, site) for pair in pairs]
    whole = [line for line in lines if not line.problems]
    _find_twice(whole)
    fresh = [line for line in whole if line.outcome == Outcome.NEW and not line.problems]
    _compare(fresh)
    _find_circles(fresh)
    for line in lines:
        if line.problems:
            line.outcome = Outcome.ERROR
    return lines


def preview(pairs: Iterable[RedirectRow]) -> list[Line]:
    """The plan, with what to know before it is confirmed. It asks for every public address: so
    not while a sheet is written."""
    lines = plan(pairs)
    _find_unknown_targets([line for line in lines if line.outcome in LEADING])
    return lines


def counted(lines: Iterable[Line]) -> dict[str, int]:
    counts = Counter(line.outcome for line in lines)
    return {outcome.value: counts[outcome] for outcome in Outcome}


def _line(pair: RedirectRow, site: SiteSettings) -> Line:
    line = Line(pair.row, pair.old, pair.new)
    line.old = _checked(OLD, _path(pair.old), line)
    if _host(pair.new) in {"", site.domain.lower(), *settings.ALLOWED_HOSTS}:
        line.new = _checked(NEW, _path(pair.new), line)
    else:
        line.problems.append(
            _("The new address lies on another site. A redirect leads to a page of this one.")
        )
    if not line.problems:
        line.key = legacy_urls.lookup_key(line.old)
        if line.key == legacy_urls.lookup_key(line.new):
            line.problems.append(_("The old and the new address are the same."))
    return line


def _host(address: str) -> str | None:
    """The host of a whole address, "" of a path, None of what is neither."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return None


def _path(address: str) -> str:
    """Path and query: of a whole address what follows the host, without a mark inside the page."""
    address = address.partition("#")[0]
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return address
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def _checked(column: Column, path: str, line: Line) -> str:
    name = column.header.rstrip("*")
    if not path:
        line.problems.append(_("%(column)s is empty; fill it in.") % {"column": name})
        return path
    try:
        validate_site_path(path)
        most = Redirect._meta.get_field("old_path").max_length or 0
        if len(path) > most:
            raise ValidationError(
                _("An address has at most %(count)s characters.") % {"count": most}
            )
    except ValidationError as error:
        line.problems += [f"{name}：{message}" for message in error.messages]
    return path


def _find_twice(lines: Iterable[Line]) -> None:
    first: dict[str, Line] = {}
    for line in lines:
        other = first.setdefault(line.key, line)
        if other is line:
            continue
        line.outcome = Outcome.DUPLICATE
        if legacy_urls.lookup_key(other.new) == legacy_urls.lookup_key(line.new):
            line.remarks.append(_("The same as row %(row)s.") % {"row": other.row})
        else:
            line.problems.append(
                _("Row %(row)s sends the same address to another page. Keep one of them.")
                % {"row": other.row}
            )


def _compare(lines: Sequence[Line]) -> None:
    """With what stands already."""
    standing = _standing(line.key for line in lines)
    for line in lines:
        now = standing.get(line.key)
        if now == line.new:
            line.outcome = Outcome.SAME
        elif now is not None:
            line.outcome, line.before = Outcome.CHANGED, now
            line.remarks.append(_("It leads to %(path)s so far.") % {"path": now})


def _standing(keys: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for batch in batches(dict.fromkeys(keys)):
        rows = Redirect.objects.filter(key__in=batch)
        found.update(rows.values_list("key", "new_path"))
    return found


def _find_circles(lines: Sequence[Line]) -> None:
    """Follow each target, over the sheet and what stands, as a visitor would be led."""
    leads = {line.key: line.new for line in lines}
    known = set(leads)
    asked = set(leads.values())
    for _hop in range(MOST_HOPS):
        missing = {key for path in asked for key in legacy_urls.lookup_keys(path)} - known
        if not missing:
            break
        known |= missing
        found = _standing(missing)
        leads.update(found)
        asked = set(found.values())
    for line in lines:
        path, seen = line.new, {line.key}
        while (
            key := next((each for each in legacy_urls.lookup_keys(path) if each in leads), "")
        ) and (key not in seen and len(seen) <= MOST_HOPS):
            seen.add(key)
            path = leads[key]
        if key:
            line.problems.append(_("It leads in a circle, or from one redirect to the next."))
        elif len(seen) > 1:
            line.remarks.append(
                _("Another redirect leads on from there, to %(path)s.") % {"path": path}
            )


def _find_unknown_targets(lines: Sequence[Line]) -> None:
    told = {line.row: line.new.partition("?")[0] for line in lines}
    public = addresses.public_among(set(told.values()))
    for line in lines:
        if told[line.row] not in public:
            line.remarks.append(_("No public page stands at the new address now."))


def batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def import_redirects(*, pairs: Sequence[RedirectRow], name: str, by: User) -> dict[str, int]:
    """Write what the sheet adds or changes, in one transaction; how many of each there were."""
    try:
        with transaction.atomic():
            lines = plan(pairs)
            counts = counted(lines)
            if counts["error"]:
                raise Refused(
                    _("Nothing was imported: %(count)s rows have errors.")
                    % {"count": counts["error"]}
                )
            changed = [line for line in lines if line.outcome == Outcome.CHANGED]
            _write([line for line in lines if line.outcome == Outcome.NEW], changed)
            if counts["new"] or counts["changed"]:
                # It stands on no page.
                signals.public_listing_changed.send(
                    sender=Redirect, reason="site.redirects", forbid_stale=False
                )
            audit.log_event(
                action="site.import_redirects",
                actor=by,
                details={
                    "name": name,
                    "digest": _digest(pairs),
                    **counts,
                    "replaced": [[each.old, each.before, each.new] for each in changed[:LOGGED]],
                },
            )
    except IntegrityError as error:
        raise Refused(
            _("Somebody else changed a redirect meanwhile. Nothing was imported; try again.")
        ) from error
    return counts


def _write(new: Iterable[Line], changed: Iterable[Line]) -> None:
    Redirect.objects.bulk_create(
        (Redirect(old_path=line.old, new_path=line.new, key=line.key) for line in new),
        batch_size=BATCH,
    )
    for batch in batches(changed):
        to = {line.key: line.new for line in batch}
        rows = list(Redirect.objects.filter(key__in=to))
        for row in rows:
            row.new_path = to[row.key]
        Redirect.objects.bulk_update(rows, ["new_path"])


def _digest(pairs: Iterable[RedirectRow]) -> str:
    written = "\n".join(f"{pair.old}\t{pair.new}" for pair in pairs)
    return hashlib.sha256(written.encode()).hexdigest()


def write(stream: IO[bytes], kind: str) -> None:
    """Every redirect, as a sheet that can be brought in again."""
    rows: Any = Redirect.objects.order_by("old_path").values_list("old_path", "new_path")
    WRITERS[kind](
        stream, columns=COLUMNS, rows=({"old": old, "new": new} for old, new in rows.iterator())
    )
