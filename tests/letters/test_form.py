"""The public form: what comes in, what is kept, and that nothing typed is ever lost."""

import html
import re
from datetime import date
from typing import Any
from unittest import mock

import pytest
from django.db import (
    DataError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.test import Client
from django.test.utils import freeze_time, override_settings
from django.utils import timezone

from portal.audit.models import Entry
from portal.letters import limits, receipts, tokens, views
from portal.letters.errors import FormUsed
from portal.letters.models import Attempt, Letter, LetterSettings
from portal.site.models import SiteSettings
from tests.publishing.page_forms import HtmlForm

from .build import CONTACT, WORDS, form, letter, post, summary, token

pytestmark = pytest.mark.django_db

AWKWARD = "“引号” \"double\" 'single' &amp; <b>粗</b> 100% {{ x }} \\n\n\n　　第二段 😀 {% now %}"
NOT_SENT = "还没有发送"
ONCE_MORE = "您已从本页发出过一封信。如果这是另一封，请再点一次“发送”。"


def kept(response: Any) -> dict[str, str]:
    """What stands in the form that came back."""
    return {name: value[0] for name, value in HtmlForm(response.content, "letter").data().items()}


def objections(response: Any) -> list[str]:
    """Where the summary's links lead; "" for a line without one."""
    box = re.search(r'<div class="problems".*?</div>', response.content.decode(), re.DOTALL)
    if box is None:
        return []
    return [
        found[1] if (found := re.search(r'href="#([^"]+)"', line)) else ""
        for line in re.findall(r"<li>(.*?)</li>", box[0], re.DOTALL)
    ]


# --- the page ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/feedback/", "/feedback/answer/", "/feedback/receipt/"])
def test_no_copy_is_kept_by_anybody(client: Client, path: str) -> None:
    for response in (client.get(path), client.head(path), client.put(path), post(client, "", path)):
        assert "no-store" in response.headers["Cache-Control"], response.status_code
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")
    assert '<meta name="robots" content="noindex">' in client.get(path).content.decode()


@pytest.mark.parametrize(
    ("page", "filled"),
    [
        ("/news/12/", True),
        ("/search/?q=%E9%A2%84&page=2", True),
        ("", False),
        ("news/12/", False),
        ("//elsewhere.example/", False),
        ("/\\elsewhere.example/", False),
        ("https://elsewhere.example/", False),
        ("javascript:alert(1)", False),
        ("/news/ 12/", False),
        ("/" + "a" * 500, False),
    ],
)
def test_the_page_that_a_link_names(client: Client, page: str, filled: bool) -> None:
    response = client.get("/feedback/", {"page": page})
    assert response.status_code == 200
    data = kept(response)
    assert data["page"] == (page if filled else "")
    assert data.get("kind") == ("error" if filled else None)


def test_each_field_says_what_it_is(client: Client) -> None:
    page = client.get("/feedback/").content.decode()
    found = dict(
        re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"[^>]*autocomplete="(\w+)"', page)
    )
    assert {name: found[name] for name in CONTACT} == {
        "name": "name",
        "phone": "tel",
        "email": "email",
    }
    assert "maxlength" not in page  # a browser would cut off what is pasted
    assert 'aria-describedby="id_text_helptext"' in page


def test_the_trap_is_hidden_from_eyes_and_ears(client: Client) -> None:
    page = client.get("/feedback/").content.decode()
    assert re.search(
        r'<div hidden>\s*<label for="homepage">.*?name="homepage" tabindex="-1"', page, re.S
    )


# --- sending -----------------------------------------------------------------------------


def test_a_letter_arrives_as_it_was_written(client: Client) -> None:
    response = post(client, form(text=AWKWARD.replace("\n", "\r\n"), **CONTACT))
    assert response.status_code == 303
    found = Letter.objects.get()
    assert (found.kind, found.page, found.text, found.state) == (
        "error",
        "/news/12/",
        AWKWARD,
        "new",
    )
    assert {name: getattr(found, name) for name in CONTACT} == CONTACT
    assert re.fullmatch(rf"{timezone.localdate():%Y%m%d}(-\d{{4}}){{3}}", found.receipt)
    # Neither the number nor a word of it is in the address, which a browser's history keeps.
    assert found.receipt not in response.headers["Location"]
    page = client.get(response.headers["Location"]).content.decode()
    assert found.receipt in page
    assert f"{found.due_on:%Y-%m-%d}" in page
    assert WORDS not in page


def test_the_english_form_leads_to_english_pages(client: Client) -> None:
    page = client.get("/en/feedback/?page=/en/honors/").content.decode()
    assert 'action="/en/feedback/"' in page
    response = post(client, form(), "/en/feedback/")
    assert response.headers["Location"].startswith("/en/feedback/receipt/?of=")
    assert (
        'href="/en/feedback/answer/"' in client.get(response.headers["Location"]).content.decode()
    )


def test_what_nobody_types_is_dropped(client: Client) -> None:
    post(client, form(text="前\x00\x07后\ud800".encode("utf-8", "surrogatepass"), name="甲\x00"))
    found = Letter.objects.get()
    assert "\x00" not in found.text + found.name
    assert found.text.startswith("前后")
    assert found.name == "甲"


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("/news/12/?a=b#c", "/news/12/?a=b"),
        ("http://testserver/news/12/", "/news/12/"),
        ("https://COURT.example/news/12/#top", "/news/12/"),
        ("court.example/news/12/", "/news/12/"),
        ("https://court.example", "/"),
        ("https://court.example?x=1", "/?x=1"),
        ("court.example?x=/news/1/", "/?x=/news/1/"),
        ("https://court.example#top", "/"),
        ("https://www.court.example/news/1/", "/news/1/"),
        ("https://WWW.court.example:8443/news/1/", "/news/1/"),
        ("http://testserver:8000/news/1/?a=b", "/news/1/?a=b"),
        ("  /news/12/  ", "/news/12/"),
        ("", ""),
    ],
)
def test_an_address_from_the_address_bar(client: Client, typed: str, page: str) -> None:
    SiteSettings.objects.create(domain="court.example")
    assert post(client, form(page=typed)).status_code == 303
    assert Letter.objects.get().page == page


