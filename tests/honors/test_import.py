"""A sheet into the ledger, through the real forms: what is taken, refused, and left alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import gettext

from honors import importing, sheet
from honors.models import Honor, Import
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.audit.verification import verify
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.models import Contribution, Revision, Snapshot
from portal.site.models import SiteSettings
from tests import factories
from tests.library.sample_files import encode_image, make_office_file, zip_of
from tests.publishing.actors import ACTOR_LABELS, STAFF_LETTERS, make_actors
from tests.publishing.database_rows import all_rows
from tests.publishing.page_forms import HtmlForm

from . import build
from .build import MERIT, url

pytestmark = pytest.mark.django_db

LEDGER = ("honors", "publishing")


def said(text: str, **words: object) -> str:
    """A sentence of the house in the language of the desk."""
    return gettext(text) % words if words else gettext(text)


@pytest.fixture
def clerk() -> User:
    SiteSettings.objects.update_or_create(
        pk=1, defaults={"name": "鸡西市梨树区人民法院", "short_name": "梨树区法院"}
    )
    return factories.user(Role.HONORS)


@pytest.fixture
def desk(clerk: User) -> Client:
    client = Client()
    client.force_login(clerk)
    return client


# --- the whole way ------------------------------------------------------------------------------


def test_a_sheet_becomes_drafts(desk: Client, clerk: User) -> None:
    page = build.upload(desk, build.xlsx([MERIT, {**MERIT, "name": "全国优秀法院", "kind": ""}]))
    assert page.status_code == 200
    assert build.outcomes() == [(2, "new"), (3, "new")]
    # Nothing is written yet.
    assert (Honor.objects.count(), Revision.objects.count()) == (0, 0)
    assert Entry.objects.filter(action__startswith="honors.").count() == 0
    found = build.last()
    assert (found.state, found.uploaded_by, found.name) == ("previewed", clerk, "台账.xlsx")
    assert (
        found.new_count,
        found.same_count,
        found.duplicate_count,
        found.error_count,
        found.row_count,
    ) == (2, 0, 0, 0, 2)
    # The second row does not say its kind: taken for a title, and said so.
    assert [[note["place"] for note in line["notes"]] for line in found.plan] == [["B3"], []]

    done = build.confirm(desk)
    assert done.redirect_chain == [(url("import-preview", found.pk), 302)]
    blank = {
        "presented": None,
        "document_number": "",
        "valid_until": None,
        "reevaluation_on": None,
        "rescinded": False,
        "rescinded_on": None,
        "open_list": False,
        "remark": "",
        "name_en": "",
        "awarding_body_en": "",
        "remark_en": "",
    }
    merit = {
        **blank,
        "name": "集体二等功",
        "kind": "merit",
        "levels": "provincial",
        "system": "courts",
        "awarding_body": "省法院",
        "awarded": '{"earliest":"2018-01-01","inferred":false,"latest":"2018-12-31",'
        '"precision":"year","printed":"2018年"}',
        "recipients": [{"kind": "court", "name": "", "count": ""}],
    }
    assert build.contents() == [merit, {**merit, "name": "全国优秀法院", "kind": "title"}]
    honors = list(Honor.objects.order_by("pk"))
    found.refresh_from_db()
    assert found.created_ids == [honor.pk for honor in honors]
    assert (found.state, bool(found.finished_at)) == ("done", True)
    assert {honor.imported_with_id for honor in honors} == {found.pk}
    assert {honor.state for honor in honors} == {"unreleased"}
    assert {revision.state for revision in Revision.objects.all()} == {"draft"}
    entry = Entry.objects.order_by("-id")[0]
    assert (entry.action, entry.object_id, entry.actor_id) == (
        "honors.import",
        str(found.pk),
        clerk.pk,
    )
    assert entry.details == {"digest": found.digest, "new": 2, "same": 0, "duplicate": 0}
    assert verify().problem == ""


def test_again_and_nothing_changes(desk: Client) -> None:
    data = build.xlsx(build.rows(30))
    build.upload(desk, data)
    build.confirm(desk)
    assert Honor.objects.count() == 30
    before = all_rows(*LEDGER)
    imports = before.pop("honors_import")
    page = build.upload(desk, data)
    assert build.outcomes() == [(number, "same") for number in range(2, 32)]
    assert [line["other"] for line in build.last().plan] == list(
        Honor.objects.order_by("pk").values_list("pk", flat=True)
    )
    assert b'id="confirm"' not in page.content
    build.confirm(desk)
    now = all_rows(*LEDGER)
    assert now.pop("honors_import")[: len(imports)] == imports
    assert now == before
    assert build.last().state == "previewed"


def test_a_second_click_finds_it_done(desk: Client) -> None:
    build.upload(desk, build.xlsx([MERIT]))
    first = build.confirm(desk)
    before = all_rows(*LEDGER)
    second = build.confirm(desk)
    assert first.status_code == second.status_code == 200
    assert all_rows(*LEDGER) == before
    assert Honor.objects.count() == 1


def test_whoever_was_quicker_wins(desk: Client, clerk: User) -> None:
    """Two sheets with the same rows were checked; the second is planned anew as it is imported."""
    build.upload(desk, build.xlsx([MERIT, {**MERIT, "name": "先进集体"}]))
    first = build.last()
    build.upload(desk, build.csv([MERIT, {**MERIT, "name": "文明单位"}]), "台账.csv")
    second = build.last()
    assert (first.new_count, second.new_count) == (2, 2)
    desk.post(url("import-confirm", first.pk))
    desk.post(url("import-confirm", second.pk))
    names = Honor.objects.order_by("pk").values_list("working_title", "imported_with")
    assert list(names) == [
        ("集体二等功", first.pk),
        ("先进集体", first.pk),
        ("文明单位", second.pk),
    ]
    second.refresh_from_db()
    assert (second.new_count, second.same_count, second.state) == (1, 1, "done")


def test_nothing_is_left_to_import(desk: Client) -> None:
    build.upload(desk, build.xlsx([MERIT]))
    first = build.last()
    build.upload(desk, build.csv([MERIT]))
    desk.post(url("import-confirm", first.pk))
    refused = build.confirm(desk)
    text = said("Nothing was imported: every row of the sheet is in the ledger already.")
    assert text in refused.content.decode()
    assert Honor.objects.count() == 1
    # The page now shows what was found meanwhile.
    assert build.outcomes() == [(2, "same")]


# --- two errors, mended -------------------------------------------------------------------------


def test_two_errors_mended_and_imported(desk: Client) -> None:
    wrong = [
        MERIT,
        {**MERIT, "name": "先进集体", "levels": "部级"},
        {**MERIT, "name": "文明单位", "recipients": "张某"},
    ]
    page = build.upload(desk, build.xlsx(wrong))
    assert build.outcomes() == [(2, "new"), (3, "error"), (4, "error")]
    assert [line["row"] for line in build.last().plan] == [3, 4, 2]
    levels = "国家级、省级、市级、区级、院级"
    assert build.problems() == {
        (
            "C3",
            said(
                "“%(part)s” is no level; write %(words)s, several with 、 between them",
                part="部级",
                words=levels,
            ),
        ),
        ("H4", said("“%(part)s”: is this a person? Write 个人:%(part)s", part="张某")),
    }
    text = page.content.decode()
    assert '<strong class="place">C3</strong>' in text
    assert '<strong class="place">H4</strong>' in text
    assert 'id="confirm"' not in text
    refused = build.confirm(desk)
    assert refused.status_code == 200
    assert Honor.objects.count() == 0

    wrong[1]["levels"], wrong[2]["recipients"] = "省级", "个人:张某"
    build.upload(desk, build.xlsx(wrong))
    build.confirm(desk)
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
def test_each_cell_is_named(desk: Client, case: str, make: Callable) -> None:
    change, place = ONE_ROW[case]
    page = build.upload(desk, make([{**MERIT, **change}]), "表.xlsx")
    assert page.status_code == 200
    assert build.outcomes() == [(2, "error")]
    assert {where for where, _text in build.problems()} == {place}
    assert Honor.objects.count() == 0


def test_all_that_is_wrong_at_once(desk: Client) -> None:
    wrong = {"name": "", "kind": "x", "levels": "x", "recipients": "x；y", "valid_until": "x"}
    build.upload(desk, build.xlsx([wrong]))
    assert {place for place, _text in build.problems()} == {"A2", "B2", "C2", "H2", "J2"}
    lines = build.last().plan[0]["notes"]
    assert [note["place"] for note in lines].count("H2") == 2
    build.upload(desk, build.xlsx([{**MERIT, "name": "", "remark": "只有说明"}]))
    assert build.problems() == {("A2", said("is empty; fill it in"))}


# --- files that are none ------------------------------------------------------------------------

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
    "no header": ("表.xlsx", build.book(["集体二等功", "2018年"], ["先进集体", "2019年"])),
    "unknown header": ("表.xlsx", build.book(["名称*", "心情"], ["集体二等功", "好"])),
    "no name column": ("表.xlsx", build.book(["类别", "级别"], ["称号", "省级"])),
    "a header twice": ("表.xlsx", build.book(["名称*", "荣誉名称"], ["甲", "乙"])),
    "headers alone": ("表.xlsx", build.book(HEADERS)),
    "an unclosed quote": ("表.csv", '名称*,级别\n"集体二等功,省级\n'.encode() + b"x" * 200_000),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_sheet(desk: Client, case: str) -> None:
    name, data = FILES[case]
    page = build.upload(desk, data, name)
    assert page.status_code == 422
    assert len(build.refusals(page)) == 1
    assert Import.objects.count() == Honor.objects.count() == 0


def test_no_file_and_too_large_a_file(desk: Client) -> None:
    page = desk.post(url("import"), {})
    assert (page.status_code, build.refusals(page)) == (
        422,
        [said("Choose the file to upload.")],
    )
    page = build.upload(desk, b"x" * (importing.MAX_BYTES + 1))
    assert build.refusals(page) == [
        said("The file is larger than 20 MB. Divide the table into several files.")
    ]
    assert Import.objects.count() == 0


def test_one_row_more_than_allowed(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is met in ``tests/faults/test_ledger.py``."""
    monkeypatch.setattr(importing, "MAX_ROWS", 20)
    assert build.upload(desk, build.csv(build.rows(21))).status_code == 422
    assert Import.objects.count() == 0
    assert build.upload(desk, build.csv(build.rows(20))).status_code == 200
    assert build.last().new_count == 20


