"""Files that are read, and the messages that refuse other files."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from portal.interchange import limits
from portal.interchange.tables import Cell, Column
from tests.library.sample_files import understate_size, zip_of

from .work import count_calls
from .workbooks import (
    COLUMNS,
    HEADER,
    MAIN,
    book,
    number,
    read,
    refusal,
    row,
    sheet,
    table,
    text,
    texts,
)

MB = 1024 * 1024
DAMAGED = (
    "The file is damaged or incomplete. Open it in Excel or WPS, save it anew, then upload it once "
    "more."
)
BOMB = (
    "The file unpacks to an enormous size and is refused. Copy the table into a new file and "
    "upload that."
)
MACROS = "The file holds macros. Save it without macros (as xlsx), then upload that."
CELLS = (
    "The file holds far too many cells, most of them perhaps empty. Copy the table alone into a "
    "new file and upload that."
)
NOT_EXCEL = "This archive is not an Excel table. Save the table as xlsx, then upload that."
DOCTYPE = (
    "The file holds definitions that no table needs, and is refused. Open it in Excel or WPS and "
    "save it anew."
)
PASSWORD = "The file has a password. Save it without a password, then upload that."
OLD = "This is a file of an old Excel or of WPS (xls, et). Save it as xlsx, then upload that."
NO_TABLE = "This is not a table. Upload an Excel (xlsx) or csv file."
PAGE = (
    "This is a web page, though its name may say otherwise. Open it in Excel or WPS and save it as "
    "xlsx, then upload that."
)
NOTHING = "No visible sheet of the file holds anything."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
GOOD = table(row(2, text("A2", "张三"), number("C2", "98.65")))


def changed_entry(data: bytes, name: str, offset: int, value: bytes) -> bytes:
    """Return the archive with changed bytes in the directory entry of one part."""
    at = data.index(b"PK\x01\x02")
    while data[at + 46 : at + 46 + len(name)] != name.encode():
        at = data.index(b"PK\x01\x02", at + 4)
    return data[: at + offset] + value + data[at + offset + len(value) :]


REFUSED = {
    "nothing": (b"", "The file is empty."),
    "blanks": (b"\xef\xbb\xbf \r\n", "The file is empty."),
    "pdf": (b"%PDF-1.4 \xe2\xe3 %%EOF", NO_TABLE),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, NO_TABLE),
    "empty archive": (b"PK\x05\x06" + b"\0" * 18, NO_TABLE),
    "web page": (b"\xef\xbb\xbf\n<html><table><tr><td>", PAGE),
    "old xls": (OLE + b"\0" * 600, OLD),
    "password": (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), PASSWORD),
    "too large": (b"a" * (limits.MAX_BYTES + 1),
                  "The file is larger than 50 MB. Divide the table into several files."),
    "unreadable": (b"\xef\xbb\xbf\xff,\xff",
                   "The characters of the file cannot be read. Save it as xlsx, then upload that."),
    "half an xlsx": (GOOD[: len(GOOD) // 2], DAMAGED),
    "no end": (GOOD[:-10], DAMAGED),
    "archive": (zip_of({"a.txt": b"a"}), NOT_EXCEL),
    "word": (zip_of({"[Content_Types].xml": b"<wordprocessingml/>", "word/a.xml": b""}), NOT_EXCEL),
    "xlsb": (zip_of({"[Content_Types].xml": b"macroEnabled", "xl/workbook.bin": b""}),
             "This is a binary Excel workbook (xlsb). Save it as xlsx, then upload that."),
    "no workbook": (zip_of({"[Content_Types].xml": b"spreadsheetml"}), DAMAGED),
    "macros": (table(parts={"xl/vbaProject.bin": b"x"}), MACROS),
    "macros by type": (table(content_type="application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
                       MACROS),
    "old macros": (table(parts={"xl/macrosheets/sheet1.xml": b"x"}), MACROS),
    "no sheets": (book(), NOTHING),
    "sheet missing": (changed_entry(GOOD, "xl/worksheets/sheet1.xml", 46, b"XX"), DAMAGED),
    "entry with password": (changed_entry(GOOD, "xl/worksheets/sheet1.xml", 8, b"\1"), PASSWORD),
    "twice the same": (table(parts={"XL/worksheets/SHEET1.xml": b"x"}), DAMAGED),
    "bomb": (table(parts={"xl/media/a.png": b"\0" * (60 * MB)}), BOMB),
    "too many entries": (table(parts={f"xl/{i}": b"" for i in range(2000)}), BOMB),
    "broken xml": (book(sheet(HEADER)[:-5]), DAMAGED),
    "no xml": (book("plain words"), DAMAGED),
    "rows backwards": (book(sheet(HEADER, row(9), row(5))), DAMAGED),
    "row 0": (book(sheet(row(0))), DAMAGED),
    "row beyond the last": (book(sheet(row(1_048_577))), DAMAGED),
    "row of words": (book(sheet("<row r='x'/>")), DAMAGED),
    "column beyond the last": (table(row(2, text("XFE2", "x"))), DAMAGED),
    "no column": (table(row(2, text("2", "x"))), DAMAGED),
    "no such string": (table(row(2, "<c r='A2' t='s'><v>7</v></c>")), DAMAGED),
    "string -1": (table(row(2, "<c r='A2' t='s'><v>-1</v></c>"), strings="<si/>"), DAMAGED),
    "no such type": (table(row(2, "<c r='A2' t='x'><v>7</v></c>")), DAMAGED),
    "merged with nothing": (table(after="<mergeCells><mergeCell ref='A0:B'/></mergeCells>"),
                            DAMAGED),
    "strange encoding": (book("<?xml version='1.0' encoding='rot13'?><a/>"), DAMAGED),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), REFUSED.values(), ids=REFUSED)
def test_the_file_is_refused(data: bytes, expected: str) -> None:
    assert refusal(data) == expected


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_methods_are_refused(method: int) -> None:
    """Other compression methods may require gigabytes of memory for unpacking."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good, zipfile.ZipFile(stream, "w", method) as other:
        for name in good.namelist():
            other.writestr(name, good.read(name))
    assert refusal(stream.getvalue()) == DAMAGED