@pytest.mark.parametrize("domain", ["www.court.example", "court.example"])
@pytest.mark.parametrize("typed", ["www.court.example", "court.example", "court.example:443"])
def test_www_and_a_port_make_no_other_site(client: Client, domain: str, typed: str) -> None:
    SiteSettings.objects.create(domain=domain)
    assert post(client, form(page=f"https://{typed}/news/1/")).status_code == 303
    assert Letter.objects.get().page == "/news/1/"


@pytest.mark.parametrize("host", ["testserver:8000", "[::1]", "[::1]:8000"])
@pytest.mark.parametrize("port", ["", ":8000", ":9000"])
def test_the_port_of_the_request_does_not_matter(client: Client, host: str, port: str) -> None:
    typed = f"http://{host.removesuffix(':8000')}{port}/news/1/"
    with override_settings(ALLOWED_HOSTS=["testserver", "[::1]"]):
        assert post(client, form(page=typed), headers={"Host": host}).status_code == 303
    assert Letter.objects.get().page == "/news/1/"


@pytest.mark.parametrize(
    ("field", "typed", "place"),
    [
        ("kind", "", "id_kind_0"),
        ("kind", "gift", "id_kind_0"),
        ("page", "https://elsewhere.example/", "id_page"),
        ("page", "//elsewhere.example/", "id_page"),
        ("page", "https://testserver.elsewhere.example/", "id_page"),
        ("page", "https://testserver:80@elsewhere.example/", "id_page"),
        ("page", "https://www.www.testserver/", "id_page"),
        ("page", "https://testserver//elsewhere.example/", "id_page"),
        ("page", "https:///news/12/", "id_page"),
        ("page", "/" + "a" * 500, "id_page"),
        ("text", "", "id_text"),
        ("text", " \r\n　", "id_text"),
        ("text", "字" * 5001, "id_text"),
        ("name", "名" * 51, "id_name"),
        ("phone", "等我电话", "id_phone"),
        ("phone", "1234（办公室）", "id_phone"),
        ("phone", "1" * 41, "id_phone"),
        ("phone", "13800000000" + "㈱" * 10, "id_phone"),  # 41 as they are kept
        ("email", "reader", "id_email"),
        ("email", "reader＠court", "id_email"),
        ("email", "a" * 250 + "@court.example", "id_email"),
    ],
)
def test_what_is_wrong_is_said_and_all_of_it_kept(
    client: Client, field: str, typed: str, place: str
) -> None:
    sent = form(**{**CONTACT, "text": AWKWARD, field: typed})
    response = post(client, sent)
    assert response.status_code == 422
    assert objections(response) == [place]
    expected = {name: value.replace("\n", "\r\n") for name, value in sent.items()}
    if field == "text":
        expected["text"] = typed
    if field == "kind":
        del expected["kind"]
    assert kept(response) == expected
    page = response.content.decode()
    name = place.removesuffix("_0")
    assert f'id="{name}_error"' in page
    assert re.search(rf'aria-describedby="[^"]*{name}_error"', page)
    assert 'aria-invalid="true"' in page
    # Mended, the same form is sent.
    assert post(client, {**kept(response), field: form(**CONTACT)[field]}).status_code == 303
    assert Letter.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("０４６７（１２３４５６７）", "0467(1234567)"),
        ("0467-2345678转8001", "0467-2345678转8001"),
        ("0467—2345678", "0467—2345678"),
        ("13800000000（微信同号）", "13800000000(微信同号)"),
        ("办公室：12368", "办公室:12368"),
        ("1" * 40, "1" * 40),
    ],
)
def test_a_telephone_is_written_as_people_write_it(client: Client, typed: str, phone: str) -> None:
    assert post(client, form(phone=typed)).status_code == 303
    assert Letter.objects.get().phone == phone


