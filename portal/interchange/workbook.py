"""Reader of the worksheets of an xlsx file, which returns them as values.

The XML is parsed with expat directly, because no library offers all that an import needs: number
formats, formulas distinguished from values, merged ranges, and limits for hostile files. See
docs/decisions/0014-reading-spreadsheets.md.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from .cell_text import clean
from .cell_values import (
    Format,
    boolean_value,
    clean_raw_text,
    error_value,
    format_of,
    formula_value,
    iso_value,
    number_value,
    text_value,
)
from .coordinates import CellRange, column_number, parse_range
from .limits import MAX_RANGES, MAX_RAW_TEXT, MAX_SHEETS, MAX_STYLES, SHEET_COLUMNS, SHEET_ROWS
from .package import Package, PartHandler, damaged_file, too_many_cells
from .structures import Value

# The notation of Office programs for a character that XML does not allow.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DIGITS = "0123456789"


@dataclass
class Sheet:
    """A worksheet; ``merged`` and ``formulas`` are set after all its rows have been read."""

    title: str
    part: str
    merged: list[CellRange]
    formulas: list[CellRange]


class Workbook:
    """The visible worksheets of a file, with their shared strings and styles."""

    def __init__(self, package: Package) -> None:
        self._package = package
        roots = [name for kind, name in package.related("").values() if kind == "officeDocument"]
        main = roots[0] if roots else "xl/workbook.xml"
        package.read(main, handler := _WorkbookHandler())
        related = package.related(main)
        self.from_1904 = handler.from_1904
        self._strings = _StringsHandler()
        self._styles = _StylesHandler()
        for kind, name in related.values():
            if kind == "sharedStrings":
                package.read(name, self._strings)
            elif kind == "styles":
                package.read(name, self._styles)
        self.sheets = [
            Sheet(title, related[key][1], [], [])
            for title, key in handler.visible
            if related.get(key, ("",))[0] == "worksheet"
        ]

    def rows(self, sheet: Sheet, wanted: Container[int]) -> Iterator[tuple[int, dict[int, Value]]]:
        """Yield (row number, values by column number) of each row with a value in a wanted column.

        The caller may remove columns from ``wanted`` while the rows are read.
        """
        handler = _SheetHandler(self._strings, self._styles, wanted, from_1904=self.from_1904)
        for _chunk in self._package.parse(sheet.part, handler):
            yield from handler.rows
            handler.rows.clear()
        sheet.merged, sheet.formulas = handler.merged, handler.formulas


class _WorkbookHandler(PartHandler):
    """Handler of xl/workbook.xml: the visible sheets, and whether dates count from 1904."""

    def __init__(self) -> None:
        self.visible: list[tuple[str, str]] = []  # (title, id of the reference to the sheet's part)
        self.from_1904 = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}
        elif tag == "sheet" and attributes.get("state", "visible") == "visible":
            key = next((v for name, v in attributes.items() if name.endswith(":id")), "")
            if len(self.visible) == MAX_SHEETS:
                raise too_many_cells()
            self.visible.append((clean(attributes.get("name", "")), key))


class _StylesHandler(PartHandler):
    """Handler of xl/styles.xml: the number format of each cell style."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._numbers: list[int] = []
        self._formats: dict[int, Format] = {}
        self._section = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in {"numFmts", "cellXfs", "cellStyleXfs", "dxfs"}:
            self._section = tag
        elif tag == "numFmt" and self._section == "numFmts":
            self._codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")[:255]
        elif tag == "xf" and self._section == "cellXfs":
            self._numbers.append(int(attributes.get("numFmtId", "0")))
        if max(len(self._codes), len(self._numbers)) > MAX_STYLES:
            raise damaged_file()

    def format(self, style: int) -> Format:
        if not 0 <= style < len(self._numbers):
            return Format()
        number = self._numbers[style]
        if number not in self._formats:
            self._formats[number] = format_of(number, self._codes.get(number))
        return self._formats[number]