def test_an_uncompressed_archive_with_backslashes_is_read() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good, zipfile.ZipFile(stream, "w") as other:
        for name in good.namelist():
            other.writestr(name.replace("/", "\\"), good.read(name))
    assert texts(stream.getvalue()) == [("张三", "", "98.65")]


def test_a_changed_byte_is_noticed() -> None:
    plain = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good, zipfile.ZipFile(plain, "w") as other:
        for name in good.namelist():
            other.writestr(name, good.read(name))
    assert refusal(plain.getvalue().replace(b"98.65", b"18.65")) == DAMAGED


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_bomb_with_a_false_size_is_refused(name: str) -> None:
    blanks = " " * (30 * MB)
    sheets = [sheet(HEADER, blanks)] if "sheet1" in name else [sheet(HEADER)]
    data = book(*sheets, strings="" if "sheet1" in name else f"<si><t>{blanks}</t></si>")
    assert refusal(data) == BOMB
    assert refusal(understate_size(data, name, 10)) == DAMAGED


def test_a_bomb_with_a_low_compression_ratio_is_refused() -> None:
    """The limit applies to the total unpacked size of all parts that are read."""
    noise = random.Random(1).randbytes(3 * MB)
    half = " " * (110 * MB)
    data = book(sheet(HEADER, half), strings=half, parts={"xl/media/noise.bin": noise})
    assert refusal(data) == BOMB


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml",
                                  "xl/worksheets/sheet1.xml", "_rels/.rels"])  # fmt: skip
def test_nested_entities_are_refused(part: str) -> None:
    laughs = "".join(
        f"<!ENTITY l{n} '{'&l%s;' % (n - 1) * 10 if n else 'lol'}'>" for n in range(10)
    )
    xml = f"<!DOCTYPE worksheet [{laughs}]><worksheet xmlns='{MAIN}'>&l9;</worksheet>"
    data = table(strings="<si/>", parts={part: xml})
    text, calls = count_calls(lambda: refusal(data))
    assert text == DOCTYPE
    assert calls < 20_000


def test_external_entities_are_refused() -> None:
    xml = "<!DOCTYPE worksheet SYSTEM 'file:///etc/passwd'>" + sheet(HEADER)
    assert refusal(book(xml)) == DOCTYPE


