"""Problems of single cells, and notations that people use in sheets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client

from honors import sheet
from honors.models import Honor

from . import build
from .build import MERIT, translated

pytestmark = pytest.mark.django_db


def test_a_sheet_is_imported_once_its_errors_are_corrected(staff_client: Client) -> None:
    wrong = [
        MERIT,
        {**MERIT, "name": "先进集体", "levels": "部级"},
        {**MERIT, "name": "文明单位", "recipients": "张某"},
    ]
    page = build.upload(staff_client, build.xlsx(wrong))
    assert build.outcomes() == [(2, "new"), (3, "error"), (4, "error")]
    assert [line["row"] for line in build.last_import().plan] == [3, 4, 2]
    levels = "国家级、省级、市级、区级、院级"
    assert build.problems() == {
        (
            "C3",
            translated(
                "“%(part)s” is no level; write %(words)s, several with 、 between them",
                part="部级",
                words=levels,
            ),
        ),
        ("H4", translated("“%(part)s”: is this a person? Write 个人:%(part)s", part="张某")),
    }
    text = page.content.decode()
    assert '<strong class="cell">C3</strong>' in text
    assert '<strong class="cell">H4</strong>' in text
    assert 'id="confirm"' not in text
    refused = build.confirm(staff_client)
    assert refused.status_code == 200
    assert Honor.objects.count() == 0

    wrong[1]["levels"], wrong[2]["recipients"] = "省级", "个人:张某"
    build.upload(staff_client, build.xlsx(wrong))
    build.confirm(staff_client)
    assert list(Honor.objects.order_by("pk").values_list("working_title", flat=True)) == [
        "集体二等功",
        "先进集体",
        "文明单位",
    ]


ONE_ROW = {
    "no name": ({"name": ""}, "A2"),
    "long name": ({"name": "荣" * 121}, "A2"),
    "unknown kind": ({"kind": "嘉奖令"}, "B2"),
    "unknown level": ({"levels": "厅局级"}, "C2"),
    "unknown system": ({"system": "外星"}, "D2"),
    "long body": ({"awarding_body": "院" * 101}, "E2"),
    "long date": ({"awarded": "年" * 201}, "F2"),
    "own reading that contradicts": ({"awarded": "2018年〔日：2018-01-01至2018-02-01〕"}, "F2"),
    "lost date": ({"awarded": "43160"}, "F2"),
    "a bare name": ({"recipients": "张某"}, "H2"),
    "department without name": ({"recipients": "部门:"}, "H2"),
    "people without count": ({"recipients": "人数:"}, "H2"),
    "long recipient": ({"recipients": "个人:" + "张" * 61}, "H2"),
    "too many recipients": ({"recipients": "；".join(["本院"] * 201)}, "H2"),
    "long number": ({"document_number": "号" * 61}, "I2"),
    "no day": ({"valid_until": "长期"}, "J2"),
    "a month": ({"reevaluation_on": "2026年9月"}, "K2"),
    "neither yes nor no": ({"rescinded": "也许"}, "L2"),
    "a day that is none": ({"rescinded_on": "2024-02-30"}, "M2"),
    "neither, again": ({"open_list": "2"}, "N2"),
    "long remark": ({"remark": "注" * 501}, "O2"),
    "endless": ({"remark": "注" * 2001}, "O2"),
}


@pytest.mark.parametrize("case", ONE_ROW)
@pytest.mark.parametrize("make", [build.xlsx, build.csv], ids=["xlsx", "csv"])
def test_the_problem_names_its_cell(staff_client: Client, case: str, make: Callable) -> None:
    change, place = ONE_ROW[case]
    page = build.upload(staff_client, make([{**MERIT, **change}]), "表.xlsx")
    assert page.status_code == 200
    assert build.outcomes() == [(2, "error")]
    assert {where for where, _text in build.problems()} == {place}
    assert Honor.objects.count() == 0


def test_all_problems_of_a_row_are_reported(staff_client: Client) -> None:
    wrong = {"name": "", "kind": "x", "levels": "x", "recipients": "x；y", "valid_until": "x"}
    build.upload(staff_client, build.xlsx([wrong]))
    assert {place for place, _text in build.problems()} == {"A2", "B2", "C2", "H2", "J2"}
    lines = build.last_import().plan[0]["notes"]
    assert [note["cell"] for note in lines].count("H2") == 2
    build.upload(staff_client, build.xlsx([{**MERIT, "name": "", "remark": "只有说明"}]))
    assert build.problems() == {("A2", translated("is empty; fill it in"))}


def test_merged_cells_are_reported(staff_client: Client) -> None:
    data = build.make_workbook(
        ["名称*", "级别", "获得者"],
        ["集体二等功", "省级", "本院"],
        ["先进集体", None, "本院"],
        merged="B2:B3",
    )
    build.upload(staff_client, data)
    assert build.outcomes() == [(2, "error"), (3, "error")]
    assert {place for place, _text in build.problems()} == {"B2", "B3"}


def test_formulas_are_reported(staff_client: Client) -> None:
    build.upload(
        staff_client, build.make_workbook(["名称*", "级别"], ['=HYPERLINK("http://x")', "省级"])
    )
    assert {place for place, _text in build.problems()} == {"A2"}


def test_empty_rows_are_skipped(staff_client: Client) -> None:
    data = build.make_workbook(
        ["名称*", "级别"], [], ["集体二等功", "省级"], [None, "  "], [], ["先进集体", "省级"]
    )
    build.upload(staff_client, data)
    assert build.outcomes() == [(3, "new"), (6, "new")]


def test_dates_of_every_excel_type_are_read(staff_client: Client) -> None:
    data = build.make_workbook(
        ["荣誉名称", "获奖时间", "有效期", "获奖者"],
        ["甲", 2018, date(2026, 12, 31), "本院"],
        ["乙", date(2018, 3, 1), "2026/12/31", "本院"],
        ["丙", "2018.3", datetime(2026, 12, 31, 9), "我院"],  # noqa: DTZ001
        ["丁", None, None, None],
    )
    build.upload(staff_client, data)
    assert build.problems() == set()
    build.confirm(staff_client)
    printed = [fields["awarded"] and sheet._printed_date(fields["awarded"]).printed
               for fields in build.contents()]  # fmt: skip
    assert printed == ["2018", "2018-03-01", "2018.3", None]
    assert [fields["valid_until"] for fields in build.contents()] == ["2026-12-31"] * 3 + [None]


def test_headers_are_recognised_by_their_aliases(staff_client: Client) -> None:
    data = build.make_workbook(
        ["梨树区法院荣誉台账"],
        ["荣誉称号", "颁发单位", "获奖 时间", "级别（省/市）", "备注", "状态"],
        ["集体二等功", "省法院", "2018年", "省、市级", "见存档", "已发布"],
    )
    build.upload(staff_client, data)
    build.confirm(staff_client)
    [fields] = build.contents()
    assert (fields["name"], fields["awarding_body"], fields["levels"], fields["remark"]) == (
        "集体二等功",
        "省法院",
        "provincial,municipal",
        "见存档",
    )


def test_csv_files_in_every_encoding_of_excel_are_read(staff_client: Client) -> None:
    for number, encoding in enumerate(("utf-8", "gb18030", "utf-16")):
        text = f"名称*;级别;获得者\r\n集体二等功{number};省级;梨树区法院\r\n"
        build.upload(staff_client, text.encode(encoding), "台账.csv")
        assert build.outcomes() == [(2, "new")]
        build.confirm(staff_client)
    assert [fields["recipients"] for fields in build.contents()] == [
        [{"kind": "court", "name": "", "count": ""}]
    ] * 3