def test_merged_cells(desk: Client) -> None:
    data = build.book(
        ["名称*", "级别", "获得者"],
        ["集体二等功", "省级", "本院"],
        ["先进集体", None, "本院"],
        merged="B2:B3",
    )
    build.upload(desk, data)
    assert build.outcomes() == [(2, "error"), (3, "error")]
    assert {place for place, _text in build.problems()} == {"B2", "B3"}


def test_formulas(desk: Client) -> None:
    build.upload(desk, build.book(["名称*", "级别"], ['=HYPERLINK("http://x")', "省级"]))
    assert {place for place, _text in build.problems()} == {"A2"}


def test_empty_rows_are_passed_over(desk: Client) -> None:
    data = build.book(
        ["名称*", "级别"], [], ["集体二等功", "省级"], [None, "  "], [], ["先进集体", "省级"]
    )
    build.upload(desk, data)
    assert build.outcomes() == [(3, "new"), (6, "new")]


def test_dates_as_excel_has_them(desk: Client) -> None:
    data = build.book(
        ["荣誉名称", "获奖时间", "有效期", "获奖者"],
        ["甲", 2018, date(2026, 12, 31), "本院"],
        ["乙", date(2018, 3, 1), "2026/12/31", "本院"],
        ["丙", "2018.3", datetime(2026, 12, 31, 9), "我院"],  # noqa: DTZ001
        ["丁", None, None, None],
    )
    build.upload(desk, data)
    assert build.problems() == set()
    build.confirm(desk)
    printed = [fields["awarded"] and importing.sheet._printed(fields["awarded"]).printed
               for fields in build.contents()]  # fmt: skip
    assert printed == ["2018", "2018-03-01", "2018.3", None]
    assert [fields["valid_until"] for fields in build.contents()] == ["2026-12-31"] * 3 + [None]