class _TextHandler(PartHandler):
    """A handler that collects the text of elements, up to MAX_RAW_TEXT characters each."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._collects = False
        self._phonetic_depth = 0  # depth of phonetic readings (rPh), whose text is skipped

    def text(self, data: str) -> None:
        # Keep one character more than the limit, so that a text over the limit is recognised.
        if self._collects and self._length <= MAX_RAW_TEXT:
            self._pieces.append(data[: MAX_RAW_TEXT + 1])
            self._length += len(data)

    def take_text(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        return text


class _StringsHandler(_TextHandler):
    """Handler of xl/sharedStrings.xml: the shared strings, each cleaned one time.

    They are stored as UTF-8 bytes, which need half the memory of Python strings.
    """

    def __init__(self) -> None:
        super().__init__()
        self._bytes = bytearray()
        self._offsets = array("Q", [0])

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._offsets) - 1:
            raise IndexError(index)
        return self._bytes[self._offsets[index] : self._offsets[index + 1]].decode()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "rPh":
            self._phonetic_depth += 1
        elif tag == "t":
            self._collects = not self._phonetic_depth

    def end(self, tag: str) -> None:
        if tag == "t":
            self._collects = False
        elif tag == "rPh":
            self._phonetic_depth -= 1
        elif tag == "si":
            self._bytes += clean_raw_text(_unescaped(self.take_text())).encode()
            self._offsets.append(len(self._bytes))


class _SheetHandler(_TextHandler):
    """Handler of xl/worksheets/sheet1.xml: rows parsed so far, merged ranges, array formulas.

    A row or cell without a number follows the previous row or cell directly.
    """

    def __init__(
        self,
        strings: _StringsHandler,
        styles: _StylesHandler,
        wanted: Container[int],
        *,
        from_1904: bool,
    ) -> None:
        super().__init__()
        self.rows: list[tuple[int, dict[int, Value]]] = []
        self.merged: list[CellRange] = []
        self.formulas: list[CellRange] = []
        self._strings = strings
        self._styles = styles
        self._wanted = wanted
        self._from_1904 = from_1904
        self._row = 0
        self._values: dict[int, Value] = {}
        self._column = 0
        self._kind = ""
        self._style = 0
        self._has_formula = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._start_cell(attributes)
        elif tag in {"v", "t"}:
            self._collects = self._column in self._wanted and not self._phonetic_depth
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "f":
            self._has_formula = True
            if attributes.get("t") in {"array", "dataTable"} and "ref" in attributes:
                self._add(self.formulas, attributes["ref"])
        elif tag == "rPh":
            self._phonetic_depth += 1
        elif tag == "mergeCell":
            self._add(self.merged, attributes["ref"])

    def end(self, tag: str) -> None:
        if tag == "c":
            self._end_cell()
        elif tag in {"v", "t"}:
            self._collects = False
        elif tag == "row":
            if self._values:
                self.rows.append((self._row, self._values))
                self._values = {}
        elif tag == "rPh":
            self._phonetic_depth -= 1

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        number = int(attributes["r"]) if "r" in attributes else self._row + 1
        if not self._row < number <= SHEET_ROWS:
            raise damaged_file()
        self._row = number
        self._column = 0

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        if "r" in attributes:
            self._column = column_number(attributes["r"].rstrip(_DIGITS))
        else:
            self._column += 1
            if self._column > SHEET_COLUMNS:
                raise damaged_file()
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", "0"))
        self._has_formula = False

    def _end_cell(self) -> None:
        raw = self.take_text()
        if self._column not in self._wanted:
            return
        if self._has_formula:
            self._values[self._column] = formula_value()
        elif raw and ((value := self._value(raw)).text or value.problem):
            self._values[self._column] = value

    def _value(self, raw: str) -> Value:
        if self._kind == "s":
            return text_value(self._strings[int(raw)])
        if self._kind in {"inlineStr", "str"}:
            return text_value(clean_raw_text(_unescaped(raw)))
        if self._kind == "n":
            cell_format = self._styles.format(self._style)
            return number_value(raw, cell_format, from_1904=self._from_1904)
        if self._kind == "b":
            return boolean_value(raw)
        if self._kind == "d":
            return iso_value(raw)
        if self._kind == "e":
            return error_value(raw)
        raise damaged_file()

    def _add(self, blocks: list[CellRange], reference: str) -> None:
        found = parse_range(reference)
        if (found.top, found.left) == (found.bottom, found.right):
            return
        if len(blocks) == MAX_RANGES:
            raise too_many_cells()
        blocks.append(found)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text
