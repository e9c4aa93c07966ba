"""The ledger as a file and on paper: what the list shows, whole."""

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
def desk(records: factories.Records) -> Client:
    client = Client()
    client.force_login(records.honors)
    return client


def fields(**changes: str) -> dict[str, Any]:
    return next(sheet.read(importing.table(build.xlsx([{**MERIT, **changes}])))).fields


def fill(records: factories.Records) -> None:
    """One honour in each state, and one with work open over its public text."""
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
        for row in importing.read_table(data, columns=sheet.READ)
    ]


def names(response: Any) -> list[str]:
    return [row["name"] for row in rows(response)]


ALL = ["改后", "已发布", "待审", "归档", "草稿", "已撤"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_was_exported_is_the_same(desk: Client, records: Any, kind: str) -> None:
    fill(records)
    answer = desk.get(url(f"export-{kind}"))
    data = answer.getvalue()
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert "no-store" in answer.headers["Cache-Control"]
    build.upload(desk, data, f"台账.{kind}")
    assert build.outcomes() == [(number, "same") for number in range(2, 8)]
    assert [line["notes"] for line in build.last().plan] == [[]] * 6


def test_as_the_desk_sees_it_and_as_the_list_has_it(desk: Client, records: Any) -> None:
    fill(records)
    assert names(desk.get(url("export-csv"))) == ALL
    found = {row["name"]: row["status"] for row in rows(desk.get(url("export-xlsx")))}
    state, work = State, RevisionState
    waiting = Revision.objects.get(state="in_review")
    assert found == {
        "草稿": told(state.UNRELEASED, work.DRAFT),
        "待审": f"{told(state.UNRELEASED)}，{waiting.state_summary}",
        "已发布": told(state.LIVE),
        "改后": told(state.LIVE, work.DRAFT),
        "已撤": told(state.WITHDRAWN),
        "归档": told(state.ARCHIVED),
    }


def told(*states: Any) -> str:
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
def test_as_filtered(desk: Client, records: Any, case: str) -> None:
    fill(records)
    query, expected = FILTERS[case]
    exported = names(desk.get(url("export-csv"), query))
    if case == "order":
        shown = desk.get(url("changelist"), query).content.decode()
        expected = re.findall(r'<th class="field-headline"><a href="[^"]*">([^<]+)</a>', shown)
        assert sorted(expected) == sorted(ALL)
    assert exported == expected
    paper = desk.get(url("print"), query).content.decode()
    assert sorted(on_paper(paper)) == sorted(expected)


def on_paper(page: str) -> list[str]:
    table = page.split('<table class="paper-table">')[1].split("</table>")[0]
    return re.findall(r"<tr><td>\d+</td><td>([^<]+?) *</td>", table)


@pytest.mark.parametrize("name", ["export-csv", "export-xlsx", "print"])
def test_a_filter_that_makes_no_sense(desk: Client, name: str) -> None:
    answer = desk.get(url(name), {"state__nonsense": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, url("changelist") + "?e=1")


def test_formulas_are_inert(desk: Client, records: Any) -> None:
    records.draft(Honor(), **{**fields(), "name": "=1+1", "remark": "@SUM(A1)"})
    data = desk.get(url("export-csv")).getvalue().decode("utf-8-sig")
    [_header, row] = list(csv.reader(io.StringIO(data)))
    assert (row[0], row[14]) == ("'=1+1", "'@SUM(A1)")
    assert rows(desk.get(url("export-xlsx")))[0]["name"] == "=1+1"


def test_who_took_it_stands_in_the_log(desk: Client, records: Any) -> None:
    fill(records)
    reader: User = factories.user(Role.AUDITOR)
    client = Client()
    client.force_login(reader)
    client.get(url("export-xlsx"), {"level": "national"}).getvalue()
    entry = Entry.objects.order_by("-id")[0]
    assert (entry.action, entry.actor_id) == ("honors.export", reader.pk)
    assert entry.details == {"rows": 1, "kind": "xlsx", "filter": "level=national"}


def test_it_asks_the_database_as_often_for_many(desk: Client) -> None:
    counts = []
    for number in (10, 300):
        build.upload(desk, build.csv(build.rows(number)))
        build.confirm(desk)
        with CaptureQueriesContext(connection) as queries:
            desk.get(url("export-csv")).getvalue()
            desk.get(url("print"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_on_paper(desk: Client, records: Any) -> None:
    fill(records)
    page = desk.get(url("print")).content.decode()
    assert on_paper(page) == ALL
    assert "鸡西市梨树区人民法院" in page.split('<article class="paper">')[1]
    years = re.findall(r'<tr class="paper-year"><th[^>]*>([^<]+) <span>', page)
    said = [gettext("Year %(year)s") % {"year": year} for year in (2021, 2020, 2019, 2018)]
    assert years == [*said, gettext("undated")]
    facts = re.search(r'<p class="paper-facts">(.*?)</p>', page, re.S)
    assert facts
    totals = [gettext("In all"), "6", gettext("National level"), "1", gettext("Provincial level")]
    assert [word for word in totals if word not in facts[1]] == []


def test_too_long_for_paper(desk: Client, records: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(records)
    monkeypatch.setattr(exporting, "PRINTED_ROWS", 5)
    answer = desk.get(url("print"), {"state__exact": "live"})
    assert answer.status_code == 200
    answer = desk.get(url("print"))
    assert (answer.status_code, answer.headers["Location"]) == (302, url("changelist"))


def test_a_draft_without_a_name_comes_back_the_same(desk: Client, records: Any) -> None:
    actions.save(
        obj=Honor(),
        content={"fields": {"remark": "只有说明"}},
        by=records.honors,
        token=VersionToken(),
    )
    build.upload(desk, desk.get(url("export-xlsx")).getvalue())
    assert build.outcomes() == [(2, "same")]
