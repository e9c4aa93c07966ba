"""Written tables open in other programs, contain no formulas, and are read back unchanged."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from portal.interchange.cell_text import clean, escape_formula, unescape_formula
from portal.interchange.tables import TableError, read_table, write_csv, write_xlsx
from tests.workload import workload

from .workbooks import COLUMNS, GENEROUS, read, texts

WRITERS = [write_xlsx, write_csv]
DANGEROUS = tuple("=+-@\t\r＝＋－＠﹦﹢﹣﹫")
ATTACKS = [
    '=HYPERLINK("http://example.org","开庭")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)",
    "\t=1+1", "\r=1+1", " \n=1", "\u200b=1", "＝1+1", "＋1", "－1＋1", "＠SUM", "﹦1", "'=1+1",
    "''=1+1", "--", "-", "+86 13800138000", "-abc",
]  # fmt: skip
HARMLESS = ["-5", "-98.65", "-3.2%", "'", "''", "'quoted'", "1=1", "a@b.cn", "2018-03-01"]

Writer = Callable[..., None]


def written(write: Writer, rows: Iterable[Mapping[str, str]], title: str = "") -> bytes:
    stream = io.BytesIO()
    write(stream, columns=COLUMNS, rows=rows, title=title)
    return stream.getvalue()


def opened(data: bytes) -> Worksheet:
    """Return the sheet as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(data)).active


def saved_as_csv(data: bytes) -> list[list[str]]:
    """Return the fields of the csv file that a spreadsheet program would save from the table."""
    if data.startswith(b"PK"):
        return [[str(c.value or "") for c in row] for row in opened(data).iter_rows()]
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("title", ["", "=2024年度得分表"])
def test_a_table_reads_back_unchanged(write: Writer, title: str) -> None:
    rows = [
        {"name": "张三", "day": "2018-03-01", "score": "98.65"},
        {"name": "李四", "score": "第一行\n第二行"},
        {"name": "007", "day": "_x0041_", "score": "<r>a&b</r>\"'", "other": "not asked for"},
    ]
    assert texts(written(write, rows, title)) == [
        ("张三", "2018-03-01", "98.65"),
        ("李四", "", "第一行\n第二行"),
        ("007", "_x0041_", "<r>a&b</r>\"'"),
    ]


@pytest.mark.parametrize("write", WRITERS)
def test_formulas_are_escaped(write: Writer) -> None:
    data = written(write, [{"name": attack, "score": attack} for attack in ATTACKS])
    fields = [row[0] for row in saved_as_csv(data)[1:]]
    assert [field for field in fields if field.startswith(DANGEROUS)] == []
    assert [field for field in fields if field[:1] != "'"] == []
    assert texts(data) == [(clean(attack), "", clean(attack)) for attack in ATTACKS]


@pytest.mark.parametrize("write", WRITERS)
def test_harmless_texts_are_not_escaped(write: Writer) -> None:
    data = written(write, [{"name": text} for text in HARMLESS])
    assert [row[0] for row in saved_as_csv(data)[1:]] == HARMLESS
    assert [row[0] for row in texts(data)] == HARMLESS


