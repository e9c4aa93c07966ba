"""Functions that build xlsx files part by part, valid or damaged, and read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.interchange.tables import Cell, Column, Row, TableError, read_table
from tests.library.sample_files import zip_of

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"

NAME = Column("name", "姓名", aliases=("名字",), required=True)
DAY = Column("day", "日期", is_date=True)
SCORE = Column("score", "得分（分）")
COLUMNS = (NAME, DAY, SCORE)
GENEROUS = (Column("name", "姓名"), DAY, SCORE)  # columns of which none is required

HEADER = (
    "<row r='1'>"
    + "".join(
        f"<c r='{letter}1' t='inlineStr'><is><t>{column.header}</t></is></c>"
        for letter, column in zip("ABC", COLUMNS, strict=True)
    )
    + "</row>"
)


def text(place: str, content: str, more: str = "") -> str:
    return f"<c r='{place}' t='inlineStr'{more}><is><t>{content}</t></is></c>"


def number(place: str, content: str, style: int = 0) -> str:
    return f"<c r='{place}' s='{style}'><v>{content}</v></c>"


def row(index: int, *cells: str) -> str:
    return f"<row r='{index}'>{''.join(cells)}</row>"


def sheet(*rows: str, after: str = "", before: str = "") -> str:
    return (
        f"<worksheet xmlns='{MAIN}'>{before}<sheetData>{''.join(rows)}</sheetData>{after}"
        "</worksheet>"
    )


def book(
    *sheets: str,
    states: Sequence[str] = (),
    strings: str = "",
    formats: Sequence[int] = (0,),
    codes: Mapping[int, str] | None = None,
    workbook: str = "",
    content_type: str = _SHEET_TYPE,
    parts: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Return an xlsx file with these worksheets; a cell's style is an index of ``formats``."""
    sheet_elements = "".join(
        f"<sheet name='表{i}' sheetId='{i}' r:id='rId{i}'"
        f" state='{states[i - 1] if states else 'visible'}'/>"
        for i in range(1, len(sheets) + 1)
    )
    relations = "".join(
        f"<Relationship Id='rId{i}' Type='{_OFFICE}/worksheet' Target='worksheets/sheet{i}.xml'/>"
        for i in range(1, len(sheets) + 1)
    )
    more = {"sharedStrings": strings, "styles": "yes"}
    relations += "".join(
        f"<Relationship Id='{kind}' Type='{_OFFICE}/{kind}' Target='/xl/{kind}.xml'/>"
        for kind, there in more.items()
        if there
    )
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": f"<Types xmlns='{_PACKAGE}/content-types'>"
        f"<Override PartName='/xl/workbook.xml' ContentType='{content_type}'/></Types>",
        "_rels/.rels": f"<Relationships xmlns='{_PACKAGE}/relationships'><Relationship Id='a' "
        f"Type='{_OFFICE}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{MAIN}' xmlns:r='{_OFFICE}'>{workbook}"
        f"<sheets>{sheet_elements}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{_PACKAGE}/relationships'>"
        f"{relations}</Relationships>",
        "xl/styles.xml": _styles(formats, codes or {}),
    }
    if strings:
        files["xl/sharedStrings.xml"] = f"<sst xmlns='{MAIN}'>{strings}</sst>"
    files |= {f"xl/worksheets/sheet{i}.xml": xml for i, xml in enumerate(sheets, 1)}
    files |= parts or {}
    return zip_of({k: v.encode() if isinstance(v, str) else v for k, v in files.items()})


def table(*rows: str, after: str = "", **more) -> bytes:
    """Return an xlsx file with one sheet, whose first row is the header."""
    return book(sheet(HEADER, *rows, after=after), **more)


def read(data: bytes, columns: Sequence[Column] = COLUMNS, **more) -> list[Row]:
    return list(read_table(data, columns=columns, **more))


def texts(data: bytes, columns: Sequence[Column] = COLUMNS) -> list[tuple[str, ...]]:
    """Return the texts of all cells, after asserting that no cell has a problem."""
    rows = read(data, columns)
    assert [cell for row in rows for cell in row.problems] == []
    return [tuple(cell.text for cell in row.cells.values()) for row in rows]


def only(data: bytes, column: str = "score") -> Cell:
    """Return one cell of a table with a single row."""
    [row] = read(data)
    return row.cells[column]


def refusal(data: bytes, columns: Sequence[Column] = COLUMNS, **more) -> str:
    """Return the message of the TableError that refuses a file before any row is read."""
    try:
        read_table(data, columns=columns, **more)
    except TableError as error:
        return str(error)
    raise AssertionError("the file was taken")


def _styles(formats: Sequence[int], codes: Mapping[int, str]) -> str:
    used = "".join(f"<xf numFmtId='{n}'/>" for n in formats)
    number_formats = "".join(
        f"<numFmt numFmtId='{n}' formatCode='{code}'/>" for n, code in codes.items()
    )
    return (
        f"<styleSheet xmlns='{MAIN}'><numFmts>{number_formats}</numFmts>"
        "<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
        f"<cellXfs>{used}</cellXfs></styleSheet>"
    )
