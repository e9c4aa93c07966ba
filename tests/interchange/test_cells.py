"""The text that is read from each kind of cell, and the problems of doubtful cells."""

from __future__ import annotations

import pytest

from portal.interchange.tables import Cell, Column

from .workbooks import (
    COLUMNS,
    DAY,
    HEADER,
    NAME,
    book,
    number,
    only,
    read,
    row,
    sheet,
    table,
    text,
    texts,
)

FORMULA = "holds a formula; paste its value instead"
MERGED = "merged with {}; split the cells and fill in each one"
UNREADABLE = "cannot be read; write it anew"
NO_DATE = "is not a date that exists; write it as 2024-05-31"
LONG_NUMBER = (
    "is a number of more than 15 digits, of which Excel loses the last; format the column as text "
    "and type it again"
)


def score(cell: str, **more) -> Cell:
    """Return cell C2, read from a row that also contains a name."""
    return only(table(row(2, text("A2", "张三"), cell), **more))


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ("2018", "2018"),
        ("12.0", "12"),
        ("98.65", "98.65"),
        ("98.650000000000006", "98.65"),
        ("0.1", "0.1"),
        (".5", "0.5"),
        ("-3", "-3"),
        ("-0", "0"),
        ("1E-3", "0.001"),
        ("1.2E+3", "1200"),
        ("13800138000", "13800138000"),
        ("1.3800138E+10", "13800138000"),
        ("123456789012345", "123456789012345"),
        ("007", "7"),
    ],
)
def test_numbers_read_as_displayed(stored: str, seen: str) -> None:
    assert score(number("C2", stored)) == Cell(seen, "C2")


@pytest.mark.parametrize(
    ("stored", "seen", "problem"),
    [
        ("1.1010119900307E+17", "110101199003070000", LONG_NUMBER),
        ("110101199003071234", "110101199003071234", LONG_NUMBER),
        ("1E+999", "1E+999", UNREADABLE),
        ("NaN", "NaN", UNREADABLE),
        ("0x10", "0x10", UNREADABLE),
    ],
)
def test_inexact_and_invalid_numbers_are_reported(stored: str, seen: str, problem: str) -> None:
    assert score(number("C2", stored)) == Cell(seen, "C2", problem)


@pytest.mark.parametrize(
    ("code", "stored", "seen"),
    [
        ("0.00%", "0.9865", "98.65%"),
        ("0%", "0.07", "7%"),
        ("000000", "518", "000518"),
        ("#,##0.00", "1234.5", "1234.5"),
        ("0.00E+00", "1200", "1200"),
        ("General", "43160", "43160"),
        ("G/通用格式", "43160", "43160"),
        ("[DBNum1]G/通用格式", "43160", "43160"),
        ("&quot;year&quot;0", "2018", "2018"),
        ("[Red]0;[Blue]-0", "5", "5"),
        ("yyyy-mm-dd", "43160", "2018-03-01"),
        ("yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@", "43160", "2018-03-01"),
        ("[$-804]yyyy年m月", "43160", "2018-03-01"),
        ("[$-804]aaaa;@", "43160", "2018-03-01"),
        ("m/d", "43160.75", "2018-03-01"),
        ("yyyy/m/d h:mm", "43160.395833333336", "2018-03-01 09:30"),
        ("yyyy/m/d h:mm", "43160", "2018-03-01"),
        ("h:mm AM/PM", "0.39583333333333331", "09:30"),
        ("[h]:mm:ss", "0.39584490740740741", "09:30:01"),
        ("yyyy-mm-dd", "1", "1900-01-01"),
        ("yyyy-mm-dd", "59", "1900-02-28"),
        ("yyyy-mm-dd", "61", "1900-03-01"),
        ("yyyy-mm-dd", "2958465", "9999-12-31"),
    ],
)
def test_number_formats_are_applied(code: str, stored: str, seen: str) -> None:
    cell = score(number("C2", stored, 1), formats=[0, 164], codes={164: code})
    assert cell == Cell(seen, "C2")


