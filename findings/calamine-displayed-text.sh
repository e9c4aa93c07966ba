#!/usr/bin/env bash
# python-calamine 0.9.1 reads what a cell stores, not what the sheet shows: percentages and padded numbers lose
# their format, and an error value is read like an empty cell. Seen with sheets that openpyxl 3.1.5 writes.
#
# Guess: a reader that knows dates by their number formats applies the other formats too, and reports error values.
# For a ledger that keeps values "as printed" both matter: 98.65% would become 0.9865, an order number 007 would
# become 7, and #N/A would pass as "nothing stated". Measured: docs/decisions/0014-reading-spreadsheets.md.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5
"$folder/venv/bin/python" - "$folder/sheet.xlsx" <<'PYTHON'
import sys
from datetime import date

from openpyxl import Workbook
from python_calamine import CalamineWorkbook

book = Workbook()
sheet = book.active
sheet.append([0.9865, 7, "#N/A", date(2018, 3, 5)])
sheet["A1"].number_format = "0.00%"
sheet["B1"].number_format = "000"
sheet["D1"].number_format = 'yyyy"年"m"月"d"日"'
book.save(sys.argv[1])

row = CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()[0]
print("shown: 98.65%, 007, #N/A, 2018年3月5日")
print("read: ", row)
assert row[:2] == [0.9865, 7.0], row
assert row[2] == "", row
assert str(row[3]).startswith("2018-03-05"), row
PYTHON
echo "python-calamine 0.9.1 behaves as described."
