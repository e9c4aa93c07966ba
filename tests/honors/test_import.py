"""Import of a sheet on the admin pages: preview, confirmation, corrections, concurrency."""

from __future__ import annotations

from unittest import mock

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.test import Client

from honors.models import Honor, Import
from portal.accounts.models import User
from portal.audit.models import Entry
from portal.audit.verification import verify
from portal.publishing.models import Revision
from tests.publishing.database_rows import all_rows

from . import build
from .build import MERIT, translated, url

pytestmark = pytest.mark.django_db

APPS = ("honors", "publishing")


#: The content fields that the import reads from the row MERIT.
MERIT_FIELDS = {
    "name": "集体二等功",
    "kind": "merit",
    "levels": "provincial",
    "system": "courts",
    "awarding_body": "省法院",
    "awarded": '{"earliest":"2018-01-01","inferred":false,"latest":"2018-12-31",'
    '"precision":"year","printed":"2018年"}',
    "presented": None,
    "recipients": [{"kind": "court", "name": "", "count": ""}],
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


def test_a_sheet_is_checked_and_then_becomes_drafts(staff_client: Client, clerk: User) -> None:
    page = build.upload(
        staff_client, build.xlsx([MERIT, {**MERIT, "name": "全国优秀法院", "kind": ""}])
    )
    assert page.status_code == 200
    assert build.outcomes() == [(2, "new"), (3, "new")]
    # The upload alone writes no honour and no log entry.
    assert (Honor.objects.count(), Revision.objects.count()) == (0, 0)
    assert Entry.objects.filter(action__startswith="honors.").count() == 0
    checked = build.last_import()
    assert (checked.state, checked.uploaded_by, checked.name) == ("previewed", clerk, "台账.xlsx")
    assert (
        checked.new_count,
        checked.same_count,
        checked.duplicate_count,
        checked.error_count,
        checked.row_count,
    ) == (2, 0, 0, 0, 2)
    # The second row has no kind: the kind "title" is assumed, with a warning.
    assert [[note["cell"] for note in row["notes"]] for row in checked.plan] == [["B3"], []]

    done = build.confirm(staff_client)
    assert done.redirect_chain == [(url("import-preview", checked.pk), 302)]
    assert_imported(build.last_import(), clerk)


def assert_imported(done: Import, clerk: User) -> None:
    """Assert that both honours are drafts, and that the import is finished and logged."""
    assert build.contents() == [
        MERIT_FIELDS,
        {**MERIT_FIELDS, "name": "全国优秀法院", "kind": "title"},
    ]
    honors = list(Honor.objects.order_by("pk"))
    assert done.created_ids == [honor.pk for honor in honors]
    assert (done.state, bool(done.finished_at)) == ("done", True)
    assert {honor.imported_with_id for honor in honors} == {done.pk}
    assert {honor.state for honor in honors} == {"unreleased"}
    assert {revision.state for revision in Revision.objects.all()} == {"draft"}
    entry = Entry.objects.order_by("-id")[0]
    assert (entry.action, entry.object_id, entry.actor_id) == (
        "honors.import",
        str(done.pk),
        clerk.pk,
    )
    assert entry.details == {"digest": done.digest, "new": 2, "same": 0, "duplicate": 0}
    assert verify().problem == ""


def test_importing_a_sheet_again_changes_nothing(staff_client: Client) -> None:
    data = build.xlsx(build.rows(30))
    build.upload(staff_client, data)
    build.confirm(staff_client)
    assert Honor.objects.count() == 30
    before = all_rows(*APPS)
    imports = before.pop("honors_import")
    page = build.upload(staff_client, data)
    assert build.outcomes() == [(number, "same") for number in range(2, 32)]
    assert [line["existing_id"] for line in build.last_import().plan] == list(
        Honor.objects.order_by("pk").values_list("pk", flat=True)
    )
    assert b'id="confirm"' not in page.content
    build.confirm(staff_client)
    now = all_rows(*APPS)
    assert now.pop("honors_import")[: len(imports)] == imports
    assert now == before
    assert build.last_import().state == "previewed"


def test_confirming_twice_imports_once(staff_client: Client) -> None:
    build.upload(staff_client, build.xlsx([MERIT]))
    first = build.confirm(staff_client)
    before = all_rows(*APPS)
    second = build.confirm(staff_client)
    assert first.status_code == second.status_code == 200
    assert all_rows(*APPS) == before
    assert Honor.objects.count() == 1


def test_rows_imported_meanwhile_are_not_imported_again(staff_client: Client, clerk: User) -> None:
    """The confirmation plans the sheet again, and finds rows that another import has written."""
    build.upload(staff_client, build.xlsx([MERIT, {**MERIT, "name": "先进集体"}]))
    first = build.last_import()
    build.upload(staff_client, build.csv([MERIT, {**MERIT, "name": "文明单位"}]), "台账.csv")
    second = build.last_import()
    assert (first.new_count, second.new_count) == (2, 2)
    staff_client.post(url("import-confirm", first.pk))
    staff_client.post(url("import-confirm", second.pk))
    names = Honor.objects.order_by("pk").values_list("working_title", "imported_with")
    assert list(names) == [
        ("集体二等功", first.pk),
        ("先进集体", first.pk),
        ("文明单位", second.pk),
    ]
    second.refresh_from_db()
    assert (second.new_count, second.same_count, second.state) == (1, 1, "done")


def test_a_sheet_without_new_rows_is_refused(staff_client: Client) -> None:
    build.upload(staff_client, build.xlsx([MERIT]))
    first = build.last_import()
    build.upload(staff_client, build.csv([MERIT]))
    staff_client.post(url("import-confirm", first.pk))
    refused = build.confirm(staff_client)
    text = translated("Nothing was imported: every row of the sheet is in the ledger already.")
    assert text in refused.content.decode()
    assert Honor.objects.count() == 1
    # The preview shows the new plan.
    assert build.outcomes() == [(2, "same")]


def test_an_error_during_the_import_rolls_everything_back(staff_client: Client) -> None:
    build.upload(staff_client, build.xlsx(build.rows(10)))
    before = all_rows(*APPS)
    with (
        mock.patch("portal.publishing.actions.editing.audit.log_events", side_effect=OSError("no")),
        pytest.raises(OSError, match="no"),
    ):
        build.confirm(staff_client)
    assert all_rows(*APPS) == before
    with mock.patch("honors.importing._write", side_effect=OperationalError("locked")):
        page = build.confirm(staff_client)
    text = translated(
        "Somebody else is writing to it now. Nothing was imported; try again in a minute."
    )
    assert text in page.content.decode()
    assert all_rows(*APPS) == before
    build.confirm(staff_client)
    assert Honor.objects.count() == 10


def test_a_changed_or_missing_stored_file_is_refused(staff_client: Client) -> None:
    build.upload(staff_client, build.xlsx([MERIT]))
    found = build.last_import()
    with default_storage.open(found.stored_as, "wb") as file:
        file.write(build.xlsx([{**MERIT, "name": "别的"}]))
    assert (
        translated("The stored file was changed. Upload it again.")
        in build.confirm(staff_client).content.decode()
    )
    default_storage.delete(found.stored_as)
    assert (
        translated("The uploaded file is no longer there. Upload it again.")
        in build.confirm(staff_client).content.decode()
    )
    assert Honor.objects.count() == 0


def test_a_discarded_sheet_cannot_be_imported(staff_client: Client) -> None:
    build.upload(staff_client, build.xlsx([MERIT]))
    found = build.last_import()
    staff_client.post(url("import-discard", found.pk))
    assert build.last_import().state == "discarded"
    build.confirm(staff_client)
    staff_client.post(url("import-discard", found.pk))
    assert (build.last_import().state, Honor.objects.count()) == ("discarded", 0)
