"""Rows that are in the ledger already or twice in the sheet, and the database rows of an import."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from honors import importing, sheet
from honors.models import Honor
from portal.accounts.models import User
from portal.audit.models import Entry
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.models import Contribution, Revision, Snapshot
from tests import factories

from . import build
from .build import MERIT

pytestmark = pytest.mark.django_db


def test_a_row_that_repeats_another_is_not_imported(staff_client: Client) -> None:
    again = {**MERIT, "name": "集体 二等功", "recipients": "集体"}
    build.upload(staff_client, build.xlsx([MERIT, again, {**MERIT, "levels": "市级"}]))
    assert build.outcomes() == [(2, "new"), (3, "duplicate"), (4, "duplicate")]
    lines = {line["row"]: line for line in build.last_import().plan}
    assert (lines[3]["duplicate_of"], lines[3]["notes"]) == (2, [])
    assert (lines[4]["duplicate_of"], [note["column"] for note in lines[4]["notes"]]) == (
        2,
        ["级别"],
    )
    build.confirm(staff_client)
    assert Honor.objects.count() == 1


def test_a_row_is_recognised_in_every_state(staff_client: Client, clerk: User) -> None:
    newsroom = factories.Newsroom()
    records = factories.Records(newsroom)
    fields = sheet.read_rows(importing.read_sheet(build.xlsx([MERIT])))
    content = next(fields).fields
    for number, make in enumerate(
        (records.draft, records.in_review, records.approved, records.live)
    ):
        make(Honor(), **{**content, "name": f"第{number}项"})
    withdrawn = records.live(Honor(), **{**content, "name": "第4项"})
    actions.withdraw(obj=withdrawn, by=newsroom.publisher, reason="核对中。")
    archived = records.draft(Honor(), **{**content, "name": "第5项"}).target
    actions.archive(obj=archived, by=records.honors)
    build.upload(staff_client, build.xlsx([{**MERIT, "name": f"第{n}项"} for n in range(7)]))
    assert build.outcomes() == [(n, "same") for n in range(2, 8)] + [(8, "new")]


def test_differences_are_reported_and_not_imported(staff_client: Client) -> None:
    build.upload(staff_client, build.xlsx([MERIT]))
    build.confirm(staff_client)
    before = build.contents()
    build.upload(staff_client, build.xlsx([{**MERIT, "levels": "市级", "remark": "另一说明"}]))
    assert build.outcomes() == [(2, "same")]
    [line] = build.last_import().plan
    assert [(note["column"], note["warning"]) for note in line["notes"]] == [("级别、说明", True)]
    # A column that the sheet lacks is not compared.
    build.upload(
        staff_client, build.xlsx([MERIT], ["name", "awarding_body", "awarded", "recipients"])
    )
    assert [line["notes"] for line in build.last_import().plan] == [[]]
    assert build.contents() == before


#: Columns that differ between two drafts with the same content.
UNIQUE_COLUMNS = {
    "id",
    "created_at",
    "imported_with_id",
    "object_id",
    "saved_at",
    "revision_id",
    "first_at",
}
UNIQUE_ENTRY_COLUMNS = {"id", "at", "object_id", "previous_hash", "hash", "address"}


def test_save_new_writes_the_same_rows_as_save(staff_client: Client, clerk: User) -> None:
    build.upload(staff_client, build.xlsx([MERIT]))
    build.confirm(staff_client)
    [imported] = Honor.objects.all()
    fields = imported.open_revision.content["fields"]
    result = actions.save(obj=Honor(), content={"fields": fields}, by=clerk, token=VersionToken())
    saved = result.revision.target
    for one, other in zip(written_rows(imported), written_rows(saved), strict=True):
        assert one == other
    assert imported.imported_with_id
    assert saved.imported_with_id is None


def written_rows(honor: Any) -> list[list[dict[str, Any]]]:
    """Return all database rows written for a draft, without the columns in UNIQUE_COLUMNS."""
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
        *(
            [without(row, UNIQUE_COLUMNS) for row in table.order_by("pk").values()]
            for table in tables
        ),
        [without(row, UNIQUE_ENTRY_COLUMNS) for row in entries.order_by("id").values()],
    ]


def without(row: dict[str, Any], columns: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in columns}
