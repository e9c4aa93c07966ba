"""Import, submit, review and release the ten thousand honours of a sheet; refuse larger sheets.

The import runs in a process of its own, so that its memory can be measured separately. Times are
printed but not asserted, because other processes share the machine.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client

from honors.models import Honor, Import
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.interchange.tables import write_xlsx
from portal.publishing.models import Revision
from portal.publishing.states import RevisionState, State
from tests import browser, factories
from tests.honors import build
from tests.honors.build import url
from tests.publishing.database_rows import all_rows
from tests.publishing.page_forms import HtmlForm
from tests.workload import workload

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = workload(10_000, 120)
TOO_MANY = 50_001
BULK_ACTION_LIMIT = 500
MAX_MB = 300


def measured(file: str, who: User) -> dict[str, Any]:
    """Upload and import a file in a separate process; return its responses, times and memory."""
    code = (
        "import django; django.setup(); from tests.honors import build; "
        f"build.import_and_measure({file!r}, {who.username!r})"
    )
    environment = {**browser.server_environment(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=browser.BASE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def clerk() -> User:
    return factories.user(Role.HONORS, username="ledger-clerk")


def database_state() -> dict[str, Any]:
    """Return all rows of the apps honors and publishing, and their audit log entries."""
    found: dict[str, Any] = all_rows("honors", "publishing")
    # Entries about sign-ins are left out.
    entries = Entry.objects.filter(
        Q(action__startswith="honors.") | Q(action__startswith="workflow.")
    )
    return {**found, "log": list(entries.order_by("id").values_list("id", "hash"))}


def _save_file(name: str, data: bytes, folder: Path) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def test_importing_and_releasing_ten_thousand_honours(clerk: User, tmp_path: Path) -> None:
    file = _save_file("台账.xlsx", build.xlsx(build.rows(ROWS)), tmp_path)
    first = measured(file, clerk)
    assert first["answers"] == [200, 302]
    assert Honor.objects.count() == ROWS
    done = Import.objects.get()
    assert (done.state, done.new_count, len(done.created_ids)) == ("done", ROWS, ROWS)
    assert Honor.objects.filter(imported_with=done).count() == ROWS

    before = database_state()
    [import_row] = before.pop("honors_import")
    second = measured(file, clerk)
    now = database_state()
    assert now.pop("honors_import")[0] == import_row
    assert now == before
    checked = Import.objects.order_by("-pk")[0]
    assert (checked.state, checked.new_count, checked.same_count, checked.error_count) == (
        "previewed",
        0,
        ROWS,
        0,
    )
    for name, found in (("first", first), ("again", second)):
        print(
            f"\n{name}: {ROWS} rows; preview {found['preview']:.1f} s, commit "
            f"{found['commit']:.1f} s, {found['mb']:.0f} MB at most"
        )
        assert found["mb"] < MAX_MB
    _release_all(clerk, done)


def _release_all(clerk: User, done: Import) -> None:
    """Submit, review and release all imported honours with the admin's bulk actions."""
    newsroom = factories.Newsroom()
    start = time.monotonic()
    steps = (
        (clerk, "submit_selected", RevisionState.DRAFT, RevisionState.IN_REVIEW),
        (newsroom.reviewer1, "approve_selected", RevisionState.IN_REVIEW, RevisionState.APPROVED),
        (newsroom.publisher, "release_selected", RevisionState.APPROVED, RevisionState.RELEASED),
    )
    for who, action, waiting, then in steps:
        client = Client()
        client.force_login(who)
        for number in range(-(-ROWS // BULK_ACTION_LIMIT)):
            _run_bulk_action(
                client, action, f"{url('changelist')}?import={done.pk}&waiting={waiting}"
            )
            moved = min(ROWS, (number + 1) * BULK_ACTION_LIMIT)
            states = Counter(Revision.objects.values_list("state", flat=True))
            assert states == {
                state: count for state, count in ((waiting, ROWS - moved), (then, moved)) if count
            }
        print(f"{action}: {time.monotonic() - start:.1f} s since the beginning")
    assert Honor.objects.filter(state=State.LIVE).count() == ROWS


def _run_bulk_action(client: Client, action: str, address: str) -> None:
    chosen = Honor.objects.order_by("-pk").values_list("pk", flat=True)[:1]
    data = {"action": action, "select_across": "1", "_selected_action": list(chosen)}
    page = client.post(address, data)
    if action == "approve_selected":
        form = HtmlForm(page.content, "approve-many")
        page = client.post(form.action, form.data(reviewed="on", proofread="on"))
    assert page.status_code == 302


@pytest.mark.parametrize("sheets", [1, 2], ids=["a double click", "two sheets alike"])
def test_concurrent_imports_write_each_row_once(clerk: User, sheets: int) -> None:
    """The second transaction must find the rows of the first one and not write them again."""
    client = Client()
    client.force_login(clerk)
    for round_ in range(workload(20, 3)):
        Honor.objects.update(
            working_key=""
        )  # imports recognise rows by this column, so each round writes new rows
        rows = build.rows(20)
        for make in (build.xlsx, build.csv)[:sheets]:
            build.upload(client, make(rows), "表")
        imports = list(Import.objects.order_by("-pk")[:sheets]) * (2 // sheets)
        barrier = threading.Barrier(2)

        def confirm_import(found: Import, barrier: threading.Barrier = barrier) -> int:
            try:
                barrier.wait()
                return client_of(clerk).post(url("import-confirm", found.pk)).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as executor:
            assert list(executor.map(confirm_import, imports)) == [302, 302]
        assert Honor.objects.count() == 20 * (round_ + 1)
        states = sorted(Import.objects.filter(pk__in=[i.pk for i in imports]).values_list("state"))
        assert states == [("done",), ("previewed",)][:sheets]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_sheet_with_too_many_rows_is_refused(clerk: User, tmp_path: Path) -> None:
    rows = ({"name": f"第{number}项", "levels": "省级"} for number in range(TOO_MANY))
    stream = io.BytesIO()
    write_xlsx(stream, columns=build.columns_named(["name", "levels"]), rows=rows)
    file = _save_file("太长.xlsx", stream.getvalue(), tmp_path)
    found = measured(file, clerk)
    assert found["answers"] == [422, 0]
    assert len(found["errors"]) == 1
    assert "50000" in found["errors"][0]
    assert (Import.objects.count(), Honor.objects.count()) == (0, 0)
    print(f"\n{TOO_MANY} rows refused in {found['preview']:.1f} s, {found['mb']:.0f} MB at most")
    assert found["mb"] < MAX_MB


def test_the_largest_sheet_with_an_error_in_every_cell(clerk: User, tmp_path: Path) -> None:
    """A sheet with an error in every cell must be read with limited memory."""
    count = workload(50_000, 2_500)
    wrong = {name: "？" for name in build.NAMES if name not in {"name", "remark"}}
    rows = ({**wrong, "name": f"第{number}项"} for number in range(count))
    stream = io.BytesIO()
    write_xlsx(stream, columns=build.columns_named(build.NAMES), rows=rows)
    file = _save_file("全错.xlsx", stream.getvalue(), tmp_path)
    found = measured(file, clerk)
    assert found["answers"] == [200, 302]
    assert Import.objects.get().error_count == count
    assert Honor.objects.count() == 0
    print(f"\n{count} wrong rows: {found['preview']:.1f} s, {found['mb']:.0f} MB at most")
    assert found["mb"] < MAX_MB * 2