def test_a_telephone_that_is_refused_is_told_why(client: Client) -> None:
    told = {
        "1234": "电话请用数字填写，座机要带区号；也可以不填。",
        "1" * 41: "电话太长，最多40字。",
    }
    for typed, why in told.items():
        page = post(client, form(phone=typed)).content.decode()
        assert re.findall(r'id="id_phone_error">(.*?)</p>', page) == [why]


def test_a_full_width_e_mail_is_one(client: Client) -> None:
    assert post(client, form(email="ａ＠court．example")).status_code == 303
    assert Letter.objects.get().email == "a@court.example"


# --- the token ---------------------------------------------------------------------------


def test_the_same_letter_twice_is_one(client: Client) -> None:
    """The button pressed twice, or the browser's way back and the button again."""
    sent = form(**CONTACT)
    first, second = post(client, sent), post(client, sent)
    assert [first.status_code, second.status_code] == [303, 303]
    number = Letter.objects.get().receipt
    for response in (first, second):
        assert number in client.get(response.headers["Location"]).content.decode()


def test_another_letter_from_the_same_page_is_asked_for_once_more(client: Client) -> None:
    sent = form()
    post(client, sent)
    response = post(client, {**sent, "text": "还有一处错误。"})
    assert response.status_code == 422
    assert summary(response) == [NOT_SENT, ONCE_MORE]
    data = kept(response)
    assert data["text"] == "还有一处错误。"
    assert data["token"] != sent["token"]
    assert Letter.objects.count() == 1
    with freeze_time(timezone.now().timestamp() + 10):
        assert post(client, data).status_code == 303
    assert set(Letter.objects.values_list("text", flat=True)) == {WORDS, "还有一处错误。"}


@pytest.mark.parametrize(
    ("made", "is_fresh"),
    [
        (lambda: token(1), False),
        (lambda: token(24 * 3600 + 5), True),
        (lambda: "", True),
        (lambda: "x" * 5000, True),
        (lambda: token()[:-1] + "_", True),
        (lambda: tokens.for_receipt("a" * 64), True),
        (lambda: "：：", True),
    ],
)
def test_a_form_too_new_too_old_or_forged_comes_back_whole(
    client: Client, made: Any, is_fresh: bool
) -> None:
    sent = form(token=made(), text=AWKWARD, **CONTACT)
    response = post(client, sent)
    assert response.status_code == 422
    assert objections(response) == [""]
    assert not Letter.objects.exists()
    data = kept(response)
    assert (data.pop("token") != sent["token"]) == is_fresh
    sent["text"] = sent["text"].replace("\n", "\r\n")
    assert data == {name: value for name, value in sent.items() if name != "token"}


@pytest.mark.parametrize(
    ("age", "standing"),
    [(0, "early"), (2, "early"), (4.5, "good"), (24 * 3600 - 5, "good"), (24 * 3600 + 2, "late")],
)
def test_how_long_a_form_is_good(age: float, standing: str) -> None:
    assert tokens.read(token(age)).standing.value == standing


def test_what_is_to_be_mended_is_said_alone(client: Client) -> None:
    """Nobody is called a program because he forgot a field."""
    for sent in (
        form(token=token(0), text=""),
        form(text="", homepage="x"),
        form(text="", token=""),
    ):
        assert objections(post(client, sent)) == ["id_text"]