HOSTILE_XML = {
    "deep": (book(sheet(HEADER, "<a>" * 100_000)), DAMAGED),
    "one endless tag": (book(sheet(HEADER, f"<a b='{'x' * 30 * MB}'/>")), BOMB),
    "an endless comment": (
        book(sheet(HEADER, "<!--" + random.Random(2).randbytes(2 * MB).hex())),
        DAMAGED,
    ),
    "ever other names": (book(sheet(HEADER, *[f"<n{n}/>" for n in range(20_000)])), DAMAGED),
    "merged everywhere": (
        table(after="<mergeCell ref='A1:B2'/>" * 20_001),
        CELLS,
    ),
    "sheets without end": (book(*["<worksheet/>"] * 201), CELLS),
}


@pytest.mark.parametrize(("data", "expected"), HOSTILE_XML.values(), ids=HOSTILE_XML)
def test_hostile_xml_is_refused_with_bounded_work(data: bytes, expected: str) -> None:
    text, calls = count_calls(lambda: refusal(data))
    assert text == expected
    assert calls < 600_000


def test_the_number_of_elements_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.interchange.package.MAX_ELEMENTS", 500)
    assert len(read(table(*[row(n, text(f"A{n}", "张三")) for n in range(2, 100)]))) == 98
    assert refusal(table(*[row(n, "<c/>" * 9) for n in range(2, 100)])) == CELLS


def test_a_false_dimension_is_ignored() -> None:
    for dimension in ("A1:XFD1048576", "A1", "nonsense"):
        lying = sheet(HEADER, row(2, text("A2", "张三")), before=f"<dimension ref='{dimension}'/>")
        assert texts(book(lying)) == [("张三", "", "")]


def test_cells_far_apart_need_little_work() -> None:
    data = table(
        row(2, text("A2", "张三"), text("XFD2", "far to the right")),
        row(1_048_576, text("A1048576", "李四")),
        after="<mergeCells><mergeCell ref='D1:XFD1048576'/></mergeCells>",
    )
    rows, calls = count_calls(lambda: read(data))
    assert [(found.number, found.problems) for found in rows] == [(2, []), (1_048_576, [])]
    assert calls < 20_000


def test_too_many_columns_are_refused_or_ignored() -> None:
    wide = [text(f"{letters}1", "x") for letters in ("A", "XFD")]
    many = row(1, *["<c t='inlineStr'><is><t>x</t></is></c>"] * 16_385)
    assert refusal(book(sheet(many))) == DAMAGED
    assert refusal(book(sheet(row(1, *wide)))).startswith("No row of headers was found")


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_too_many_rows_are_refused(kind: str) -> None:
    def file(count: int) -> bytes:
        if kind == "csv":
            return ("姓名,日期\n" + "张三,\n\n" * count).encode()
        return table(*[row(2 * n, text(f"A{2 * n}", "张三")) for n in range(1, count + 1)])

    expected = "The table has more than 20 rows. Divide it into several files."
    assert len(read(file(20), max_rows=20)) == 20
    assert refusal(file(21), max_rows=20) == expected
    assert len(read(file(3), max_rows=3)) == 3
    assert refusal(file(3), max_rows=2) == expected.replace("20", "2")


def test_the_first_visible_sheet_that_is_not_empty_is_read() -> None:
    def named(name: str) -> str:
        return sheet(HEADER, row(2, text("A2", name)))

    empty = sheet("<row r='1'><c r='A1' s='0'/></row>", row(40, text("A40", " ")))
    data = book(
        named("hidden"), empty, sheet(), named("张三"), named("李四"),
        states=["hidden", "visible", "visible", "visible", "visible"],
    )  # fmt: skip
    assert texts(data) == [("张三", "", "")]
    hidden = book(named("hidden"), named("hidden"), states=["hidden", "veryHidden"])
    assert refusal(hidden) == NOTHING


def test_prefixed_strict_and_utf16_xml_is_read() -> None:
    xml = sheet(HEADER, row(2, text("A2", "张三")))
    prefixed = xml.replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
    assert texts(book(prefixed)) == [("张三", "", "")]
    strict = xml.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
    assert texts(book(strict)) == [("张三", "", "")]
    wide = {"xl/worksheets/sheet1.xml": xml.encode("utf-16")}
    assert texts(book(xml, parts=wide)) == [("张三", "", "")]


