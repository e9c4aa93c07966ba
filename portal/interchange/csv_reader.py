"""Reader of csv files, which detects the encoding and the delimiter and returns rows of values."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from .cell_values import csv_value
from .header import Header, find_header
from .limits import MAX_CSV_RECORD, MAX_HEADER_ROW, SHEET_ROWS
from .structures import Column, TableError, Value

_DELIMITERS = ",;\t"
_DECODED_AT_ONCE = 1024 * 1024
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class CsvFile:
    """A csv file.

    It is read in the combination of encoding and delimiter in which the header row has the most
    known headers.
    """

    def __init__(self, data: bytes, columns: Sequence[Column]) -> None:
        self._data = data
        self.header = Header()
        self._encoding, self._delimiter = "", ","
        for encoding in _encodings(data):
            if not _decodes(data, encoding):
                continue
            self._encoding = self._encoding or encoding
            for delimiter in _DELIMITERS:
                header = find_header(list(self._head(encoding, delimiter)), columns)
                if len(header.columns) > len(self.header.columns):
                    self.header = header
                    self._encoding, self._delimiter = encoding, delimiter
        if not self._encoding:
            raise TableError(
                _("The characters of the file cannot be read. Save it as xlsx, then upload that.")
            )

    def rows(self) -> Iterator[tuple[int, dict[int, Value]]]:
        """Yield (row number, values by column number) of each non-empty row below the header."""
        wanted = sorted(self.header.columns)
        for number, cells in _records(self._data, self._encoding, self._delimiter):
            if number <= self.header.row:
                continue
            values = {i: csv_value(cells[i - 1]) for i in wanted if i <= len(cells)}
            if any(value.text for value in values.values()):
                yield number, values

    def _head(self, encoding: str, delimiter: str) -> Iterator[tuple[int, dict[int, Value]]]:
        try:
            for number, cells in _records(self._data, encoding, delimiter):
                if number > MAX_HEADER_ROW:
                    return
                yield number, {i: csv_value(text) for i, text in enumerate(cells, 1) if text}
        except TableError:
            return  # rows() raises the error again if no other combination reads the header


class _BoundedLines:
    """The lines of a file, with a limit on the length of one record.

    Without the limit, an unclosed quotation mark would turn the rest of the file into one record.
    """

    def __init__(self, data: bytes, encoding: str) -> None:
        self._text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
        self.record_length = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(MAX_CSV_RECORD + 1):
            self.record_length += len(line)
            if self.record_length > MAX_CSV_RECORD:
                raise csv.Error("a row too long")
            yield line


def _records(data: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells); TableError for too many rows or an unclosed quotation mark."""
    lines = _BoundedLines(data, encoding)
    number = 0
    try:
        for cells in csv.reader(lines, delimiter=delimiter):
            number += 1
            if number > SHEET_ROWS:
                raise TableError(_("The file holds more rows than a sheet of Excel can."))
            lines.record_length = 0
            yield number, cells
    except csv.Error as error:
        raise TableError(
            _(
                "Row %(row)s does not end: a quotation mark is missing there or in a row above. "
                "Save the table as xlsx, then upload that."
            )
            % {"row": number + 1}
        ) from error


def _encodings(data: bytes) -> list[str]:
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            return [encoding]
    wide = ["utf-16-le", "utf-16-be"] if b"\0" in data[:4096] else []
    return ["utf-8", "gb18030", *wide]


def _decodes(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(data), _DECODED_AT_ONCE):
            decoder.decode(data[start : start + _DECODED_AT_ONCE])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True