def test_headers_as_clerks_write_them(desk: Client) -> None:
    data = build.book(
        ["梨树区法院荣誉台账"],
        ["荣誉称号", "颁发单位", "获奖 时间", "级别（省/市）", "备注", "状态"],
        ["集体二等功", "省法院", "2018年", "省、市级", "见存档", "已发布"],
    )
    build.upload(desk, data)
    build.confirm(desk)
    [fields] = build.contents()
    assert (fields["name"], fields["awarding_body"], fields["levels"], fields["remark"]) == (
        "集体二等功",
        "省法院",
        "provincial,municipal",
        "见存档",
    )


def test_csv_as_excel_saves_it(desk: Client) -> None:
    for number, encoding in enumerate(("utf-8", "gb18030", "utf-16")):
        text = f"名称*;级别;获得者\r\n集体二等功{number};省级;梨树区法院\r\n"
        build.upload(desk, text.encode(encoding), "台账.csv")
        assert build.outcomes() == [(2, "new")]
        build.confirm(desk)
    assert [fields["recipients"] for fields in build.contents()] == [
        [{"kind": "court", "name": "", "count": ""}]
    ] * 3


# --- doubles ------------------------------------------------------------------------------------


def test_twice_in_the_sheet(desk: Client) -> None:
    again = {**MERIT, "name": "集体 二等功", "recipients": "集体"}
    build.upload(desk, build.xlsx([MERIT, again, {**MERIT, "levels": "市级"}]))
    assert build.outcomes() == [(2, "new"), (3, "duplicate"), (4, "duplicate")]
    lines = {line["row"]: line for line in build.last().plan}
    assert (lines[3]["other"], lines[3]["notes"]) == (2, [])
    assert (lines[4]["other"], [note["column"] for note in lines[4]["notes"]]) == (2, ["级别"])
    build.confirm(desk)
    assert Honor.objects.count() == 1


