"""An import of redirects plans each row of a sheet, shows a preview and writes all rows or none."""

import io
import re
from html import unescape
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from portal import addresses, redirect_import, redirect_views
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.interchange.imports import Outcome
from portal.publishing import signals
from portal.redirect_import import RedirectRow
from portal.site.models import Redirect, SiteSettings
from tests import factories
from tests.factories import Newsroom
from tests.publishing.page_forms import HtmlForm

pytestmark = pytest.mark.django_db

IMPORT = "/admin/site/redirect/import/"


@pytest.fixture
def staff_client() -> Client:
    client = Client()
    client.force_login(factories.user(Role.SITE_ADMIN, full_name="站长"))
    return client


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(name="某院", domain="court.example")


def sheet(*rows: tuple[str, str], headers: tuple[str, str] = ("旧地址", "新地址")) -> bytes:
    return "\n".join(",".join(row) for row in (headers, *rows)).encode()


def upload(client: Client, data: bytes, name: str = "旧址.csv") -> Any:
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, data)})


def confirm(client: Client, checked: Any) -> Any:
    form = HtmlForm(checked.content, "confirm")
    return client.post(form.action, form.data(), follow=True)


def planned(*rows: tuple[str, str]) -> list[tuple[str, list[str], list[str]]]:
    plans = redirect_import.preview_import(
        [RedirectRow(number, *row) for number, row in enumerate(rows, 2)]
    )
    return [(plan.outcome, plan.problems, plan.warnings) for plan in plans]


def outcomes(*rows: tuple[str, str]) -> list[str]:
    return [outcome for outcome, _problems, _warnings in planned(*rows)]


def existing_redirects() -> dict[str, str]:
    return dict(Redirect.objects.values_list("old_path", "new_path"))


def test_urls_of_the_former_site_are_reduced_to_their_paths() -> None:
    plans = redirect_import.plan_import(
        [
            RedirectRow(2, "http://www.old.example/public/detail.php?id=1#top", "/news/"),
            RedirectRow(3, "https://old.example", "https://court.example/data/"),
            RedirectRow(4, "/list.php?c=2", "http://court.example/honors/?x=1"),
        ]
    )
    assert [(plan.old, plan.new, plan.problems) for plan in plans] == [
        ("/public/detail.php?id=1", "/news/", []),
        ("/", "/data/", []),
        ("/list.php?c=2", "/honors/?x=1", []),
    ]


@pytest.mark.parametrize(
    "new",
    [
        "https://evil.example/news/",
        "//evil.example/news/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "news/1/",
        "http://[bad/",
        "",
        "/a b",
        f"/{'a' * 500}",
    ],
)
def test_a_target_on_another_site_or_without_a_path_is_an_error(new: str) -> None:
    ((outcome, problems, _warnings),) = planned(("/a.php", new))
    assert outcome == Outcome.ERROR
    assert problems


@pytest.mark.parametrize("old", ["", "a.php", "/a b", "//", "http://[bad/", f"/{'a' * 500}"])
def test_an_invalid_old_address_is_an_error(old: str) -> None:
    ((outcome, problems, _warnings),) = planned((old, "/news/"))
    assert outcome == Outcome.ERROR
    assert problems


def test_rows_with_the_same_old_address_are_duplicates_or_errors() -> None:
    assert outcomes(
        ("/a?x=1&y=2", "/news/"),
        ("/a?y=2&x=1", "/news/"),  # the same redirect
        ("/a?y=2&x=%31", "/data/"),  # the same old path with another target
        ("/b", "/b"),  # redirects to itself
        ("/b?x=1&y=2", "/b?y=2&x=1"),  # redirects to itself
    ) == ["new", "duplicate", "error", "error", "error"]


def test_rows_are_compared_with_existing_redirects() -> None:
    Redirect.objects.create(old_path="/a?x=1&y=2", new_path="/news/")
    Redirect.objects.create(old_path="/b", new_path="/news/")
    (same, changed) = planned(("/a?y=2&x=1", "/news/"), ("/b", "/corrections/"))
    assert same == ("same", [], [])
    assert changed[:2] == ("changed", [])
    assert len(changed[2]) == 1
    assert "/news/" in changed[2][0]


def test_circles_through_sheet_and_database_are_errors() -> None:
    Redirect.objects.create(old_path="/c", new_path="/d")
    Redirect.objects.create(old_path="/x", new_path="/news/")
    assert outcomes(
        ("/a", "/b"),
        ("/b", "/a"),
        ("/d", "/c"),
        ("/e", "/x"),  # /x redirects to /news/: allowed, with a warning
        ("/f", "/news/"),
    ) == ["error", "error", "error", "new", "new"]
    ((_outcome, _problems, warnings),) = planned(("/e", "/x"))
    assert any("/news/" in each for each in warnings)


