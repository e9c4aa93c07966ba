"""A csv file as rows of values, whatever program and language it was saved with."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from .header import Header, find_header
from .limits import HEADER_WITHIN, MAX_RECORD, SHEET_ROWS
from .structures import Column, TableError, Value
from .values import printed_value

_DELIMITERS = ",;\t"
_BYTES = 1024 * 1024
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Delimited:
    """A csv file. Its encoding and its delimiter are those in which the header can be read."""

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
        """(number, values by column) of each row that holds anything under the header."""
        wanted = sorted(self.header.columns)
        for number, record in _records(self._data, self._encoding, self._delimiter):
            if number <= self.header.row:
                continue
            values = {i: printed_value(record[i - 1]) for i in wanted if i <= len(record)}
            if any(value.text for value in values.values()):
                yield number, values

    def _head(self, encoding: str, delimiter: str) -> Iterator[tuple[int, dict[int, Value]]]:
        try:
            for number, record in _records(self._data, encoding, delimiter):
                if number > HEADER_WITHIN:
                    return
                yield number, {i: printed_value(text) for i, text in enumerate(record, 1) if text}
        except TableError:
            return  # if there is no better reading, it will be said again


class _Lines:
    """Lines of which a record may take only so many characters: quotes may stay open to the end."""

    def __init__(self, data: bytes, encoding: str) -> None:
        self._text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
        self.spent = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(MAX_RECORD + 1):
            self.spent += len(line)
            if self.spent > MAX_RECORD:
                raise csv.Error("a row too long")
            yield line


def _records(data: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    lines = _Lines(data, encoding)
    number = 0
    try:
        for record in csv.reader(lines, delimiter=delimiter):
            number += 1
            if number > SHEET_ROWS:
                raise TableError(_("The file holds more rows than a sheet of Excel can."))
            lines.spent = 0
            yield number, record
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
        for start in range(0, len(data), _BYTES):
            decoder.decode(data[start : start + _BYTES])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True
