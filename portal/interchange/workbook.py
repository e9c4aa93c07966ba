"""An xlsx file as sheets of values.

Read by hand on expat: openpyxl's streaming reader sees no merged cells, takes the date formats of
Chinese Excel for plain numbers, and fills up whatever rows and columns a file claims to have.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from .cell_text import clean
from .limits import MAX_BLOCKS, MAX_RAW_TEXT, MAX_SHEETS, MAX_STYLES, SHEET_COLUMNS, SHEET_ROWS
from .package import Package, Part, damaged, too_many_cells
from .places import Block, block, index_of
from .structures import Value
from .values import (
    Format,
    boolean_value,
    error_value,
    format_of,
    formula_value,
    iso_value,
    number_value,
    text_value,
    tidied,
)

# How Office writes a character that XML cannot hold.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DIGITS = "0123456789"


@dataclass
class Sheet:
    """One worksheet. Its blocks are known when its rows have been read to the end."""

    title: str
    part: str
    merged: list[Block]
    formulas: list[Block]


class Workbook:
    """The visible sheets of a file, and what they share."""

    def __init__(self, package: Package) -> None:
        self._package = package
        roots = [name for kind, name in package.related("").values() if kind == "officeDocument"]
        main = roots[0] if roots else "xl/workbook.xml"
        package.read(main, listing := _Listing())
        related = package.related(main)
        self.from_1904 = listing.from_1904
        self._strings = _Strings()
        self._styles = _Styles()
        for kind, name in related.values():
            if kind == "sharedStrings":
                package.read(name, self._strings)
            elif kind == "styles":
                package.read(name, self._styles)
        self.sheets = [
            Sheet(title, related[key][1], [], [])
            for title, key in listing.visible
            if related.get(key, ("",))[0] == "worksheet"
        ]

    def rows(self, sheet: Sheet, wanted: Container[int]) -> Iterator[tuple[int, dict[int, Value]]]:
        """(number, values by column) of each row that holds anything in the wanted columns.

        Fewer may be wanted on the way.
        """
        hearing = _Cells(self._strings, self._styles, wanted, from_1904=self.from_1904)
        for _piece in self._package.listen(sheet.part, hearing):
            yield from hearing.rows
            hearing.rows.clear()
        sheet.merged, sheet.formulas = hearing.merged, hearing.formulas


class _Listing(Part):
    """xl/workbook.xml: which sheets there are, and from which year days are counted."""

    def __init__(self) -> None:
        self.visible: list[tuple[str, str]] = []  # title, id of the relation
        self.from_1904 = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}
        elif tag == "sheet" and attributes.get("state", "visible") == "visible":
            key = next((v for name, v in attributes.items() if name.endswith(":id")), "")
            if len(self.visible) == MAX_SHEETS:
                raise too_many_cells()
            self.visible.append((clean(attributes.get("name", "")), key))


class _Styles(Part):
    """xl/styles.xml: how the value of a cell with a style is shown."""

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
            raise damaged()

    def format(self, style: int) -> Format:
        if not 0 <= style < len(self._numbers):
            return Format()
        number = self._numbers[style]
        if number not in self._formats:
            self._formats[number] = format_of(number, self._codes.get(number))
        return self._formats[number]


class _Text(Part):
    """Collects the text of elements, up to a limit."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._collects = False
        self._unspoken = 0  # inside how many phonetic readings of the text

    def text(self, data: str) -> None:
        # One character more than the limit, so that what is too long is seen to be.
        if self._collects and self._length <= MAX_RAW_TEXT:
            self._pieces.append(data[: MAX_RAW_TEXT + 1])
            self._length += len(data)

    def taken(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        return text


class _Strings(_Text):
    """xl/sharedStrings.xml, tidied once, however many cells share a string.

    Kept as bytes: strings of Python's own take twice the memory.
    """

    def __init__(self) -> None:
        super().__init__()
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._ends) - 1:
            raise IndexError(index)
        return self._bytes[self._ends[index] : self._ends[index + 1]].decode()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "rPh":
            self._unspoken += 1
        elif tag == "t":
            self._collects = not self._unspoken

    def end(self, tag: str) -> None:
        if tag == "t":
            self._collects = False
        elif tag == "rPh":
            self._unspoken -= 1
        elif tag == "si":
            self._bytes += tidied(_unescaped(self.taken())).encode()
            self._ends.append(len(self._bytes))


class _Cells(_Text):
    """xl/worksheets/sheet1.xml: the rows heard so far, and which cells belong together.

    Rows and cells may lack their numbers, and then follow the one before.
    """

    def __init__(
        self, strings: _Strings, styles: _Styles, wanted: Container[int], *, from_1904: bool
    ) -> None:
        super().__init__()
        self.rows: list[tuple[int, dict[int, Value]]] = []
        self.merged: list[Block] = []
        self.formulas: list[Block] = []
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
            self._collects = self._column in self._wanted and not self._unspoken
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "f":
            self._has_formula = True
            if attributes.get("t") in {"array", "dataTable"} and "ref" in attributes:
                self._add(self.formulas, attributes["ref"])
        elif tag == "rPh":
            self._unspoken += 1
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
            self._unspoken -= 1

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        number = int(attributes["r"]) if "r" in attributes else self._row + 1
        if not self._row < number <= SHEET_ROWS:
            raise damaged()
        self._row = number
        self._column = 0

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        if "r" in attributes:
            self._column = index_of(attributes["r"].rstrip(_DIGITS))
        else:
            self._column += 1
            if self._column > SHEET_COLUMNS:
                raise damaged()
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", "0"))
        self._has_formula = False

    def _end_cell(self) -> None:
        raw = self.taken()
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
            return text_value(tidied(_unescaped(raw)))
        if self._kind == "n":
            shown_as = self._styles.format(self._style)
            return number_value(raw, shown_as, from_1904=self._from_1904)
        if self._kind == "b":
            return boolean_value(raw)
        if self._kind == "d":
            return iso_value(raw)
        if self._kind == "e":
            return error_value(raw)
        raise damaged()

    def _add(self, blocks: list[Block], reference: str) -> None:
        found = block(reference)
        if (found.top, found.left) == (found.bottom, found.right):
            return
        if len(blocks) == MAX_BLOCKS:
            raise too_many_cells()
        blocks.append(found)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text