def test_who_fell_into_the_trap_may_climb_out(client: Client) -> None:
    response = post(client, form(homepage="https://spam.example/", text=AWKWARD))
    assert response.status_code == 422
    assert not Letter.objects.exists()
    data = kept(response)
    assert data["homepage"] == ""
    assert post(client, data).status_code == 303
    assert Letter.objects.get().text == AWKWARD


def test_two_at_the_same_moment_are_one() -> None:
    """The second finds the first only when it writes."""
    first = letter(digest="d" * 64)
    assert letter(digest="d" * 64).pk == first.pk
    with pytest.raises(FormUsed):
        letter(digest="d" * 64, text="还有一处错误。")
    assert set(Letter.objects.values_list("text", flat=True)) == {WORDS}


@pytest.mark.parametrize(("text", "status"), [(WORDS, 303), ("还有一处错误。", 422)])
def test_a_letter_that_another_one_overtakes(client: Client, text: str, status: int) -> None:
    """Between looking for a letter with this form and writing one."""
    sent = form(kind="question", page="", text=text)

    def meanwhile(*args: Any) -> int:
        letter(digest=tokens.read(sent["token"]).digest)
        return 0

    with mock.patch.object(limits, "wait", side_effect=meanwhile):
        response = post(client, sent)
    assert response.status_code == status
    assert set(Letter.objects.values_list("text", flat=True)) == {WORDS}
    if status == 422:
        assert summary(response) == [NOT_SENT, ONCE_MORE]
        data = kept(response)
        assert data.pop("token") != sent.pop("token")
        assert data == sent


def test_a_number_that_is_taken_is_drawn_again() -> None:
    taken = letter().receipt
    with mock.patch.object(receipts, "new", side_effect=[taken, taken, "20260101-0000-0000-0001"]):
        assert letter().receipt == "20260101-0000-0000-0001"
    assert Letter.objects.count() == 2


# --- who may send ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "http://testserver"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
    ],
)
def test_another_sites_page_sends_nothing(headers: dict[str, str], status: int) -> None:
    client = Client(enforce_csrf_checks=True)
    assert post(client, form(), headers=headers).status_code == status
    assert Letter.objects.count() == (status == 303)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{}", "application/json", 415),
        ("text=x", "text/plain", 415),
        ("text=x", "", 415),
        (b"--b\r\n", "multipart/form-data; boundary=b", 415),
        ("text=x", "application/x-www-form-urlencoded; charset=gbk", 400),
        ("text=x", "application/x-www-form-urlencoded; charset=nonsense", 422),
        ("text=a&text=b", "application/x-www-form-urlencoded", 400),
        ("token=a&token=a", "application/x-www-form-urlencoded", 400),
        ("&".join(f"f{n}=" for n in range(6000)), "application/x-www-form-urlencoded", 400),
        ("text=" + "a" * (1 << 20), "application/x-www-form-urlencoded", 413),
        ("text=%ff%00%ed%a0%80", "application/x-www-form-urlencoded", 422),
        ("", "application/x-www-form-urlencoded", 422),
    ],
)
@pytest.mark.parametrize("path", ["/feedback/", "/feedback/answer/"])
def test_what_no_form_sends(client: Client, path: str, body: Any, kind: str, status: int) -> None:
    # Not ``post``: the test client would encode it anew.
    response = client.generic("POST", path, body, kind, CONTENT_TYPE=kind)
    assert response.status_code == status
    assert "no-store" in response.headers["Cache-Control"]
    assert not Letter.objects.exists()


@pytest.mark.parametrize("length", ["", "-1", "x", "٣", "9" * 30])
def test_a_length_that_is_none(client: Client, length: str) -> None:
    kind = "application/x-www-form-urlencoded"
    more = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": length}
    assert client.generic("POST", "/feedback/", "", kind, **more).status_code in {413, 422}


# --- too much at once --------------------------------------------------------------------