@pytest.mark.parametrize(
    ("format", "seen"),
    [(14, "2018-03-01"), (22, "2018-03-01 12:00"), (31, "2018-03-01"), (58, "2018-03-01"),
     (32, "12:00"), (20, "12:00"), (10, "4316050%"), (2, "43160.5"), (49, "43160.5")],
)  # fmt: skip
def test_built_in_formats_are_applied(format: int, seen: str) -> None:
    """The formats 27 to 36 and 50 to 58 are not in the standard, but Chinese Excel uses them."""
    assert score(number("C2", "43160.5", 1), formats=[0, format]) == Cell(seen, "C2")


@pytest.mark.parametrize("stored", ["0", "60", "-1", "2958466", "1E+20"])
def test_impossible_dates_are_reported(stored: str) -> None:
    assert score(number("C2", stored, 1), formats=[0, 14]) == Cell("", "C2", NO_DATE)


def test_dates_that_count_from_1904() -> None:
    given = {"formats": [0, 14], "workbook": "<workbookPr date1904='1'/>"}
    assert score(number("C2", "41698", 1), **given) == Cell("2018-03-01", "C2")
    assert score(number("C2", "0", 1), **given) == Cell("1904-01-01", "C2")
    assert score(number("C2", "2958465", 1), **given) == Cell("", "C2", NO_DATE)


def test_a_missing_style_is_ignored() -> None:
    assert score(number("C2", "43160", 99)) == Cell("43160", "C2")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (number("B2", "43160.5", 1), Cell("2018-03-01", "B2")),
        (text("B2", "2018/3/1"), Cell("2018/3/1", "B2")),
        (text("B2", "2018年3月"), Cell("2018年3月", "B2")),
        (number("B2", "2018"), Cell("2018", "B2")),
        (number("B2", "20180301"), Cell("20180301", "B2")),
        (number("B2", "19999"), Cell("19999", "B2")),
        (number("B2", "60001"), Cell("60001", "B2")),
        (
            number("B2", "43160"),
            Cell(
                "43160", "B2", "is a bare number; if the date 2018-03-01 is meant, write it so"
            ),
        ),
        (
            text("B2", "20000"),
            Cell(
                "20000", "B2", "is a bare number; if the date 1954-10-03 is meant, write it so"
            ),
        ),
        ("<c r='B2' t='d'><v>2018-03-01T09:30:00</v></c>", Cell("2018-03-01", "B2")),
        ("<c r='B2' t='d'><v>soon</v></c>", Cell("soon", "B2", UNREADABLE)),
    ],
)  # fmt: skip
def test_date_columns(cell: str, expected: Cell) -> None:
    data = table(row(2, text("A2", "张三"), cell), formats=[0, 22])
    assert only(data, "day") == expected


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ("  张三　\n", "张三"),
        ("第一行&#10;第二行", "第一行\n第二行"),
        ("e&#x301;", "é"),
        ("张&#x200b;三&#xfeff;", "张三"),
        ("a_x0000_b_x0009_c_x000D__x000A_d", "ab c\nd"),
        ("_x005F_x0041_", "_x0041_"),
        ("_xD83D_", ""),
        ("=1+1", "=1+1"),
        ("'=1+1", "=1+1"),
        ("''=1+1", "'=1+1"),
        ("'quoted'", "'quoted'"),
        ("1.20", "1.20"),
        ("110101199003071234", "110101199003071234"),
        ("&lt;b>", "<b>"),
        ("字" * 2000, "字" * 2000),
    ],
)
def test_texts_are_cleaned(stored: str, seen: str) -> None:
    assert score(text("C2", stored)) == Cell(seen, "C2")


@pytest.mark.parametrize("length", [2001, 100_000])
def test_long_texts_are_cut_and_reported(length: int) -> None:
    problem = "holds more than 2000 characters; shorten it"
    assert score(text("C2", "字" * length)) == Cell("字" * 2000, "C2", problem)
    shared = score("<c r='C2' t='s'><v>0</v></c>", strings=f"<si><t>{'字' * length}</t></si>")
    assert shared == Cell("字" * 2000, "C2", problem)