def test_the_same_in_the_ledger_whatever_its_state(desk: Client, clerk: User) -> None:
    newsroom = factories.Newsroom()
    records = factories.Records(newsroom)
    fields = sheet.read(importing.table(build.xlsx([MERIT])))
    content = next(fields).fields
    for number, make in enumerate(
        (records.draft, records.in_review, records.approved, records.live)
    ):
        make(Honor(), **{**content, "name": f"第{number}项"})
    withdrawn = records.live(Honor(), **{**content, "name": "第4项"})
    actions.withdraw(obj=withdrawn, by=newsroom.publisher, reason="核对中。")
    archived = records.draft(Honor(), **{**content, "name": "第5项"}).target
    actions.archive(obj=archived, by=records.honors)
    build.upload(desk, build.xlsx([{**MERIT, "name": f"第{n}项"} for n in range(7)]))
    assert build.outcomes() == [(n, "same") for n in range(2, 8)] + [(8, "new")]


def test_what_differs_is_said_and_left_alone(desk: Client) -> None:
    build.upload(desk, build.xlsx([MERIT]))
    build.confirm(desk)
    before = build.contents()
    build.upload(desk, build.xlsx([{**MERIT, "levels": "市级", "remark": "另一说明"}]))
    assert build.outcomes() == [(2, "same")]
    [line] = build.last().plan
    assert [(note["column"], note["warning"]) for note in line["notes"]] == [("级别、说明", True)]
    # A column that the sheet does not have is not compared.
    build.upload(desk, build.xlsx([MERIT], ["name", "awarding_body", "awarded", "recipients"]))
    assert [line["notes"] for line in build.last().plan] == [[]]
    assert build.contents() == before


# --- the rows that save leaves ------------------------------------------------------------------

#: What two drafts never share.
OWN = {"id", "created_at", "imported_with_id", "object_id", "saved_at", "revision_id", "first_at"}
OWN_ENTRY = {"id", "at", "object_id", "previous_hash", "hash", "address"}


def test_save_new_leaves_the_rows_that_save_leaves(desk: Client, clerk: User) -> None:
    build.upload(desk, build.xlsx([MERIT]))
    build.confirm(desk)
    [imported] = Honor.objects.all()
    fields = imported.open_revision.content["fields"]
    typed = actions.save(obj=Honor(), content={"fields": fields}, by=clerk, token=VersionToken())
    saved = typed.revision.target
    for one, other in zip(traces(imported), traces(saved), strict=True):
        assert one == other
    assert imported.imported_with_id
    assert saved.imported_with_id is None


def traces(honor: Any) -> list[list[dict[str, Any]]]:
    """Every row that a draft leaves, without what is each row's own."""
    kind = ContentType.objects.get_for_model(Honor)
    revisions = Revision.objects.filter(content_type=kind, object_id=honor.pk)
    tables: list[Any] = [
        Honor.objects.filter(pk=honor.pk),
        revisions,
        Contribution.objects.filter(revision__in=revisions),
        Snapshot.objects.filter(revision__in=revisions),
    ]
    entries = Entry.objects.filter(object_type="honors.honor", object_id=str(honor.pk))
    return [
        *([bare(row, OWN) for row in table.order_by("pk").values()] for table in tables),
        [bare(row, OWN_ENTRY) for row in entries.order_by("id").values()],
    ]


def bare(row: dict[str, Any], own: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in own}


# --- who, and by whose page ---------------------------------------------------------------------


