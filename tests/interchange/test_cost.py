"""The work and memory that large and hostile tables require.

Work is counted in function calls, so that no test depends on the clock. ``make faults`` reads
50,000 rows, ``make test`` reads fewer.
"""

from __future__ import annotations

import io
import tracemalloc

import pytest

from portal.interchange import cell_values, header, workbook
from portal.interchange.tables import Column, read_table, write_csv, write_xlsx
from tests.workload import workload

from .work import count_calls
from .workbooks import book, refusal, row, sheet

WIDE = [Column(f"c{i}", f"第{i}栏", is_date=i == 3) for i in range(14)]
ROWS = workload(50_000, 1_000)
MB = 1024 * 1024
#: Maximum number of function calls per cell. A file is read twice: to check it, and to yield rows.
CALLS_PER_CELL = {"xlsx": 125, "csv": 60, "shared": 150}


def content(index: int, column: int) -> str:
    return f"第{index}行的第{column}个字段，内容"


def written(write, count: int = ROWS) -> bytes:
    stream = io.BytesIO()
    rows = ({c.name: content(r, i) for i, c in enumerate(WIDE)} for r in range(count))
    write(stream, columns=WIDE, rows=rows)
    return stream.getvalue()


def shared(count: int = ROWS) -> bytes:
    """Return a file as Excel writes it: each text is stored once, in a part of its own."""
    header = row(1, *[f"<c r='{chr(65 + i)}1' t='s'><v>{i}</v></c>" for i in range(14)])
    strings = [c.header for c in WIDE]
    rows = []
    for index in range(count):
        cells = []
        for i in range(14):
            cells.append(f"<c r='{chr(65 + i)}{index + 2}' t='s'><v>{len(strings)}</v></c>")
            strings.append(content(index, i))
        rows.append(row(index + 2, *cells))
    return book(sheet(header, *rows), strings="".join(f"<si><t>{s}</t></si>" for s in strings))


def make_file(kind: str, count: int = ROWS) -> bytes:
    if kind == "shared":
        return shared(count)
    return written(write_xlsx if kind == "xlsx" else write_csv, count)


def count_rows(data: bytes) -> int:
    return sum(1 for _row in read_table(data, columns=WIDE))


@pytest.mark.parametrize("kind", ["xlsx", "csv", "shared"])
def test_the_work_per_cell_is_constant(kind: str) -> None:
    few = workload(10_000, 250)
    calls = {}
    for number in (few, 4 * few):
        data = make_file(kind, number)
        found, calls[number] = count_calls(lambda data=data: count_rows(data))
        assert found == number
    per_cell = calls[few] / (few * len(WIDE))
    print(f"\n{kind}: {per_cell:.1f} calls per cell")
    assert per_cell < CALLS_PER_CELL[kind]
    assert calls[4 * few] < 4.2 * calls[few]


@pytest.mark.parametrize("kind", ["xlsx", "csv", "shared"])
def test_the_memory_for_a_large_table_is_bounded(kind: str) -> None:
    data = make_file(kind)
    tracemalloc.start()
    try:
        assert count_rows(data) == ROWS
        peak = tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()
    assert peak < 150
    print(f"\n{kind}: {ROWS} rows of {len(data) / MB:.1f} MB read with {peak:.0f} MB at most")


def test_one_row_too_many_is_found_in_the_first_pass() -> None:
    data = written(write_xlsx)
    text, calls = count_calls(lambda: refusal(data, WIDE, max_rows=ROWS - 1))
    assert text == f"The table has more than {ROWS - 1} rows. Divide it into several files."
    _rows, calls_of_both_passes = count_calls(lambda: count_rows(data))
    assert calls < 0.7 * calls_of_both_passes


def test_a_sheet_with_as_many_elements_as_are_allowed() -> None:
    """An empty cell requires few function calls: three for each XML element."""
    last = workload(900_000, 9_000)
    empty = "".join(f"<row r='{n}'><c s='1'/><c s='1'/></row>" for n in range(2, last))
    data = book(sheet(row(1, "<c t='str'><v>第0栏</v></c>"), empty))
    rows, calls = count_calls(lambda: list(read_table(data, columns=WIDE)))
    assert rows == []
    assert calls < 100 * last


def test_a_text_shared_by_many_cells_is_cleaned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """If each cell were cleaned separately, a small file could occupy a process for minutes."""
    cleaned: list[str] = []

    def clean(raw: str) -> str:
        cleaned.append(raw)
        return cell_values.clean_raw_text(raw)

    monkeypatch.setattr(workbook, "clean_raw_text", clean)
    strings = "<si><t>第0栏</t></si><si><t>" + "\u200b=e&#x301;" * 800 + "</t></si>"
    cells = "<c t='s'><v>1</v></c>"
    rows = [row(1, "<c t='s'><v>0</v></c>"), *[row(n, cells) for n in range(2, 30_000)]]
    data = book(sheet(*rows), strings=strings)
    assert count_rows(data) == 29_998
    assert len(cleaned) == 2


def test_columns_beyond_the_limit_take_no_memory() -> None:
    """If these columns were stored, ten rows with one long shared text would take gigabytes."""
    strings = "<si><t>第0栏</t></si><si><t>" + "字" * 2_000 + "</t></si>"
    wide = "<c t='s'><v>1</v></c>" * 16_000
    rows = [row(n, wide) for n in range(1, 10)]
    data = book(sheet(*rows, row(10, "<c t='s'><v>0</v></c>", wide)), strings=strings)
    tracemalloc.start()
    try:
        assert refusal(data, WIDE).startswith("The headers were looked for in row 10. ")
        assert tracemalloc.get_traced_memory()[1] / MB < 80
    finally:
        tracemalloc.stop()


def test_headers_of_nested_parentheses_are_cut_before_they_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lengths: list[int] = []
    without_remarks = header._without_remarks

    def spy(text: str) -> str:
        lengths.append(len(text))
        return without_remarks(text)

    monkeypatch.setattr(header, "_without_remarks", spy)
    nested = "(" * 1_000 + ")" * 1_000
    rows = [row(n, *[f"<c t='inlineStr'><is><t>{nested}</t></is></c>"] * 500) for n in range(1, 11)]
    assert refusal(book(sheet(*rows)), WIDE).startswith("No row of headers was found")
    assert max(lengths) == header._MAX_HEADER_LENGTH
    # Remarks are removed once from each cell and from the name of each column.
    assert len(lengths) <= 500 * 10 + len(WIDE)
