from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import Entry
from tests.accounts.forms import PageForm

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.admin_urls")]

PASSWORD = "Correct-horse-9"
ECHO = "/admin/echo/?_popup=1&q=%E6%A2%A8"
TEXT = (
    "  第一行：“引号”&amp; <script>alert('x')</script>\r\n\r\n"
    "\t第二行 \U0001f600 e\u0301 \u3000全角空格\u00a0\u200b\u2028\r\n"
    "{{ name }} {% now %} %s \\ &#13; &lt; ' \" ` =  \r\n"
)
POSTED = {
    "title": ["标题 \"'<>&"],
    "body": [TEXT],
    "tags": ["乙", "甲", "乙", ""],
    "empty": [""],
    'odd "name" <&>': ["1"],
    "username": ["a field called like the sign-in form's"],
    "next": ["https://elsewhere.example/"],
    "_save": ["保存"],
}


@pytest.fixture
def editor() -> User:
    return User.objects.create_user("editor", PASSWORD, full_name="编辑")


@pytest.fixture
def browser(editor: User) -> Client:
    """A browser that has been at the desk and whose session is over; the token's cookie is not."""
    client = Client(enforce_csrf_checks=True)
    page = client.get(reverse("admin:login"))
    sign_in(client, page)
    client.cookies.pop(live_settings.SESSION_COOKIE_NAME)
    return client


def sign_in(client: Client, page: Any, password: str = PASSWORD) -> Any:
    form = PageForm(page.content, "login-form")
    return client.post(form.attributes["action"], form.data(username="editor", password=password))


def token(client: Client) -> str:
    return client.cookies[live_settings.CSRF_COOKIE_NAME].value


def post(client: Client, data: dict[str, list[str]], address: str = ECHO) -> Any:
    return client.post(address, {**data, "csrfmiddlewaretoken": token(client)})


def resumed(client: Client, page: Any) -> Any:
    form = PageForm(page.content, "resume-form")
    assert (form.buttons, form.attributes["method"]) == (1, "post")
    return client.post(form.attributes["action"], form.data())


def received(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    answer = response.json()
    assert answer["query"] == "_popup=1&q=%E6%A2%A8"
    return {name: values for name, values in answer["post"].items() if not name.startswith("csrf")}


def test_text_posted_after_the_session_ended_arrives_byte_for_byte(browser):
    page = post(browser, POSTED)
    assert page.status_code == 403  # a script that saves in the background must notice
    kept = sign_in(browser, page)
    assert kept.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "no-store" in kept["Cache-Control"]
    assert received(resumed(browser, kept)) == POSTED


def test_text_survives_wrong_passwords(browser):
    page = post(browser, POSTED)
    for _ in range(3):
        page = sign_in(browser, page, "wrong")
        assert page.status_code == 200
    assert received(resumed(browser, sign_in(browser, page))) == POSTED


def test_text_is_escaped_in_both_pages(browser):
    page = post(browser, POSTED)
    kept = sign_in(browser, page)
    for shown in (page, kept):
        assert b"<script>alert" not in shown.content
        assert b"<&>" not in shown.content


def test_a_post_with_an_older_token_keeps_its_text_too(browser, editor):
    """Somebody signs in again in another tab, which changes the token, then saves in the first."""
    old = token(browser)
    sign_in(browser, browser.get(reverse("admin:login")))
    assert token(browser) != old
    page = browser.post(
        ECHO, {**POSTED, "csrfmiddlewaretoken": old}, headers={"Origin": "http://testserver"}
    )
    assert page.status_code == 403
    assert received(resumed(browser, page)) == POSTED


def test_a_sign_in_page_left_open_keeps_its_text(browser):
    page = post(browser, POSTED)
    sign_in(browser, browser.get(reverse("admin:login")))  # in another tab
    form = PageForm(page.content, "login-form")
    late = browser.post(
        form.attributes["action"],
        form.data(username="editor", password=PASSWORD),
        headers={"Origin": "http://testserver"},
    )
    assert received(resumed(browser, late)) == POSTED


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_post_from_another_site_is_offered_to_nobody(editor, origin, signed_in):
    client = Client(enforce_csrf_checks=True)
    if signed_in:
        client.force_login(editor)
    headers = {"Origin": origin} if origin else {}
    page = client.post(ECHO, POSTED, headers=headers)
    assert page.status_code == 403
    assert "标题".encode() not in page.content
    assert b"<form" not in page.content


def test_passwords_and_files_are_not_carried(browser):
    upload = SimpleUploadedFile("图 <1>.png", b"secret bytes", "image/png")
    data = {"title": ["x"], "password1": ["Hidden-1"], "OldPassword": ["Hidden-2"]}
    page = browser.post(ECHO, {**data, "csrfmiddlewaretoken": token(browser), "file": upload})
    for absent in (b"Hidden-", b"secret bytes"):
        assert absent not in page.content
    kept = sign_in(browser, page)
    assert "图 &lt;1&gt;.png".encode() in kept.content
    assert received(resumed(browser, kept)) == {"title": ["x"]}


def test_text_too_long_to_be_carried_says_so(browser):
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=200_000):
        page = post(browser, {"body": ["长" * 50_000]})
        assert page.status_code == 403
        assert "长长长".encode() not in page.content
        assert page.context["preserved"].too_large


def test_a_long_text_within_the_limit_is_carried(browser):
    data = {"body": ["长\r\n" * 1_500_000], "title": ["x"]}
    page = post(browser, data)
    assert received(resumed(browser, sign_in(browser, page))) == data


def test_more_fields_than_can_be_carried_say_so(browser):
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=50):
        page = post(browser, {f"field{number}": ["x"] for number in range(45)})
        assert page.context["preserved"].too_large


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"]
)
def test_kept_text_goes_to_this_site_only(browser, address):
    page = post(browser, {"title": ["x"]})
    form = PageForm(page.content, "login-form")
    data = form.data(username="editor", password=PASSWORD)
    kept = browser.post(form.attributes["action"], {**data, "next": address})
    assert "elsewhere" not in kept.content.decode()
    assert "javascript:" not in kept.content.decode()


def test_doors_keep_nothing(browser):
    response = post(browser, POSTED, reverse("admin:logout"))
    assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))
    page = post(browser, {"title": ["x"]}, reverse("admin:login"))
    assert page.status_code == 200
    assert not page.context["preserved"]


def test_reading_without_a_session_leads_to_the_sign_in_page_and_back(browser):
    response = browser.get(ECHO)
    assert response.status_code == 302
    back = sign_in(browser, browser.get(response["Location"]))
    assert (back.status_code, back["Location"]) == (302, ECHO)


def test_an_account_without_the_desk_does_not_reach_the_page(browser, editor):
    User.objects.update(is_staff=False)
    browser.force_login(editor)
    page = post(browser, POSTED)
    assert page.status_code == 403
    assert page.context["preserved"].fields
    assert sign_in(browser, page).context["form"].errors


def test_pages_of_the_desk_are_never_cached(browser, editor):
    browser.force_login(editor)
    for name in ("index", "jsi18n", "password_change"):
        assert "no-store" in browser.get(reverse(f"admin:{name}"))["Cache-Control"]


def test_signing_in_with_kept_text_is_recorded_once(browser):
    before = Entry.objects.filter(action="account.sign_in").count()
    sign_in(browser, post(browser, POSTED))
    assert Entry.objects.filter(action="account.sign_in").count() == before + 1