HEADERS = {
    "title above": (["2024年度", "", "姓名|日期|得分"], 3),
    "row 10": ([""] * 9 + ["姓名|日期|得分"], 10),
    "decorated": (["*姓　名：|日 期&#10;（年月日）|得分（100分制）"], 1),
    "alias": (["名字※|【必填】日期"], 1),
    "full width": (["姓名＊|日期(yyyy（年）mm)|得分［分］"], 1),
    "columns left out": (["姓名"], 1),
    "blank headers between": (["姓名||日期|　|得分"], 1),
    "the title names a column": (["日期：2024年|", "日期|", "姓名|日期"], 3),
}


def headed(lines: list[str]) -> bytes:
    rows = [
        row(n, *[text(f"{chr(64 + i)}{n}", name) for i, name in enumerate(line.split("|"), 1)])
        for n, line in enumerate(lines, 1)
        if line
    ]
    end = len(lines) + 1
    return book(sheet(*rows, row(end, text(f"A{end}", "张三"))))


@pytest.mark.parametrize(("lines", "found"), HEADERS.values(), ids=HEADERS)
def test_the_header_is_found(lines: list[str], found: int) -> None:
    [only] = read(headed(lines))
    assert only.number == found + 1
    assert only.cells["name"] == Cell("张三", f"A{found + 1}")


def test_headers_that_differ_in_their_remarks() -> None:
    columns = (Column("yuan", "金额（元）"), Column("wan", "金额（万元）"))
    data = headed(["金额(万元)|金额 （元）"])
    [found] = read(data, columns)
    assert {name: cell.reference for name, cell in found.cells.items()} == {
        "yuan": "B2",
        "wan": "A2",
    }
    assert refusal(headed(["金额|金额（元）"]), columns) == (
        "The headers were looked for in row 1. These are not known: 金额 (A1). "
        "Write them as in the template, or take the columns out."
    )


WRONG_HEADERS = {
    "none": (
        ["甲|乙", "丙"],
        "No row of headers was found in rows 1 to 10 of the sheet “表1”. Expected there: "
        "姓名, 日期, 得分（分）. Copy the header row of the template.",
    ),
    "below row 10": (
        [""] * 10 + ["姓名"],
        "No row of headers was found in rows 1 to 10 of the sheet “表1”. Expected there: "
        "姓名, 日期, 得分（分）. Copy the header row of the template.",
    ),
    "missing": (
        ["得分表", "日期|得分"],
        "The headers were looked for in row 2. These are missing: 姓名. "
        "Write them as in the template.",
    ),
    "missing and unknown": (
        ["姓 各|日期|得分|级&#10;别"],
        "The headers were looked for in row 1. These are missing: 姓名. "
        "These are not known: 姓 各 (A1), 级 别 (D1). "
        "Write them as in the template, or take the columns out.",
    ),
    "many unknown": (
        ["姓名|" + "|".join("abcdefghijkl") + "|" + "长" * 40],
        "The headers were looked for in row 1. These are not known: a (B1), b (C1), c (D1), "
        "d (E1), e (F1), f (G1), g (H1), h (I1), i (J1), j (K1), …. "
        "Write them as in the template, or take the columns out.",
    ),
    "long": (
        ["姓名|" + "长" * 40],
        f"The headers were looked for in row 1. These are not known: {'长' * 30}… (B1). "
        "Write them as in the template, or take the columns out.",
    ),
    "twice": (
        ["姓名|日期|名字"],
        "Row 1 holds the same header more than once: 姓名 (C). Keep one of each.",
    ),
}


@pytest.mark.parametrize(("lines", "expected"), WRONG_HEADERS.values(), ids=WRONG_HEADERS)
def test_wrong_headers_are_refused(lines: list[str], expected: str) -> None:
    assert refusal(headed(lines)) == expected


def test_a_header_without_rows_is_an_empty_table() -> None:
    assert read(table()) == []
    assert read("姓名,日期\r\n".encode(), COLUMNS) == []
