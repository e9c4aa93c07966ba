"""Reading of a table from a file: the whole file is checked first, then its rows are yielded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from .cell_values import formula_value, unformatted_date_problem
from .coordinates import CellRange, cell_reference
from .csv_reader import CsvFile
from .header import Head, Header, find_header
from .limits import MAX_BYTES, MAX_COLUMNS, MAX_HEADER_ROW
from .package import Package, password_protected
from .structures import EMPTY, Cell, Column, Row, TableError, Value
from .workbook import Sheet, Workbook

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Encrypted Office files are OLE containers that contain a stream with this name.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHER_FORMATS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf",
           b"\x1f\x8b", b"PK\x05\x06")  # fmt: skip
_HTML_PREFIXES = (b"<!", b"<?", b"<h", b"<H", b"<t", b"<T")

#: A row: (row number, values by column number).
Values = tuple[int, Mapping[int, Value]]


class _Table(NamedTuple):
    """A file that has been checked; ``rows`` reads it a second time, row by row."""

    header: Header
    rows: Iterable[Values]
    merged: Sequence[CellRange] = ()
    formulas: Sequence[CellRange] = ()
    from_1904: bool = False


def read_table(data: bytes, *, columns: Sequence[Column], max_rows: int = 50_000) -> Iterator[Row]:
    """Return an iterator over the non-empty rows below the header.

    If the file is refused, TableError is raised at once, and never by the iterator. A problem of a
    single cell is stored in that cell.
    """
    if len(data) > MAX_BYTES:
        raise TableError(_("The file is larger than 50 MB. Divide the table into several files."))
    if data.startswith(_ZIP):
        table = _from_xlsx(data, columns, max_rows)
    else:
        _refuse_other_formats(data)
        table = _from_csv(data, columns, max_rows)
    return _read(table, columns)


def _refuse_other_formats(data: bytes) -> None:
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise password_protected()
        raise TableError(
            _(
                "This is a file of an old Excel or of WPS (xls, et). Save it as xlsx, then "
                "upload that."
            )
        )
    if data.startswith(_OTHER_FORMATS):
        raise TableError(_("This is not a table. Upload an Excel (xlsx) or csv file."))
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_HTML_PREFIXES):
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
        header = _check_sheet(workbook, sheet, columns, max_rows)
        if header is not None:
            package.reset_counters()
            rows = workbook.rows(sheet, header.columns)
            return _Table(header, rows, sheet.merged, sheet.formulas, workbook.from_1904)
    raise TableError(_("No visible sheet of the file holds anything."))


def _check_sheet(
    workbook: Workbook, sheet: Sheet, columns: Sequence[Column], max_rows: int
) -> Header | None:
    """Read the sheet to its end and return its header; None if the sheet is empty."""
    head: list[Values] = []
    header: Header | None = None
    wanted = set(range(1, MAX_COLUMNS + 1))
    count = 0
    for number, values in workbook.rows(sheet, wanted):
        if number <= MAX_HEADER_ROW:
            head.append((number, values))
            continue
        if header is None:
            header = _checked_header(head, columns, sheet.title)
            wanted.intersection_update(header.columns)
        count += _has_values(values, header)
        _check_count(count, max_rows)
    if header is None and not head:
        return None
    header = header or _checked_header(head, columns, sheet.title)
    count += sum(_has_values(values, header) for number, values in head if number > header.row)
    _check_count(count, max_rows)
    return header


def _checked_header(head: Head, columns: Sequence[Column], sheet: str) -> Header:
    header = find_header(head, columns)
    header.check(columns, sheet)
    return header


def _has_values(values: Mapping[int, Value], header: Header) -> bool:
    return not values.keys().isdisjoint(header.columns)


def _from_csv(data: bytes, columns: Sequence[Column], max_rows: int) -> _Table:
    file = CsvFile(data, columns)
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
    indexes = {column: index for index, column in table.header.columns.items()}
    columns_at = [(column, indexes.get(column, 0)) for column in columns]
    merged = _MergedCells(table.merged, table.header)
    formulas = _Ranges(table.formulas, table.header)
    for number, values in table.rows:
        if number <= table.header.row or not _has_values(values, table.header):
            continue
        cells = {}
        for column, index in columns_at:
            if not index:
                cells[column.name] = Cell("", "")
                continue
            value = values.get(index, EMPTY)
            if formulas.at(
                number, index
            ):  # xlsx files mark only the first cell of an array formula
                value = formula_value()
            value = merged.check(number, index, value)
            cells[column.name] = _cell(
                column, cell_reference(index, number), value, table.from_1904
            )
        yield Row(number, cells)


def _cell(column: Column, reference: str, value: Value, from_1904: bool) -> Cell:
    if value.problem:
        return Cell(value.text, reference, value.problem)
    if column.required and not value.text:
        return Cell("", reference, _("is empty; fill it in"))
    if not column.is_date:
        return Cell(value.text, reference)
    return Cell(
        value.day or value.text,
        reference,
        unformatted_date_problem(value.text, from_1904=from_1904),
    )


class _Ranges:
    """Ranges of cells, to find the range that contains a given cell.

    The cells must be queried in ascending order of their rows.
    """

    def __init__(self, ranges: Sequence[CellRange], header: Header) -> None:
        self._waiting: dict[int, list[CellRange]] = {}
        for found in sorted(ranges, reverse=True):
            for index in header.columns:
                if found.left <= index <= found.right:
                    self._waiting.setdefault(index, []).append(found)

    def at(self, row: int, column: int) -> CellRange | None:
        waiting = self._waiting.get(column)
        while waiting and waiting[-1].bottom < row:
            waiting.pop()
        return waiting[-1] if waiting and waiting[-1].top <= row else None


class _MergedCells:
    """The merged ranges of a sheet; a merged cell is a problem unless its whole range is empty."""

    def __init__(self, ranges: Sequence[CellRange], header: Header) -> None:
        below = [found for found in ranges if found.top > header.row]
        self._ranges = _Ranges(below, header)
        # A column without a header is not read, but its merged cell may extend into columns that
        # are read. Such a range therefore counts as filled.
        self._filled = {(b.top, b.left) for b in below if b.left not in header.columns}

    def check(self, row: int, column: int, value: Value) -> Value:
        found = self._ranges.at(row, column)
        if found is None:
            return value
        first = (found.top, found.left)
        if (row, column) != first:
            if first not in self._filled and value == EMPTY:
                return value
            return Value(
                "",
                _("merged with %(place)s; split the cells and fill in each one")
                % {"place": cell_reference(found.left, found.top)},
            )
        if value == EMPTY:
            return value
        self._filled.add(first)
        if found.bottom == found.top or value.problem:
            return value
        # The problem is reported here, because the rows below may be skipped as empty.
        return Value(
            value.text,
            _("merged with the cells down to %(place)s; split the cells and fill in each one")
            % {"place": cell_reference(found.right, found.bottom)},
            value.day,
        )