def test_a_row_that_breaks_a_circle_is_accepted() -> None:
    Redirect.objects.create(old_path="/a", new_path="/b")
    assert outcomes(("/b", "/a"), ("/a", "/news/")) == ["new", "changed"]


def test_a_long_chain_is_refused_like_a_circle() -> None:
    chain = [(f"/{number}", f"/{number + 1}") for number in range(15)]
    found = outcomes(*chain)
    assert found[0] == "error"
    assert found[-1] == "new"


def test_a_target_without_a_public_page_is_allowed_with_a_warning() -> None:
    newsroom = Newsroom()
    live, gone, draft = newsroom.live(), newsroom.withdrawn(), newsroom.draft().target
    rows = planned(
        ("/1", live.get_absolute_url()),
        ("/2", gone.get_absolute_url()),
        ("/3", draft.get_absolute_url()),
        ("/4", "/nothing/"),
        ("/5", "/news/?from=old"),
    )
    assert [outcome for outcome, *_rest in rows] == ["new"] * 5
    assert [len(warnings) for *_rest, warnings in rows] == [0, 1, 1, 1, 0]


def test_a_sheet_is_previewed_and_then_imported(staff_client: Client) -> None:
    Redirect.objects.create(old_path="/b.php", new_path="/news/")
    Redirect.objects.create(old_path="/c.php", new_path="/news/")
    signals_sent: list[bool] = []

    def receiver(sender: type, *, forbid_stale: bool, **kwargs: Any) -> None:
        signals_sent.append(forbid_stale)

    signals.public_listing_changed.connect(receiver)
    data = sheet(("/a.php", "/news/"), ("/b.php", "/corrections/"), ("/c.php", "/news/"))
    checked = upload(staff_client, data)
    assert checked.status_code == 200
    assert existing_redirects() == {"/b.php": "/news/", "/c.php": "/news/"}
    assert signals_sent == []
    assert previewed_addresses(checked) == ["/b.php", "/a.php", "/c.php"]
    after = confirm(staff_client, checked)
    signals.public_listing_changed.disconnect(receiver)
    assert after.redirect_chain == [(reverse("admin:site_redirect_changelist"), 302)]
    assert existing_redirects() == {
        "/a.php": "/news/",
        "/b.php": "/corrections/",
        "/c.php": "/news/",
    }
    assert signals_sent == [False]
    entry = Entry.objects.get(action="site.import_redirects")
    assert entry.actor_label == "站长"
    counted = {
        name: entry.details[name] for name in ("new", "changed", "same", "duplicate", "error")
    }
    assert counted == {"new": 1, "changed": 1, "same": 1, "duplicate": 0, "error": 0}
    assert entry.details["name"] == "旧址.csv"
    assert entry.details["replaced"] == [["/b.php", "/news/", "/corrections/"]]
    # The imported redirects must be effective immediately.
    assert Client().get("/a.php").headers["Location"] == "/news/"


def previewed_addresses(checked: Any) -> list[str]:
    """Return the old paths in the order of the preview's rows."""
    rows = re.findall(r'<tr class="plan-.*?</tr>', checked.content.decode(), re.S)
    return [unescape(re.findall(r"<td>(.*?)</td>", row, re.S)[2]) for row in rows]


