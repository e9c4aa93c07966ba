"""Files that the import refuses as a whole."""

from __future__ import annotations

import pytest
from django.test import Client

from honors import importing
from honors.models import Honor, Import
from tests.library.sample_files import encode_image, make_office_file, zip_of

from . import build
from .build import MERIT, translated, url

pytestmark = pytest.mark.django_db


HEADERS = build.HEADERS
BOMB = zip_of(
    {
        "[Content_Types].xml": b"<Types><Override PartName='/xl/workbook.xml' ContentType="
        b"'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>",
        "xl/workbook.xml": b"<workbook/>",
        "xl/worksheets/sheet1.xml": b"<worksheet>" + b" " * (60 * 1024 * 1024),
    }
)
FILES: dict[str, tuple[str, bytes]] = {
    "empty": ("表.xlsx", b""),
    "a picture, renamed": ("表.xlsx", encode_image(format="PNG")),
    "a photo, renamed": ("表.csv", encode_image()),
    "a Word file": ("表.xlsx", make_office_file("docx")),
    "a pdf": ("表.xlsx", b"%PDF-1.4\n%%EOF\n"),
    "an old Excel file": ("表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    "a web page": ("表.xls", b"<html><table><tr><td>1</td></tr></table></html>"),
    "half a file": ("表.xlsx", build.xlsx([MERIT])[:-300]),
    "zeros": ("表.xlsx", b"PK\x03\x04" + b"\0" * 1000),
    "a bomb": ("表.xlsx", BOMB),
    "noise": ("表.csv", bytes(range(256)) * 40),
    "no header": ("表.xlsx", build.make_workbook(["集体二等功", "2018年"], ["先进集体", "2019年"])),
    "unknown header": ("表.xlsx", build.make_workbook(["名称*", "心情"], ["集体二等功", "好"])),
    "no name column": ("表.xlsx", build.make_workbook(["类别", "级别"], ["称号", "省级"])),
    "a header twice": ("表.xlsx", build.make_workbook(["名称*", "荣誉名称"], ["甲", "乙"])),
    "headers alone": ("表.xlsx", build.make_workbook(HEADERS)),
    "an unclosed quote": ("表.csv", '名称*,级别\n"集体二等功,省级\n'.encode() + b"x" * 200_000),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_sheet_is_refused(staff_client: Client, case: str) -> None:
    name, data = FILES[case]
    page = build.upload(staff_client, data, name)
    assert page.status_code == 422
    assert len(build.refusals(page)) == 1
    assert Import.objects.count() == Honor.objects.count() == 0


def test_a_missing_and_a_too_large_file_are_refused(staff_client: Client) -> None:
    page = staff_client.post(url("import"), {})
    assert (page.status_code, build.refusals(page)) == (
        422,
        [translated("Choose the file to upload.")],
    )
    page = build.upload(staff_client, b"x" * (importing.MAX_BYTES + 1))
    assert build.refusals(page) == [
        translated("The file is larger than 20 MB. Divide the table into several files.")
    ]
    assert Import.objects.count() == 0


def test_a_sheet_with_too_many_rows_is_refused(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A low limit makes the test fast; ``tests/faults/test_ledger.py`` tests the real limit."""
    monkeypatch.setattr(importing, "MAX_ROWS", 20)
    assert build.upload(staff_client, build.csv(build.rows(21))).status_code == 422
    assert Import.objects.count() == 0
    assert build.upload(staff_client, build.csv(build.rows(20))).status_code == 200
    assert build.last_import().new_count == 20