def test_every_cell_is_a_text_cell() -> None:
    values = [*ATTACKS, "2018", "98.65", "true", "#N/A", "2018-03-01", "http://example.org"]
    data = written(write_xlsx, [{"name": value} for value in values], "标题")
    sheet = opened(data)
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s"}
    assert {cell.number_format for row in sheet.iter_rows(min_row=2) for cell in row} == {"@"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_fonts_widths_and_frozen_rows() -> None:
    rows = [{"name": "张三", "day": "短", "score": "字" * 100}]
    sheet = opened(written(write_xlsx, rows, "标题"))
    assert sheet.title == "Table"
    assert sheet.freeze_panes == "A3"
    assert [sheet["A1"].value, sheet["A1"].font.bold, sheet["A1"].font.size] == ["标题", True, 14]
    assert [cell.value for cell in sheet[2]] == ["姓名", "日期", "得分（分）"]
    assert [cell.font.bold for cell in sheet[2]] == [True, True, True]
    assert [bool(cell.font.bold) for cell in sheet[3]] == [False, False, False]
    assert [sheet.column_dimensions[letter].width for letter in "ABC"] == [8, 8, 50]
    assert opened(written(write_xlsx, [])).freeze_panes == "A2"


def test_the_bytes_of_a_csv_file() -> None:
    data = written(write_csv, [{"name": '张"三', "day": "=1"}], "标题")
    assert data == (
        b'\xef\xbb\xbf"\xe6\xa0\x87\xe9\xa2\x98"\r\n'
        + '"姓名","日期","得分（分）"\r\n"张""三","\'=1",""\r\n'.encode()
    )


@pytest.mark.parametrize("write", WRITERS)
def test_rows_are_consumed_lazily(write: Writer) -> None:
    """``rows`` may be a generator, which the writer reads to its end."""
    held: list[int] = []

    def rows() -> Iterator[dict[str, str]]:
        for index in range(1000):
            held.append(index)
            yield {"name": f"张三{index}"}

    assert len(read(written(write, rows()))) == 1000
    assert held == list(range(1000))


@pytest.mark.parametrize("write", WRITERS)
def test_characters_invalid_in_xml_are_removed(write: Writer) -> None:
    data = written(write, [{"name": "a\0b\x0bc\ufffed\ud800e\uffff"}])
    assert texts(data) == [("ab\ncde", "", "")]


def test_texts_are_cut_to_the_limit_of_excel() -> None:
    rows = [{"name": "字" * 32_767}, {"name": "字" * 32_768}, {"name": "𠮷" * 32_767}]
    sheet = opened(written(write_xlsx, rows))
    values = [sheet[f"A{n}"].value for n in (2, 3, 4)]
    assert values == ["字" * 32_767, "字" * 32_766 + "…", "𠮷" * 16_383 + "…"]
    assert len(values[2].encode("utf-16-le")) // 2 == 32_767


def test_too_many_rows_raise_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.interchange.writing.SHEET_ROWS", 10)
    written(write_xlsx, [{"name": "x"}] * 9)
    with pytest.raises(ValueError, match="more rows"):
        written(write_xlsx, [{"name": "x"}] * 10)


def test_a_file_written_by_openpyxl() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "空"
    workbook.active.sheet_state = "hidden"
    sheet = workbook.create_sheet("得分")
    sheet.append(["2024年度得分表"])
    sheet.merge_cells("A1:C1")
    sheet.append([])
    sheet.append(["*姓名", "日期\n（年月日）", "得 分"])
    sheet.append(["张三", dt.date(2018, 3, 1), 98.65])
    sheet.append(["李四", dt.datetime(2018, 3, 1, 9, 30), True])  # noqa: DTZ001
    sheet.append(["王五", "2018年3月", "=1+1"])
    sheet.append(["赵六", 43160, 12.0])
    sheet.append(["钱七", None, "#N/A"])
    sheet.append(["孙八", None, "1"])
    sheet.merge_cells("B9:C9")
    sheet["A4"].hyperlink = "http://example.org"
    sheet["A4"].comment = Comment("remark", "somebody")
    sheet.row_dimensions[5].hidden = True
    stream = io.BytesIO()
    workbook.save(stream)
    assert [[(c.text, c.problem[:14]) for c in row.cells.values()]
            for row in read(stream.getvalue())] == [
        [("张三", ""), ("2018-03-01", ""), ("98.65", "")],
        [("李四", ""), ("2018-03-01", ""), ("是", "")],
        [("王五", ""), ("2018年3月", ""), ("", "holds a formul")],
        [("赵六", ""), ("43160", "is a bare numb"), ("12", "")],
        [("钱七", ""), ("", ""), ("#N/A", "holds the erro")],
        [("孙八", ""), ("", ""), ("", "")],
    ]  # fmt: skip


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
# Characters with a special meaning in XML, csv, Office escapes or formulas, in any order.
SPECIAL = st.text(st.sampled_from("'=+-@＝\t\r\n\0 　_x0041_<r>&;,\"\ufeff\u0301é1%"), max_size=20)


@pytest.mark.parametrize("write", WRITERS)
@settings(max_examples=workload(2_000, 60))
@given(st.lists(st.tuples(ANY_TEXT | SPECIAL, SPECIAL | ANY_TEXT), max_size=8))
def test_any_text_reads_back(write: Writer, rows: list[tuple[str, str]]) -> None:
    data = written(write, [{"name": name, "score": score} for name, score in rows])
    expected = [(clean(name), clean(score)) for name, score in rows]
    found = [(row.cells["name"].text, row.cells["score"].text) for row in read(data, GENEROUS)]
    assert found == [pair for pair in expected if any(pair)]


@settings(max_examples=workload(10_000, 300))
@given(ANY_TEXT | SPECIAL)
def test_cleaning_is_idempotent_and_escaping_reversible(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert unescape_formula(escape_formula(clean(text))) == clean(text)
    if not re.fullmatch(r"-[0-9]+(\.[0-9]+)?%?", clean(text)):
        assert not escape_formula(clean(text)).startswith(DANGEROUS)


def read_or_refuse(data: bytes) -> None:
    """Read the file; TableError is accepted only before the first row."""
    try:
        rows = read_table(data, columns=COLUMNS)
    except TableError:
        return
    list(rows)


PREFIXES = [b"", b"PK\x03\x04", b"\xef\xbb\xbf", b"\xff\xfe", "姓名,日期\n".encode(), b"<?xml"]


@settings(max_examples=workload(20_000, 300))
@given(st.sampled_from(PREFIXES), st.binary(max_size=2_000))
def test_any_bytes_are_read_or_refused(prefix: bytes, data: bytes) -> None:
    read_or_refuse(prefix + data)


WHOLE = written(write_xlsx, [{"name": "张三", "day": "2018", "score": "=1"}] * 3)


def rezipped(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(entry, change(content) if entry == name else content)
    return stream.getvalue()


XML_PARTS = ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "_rels/.rels",
             "xl/_rels/workbook.xml.rels", "[Content_Types].xml"]  # fmt: skip
PIECES = st.sampled_from([b"", b"<", b">", b"'", b'"', b"9", b"-1", b"<c/>", b"</row>", b"\xff",
                          b"<f/>", b"\0", b"<v>", b"t='s'", b"A1:B9", b"&#0;", b"e"])  # fmt: skip


@settings(max_examples=workload(10_000, 200))
@given(st.sampled_from(XML_PARTS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), PIECES)))
def test_any_damage_to_a_part_is_read_or_refused(
    part: str, cuts: list[tuple[float, int, bytes]]
) -> None:
    def change(content: bytes) -> bytes:
        for where, length, piece in cuts:
            at = int(where * len(content))
            content = content[:at] + piece + content[at + length :]
        return content

    read_or_refuse(rezipped(WHOLE, part, change))


@settings(max_examples=workload(5_000, 100))
@given(st.floats(0, 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_archive_is_read_or_refused(where: float, piece: bytes) -> None:
    at = int(where * len(WHOLE))
    read_or_refuse(WHOLE[:at] + piece + WHOLE[at + len(piece) :])
