"""Writing of a table to a file, row by row, with every cell as text and formulas escaped.

Formulas are escaped with an apostrophe in xlsx files, too: a text cell is harmless there, but not
in a csv file that a user may save from the xlsx file.

openpyxl is imported when the first xlsx file is written: importing it takes an eighth of the time
in which a process of the portal starts, and few processes write such a file.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import IO, TYPE_CHECKING

from django.utils.translation import gettext as _

from .cell_text import clean, escape_formula
from .coordinates import cell_reference, column_letters
from .limits import SHEET_ROWS, SHEET_TEXT
from .structures import Column

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.styles import NamedStyle
    from openpyxl.worksheet.worksheet import Worksheet

# Office programs would read _x0041_ in a text as the character A.
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FONT = "Calibri"  # Office programs substitute a Chinese font for Chinese characters
_ROWS_FOR_WIDTH = 200  # number of rows from which the column widths are computed
_MIN_WIDTH, _MAX_WIDTH = 8, 50  # of a column, in characters
_PADDING = 2


def write_xlsx(
    stream: IO[bytes],
    *,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, str]],
    title: str = "",
) -> None:
    """Write a sheet with the title, if any, the header and the rows."""
    from openpyxl import Workbook

    texts = _texts(columns, rows)
    first = list(islice(texts, _ROWS_FOR_WIDTH))
    headers = [_cell_text(column.header) for column in columns]

    workbook = Workbook(write_only=True)
    for style in _styles():
        workbook.add_named_style(style)
    sheet = workbook.create_sheet(_("Table"))
    for index, width in enumerate(_widths([headers, *first]), 1):
        sheet.column_dimensions[column_letters(index)].width = width
    sheet.freeze_panes = cell_reference(1, 3 if title else 2)
    try:
        if title:
            sheet.append([_text_cell(sheet, "title", _cell_text(title))])
        sheet.append([_text_cell(sheet, "header", text) for text in headers])
        # append() writes cells immediately, so that the same cell objects serve all rows.
        cells = [_text_cell(sheet, "text", "") for _column in columns]
        for number, row in enumerate(chain(first, texts), 3 if title else 2):
            if number > SHEET_ROWS:
                raise ValueError("more rows than a sheet can hold")
            for cell, text in zip(cells, row, strict=True):
                cell.value = _fit_into_cell(text)
                cell.data_type = "s"  # otherwise openpyxl would write a text with "=" as a formula
            sheet.append(cells)
    finally:
        sheet.close()
    workbook.properties.creator = None  # otherwise the name of the library stands as the author
    workbook.save(stream)


def write_csv(
    stream: IO[bytes],
    *,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, str]],
    title: str = "",
) -> None:
    """Write UTF-8 with a byte order mark, without which Excel and WPS display Chinese wrongly."""
    # Every field is quoted: otherwise a text with ";" would be split in locales where that
    # character is the list separator.
    writer = csv.writer(_Utf8(stream), quoting=csv.QUOTE_ALL)
    stream.write(codecs.BOM_UTF8)
    if title:
        writer.writerow([_cell_text(title)])
    writer.writerow([_cell_text(column.header) for column in columns])
    writer.writerows(_texts(columns, rows))


def _texts(columns: Sequence[Column], rows: Iterable[Mapping[str, str]]) -> Iterator[list[str]]:
    for row in rows:
        yield [_cell_text(row.get(column.name, "")) for column in columns]


def _cell_text(text: str) -> str:
    return escape_formula(clean(text))


class _Utf8:
    """A text stream that writes UTF-8 to a stream of bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(text.encode())


def _styles() -> Iterator[NamedStyle]:
    from openpyxl.styles import Alignment, Font, NamedStyle

    # The cells are formatted as text, so that dates and long numbers typed into them later are not
    # converted.
    body = Alignment(vertical="top", wrap_text=True)
    yield NamedStyle("text", font=Font(name=_FONT), number_format="@", alignment=body)
    yield NamedStyle("header", font=Font(name=_FONT, bold=True), number_format="@", alignment=body)
    yield NamedStyle("title", font=Font(name=_FONT, bold=True, size=14), number_format="@")


def _widths(rows: Iterable[Sequence[str]]) -> Iterator[int]:
    """Yield the width of each column: that of its longest line, between the two limits."""
    for texts in zip(*rows, strict=True):
        longest = max(_width(line) for text in texts for line in text.split("\n"))
        yield min(max(longest + _PADDING, _MIN_WIDTH), _MAX_WIDTH)


def _width(line: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line[:_MAX_WIDTH])


def _fit_into_cell(text: str) -> str:
    """Shorten a text to the limit of an Excel cell, and escape the notation of Office programs."""
    # Excel counts UTF-16 code units.
    if len(text) > SHEET_TEXT // 2 and len(units := text.encode("utf-16-le")) > 2 * SHEET_TEXT:
        text = units[: 2 * (SHEET_TEXT - 1)].decode("utf-16-le", "ignore") + "…"
    return _LIKE_AN_ESCAPE.sub("_x005F_", text)


def _text_cell(sheet: Worksheet, style: str, text: str) -> Cell:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, _fit_into_cell(text))
    cell.data_type = "s"
    cell.style = style
    return cell
