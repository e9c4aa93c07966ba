"""Csv files as Excel, WPS and other programs write them."""

from __future__ import annotations

import pytest

from portal.interchange import limits
from portal.interchange.tables import Cell, Column

from .workbooks import read, refusal, texts

LINES = '姓名,日期,得分\r\n张三,2018/3/1,98.65\r\n"李,四","一行\r\n两行","说""好"""\r\n'
ROWS = [("张三", "2018/3/1", "98.65"), ("李,四", "一行\n两行", '说"好"')]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_encodings_are_detected(encoding: str) -> None:
    assert texts(LINES.encode(encoding)) == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_delimiters_are_detected(delimiter: str, encoding: str) -> None:
    lines = "标题,之一；,,,,\r\n姓名;日期\r\n张三,;1;2\r\n".replace(";", delimiter)
    assert texts(lines.encode(encoding)) == [("张三,", "1", "")]


def test_the_header_decides_between_two_possible_encodings() -> None:
    """The GB18030 bytes of 联通 are also valid UTF-8, but only GB18030 yields a known header."""
    column = Column("carrier", "联通")
    data = "联通\r\n电信\r\n".encode("gb18030")
    assert read(data, [column])[0].cells["carrier"] == Cell("电信", "A2")
    assert read("联通\n1".encode("gb18030"), [column])[0].cells["carrier"] == Cell("1", "A2")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_endings(end: str) -> None:
    data = end.join(["姓名,日期", "", '张三,"a\nb"', ",,", "李四"]).encode()
    assert [(row.number, row.cells["name"].text) for row in read(data)] == [
        (3, "张三"),
        (5, "李四"),
    ]
    assert read(data)[0].cells["day"] == Cell("a\nb", "B3")


def test_control_characters_are_removed() -> None:
    assert texts("姓名,得分\n张\0三\x07,\0\n".encode()) == [("张三", "", "")]


def test_the_separator_line_of_excel_is_skipped() -> None:
    assert texts("sep=;\r\n姓名;日期\r\n张三;1\r\n".encode()) == [("张三", "1", "")]


@pytest.mark.parametrize(
    ("stored", "cell"),
    [
        ("'=1+1", Cell("=1+1", "B2")),
        ("'-5", Cell("'-5", "B2")),
        ("=1+1", Cell("=1+1", "B2")),
        ("#N/A", Cell("#N/A", "B2", "holds the error #N/A; write what should stand here")),
        ("#1", Cell("#1", "B2")),
        ("1.10101E+17", Cell("1.10101E+17", "B2",
         "is a number that Excel shortened; format the column as text and type it in full")),
        ("字" * 2001, Cell("字" * 2000, "B2", "holds more than 2000 characters; shorten it")),
    ],
)  # fmt: skip
def test_texts_and_problems_of_cells(stored: str, cell: Cell) -> None:
    [row] = read(f"姓名,得分\n张三,{stored}\n".encode())
    assert row.cells["score"] == cell


def test_a_date_serial_in_a_date_column_is_reported() -> None:
    [row] = read("姓名,日期\n张三,43160\n".encode())
    assert row.cells["day"] == Cell(
        "43160", "B2", "is a bare number; if the date 2018-03-01 is meant, write it so"
    )


def test_wrong_headers_are_refused() -> None:
    assert refusal("甲;乙\n".encode()) == (
        "No row of headers was found in rows 1 to 10. Expected there: 姓名, 日期, 得分（分）. "
        "Copy the header row of the template."
    )
    assert refusal("标题\n日期\t级别\n".encode("utf-16")) == (
        "The headers were looked for in row 2. These are missing: 姓名. "
        "These are not known: 级别 (B2). Write them as in the template, or take the columns out."
    )


UNENDING = (
    "Row {} does not end: a quotation mark is missing there or in a row above. "
    "Save the table as xlsx, then upload that."
)


def test_unclosed_quotation_marks_are_refused() -> None:
    assert refusal(('姓名\n张三\n"李四\n' + "王五\n" * 50_000).encode()) == UNENDING.format(3)
    assert refusal(("姓名\n张三\n" + "," * 200_000).encode()) == UNENDING.format(3)
    assert refusal(("姓名\n" + '"\n",' * 50_000).encode()) == UNENDING.format(2)
    assert refusal(('姓名\n"' + "x" * limits.MAX_CSV_RECORD * 3).encode()) == UNENDING.format(2)


def test_too_many_lines_are_refused() -> None:
    data = "姓名".encode() + b"\n" * (limits.SHEET_ROWS + 1)
    assert refusal(data) == "The file holds more rows than a sheet of Excel can."