def test_each_page_by_everybody(clerk: User) -> None:
    everybody = make_actors(factories.Newsroom())
    everybody["H"] = clerk
    writers, readers = "H", "EFSLPHA"
    table: dict[str, tuple[str, int, int]] = {
        url("import"): (writers, 200, 422),
        url("import-template"): (writers, 200, 200),
        url("import-preview", 1): (writers, 200, 200),
        url("import-found", 1): (writers, 200, 200),
        url("import-confirm", 1): (writers, 302, 302),
        url("import-discard", 1): (writers, 302, 302),
        url("export-xlsx"): (readers, 200, 405),
        url("export-csv"): (readers, 200, 405),
        url("print"): (readers, 200, 405),
    }
    client = Client()
    client.force_login(clerk)
    build.upload(client, build.xlsx([MERIT]))
    table = {a.replace("/1/", f"/{build.last().pk}/"): cells for a, cells in table.items()}
    wrong = []
    for letter in ACTOR_LABELS:
        if letter == "Y":
            continue
        knocking = Client()
        if letter in "CD" or letter in STAFF_LETTERS:
            knocking.force_login(everybody[letter])
        for address, (who, get, post) in table.items():
            for method, expected in (("get", get), ("post", post)):
                if letter not in STAFF_LETTERS:
                    expected = 302 if method == "get" else 403
                elif letter not in who:
                    expected = 403
                answer = getattr(knocking, method)(address)
                if answer.streaming:
                    answer.getvalue()  # which closes the file
                if answer.status_code != expected:
                    wrong.append((ACTOR_LABELS[letter], method, address, answer.status_code))
                if expected == 302 and letter not in STAFF_LETTERS:
                    assert answer.headers["Location"].startswith("/admin/login/")
    assert wrong == []
    # The one who may has put it aside by the last of these posts.
    assert Import.objects.get().state == "done"


def test_only_the_uploader_imports(desk: Client) -> None:
    """Or whoever typed the sheet could review his own entries."""
    build.upload(desk, build.xlsx([MERIT]))
    other = Client()
    other.force_login(factories.user(Role.HONORS))
    assert b'id="confirm"' not in other.get(url("import-preview", build.last().pk)).content
    assert other.post(url("import-confirm", build.last().pk)).status_code == 403
    assert Honor.objects.count() == 0


def test_nothing_is_changed_without_a_token(clerk: User, desk: Client) -> None:
    build.upload(desk, build.xlsx([MERIT]))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)
    before = all_rows("honors", "publishing")
    for name in ("import-confirm", "import-discard"):
        assert strict.post(url(name, build.last().pk)).status_code == 403
    assert build.upload(strict, build.xlsx([MERIT])).status_code == 403
    assert all_rows("honors", "publishing") == before
    page = strict.get(url("import-preview", build.last().pk))
    form = HtmlForm(page.content, "confirm")
    assert strict.post(form.action, form.data()).status_code == 302
    assert Honor.objects.count() == 1


# --- nothing half-imported ----------------------------------------------------------------------


def test_a_fault_in_the_middle_leaves_nothing(desk: Client) -> None:
    build.upload(desk, build.xlsx(build.rows(10)))
    before = all_rows(*LEDGER)
    with (
        mock.patch("portal.publishing.actions.editing.audit.log_events", side_effect=OSError("no")),
        pytest.raises(OSError, match="no"),
    ):
        build.confirm(desk)
    assert all_rows(*LEDGER) == before
    with mock.patch("honors.importing._write", side_effect=OperationalError("locked")):
        page = build.confirm(desk)
    text = said("Somebody else is writing to it now. Nothing was imported; try again in a minute.")
    assert text in page.content.decode()
    assert all_rows(*LEDGER) == before
    build.confirm(desk)
    assert Honor.objects.count() == 10


def test_the_stored_file_is_the_one_that_was_seen(desk: Client) -> None:
    build.upload(desk, build.xlsx([MERIT]))
    found = build.last()
    with default_storage.open(found.stored_as, "wb") as file:
        file.write(build.xlsx([{**MERIT, "name": "别的"}]))
    assert (
        said("The stored file was changed. Upload it again.")
        in build.confirm(desk).content.decode()
    )
    default_storage.delete(found.stored_as)
    assert (
        said("The uploaded file is no longer there. Upload it again.")
        in build.confirm(desk).content.decode()
    )
    assert Honor.objects.count() == 0