def test_too_many_from_one_address(client: Client) -> None:
    most = limits.LETTERS.each.count
    for _ in range(most):
        assert post(client, form()).status_code == 303
    sent = form(text=AWKWARD, **CONTACT)
    SiteSettings.objects.create(phone="12368")
    response = post(client, sent)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3601
    assert kept(response) == {**sent, "text": AWKWARD.replace("\n", "\r\n")}
    assert summary(response) == [
        "提交过于频繁，请稍后再试",
        "您写的内容没有丢失，都还在这里。请过N分钟再试。",
        "也可以打电话： 12368",
    ]
    assert 'href="tel:12368"' in response.content.decode()
    assert Letter.objects.count() == most
    # Another address writes on; and the first one an hour later, with the same page.
    assert post(client, form(), REMOTE_ADDR="203.0.113.9").status_code == 303
    with freeze_time(timezone.now().timestamp() + 3601):
        assert post(client, kept(response)).status_code == 303


def test_what_is_mended_counts_once(client: Client) -> None:
    for _ in range(3 * limits.LETTERS.each.count):
        assert post(client, form(text="")).status_code == 422
    assert not Attempt.objects.exists()
    assert post(client, form()).status_code == 303


# --- while the database is away ----------------------------------------------------------


DATABASE_UNAVAILABLE = [OperationalError, InterfaceError, InternalError]


@pytest.mark.parametrize("error", DATABASE_UNAVAILABLE)
def test_what_was_written_comes_back_while_the_database_is_away(
    client: Client, error: type[Exception]
) -> None:
    sent = form(text=AWKWARD, **CONTACT)
    with mock.patch.object(views.LetterForm, "is_valid", side_effect=error):
        response = post(client, sent)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    page = response.content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert {name: html.unescape(value) for name, value in fields.items()} == {
        name: value for name, value in sent.items() if name != "homepage"
    }
    assert (
        post(client, {name: html.unescape(value) for name, value in fields.items()}).status_code
        == 303
    )
    assert Letter.objects.get().text == AWKWARD


ONLY_READ = {
    "sqlite": "PRAGMA query_only = {}",
    "postgresql": "SET default_transaction_read_only = {}",
}


@pytest.mark.django_db(transaction=True)
def test_what_was_written_comes_back_while_the_database_only_reads(client: Client) -> None:
    """As the primary does when another has taken its place."""
    sent = form(text=AWKWARD)
    with connection.cursor() as cursor:
        cursor.execute(ONLY_READ[connection.vendor].format("on"))
        try:
            response = post(client, sent)
        finally:
            cursor.execute(ONLY_READ[connection.vendor].format("off"))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert html.escape(AWKWARD.partition("\n")[0]) in response.content.decode()
    assert post(client, sent).status_code == 303


@pytest.mark.parametrize(
    ("error", "status"),
    [*((error, 503) for error in DATABASE_UNAVAILABLE), (DataError, 500), (ProgrammingError, 500)],
)
def test_whoever_only_reads_is_told_whether_it_is_over_soon(
    error: type[Exception], status: int
) -> None:
    with mock.patch.object(views, "_form", side_effect=error):
        response = Client(raise_request_exception=False).get("/feedback/")
    assert response.status_code == status
    assert response.headers.get("Retry-After") == ("30" if status == 503 else None)


# --- when it is due ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "received", "due"),
    [
        ("question", date(2026, 11, 26), date(2026, 12, 11)),
        ("error", date(2026, 11, 23), date(2026, 11, 30)),  # a Monday
        ("error", date(2026, 11, 27), date(2026, 12, 4)),  # a Friday
        ("error", date(2026, 11, 28), date(2026, 12, 4)),  # a Saturday
        ("error", date(2026, 11, 29), date(2026, 12, 4)),  # a Sunday
    ],
)
def test_when_it_is_due(kind: str, received: date, due: date) -> None:
    assert LetterSettings().due_on(kind, received) == due


def test_the_limits_are_the_courts_own(client: Client) -> None:
    LetterSettings.objects.create(letter_days=7, error_days=1, contact_days=30)
    at = timezone.make_aware(timezone.datetime(2026, 11, 27, 23, 59))
    assert letter(kind="question", at=at).due_on == date(2026, 12, 4)
    assert letter(kind="error", at=at).due_on == date(2026, 11, 30)
    page = client.get("/feedback/").content.decode()
    for days in ("7", "1", "30"):
        assert re.search(rf"(?<!\d){days}(?!\d)", page[page.index('id="letter"') :])


def test_the_log_is_not_told_who_writes(client: Client) -> None:
    """Its address would stand there for ever."""
    before = Entry.objects.count()
    post(client, form())
    assert Entry.objects.count() == before
    assert Letter.objects.count() == 1
