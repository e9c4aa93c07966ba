"""A sheet of the former site's addresses: what is said of each row, and what becomes of it."""

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

from portal import addresses, redirect_views, redirects
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.publishing import signals
from portal.redirects import Outcome, RedirectRow
from portal.site.models import Redirect, SiteSettings
from tests import factories
from tests.factories import Newsroom
from tests.publishing.page_forms import HtmlForm

pytestmark = pytest.mark.django_db

IMPORT = "/admin/site/redirect/import/"


@pytest.fixture
def desk() -> Client:
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
    lines = redirects.preview([RedirectRow(number, *row) for number, row in enumerate(rows, 2)])
    return [(line.outcome, line.problems, line.remarks) for line in lines]


def outcomes(*rows: tuple[str, str]) -> list[str]:
    return [outcome for outcome, _problems, _remarks in planned(*rows)]


def standing() -> dict[str, str]:
    return dict(Redirect.objects.values_list("old_path", "new_path"))


# --- what a row means ----------------------------------------------------------------------------


def test_whole_addresses_of_the_former_site_are_cut_to_their_paths() -> None:
    lines = redirects.plan(
        [
            RedirectRow(2, "http://www.old.example/public/detail.php?id=1#top", "/news/"),
            RedirectRow(3, "https://old.example", "https://court.example/data/"),
            RedirectRow(4, "/list.php?c=2", "http://court.example/honors/?x=1"),
        ]
    )
    assert [(line.old, line.new, line.problems) for line in lines] == [
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
def test_a_target_that_is_no_page_of_this_site(new: str) -> None:
    ((outcome, problems, _remarks),) = planned(("/a.php", new))
    assert outcome == Outcome.ERROR
    assert problems


@pytest.mark.parametrize("old", ["", "a.php", "/a b", "//", "http://[bad/", f"/{'a' * 500}"])
def test_an_old_address_that_is_none(old: str) -> None:
    ((outcome, problems, _remarks),) = planned((old, "/news/"))
    assert outcome == Outcome.ERROR
    assert problems


def test_rows_that_repeat_each_other() -> None:
    assert outcomes(
        ("/a?x=1&y=2", "/news/"),
        ("/a?y=2&x=1", "/news/"),  # the same
        ("/a?y=2&x=%31", "/data/"),  # another target
        ("/b", "/b"),  # to itself
        ("/b?x=1&y=2", "/b?y=2&x=1"),  # likewise
    ) == ["new", "duplicate", "error", "error", "error"]


def test_rows_beside_what_stands() -> None:
    Redirect.objects.create(old_path="/a?x=1&y=2", new_path="/news/")
    Redirect.objects.create(old_path="/b", new_path="/news/")
    (same, changed) = planned(("/a?y=2&x=1", "/news/"), ("/b", "/corrections/"))
    assert same == ("same", [], [])
    assert changed[:2] == ("changed", [])
    assert len(changed[2]) == 1
    assert "/news/" in changed[2][0]


def test_circles_through_the_sheet_and_through_what_stands() -> None:
    Redirect.objects.create(old_path="/c", new_path="/d")
    Redirect.objects.create(old_path="/x", new_path="/news/")
    assert outcomes(
        ("/a", "/b"),
        ("/b", "/a"),
        ("/d", "/c"),
        ("/e", "/x"),  # on to /news/: told, and allowed
        ("/f", "/news/"),
    ) == ["error", "error", "error", "new", "new"]
    ((_outcome, _problems, remarks),) = planned(("/e", "/x"))
    assert any("/news/" in each for each in remarks)


def test_a_row_that_breaks_a_circle_is_no_circle() -> None:
    Redirect.objects.create(old_path="/a", new_path="/b")
    assert outcomes(("/b", "/a"), ("/a", "/news/")) == ["new", "changed"]


def test_a_long_chain_is_refused_like_a_circle() -> None:
    chain = [(f"/{number}", f"/{number + 1}") for number in range(15)]
    found = outcomes(*chain)
    assert found[0] == "error"
    assert found[-1] == "new"


def test_a_target_where_nothing_public_stands_is_remarked_and_allowed() -> None:
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
    assert [len(remarks) for *_rest, remarks in rows] == [0, 1, 1, 1, 0]


# --- the desk -------------------------------------------------------------------------------------


def test_first_it_is_shown_then_it_is_written(desk: Client) -> None:
    Redirect.objects.create(old_path="/b.php", new_path="/news/")
    Redirect.objects.create(old_path="/c.php", new_path="/news/")
    told: list[bool] = []

    def hear(sender: type, *, forbid_stale: bool, **kwargs: Any) -> None:
        told.append(forbid_stale)

    signals.public_listing_changed.connect(hear)
    data = sheet(("/a.php", "/news/"), ("/b.php", "/corrections/"), ("/c.php", "/news/"))
    checked = upload(desk, data)
    assert checked.status_code == 200
    assert standing() == {"/b.php": "/news/", "/c.php": "/news/"}
    assert told == []
    assert cells(checked) == ["/b.php", "/a.php", "/c.php"]
    after = confirm(desk, checked)
    signals.public_listing_changed.disconnect(hear)
    assert after.redirect_chain == [(reverse("admin:site_redirect_changelist"), 302)]
    assert standing() == {"/a.php": "/news/", "/b.php": "/corrections/", "/c.php": "/news/"}
    assert told == [False]
    entry = Entry.objects.get(action="site.import_redirects")
    assert entry.actor_label == "站长"
    counted = {
        name: entry.details[name] for name in ("new", "changed", "same", "duplicate", "error")
    }
    assert counted == {"new": 1, "changed": 1, "same": 1, "duplicate": 0, "error": 0}
    assert entry.details["name"] == "旧址.csv"
    assert entry.details["replaced"] == [["/b.php", "/news/", "/corrections/"]]
    # They work at once.
    assert Client().get("/a.php").headers["Location"] == "/news/"


def cells(checked: Any) -> list[str]:
    """The old addresses, in the order of the preview."""
    rows = re.findall(r'<tr class="plan-.*?</tr>', checked.content.decode(), re.S)
    return [unescape(re.findall(r"<td>(.*?)</td>", row, re.S)[2]) for row in rows]


def test_nothing_public_is_walked_through_while_it_is_written(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = upload(desk, sheet(("/a.php", "/nothing/")))
    assert checked.context["remarks"] == 1
    monkeypatch.setattr(addresses, "public_among", None)
    confirm(desk, checked)
    assert standing() == {"/a.php": "/nothing/"}


def test_the_same_sheet_again_changes_nothing(desk: Client) -> None:
    data = sheet(("/a.php", "/news/"), ("/b.php", "/data/"))
    checked = upload(desk, data)
    confirm(desk, checked)
    before = list(Redirect.objects.order_by("pk").values())
    confirm(desk, checked)  # a second click
    again = upload(desk, data)
    assert b'id="confirm"' not in again.content
    assert list(Redirect.objects.order_by("pk").values()) == before


def test_one_row_with_an_error_keeps_the_whole_sheet_out(desk: Client) -> None:
    checked = upload(desk, sheet(("/a.php", "/news/"), ("/b.php", "https://evil.example/")))
    assert checked.status_code == 200
    assert b'id="confirm"' not in checked.content
    by = desk.session["_auth_user_id"]
    kept = redirect_views._kept(
        [RedirectRow(2, "/a.php", "/news/"), RedirectRow(3, "/b.php", "//evil.example/")],
        "旧址.csv",
        int(by),
    )
    desk.post(f"{IMPORT}confirm/", {"kept": kept})
    assert standing() == {}
    assert not Entry.objects.filter(action="site.import_redirects").exists()


def test_what_was_true_when_it_was_shown_is_asked_again(desk: Client) -> None:
    checked = upload(desk, sheet(("/a.php", "/b.php")))
    Redirect.objects.create(old_path="/b.php", new_path="/a.php")
    confirm(desk, checked)
    assert standing() == {"/b.php": "/a.php"}


def test_only_what_was_shown_to_this_person_is_written(desk: Client) -> None:
    other = factories.user(Role.SITE_ADMIN)
    pairs = [RedirectRow(2, "/a.php", "/news/")]
    foreign = redirect_views._kept(pairs, "旧址.csv", other.pk)
    assert desk.post(f"{IMPORT}confirm/", {"kept": foreign}).status_code == 403
    for forged in ("", "x", foreign + "x", signing.dumps({"rows": []}, salt="other")):
        answer = desk.post(f"{IMPORT}confirm/", {"kept": forged})
        assert answer.status_code == 302
        assert answer.headers["Location"] == IMPORT
    assert standing() == {}


def test_a_check_that_is_too_old(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = upload(desk, sheet(("/a.php", "/news/")))
    monkeypatch.setattr(redirect_views, "KEPT_SECONDS", -1)
    confirm(desk, checked)
    assert standing() == {}


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
def test_a_file_that_is_no_sheet(desk: Client, data: bytes, status: int) -> None:
    answer = upload(desk, data)
    assert answer.status_code == status
    assert (b"errorlist" in answer.content) is (status == 422)


def test_limits(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(f"/{number}.php", "/news/") for number in range(4)]
    monkeypatch.setattr(redirects, "MAX_ROWS", 3)
    assert upload(desk, sheet(*rows)).status_code == 422
    assert upload(desk, sheet(*rows[:3])).status_code == 200
    monkeypatch.setattr(redirects, "MAX_BYTES", 10)
    assert upload(desk, sheet(*rows[:3])).status_code == 422


def test_an_excel_sheet(desk: Client) -> None:
    book = Workbook()
    page: Any = book.active
    page.append(["旧网址", "新网址"])
    page.append(["http://www.old.example/public/detail.php?id=5", "/news/"])
    stream = io.BytesIO()
    book.save(stream)
    confirm(desk, upload(desk, stream.getvalue(), "旧址.xlsx"))
    assert standing() == {"/public/detail.php?id=5": "/news/"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_can_be_brought_in_again(desk: Client, kind: str) -> None:
    for number in range(3):
        Redirect.objects.create(old_path=f"/{number}.php?题=1", new_path="/news/")
    answer = desk.get(f"/admin/site/redirect/export.{kind}")
    assert answer.status_code == 200
    data = answer.getvalue()
    before = standing()
    if kind == "xlsx":
        (page,) = load_workbook(io.BytesIO(data)).worksheets
        assert [row[0].value for row in page.iter_rows(min_row=2)] == sorted(before)
    Redirect.objects.all().delete()
    confirm(desk, upload(desk, data, f"旧址.{kind}"))
    assert standing() == before
    assert Entry.objects.get(action="site.export_redirects").details == {"kind": kind}


def test_a_large_sheet_takes_a_bounded_number_of_queries(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    rows = [(f"/public/detail.php?id={number}", "/news/") for number in range(3_000)]
    with django_assert_max_num_queries(150):
        checked = upload(desk, sheet(*rows))
    assert len(cells(checked)) == redirect_views.SHOWN
    with django_assert_max_num_queries(150):
        confirm(desk, checked)
    assert Redirect.objects.count() == 3_000