def test_shared_strings_are_read_without_phonetic_runs() -> None:
    strings = (
        "<si><t>张三</t></si><si/>"
        "<si><r><rPr><b/></rPr><t>优</t></r><r><t xml:space='preserve'>秀 </t></r>"
        "<rPh sb='0' eb='1'><t>ユウ</t></rPh><phoneticPr fontId='1'/></si>"
    )
    data = table(
        row(2, "<c r='A2' t='s'><v>0</v></c><c r='B2' t='s'><v>1</v></c>"
               "<c r='C2' t='s'><v>2</v></c>"),
        strings=strings,
    )  # fmt: skip
    assert texts(data) == [("张三", "", "优秀")]


def test_inline_rich_text_is_read() -> None:
    runs = "<is><r><t>优</t></r><r><rPr/><t>秀</t></r><rPh><t>ユウ</t></rPh></is>"
    assert score(f"<c r='C2' t='inlineStr'>{runs}</c>") == Cell("优秀", "C2")


@pytest.mark.parametrize(("stored", "seen"), [("1", "是"), ("0", "否"), ("true", "是")])
def test_booleans_read_as_yes_or_no(stored: str, seen: str) -> None:
    assert score(f"<c r='C2' t='b'><v>{stored}</v></c>") == Cell(seen, "C2")


@pytest.mark.parametrize("code", ["#N/A", "#DIV/0!", "#名称?"])
def test_error_cells_are_reported(code: str) -> None:
    problem = f"holds the error {code}; write what should stand here"
    assert score(f"<c r='C2' t='e'><v>{code}</v></c>") == Cell(code, "C2", problem)


@pytest.mark.parametrize(
    "cell",
    [
        "<c r='C2'><f>1+1</f><v>2</v></c>",
        "<c r='C2'><f>1+1</f></c>",
        "<c r='C2' t='str'><f>A2</f><v>张三</v></c>",
        "<c r='C2' t='e'><f>1/0</f><v>#DIV/0!</v></c>",
        "<c r='C2' t='b'><f>TRUE()</f><v>1</v></c>",
        "<c r='C2'><f t='shared' ref='C2:C9' si='0'>A2</f><v>2</v></c>",
        "<c r='C2'><f t='shared' si='0'/><v>2</v></c>",
        "<c r='C2'><f t='array' ref='C2'>A2:A9</f><v>2</v></c>",
        "<c r='C2'><f/></c>",
    ],
)
def test_formulas_are_reported(cell: str) -> None:
    assert score(cell) == Cell("", "C2", FORMULA)


def test_a_string_cell_of_the_formula_type_without_formula() -> None:
    assert score("<c r='C2' t='str'><v>优秀</v></c>") == Cell("优秀", "C2")


def test_array_formulas_are_reported_in_every_cell() -> None:
    """A file marks only the first cell of an array formula; the other cells contain its results."""
    spilling = "<c r='B2'><f t='array' ref='B2:C3'>X1:Y2</f><v>1</v></c>"
    data = table(
        row(2, text("A2", "张三"), spilling, number("C2", "2")),
        row(3, text("A3", "李四"), number("B3", "3"), number("C3", "4")),
        row(4, text("A4", "王五"), number("B4", "5"), number("C4", "6")),
    )
    assert [[cell.reference for cell in row.problems] for row in read(data)] == [
        ["B2", "C2"],
        ["B3", "C3"],
        [],
    ]
    assert {cell.problem for row in read(data) for cell in row.problems} == {FORMULA}


def test_merged_cells_are_reported() -> None:
    data = table(
        row(2, text("A2", "张三"), text("B2", "2018-03-01"), number("C2", "1")),
        row(3, text("A3", "李四"), "<c r='B3'/>", number("C3", "2")),
        row(4, text("A4", "王五"), "<c r='B4'/>"),
        row(5, text("A5", "赵六"), text("B5", "2020-01-01"), number("C5", "9")),
        after="<mergeCells><mergeCell ref='B2:B3'/><mergeCell ref='B5:C5'/>"
        "<mergeCell ref='B4:C4'/></mergeCells>",
    )
    second, third, fourth, fifth = read(data)
    down = "merged with the cells down to B3; split the cells and fill in each one"
    assert second.problems == [Cell("2018-03-01", "B2", down)]
    assert third.problems == [Cell("", "B3", MERGED.format("B2"))]
    assert fourth.problems == []  # the merged cells of this row are empty
    assert fifth.problems == [Cell("", "C5", MERGED.format("B5"))]


