"""A table from a file: checked as a whole at once, its rows then read one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from .delimited import Delimited
from .header import Head, Header, find_header
from .limits import HEADER_WITHIN, MAX_BYTES, MAX_COLUMNS
from .package import Package, password
from .places import Block, place
from .structures import EMPTY, Cell, Column, Row, TableError, Value
from .values import formula_value, lost_date
from .workbook import Sheet, Workbook

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Office files with a password are kept in an old container, in a stream of this name.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf",
           b"\x1f\x8b", b"PK\x05\x06")  # fmt: skip
_MARKUP = (b"<!", b"<?", b"<h", b"<H", b"<t", b"<T")

Values = tuple[int, Mapping[int, Value]]


class _Table(NamedTuple):
    """A file that has been checked, and is now to be read once more, row by row."""

    header: Header
    rows: Iterable[Values]
    merged: Sequence[Block] = ()
    formulas: Sequence[Block] = ()
    from_1904: bool = False


def read_table(data: bytes, *, columns: Sequence[Column], max_rows: int = 50_000) -> Iterator[Row]:
    """The rows under the header, empty ones left out.

    TableError comes at once, or never: what is wrong with a cell is told in the cell.
    """
    if len(data) > MAX_BYTES:
        raise TableError(_("The file is larger than 50 MB. Divide the table into several files."))
    if data.startswith(_ZIP):
        table = _from_xlsx(data, columns, max_rows)
    else:
        _refuse_others(data)
        table = _from_csv(data, columns, max_rows)
    return _read(table, columns)


def _refuse_others(data: bytes) -> None:
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise password()
        raise TableError(
            _(
                "This is a file of an old Excel or of WPS (xls, et). Save it as xlsx, then "
                "upload that."
            )
        )
    if data.startswith(_OTHERS):
        raise TableError(_("This is not a table. Upload an Excel (xlsx) or csv file."))
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_MARKUP):
        raise TableError(
            _(
                "This is a web page, though its name may say otherwise. Open it in Excel or WPS "
                "and save it as xlsx, then upload that."
            )
        )
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise TableError(_("The file is empty."))


def _from_xlsx(data: bytes, columns: Sequence[Column], max_rows: int) -> _Table:
    package = Package(data)
    workbook = Workbook(package)
    for sheet in workbook.sheets:
        header = _checked(workbook, sheet, columns, max_rows)
        if header is not None:
            package.count_anew()
            rows = workbook.rows(sheet, header.columns)
            return _Table(header, rows, sheet.merged, sheet.formulas, workbook.from_1904)
    raise TableError(_("No visible sheet of the file holds anything."))


def _checked(
    workbook: Workbook, sheet: Sheet, columns: Sequence[Column], max_rows: int
) -> Header | None:
    """The header of the sheet, which has then been read to its end; None if it is empty."""
    head: list[Values] = []
    header: Header | None = None
    wanted = set(range(1, MAX_COLUMNS + 1))
    count = 0
    for number, values in workbook.rows(sheet, wanted):
        if number <= HEADER_WITHIN:
            head.append((number, values))
            continue
        if header is None:
            header = _header(head, columns, sheet.title)
            wanted.intersection_update(header.columns)
        count += _holds_any(values, header)
        _check_count(count, max_rows)
    if header is None and not head:
        return None
    header = header or _header(head, columns, sheet.title)
    count += sum(_holds_any(values, header) for number, values in head if number > header.row)
    _check_count(count, max_rows)
    return header


def _header(head: Head, columns: Sequence[Column], sheet: str) -> Header:
    header = find_header(head, columns)
    header.check(columns, sheet)
    return header


def _holds_any(values: Mapping[int, Value], header: Header) -> bool:
    return not values.keys().isdisjoint(header.columns)


def _from_csv(data: bytes, columns: Sequence[Column], max_rows: int) -> _Table:
    file = Delimited(data, columns)
    file.header.check(columns, "")
    for count, _row in enumerate(file.rows(), 1):
        _check_count(count, max_rows)
    return _Table(file.header, file.rows())


def _check_count(count: int, max_rows: int) -> None:
    if count > max_rows:
        raise TableError(
            _("The table has more than %(limit)s rows. Divide it into several files.")
            % {"limit": max_rows}
        )


def _read(table: _Table, columns: Sequence[Column]) -> Iterator[Row]:
    where = {column: index for index, column in table.header.columns.items()}
    standing = [(column, where.get(column, 0)) for column in columns]
    merged = _Merged(table.merged, table.header)
    formulas = _Blocks(table.formulas, table.header)
    for number, values in table.rows:
        if number <= table.header.row or not _holds_any(values, table.header):
            continue
        cells = {}
        for column, index in standing:
            if not index:
                cells[column.name] = Cell("", "")
                continue
            value = values.get(index, EMPTY)
            if formulas.at(number, index):  # only its first cell says so itself
                value = formula_value()
            value = merged.judged(number, index, value)
            cells[column.name] = _cell(column, place(index, number), value, table.from_1904)
        yield Row(number, cells)


def _cell(column: Column, where: str, value: Value, from_1904: bool) -> Cell:
    if value.problem:
        return Cell(value.text, where, value.problem)
    if column.required and not value.text:
        return Cell("", where, _("is empty; fill it in"))
    if not column.is_date:
        return Cell(value.text, where)
    return Cell(value.day or value.text, where, lost_date(value.text, from_1904=from_1904))


class _Blocks:
    """Which block a cell lies in, asked row by row from the top."""

    def __init__(self, blocks: Sequence[Block], header: Header) -> None:
        self._waiting: dict[int, list[Block]] = {}
        for found in sorted(blocks, reverse=True):
            for index in header.columns:
                if found.left <= index <= found.right:
                    self._waiting.setdefault(index, []).append(found)

    def at(self, row: int, column: int) -> Block | None:
        waiting = self._waiting.get(column)
        while waiting and waiting[-1].bottom < row:
            waiting.pop()
        return waiting[-1] if waiting and waiting[-1].top <= row else None


class _Merged:
    """Tells of cells that are merged with others, unless the whole block is empty."""

    def __init__(self, blocks: Sequence[Block], header: Header) -> None:
        below = [found for found in blocks if found.top > header.row]
        self._blocks = _Blocks(below, header)
        # What stands in a column without header is not read, but may be meant for its neighbours.
        self._filled = {(b.top, b.left) for b in below if b.left not in header.columns}

    def judged(self, row: int, column: int, value: Value) -> Value:
        found = self._blocks.at(row, column)
        if found is None:
            return value
        first = (found.top, found.left)
        if (row, column) != first:
            if first not in self._filled and value == EMPTY:
                return value
            return Value(
                "",
                _("merged with %(place)s; split the cells and fill in each one")
                % {"place": place(found.left, found.top)},
            )
        if value == EMPTY:
            return value
        self._filled.add(first)
        if found.bottom == found.top or value.problem:
            return value
        # The rows below may hold nothing else, and would be passed over without a word.
        return Value(
            value.text,
            _("merged with the cells down to %(place)s; split the cells and fill in each one")
            % {"place": place(found.right, found.bottom)},
            value.day,
        )
