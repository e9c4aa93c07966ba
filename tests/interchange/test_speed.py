"""Large tables take seconds and little memory: 50,000 rows in ``make faults``, fewer otherwise."""

from __future__ import annotations

import io
import time
import tracemalloc

import pytest

from portal.interchange.tables import Column, read_table, write_csv, write_xlsx
from tests.workload import workload

from .workbooks import book, refusal, row, sheet

WIDE = [Column(f"c{i}", f"第{i}栏", is_date=i == 3) for i in range(14)]
ROWS = workload(50_000, 1_000)
MB = 1024 * 1024
# Generous: the machine is shared, and a tenth would do.
SECONDS = 25 * ROWS / 50_000 + 1


def content(index: int, column: int) -> str:
    return f"第{index}行的第{column}个字段，内容"


def written(write) -> bytes:
    stream = io.BytesIO()
    rows = ({c.name: content(r, i) for i, c in enumerate(WIDE)} for r in range(ROWS))
    write(stream, columns=WIDE, rows=rows)
    return stream.getvalue()


def shared() -> bytes:
    """As Excel saves it: each text once, in a part of its own."""
    header = row(1, *[f"<c r='{chr(65 + i)}1' t='s'><v>{i}</v></c>" for i in range(14)])
    strings = [c.header for c in WIDE]
    rows = []
    for index in range(ROWS):
        cells = []
        for i in range(14):
            cells.append(f"<c r='{chr(65 + i)}{index + 2}' t='s'><v>{len(strings)}</v></c>")
            strings.append(content(index, i))
        rows.append(row(index + 2, *cells))
    return book(sheet(header, *rows), strings="".join(f"<si><t>{s}</t></si>" for s in strings))


@pytest.mark.parametrize("kind", ["xlsx", "csv", "shared"])
def test_large_tables(kind: str) -> None:
    data = shared() if kind == "shared" else written(write_xlsx if kind == "xlsx" else write_csv)

    start = time.monotonic()
    rows = read_table(data, columns=WIDE)
    checked = time.monotonic() - start
    assert sum(1 for _row in rows) == ROWS
    seconds = time.monotonic() - start
    assert seconds < SECONDS

    tracemalloc.start()
    try:
        assert sum(1 for _row in read_table(data, columns=WIDE)) == ROWS
        peak = tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()
    assert peak < 150
    print(
        f"\n{kind}: {ROWS} rows of {len(data) / MB:.1f} MB checked in {checked:.1f} s, "
        f"read in {seconds:.1f} s, with {peak:.0f} MB at most"
    )


def test_one_row_too_many_is_found_quickly() -> None:
    data = written(write_xlsx)
    start = time.monotonic()
    said = refusal(data, WIDE, max_rows=ROWS - 1)
    assert said == f"The table has more than {ROWS - 1} rows. Divide it into several files."
    assert time.monotonic() - start < SECONDS / 2


def test_a_sheet_as_full_as_can_be() -> None:
    """The most elements that are read at all, before the file is refused."""
    last = workload(900_000, 9_000)
    empty = "".join(f"<row r='{n}'><c s='1'/><c s='1'/></row>" for n in range(2, last))
    data = book(sheet(row(1, "<c t='str'><v>第0栏</v></c>"), empty))
    start = time.monotonic()
    assert list(read_table(data, columns=WIDE)) == []
    assert time.monotonic() - start < 20


def test_one_long_text_shared_by_many_cells() -> None:
    """It is tidied once: else a small file could keep the portal busy for minutes."""
    strings = "<si><t>第0栏</t></si><si><t>" + "\u200b=e&#x301;" * 800 + "</t></si>"
    cells = "<c t='s'><v>1</v></c>"
    rows = [row(1, "<c t='s'><v>0</v></c>"), *[row(n, cells) for n in range(2, 30_000)]]
    data = book(sheet(*rows), strings=strings)
    start = time.monotonic()
    assert sum(1 for _row in read_table(data, columns=WIDE)) == 29_998
    assert time.monotonic() - start < 10


def test_far_more_columns_than_a_table_has() -> None:
    """Ten rows of them, each cell with the same long text, would take gigabytes."""
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


def test_headers_of_nothing_but_parentheses() -> None:
    nested = "(" * 1_000 + ")" * 1_000
    rows = [row(n, *[f"<c t='inlineStr'><is><t>{nested}</t></is></c>"] * 500) for n in range(1, 11)]
    start = time.monotonic()
    assert refusal(book(sheet(*rows)), WIDE).startswith("No row of headers was found")
    assert time.monotonic() - start < 5
