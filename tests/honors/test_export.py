"""Export and print of the ledger contain all rows that the change list shows."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext

from honors import exporting, importing, sheet
from honors.models import Honor
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.models import Revision
from portal.publishing.states import RevisionState, State
from portal.site.models import SiteSettings
from tests import factories

from . import build
from .build import MERIT, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def records() -> factories.Records:
    SiteSettings.objects.update_or_create(pk=1, defaults={"name": "鸡西市梨树区人民法院"})
    return factories.Records(factories.Newsroom())


@pytest.fixture
def staff_client(records: factories.Records) -> Client:
    client = Client()
    client.force_login(records.honors)
    return client


def fields(**changes: str) -> dict[str, Any]:
    return next(sheet.read_rows(importing.read_sheet(build.xlsx([{**MERIT, **changes}])))).fields


def create_honors(records: factories.Records) -> None:
    """Create an honour in each state, and a live honour with an unpublished draft."""
    newsroom = records.newsroom
    records.draft(Honor(), **fields(name="草稿"))
    records.in_review(Honor(), **fields(name="待审", levels="国家级", awarded="2019年"))
    records.live(Honor(), **fields(name="已发布", awarded="2020年"))
    changed = records.live(Honor(), **fields(name="改前", awarded="2020年"))
    records.draft(changed, **fields(name="改后", awarded="2021年"))
    withdrawn = records.live(Honor(), **fields(name="已撤", awarded=""))
    actions.withdraw(obj=withdrawn, by=newsroom.publisher, reason="核对中。")
    archived = records.draft(Honor(), **fields(name="归档", recipients="个人:张某")).target
    actions.archive(obj=archived, by=records.honors)


def rows(response: Any) -> list[dict[str, str]]:
    data = response.getvalue()
    return [
        {name: cell.text for name, cell in row.cells.items()}
        for row in importing.read_table(data, columns=sheet.KNOWN_COLUMNS)
    ]


def names(response: Any) -> list[str]:
    return [row["name"] for row in rows(response)]


ALL = ["改后", "已发布", "待审", "归档", "草稿", "已撤"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_exported_file_imports_without_changes(
    staff_client: Client, records: Any, kind: str
) -> None:
    create_honors(records)
    answer = staff_client.get(url(f"export-{kind}"))
    data = answer.getvalue()
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert "no-store" in answer.headers["Cache-Control"]
    build.upload(staff_client, data, f"台账.{kind}")
    assert build.outcomes() == [(number, "same") for number in range(2, 8)]
    assert [line["notes"] for line in build.last_import().plan] == [[]] * 6


def test_the_export_has_the_current_content_in_the_order_of_the_list(
    staff_client: Client, records: Any
) -> None:
    create_honors(records)
    assert names(staff_client.get(url("export-csv"))) == ALL
    found = {row["name"]: row["status"] for row in rows(staff_client.get(url("export-xlsx")))}
    state, work = State, RevisionState
    waiting = Revision.objects.get(state="in_review")
    assert found == {
        "草稿": status_of(state.UNRELEASED, work.DRAFT),
        "待审": f"{status_of(state.UNRELEASED)}，{waiting.state_summary}",
        "已发布": status_of(state.LIVE),
        "改后": status_of(state.LIVE, work.DRAFT),
        "已撤": status_of(state.WITHDRAWN),
        "归档": status_of(state.ARCHIVED),
    }


def status_of(*states: Any) -> str:
    return "，".join(str(state.label) for state in states)


FILTERS: dict[str, tuple[dict[str, str], list[str]]] = {
    "search": ({"q": "改"}, ["改后"]),
    "state": ({"state__exact": "live"}, ["改后", "已发布"]),
    "level": ({"level": "national"}, ["待审"]),
    "year": ({"year": "2018"}, ["归档", "草稿"]),
    "undated": ({"year": "0"}, ["已撤"]),
    "waiting": ({"waiting": "draft"}, ["改后", "草稿"]),
    "two": ({"waiting": "draft", "year": "2021"}, ["改后"]),
    "order": ({"o": "1"}, sorted(ALL)),
    "nothing": ({"q": "没有这一项"}, []),
    "a page of the list": ({"p": "99"}, ALL),
}


@pytest.mark.parametrize("case", FILTERS)
def test_export_and_print_follow_the_filter(staff_client: Client, records: Any, case: str) -> None:
    create_honors(records)
    query, expected = FILTERS[case]
    exported = names(staff_client.get(url("export-csv"), query))
    if case == "order":
        html = staff_client.get(url("changelist"), query).content.decode()
        expected = re.findall(r'<th class="field-headline"><a href="[^"]*">([^<]+)</a>', html)
        assert sorted(expected) == sorted(ALL)
    assert exported == expected
    paper = staff_client.get(url("print"), query).content.decode()
    assert sorted(printed_names(paper)) == sorted(expected)


def printed_names(page: str) -> list[str]:
    table = page.split('<table class="paper-table">')[1].split("</table>")[0]
    return re.findall(r"<tr><td>\d+</td><td>([^<]+?) *</td>", table)


@pytest.mark.parametrize("name", ["export-csv", "export-xlsx", "print"])
def test_an_invalid_filter_redirects_to_the_list(staff_client: Client, name: str) -> None:
    answer = staff_client.get(url(name), {"state__nonsense": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, url("changelist") + "?e=1")


def test_formulas_are_escaped(staff_client: Client, records: Any) -> None:
    records.draft(Honor(), **{**fields(), "name": "=1+1", "remark": "@SUM(A1)"})
    data = staff_client.get(url("export-csv")).getvalue().decode("utf-8-sig")
    [_header, row] = list(csv.reader(io.StringIO(data)))
    assert (row[0], row[14]) == ("'=1+1", "'@SUM(A1)")
    assert rows(staff_client.get(url("export-xlsx")))[0]["name"] == "=1+1"


def test_an_export_is_logged(staff_client: Client, records: Any) -> None:
    create_honors(records)
    reader: User = factories.user(Role.AUDITOR)
    client = Client()
    client.force_login(reader)
    client.get(url("export-xlsx"), {"level": "national"}).getvalue()
    entry = Entry.objects.order_by("-id")[0]
    assert (entry.action, entry.actor_id) == ("honors.export", reader.pk)
    assert entry.details == {"rows": 1, "kind": "xlsx", "filter": "level=national"}


def test_export_and_print_run_the_same_number_of_queries_for_many_rows(
    staff_client: Client,
) -> None:
    counts = []
    for number in (10, 300):
        build.upload(staff_client, build.csv(build.rows(number)))
        build.confirm(staff_client)
        with CaptureQueriesContext(connection) as queries:
            staff_client.get(url("export-csv")).getvalue()
            staff_client.get(url("print"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_printed_ledger(staff_client: Client, records: Any) -> None:
    create_honors(records)
    page = staff_client.get(url("print")).content.decode()
    assert printed_names(page) == ALL
    assert "鸡西市梨树区人民法院" in page.split('<article class="paper">')[1]
    years = re.findall(r'<tr class="paper-year"><th[^>]*>([^<]+) <span>', page)
    said = [gettext("Year %(year)s") % {"year": year} for year in (2021, 2020, 2019, 2018)]
    assert years == [*said, gettext("undated")]
    facts = re.search(r'<p class="paper-facts">(.*?)</p>', page, re.S)
    assert facts
    totals = [gettext("In all"), "6", gettext("National level"), "1", gettext("Provincial level")]
    assert [word for word in totals if word not in facts[1]] == []


def test_too_many_rows_to_print_are_refused(
    staff_client: Client, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_honors(records)
    monkeypatch.setattr(exporting, "MAX_PRINTED_ROWS", 5)
    answer = staff_client.get(url("print"), {"state__exact": "live"})
    assert answer.status_code == 200
    answer = staff_client.get(url("print"))
    assert (answer.status_code, answer.headers["Location"]) == (302, url("changelist"))


def test_a_draft_without_a_name_is_recognised_on_import(staff_client: Client, records: Any) -> None:
    actions.save(
        obj=Honor(),
        content={"fields": {"remark": "只有说明"}},
        by=records.honors,
        token=VersionToken(),
    )
    build.upload(staff_client, staff_client.get(url("export-xlsx")).getvalue())
    assert build.outcomes() == [(2, "same")]