def test_the_import_does_not_read_all_public_addresses(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = upload(staff_client, sheet(("/a.php", "/nothing/")))
    assert checked.context["warning_count"] == 1
    monkeypatch.setattr(addresses, "public_among", None)
    confirm(staff_client, checked)
    assert existing_redirects() == {"/a.php": "/nothing/"}


def test_importing_a_sheet_again_changes_nothing(staff_client: Client) -> None:
    data = sheet(("/a.php", "/news/"), ("/b.php", "/data/"))
    checked = upload(staff_client, data)
    confirm(staff_client, checked)
    before = list(Redirect.objects.order_by("pk").values())
    confirm(staff_client, checked)  # the same preview is confirmed a second time
    again = upload(staff_client, data)
    assert b'id="confirm"' not in again.content
    assert list(Redirect.objects.order_by("pk").values()) == before


def test_a_sheet_with_one_error_is_refused_as_a_whole(staff_client: Client) -> None:
    checked = upload(staff_client, sheet(("/a.php", "/news/"), ("/b.php", "https://evil.example/")))
    assert checked.status_code == 200
    assert b'id="confirm"' not in checked.content
    by = staff_client.session["_auth_user_id"]
    signed = redirect_views._sign_rows(
        [RedirectRow(2, "/a.php", "/news/"), RedirectRow(3, "/b.php", "//evil.example/")],
        "旧址.csv",
        int(by),
    )
    staff_client.post(f"{IMPORT}confirm/", {"signed_rows": signed})
    assert existing_redirects() == {}
    assert not Entry.objects.filter(action="site.import_redirects").exists()


def test_the_plan_is_made_again_when_confirmed(staff_client: Client) -> None:
    checked = upload(staff_client, sheet(("/a.php", "/b.php")))
    Redirect.objects.create(old_path="/b.php", new_path="/a.php")
    confirm(staff_client, checked)
    assert existing_redirects() == {"/b.php": "/a.php"}


def test_a_preview_of_another_user_or_a_forged_one_is_refused(staff_client: Client) -> None:
    other = factories.user(Role.SITE_ADMIN)
    pairs = [RedirectRow(2, "/a.php", "/news/")]
    foreign = redirect_views._sign_rows(pairs, "旧址.csv", other.pk)
    assert staff_client.post(f"{IMPORT}confirm/", {"signed_rows": foreign}).status_code == 403
    for forged in ("", "x", foreign + "x", signing.dumps({"rows": []}, salt="other")):
        answer = staff_client.post(f"{IMPORT}confirm/", {"signed_rows": forged})
        assert answer.status_code == 302
        assert answer.headers["Location"] == IMPORT
    assert existing_redirects() == {}


def test_an_expired_preview_is_refused(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = upload(staff_client, sheet(("/a.php", "/news/")))
    monkeypatch.setattr(redirect_views, "SIGNATURE_MAX_AGE", -1)
    confirm(staff_client, checked)
    assert existing_redirects() == {}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"%PDF-1.4", 422),
        (sheet(), 422),
        (sheet(("/a", "/b"), headers=("甲", "乙")), 422),
        (sheet(("/a", "/b"), headers=("旧地址", "乙")), 422),
        (sheet(("/a", "/news/"), headers=("old path", "new path")), 200),
    ],
)
def test_a_file_that_is_no_sheet_of_redirects_is_refused(
    staff_client: Client, data: bytes, status: int
) -> None:
    answer = upload(staff_client, data)
    assert answer.status_code == status
    assert (b"errorlist" in answer.content) is (status == 422)


def test_too_many_rows_and_too_large_files_are_refused(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"/{number}.php", "/news/") for number in range(4)]
    monkeypatch.setattr(redirect_import, "MAX_ROWS", 3)
    assert upload(staff_client, sheet(*rows)).status_code == 422
    assert upload(staff_client, sheet(*rows[:3])).status_code == 200
    monkeypatch.setattr(redirect_import, "MAX_BYTES", 10)
    assert upload(staff_client, sheet(*rows[:3])).status_code == 422


def test_an_excel_sheet_is_imported(staff_client: Client) -> None:
    book = Workbook()
    page: Any = book.active
    page.append(["旧网址", "新网址"])
    page.append(["http://www.old.example/public/detail.php?id=5", "/news/"])
    stream = io.BytesIO()
    book.save(stream)
    confirm(staff_client, upload(staff_client, stream.getvalue(), "旧址.xlsx"))
    assert existing_redirects() == {"/public/detail.php?id=5": "/news/"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_exported_sheet_can_be_imported_again(staff_client: Client, kind: str) -> None:
    for number in range(3):
        Redirect.objects.create(old_path=f"/{number}.php?题=1", new_path="/news/")
    answer = staff_client.get(f"/admin/site/redirect/export.{kind}")
    assert answer.status_code == 200
    data = answer.getvalue()
    before = existing_redirects()
    if kind == "xlsx":
        (page,) = load_workbook(io.BytesIO(data)).worksheets
        assert [row[0].value for row in page.iter_rows(min_row=2)] == sorted(before)
    Redirect.objects.all().delete()
    confirm(staff_client, upload(staff_client, data, f"旧址.{kind}"))
    assert existing_redirects() == before
    assert Entry.objects.get(action="site.export_redirects").details == {"kind": kind}


def test_a_large_sheet_runs_a_bounded_number_of_queries(
    staff_client: Client, django_assert_max_num_queries: Any
) -> None:
    rows = [(f"/public/detail.php?id={number}", "/news/") for number in range(3_000)]
    with django_assert_max_num_queries(150):
        checked = upload(staff_client, sheet(*rows))
    assert len(previewed_addresses(checked)) == redirect_views.PREVIEW_LIMIT
    with django_assert_max_num_queries(150):
        confirm(staff_client, checked)
    assert Redirect.objects.count() == 3_000