def test_put_aside(desk: Client) -> None:
    build.upload(desk, build.xlsx([MERIT]))
    found = build.last()
    desk.post(url("import-discard", found.pk))
    assert build.last().state == "discarded"
    build.confirm(desk)
    desk.post(url("import-discard", found.pk))
    assert (build.last().state, Honor.objects.count()) == ("discarded", 0)


# --- the pages ----------------------------------------------------------------------------------


def test_errors_first_a_hundred_a_page(desk: Client) -> None:
    table = build.rows(250)
    table[240]["levels"] = "部级"
    page = build.upload(desk, build.csv(table)).content.decode()
    numbers = [int(n) for n in re.findall(r'<tr class="plan-\w+">\s*<td>(\d+)</td>', page)]
    assert numbers == [242, *range(2, 101)]
    preview = url("import-preview", build.last().pk)
    page = desk.get(preview, {"page": 3, "show": "new"}).content.decode()
    numbers = [int(n) for n in re.findall(r'<tr class="plan-\w+">\s*<td>(\d+)</td>', page)]
    assert numbers == [*range(202, 242), *range(243, 252)]
    for odd in ("0", "-1", "99999", "x"):
        assert desk.get(preview, {"page": odd, "show": odd}).status_code == 200


def test_the_preview_asks_the_database_as_often_for_many_rows(desk: Client) -> None:
    counts = []
    for count in (1, 300):
        build.upload(desk, build.csv(build.rows(count)))
        with CaptureQueriesContext(connection) as queries:
            desk.get(url("import-preview", build.last().pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_many_errors_are_all_counted_and_not_all_noted(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "NOTED_ROWS", 10)
    table = [{**row, "levels": "部级"} for row in build.rows(30)]
    build.upload(desk, build.csv(table))
    plan = build.last().plan
    assert build.last().error_count == 30
    assert [bool(line["notes"]) for line in plan] == [True] * 10 + [False] * 20
    assert [line["more_notes"] for line in plan] == [False] * 10 + [True] * 20


def test_the_sheet_with_remarks_can_be_mended_and_sent_again(desk: Client) -> None:
    build.upload(desk, build.xlsx([{**MERIT, "levels": "部级"}, {**MERIT, "name": "先进集体"}]))
    answer = desk.get(url("import-found", build.last().pk))
    data = answer.getvalue()
    rows = list(importing.read_table(data, columns=sheet.READ))
    assert [row.cells["levels"].text for row in rows] == ["部级", "省级"]
    assert rows[0].cells["found"].text.startswith(said("has errors"))
    assert rows[1].cells["found"].text == ""
    build.upload(desk, data)
    assert build.outcomes() == [(2, "error"), (3, "new")]


def test_the_template_keeps_what_is_typed(desk: Client) -> None:
    answer = desk.get(url("import-template"))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert build.refusals(build.upload(desk, answer.getvalue())) == [
        said("There is no row below the headers. Fill in the sheet, then upload it.")
    ]


def test_the_list_of_one_sheet(desk: Client) -> None:
    build.upload(desk, build.xlsx([MERIT]))
    build.confirm(desk)
    first = build.last()
    build.upload(desk, build.xlsx([{**MERIT, "name": "先进集体"}]))
    build.confirm(desk)
    page = desk.get(url("changelist"), {"import": first.pk, "waiting": "draft"}).content.decode()
    assert "集体二等功" in page
    assert "先进集体" not in page.split('id="changelist-filter"')[0]
    for odd in ("x", "9" * 30, "-1", ""):
        assert desk.get(url("changelist"), {"import": odd}).status_code == 200


def test_due_on_the_first_page(desk: Client) -> None:
    today = timezone.localdate()
    days = {"过期": -3, "将到": 60, "还早": 200, "撤销的": 5}
    table = [
        {
            **MERIT,
            "name": name,
            "reevaluation_on": (today + timedelta(days)).isoformat(),
            "rescinded": "是" if name == "撤销的" else "",
        }
        for name, days in days.items()
    ]
    build.upload(desk, build.xlsx(table))
    build.confirm(desk)
    page = desk.get("/admin/").content.decode()
    block = page.split('aria-labelledby="due-title"')[1].split("</section>")[0]
    assert re.findall(r'<a href="[^"]+/change/">([^<]+)</a>', block) == ["过期", "将到"]
    reader = Client()
    reader.force_login(factories.user(Role.EDITOR))
    assert 'aria-labelledby="due-title"' not in reader.get("/admin/").content.decode()