def test_values_hidden_by_a_merged_cell_are_not_read() -> None:
    data = table(
        row(2, text("A2", "张三"), "<c r='B2'/>", text("C2", "hidden")),
        after="<mergeCells><mergeCell ref='B2:C2'/></mergeCells>",
    )
    assert only(data) == Cell("", "C2", MERGED.format("B2"))


def test_a_merged_range_that_begins_in_a_column_without_header() -> None:
    data = book(
        sheet(
            row(1, text("B1", "姓名")),
            row(2, text("A2", "甲"), text("B2", "张三")),
            after="<mergeCells><mergeCell ref='A2:B2'/></mergeCells>",
        )
    )
    [only_row] = read(data)
    assert only_row.problems == [Cell("", "B2", MERGED.format("A2"))]


def test_merged_cells_above_the_rows_are_ignored() -> None:
    data = book(
        sheet(
            row(1, text("A1", "2024年度得分表")),
            row(2, text("A2", "姓名"), text("B2", "日期"), text("C2", "得分")),
            row(4, text("A4", "张三"), number("C4", "1")),
            after="<mergeCells><mergeCell ref='A1:C1'/><mergeCell ref='A2:A3'/></mergeCells>",
        )
    )
    assert texts(data) == [("张三", "", "1")]


def test_overlapping_merged_ranges() -> None:
    """Each cell in overlapping merged ranges is reported only once.

    Excel never writes overlapping ranges, but a hostile file may contain many.
    """
    blocks = "".join(f"<mergeCell ref='A2:C{n}'/>" for n in range(3, 2000))
    rows = [row(n, text(f"A{n}", "张三"), number(f"C{n}", "1")) for n in range(2, 1999)]
    found = read(table(*rows, after=f"<mergeCells>{blocks}</mergeCells>"))
    assert len(found) == 1997
    assert {len(row.problems) for row in found} == {3}


def test_empty_required_cells_are_reported_and_columns_may_be_missing() -> None:
    columns = (NAME, DAY, Column("more", "其他"))
    data = book(
        sheet(
            row(1, text("A1", "姓名*"), text("B1", "日期")),
            row(2, text("B2", "2018-03-01")),
        )
    )
    [found] = read(data, columns)
    assert found.cells == {
        "name": Cell("", "A2", "is empty; fill it in"),
        "day": Cell("2018-03-01", "B2"),
        "more": Cell("", ""),
    }


def test_empty_rows_are_skipped_and_hidden_ones_are_read() -> None:
    data = book(
        sheet(
            HEADER,
            row(2, text("A2", "张三")),
            row(3, text("A3", " 　"), "<c r='B3' s='0'/>", "<c r='C3' t='inlineStr'><is/></c>"),
            "<row r='4' hidden='1'>" + text("A4", "李四") + "</row>",
            row(7, text("A7", "王五"), text("Z7", "beside the table")),
            row(9, text("Z9", "beside the table")),
        )
    )
    assert [(found.number, found.cells["name"].text) for found in read(data)] == [
        (2, "张三"),
        (4, "李四"),
        (7, "王五"),
    ]


def test_rows_and_cells_without_references() -> None:
    plain = "<row><c t='inlineStr'><is><t>{}</t></is></c><c/><c><v>{}</v></c></row>"
    data = book(sheet(HEADER, plain.format("张三", 1), plain.format("李四", 2)))
    assert texts(data) == [("张三", "", "1"), ("李四", "", "2")]
    assert [cell.reference for cell in read(data)[1].cells.values()] == ["A3", "B3", "C3"]


def test_columns_are_read_in_any_order() -> None:
    data = book(
        sheet(
            row(5, text("AB5", "得分"), text("AC5", "名字")),
            row(6, number("AB6", "1"), text("AC6", "张三")),
        )
    )
    assert texts(data, COLUMNS) == [("张三", "", "1")]
    assert read(data)[0].cells["name"].reference == "AC6"
