"""Permissions and contents of the import pages, and of the lists that link to them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from honors import import_plan, importing, sheet
from honors.models import Honor, Import
from portal.accounts.models import User
from portal.accounts.roles import Role
from tests import factories
from tests.publishing.actors import ACTOR_LABELS, STAFF_LETTERS, make_actors
from tests.publishing.database_rows import all_rows
from tests.publishing.page_forms import HtmlForm

from . import build
from .build import MERIT, translated, url

pytestmark = pytest.mark.django_db


def test_each_page_for_each_role(clerk: User) -> None:
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
    table = {a.replace("/1/", f"/{build.last_import().pk}/"): cells for a, cells in table.items()}
    wrong = []
    for letter in ACTOR_LABELS:
        if letter == "Y":
            continue
        client_of_role = Client()
        if letter in "CD" or letter in STAFF_LETTERS:
            client_of_role.force_login(everybody[letter])
        for address, (who, get, post) in table.items():
            for method, expected in (("get", get), ("post", post)):
                if letter not in STAFF_LETTERS:
                    expected = 302 if method == "get" else 403
                elif letter not in who:
                    expected = 403
                answer = getattr(client_of_role, method)(address)
                if answer.streaming:
                    # Reading the response closes the temporary file of the download.
                    answer.getvalue()
                if answer.status_code != expected:
                    wrong.append((ACTOR_LABELS[letter], method, address, answer.status_code))
                if expected == 302 and letter not in STAFF_LETTERS:
                    assert answer.headers["Location"].startswith("/admin/login/")
    assert wrong == []
    # The permitted role confirmed the import first, so that the imported sheet was not discarded.
    assert Import.objects.get().state == "done"


def test_only_the_uploader_may_confirm(staff_client: Client) -> None:
    """Only the uploader may confirm.

    Another user who confirmed would become the author, and the uploader could review the drafts.
    """
    build.upload(staff_client, build.xlsx([MERIT]))
    other = Client()
    other.force_login(factories.user(Role.HONORS))
    assert b'id="confirm"' not in other.get(url("import-preview", build.last_import().pk)).content
    assert other.post(url("import-confirm", build.last_import().pk)).status_code == 403
    assert Honor.objects.count() == 0


def test_requests_without_a_csrf_token_are_refused(clerk: User, staff_client: Client) -> None:
    build.upload(staff_client, build.xlsx([MERIT]))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)
    before = all_rows("honors", "publishing")
    for name in ("import-confirm", "import-discard"):
        assert strict.post(url(name, build.last_import().pk)).status_code == 403
    assert build.upload(strict, build.xlsx([MERIT])).status_code == 403
    assert all_rows("honors", "publishing") == before
    page = strict.get(url("import-preview", build.last_import().pk))
    form = HtmlForm(page.content, "confirm")
    assert strict.post(form.action, form.data()).status_code == 302
    assert Honor.objects.count() == 1


def test_the_preview_lists_errors_first_in_pages_of_a_hundred(staff_client: Client) -> None:
    table = build.rows(250)
    table[240]["levels"] = "部级"
    page = build.upload(staff_client, build.csv(table)).content.decode()
    numbers = [int(n) for n in re.findall(r'<tr class="plan-\w+">\s*<td>(\d+)</td>', page)]
    assert numbers == [242, *range(2, 101)]
    preview = url("import-preview", build.last_import().pk)
    page = staff_client.get(preview, {"page": 3, "show": "new"}).content.decode()
    numbers = [int(n) for n in re.findall(r'<tr class="plan-\w+">\s*<td>(\d+)</td>', page)]
    assert numbers == [*range(202, 242), *range(243, 252)]
    for odd in ("0", "-1", "99999", "x"):
        assert staff_client.get(preview, {"page": odd, "show": odd}).status_code == 200


def test_the_preview_runs_the_same_number_of_queries_for_many_rows(staff_client: Client) -> None:
    counts = []
    for count in (1, 300):
        build.upload(staff_client, build.csv(build.rows(count)))
        with CaptureQueriesContext(connection) as queries:
            staff_client.get(url("import-preview", build.last_import().pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_notes_are_kept_for_a_limited_number_of_rows(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_plan, "MAX_ROWS_WITH_NOTES", 10)
    table = [{**row, "levels": "部级"} for row in build.rows(30)]
    build.upload(staff_client, build.csv(table))
    plan = build.last_import().plan
    assert build.last_import().error_count == 30
    assert [bool(line["notes"]) for line in plan] == [True] * 10 + [False] * 20
    assert [line["notes_omitted"] for line in plan] == [False] * 10 + [True] * 20


def test_the_checked_sheet_can_be_uploaded_again(staff_client: Client) -> None:
    build.upload(
        staff_client, build.xlsx([{**MERIT, "levels": "部级"}, {**MERIT, "name": "先进集体"}])
    )
    answer = staff_client.get(url("import-found", build.last_import().pk))
    data = answer.getvalue()
    rows = list(importing.read_table(data, columns=sheet.KNOWN_COLUMNS))
    assert [row.cells["levels"].text for row in rows] == ["部级", "省级"]
    assert rows[0].cells["found"].text.startswith(translated("has errors"))
    assert rows[1].cells["found"].text == ""
    build.upload(staff_client, data)
    assert build.outcomes() == [(2, "error"), (3, "new")]


def test_the_empty_template_is_refused_with_a_sentence(staff_client: Client) -> None:
    answer = staff_client.get(url("import-template"))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert build.refusals(build.upload(staff_client, answer.getvalue())) == [
        translated("There is no row below the headers. Fill in the sheet, then upload it.")
    ]


def test_the_list_can_be_filtered_by_sheet(staff_client: Client) -> None:
    build.upload(staff_client, build.xlsx([MERIT]))
    build.confirm(staff_client)
    first = build.last_import()
    build.upload(staff_client, build.xlsx([{**MERIT, "name": "先进集体"}]))
    build.confirm(staff_client)
    page = staff_client.get(
        url("changelist"), {"import": first.pk, "waiting": "draft"}
    ).content.decode()
    assert "集体二等功" in page
    assert "先进集体" not in page.split('id="changelist-filter"')[0]
    for odd in ("x", "9" * 30, "-1", ""):
        assert staff_client.get(url("changelist"), {"import": odd}).status_code == 200


def test_the_start_page_lists_titles_due_for_reevaluation(staff_client: Client) -> None:
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
    build.upload(staff_client, build.xlsx(table))
    build.confirm(staff_client)
    page = staff_client.get("/admin/").content.decode()
    block = page.split('aria-labelledby="due-title"')[1].split("</section>")[0]
    assert re.findall(r'<a href="[^"]+/change/">([^<]+)</a>', block) == ["过期", "将到"]
    reader = Client()
    reader.force_login(factories.user(Role.EDITOR))
    assert 'aria-labelledby="due-title"' not in reader.get("/admin/").content.decode()
