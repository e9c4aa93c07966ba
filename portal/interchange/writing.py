"""A table to a file, row by row: every cell a text, and none that a spreadsheet would calculate.

An apostrophe is put before what looks like a formula in xlsx too. As a text it is harmless there,
but not in the csv file somebody may make of it.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import IO

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, NamedStyle
from openpyxl.worksheet.worksheet import Worksheet

from .cell_text import clean, escape_formula
from .limits import SHEET_ROWS, SHEET_TEXT
from .places import letters, place
from .structures import Column

# Office takes _x0041_ in a text for an A.
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FONT = "Calibri"  # Office puts a Chinese font in its place where one is needed
_WIDTH_FROM = 200  # rows
_NARROWEST, _WIDEST = 8, 50
_PADDING = 2


def write_xlsx(
    stream: IO[bytes],
    *,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, str]],
    title: str = "",
) -> None:
    """Write one sheet: a title if there is one, the header, the rows. With examples, a template."""
    texts = _texts(columns, rows)
    first = list(islice(texts, _WIDTH_FROM))
    headers = [_written(column.header) for column in columns]

    workbook = Workbook(write_only=True)
    for style in _styles():
        workbook.add_named_style(style)
    sheet = workbook.create_sheet(_("Table"))
    for index, width in enumerate(_widths([headers, *first]), 1):
        sheet.column_dimensions[letters(index)].width = width
    sheet.freeze_panes = place(1, 3 if title else 2)
    try:
        if title:
            sheet.append([_text_cell(sheet, "title", _written(title))])
        sheet.append([_text_cell(sheet, "header", text) for text in headers])
        # Cells are written at once, so that one set of them serves all rows.
        cells = [_text_cell(sheet, "text", "") for _column in columns]
        for number, row in enumerate(chain(first, texts), 3 if title else 2):
            if number > SHEET_ROWS:
                raise ValueError("more rows than a sheet can hold")
            for cell, text in zip(cells, row, strict=True):
                cell.value = _fitting(text)
                cell.data_type = "s"  # and never a formula, whatever openpyxl takes it for
            sheet.append(cells)
    finally:
        sheet.close()
    workbook.save(stream)


def write_csv(
    stream: IO[bytes],
    *,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, str]],
    title: str = "",
) -> None:
    """Write UTF-8 with a mark at its head: without it Excel and WPS show Chinese as rubbish."""
    # All is quoted: where lists are parted by semicolons, a text could otherwise fall into pieces.
    writer = csv.writer(_Utf8(stream), quoting=csv.QUOTE_ALL)
    stream.write(codecs.BOM_UTF8)
    if title:
        writer.writerow([_written(title)])
    writer.writerow([_written(column.header) for column in columns])
    writer.writerows(_texts(columns, rows))


def _texts(columns: Sequence[Column], rows: Iterable[Mapping[str, str]]) -> Iterator[list[str]]:
    for row in rows:
        yield [_written(row.get(column.name, "")) for column in columns]


def _written(text: str) -> str:
    return escape_formula(clean(text))


class _Utf8:
    """Takes texts for a stream of bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(text.encode())


def _styles() -> Iterator[NamedStyle]:
    # Formatted as text, so that what is typed over it stays as typed: dates, long numbers.
    body = Alignment(vertical="top", wrap_text=True)
    yield NamedStyle("text", font=Font(name=_FONT), number_format="@", alignment=body)
    yield NamedStyle("header", font=Font(name=_FONT, bold=True), number_format="@", alignment=body)
    yield NamedStyle("title", font=Font(name=_FONT, bold=True, size=14), number_format="@")


def _widths(rows: Iterable[Sequence[str]]) -> Iterator[int]:
    """A width for each column: of its longest line, within reason."""
    for texts in zip(*rows, strict=True):
        longest = max(_width(line) for text in texts for line in text.split("\n"))
        yield min(max(longest + _PADDING, _NARROWEST), _WIDEST)


def _width(line: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line[:_WIDEST])


def _fitting(text: str) -> str:
    """The text as a cell of Excel can hold it."""
    # Excel counts the rarer characters twice.
    if len(text) > SHEET_TEXT // 2 and len(units := text.encode("utf-16-le")) > 2 * SHEET_TEXT:
        text = units[: 2 * (SHEET_TEXT - 1)].decode("utf-16-le", "ignore") + "…"
    return _LIKE_AN_ESCAPE.sub("_x005F_", text)


def _text_cell(sheet: Worksheet, style: str, text: str) -> Cell:
    cell = WriteOnlyCell(sheet, _fitting(text))
    cell.data_type = "s"
    cell.style = style
    return cell
