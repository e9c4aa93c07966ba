from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import Entry
from tests.publishing.page_forms import HtmlForm

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
    """Return a client whose session cookie is gone but whose CSRF cookie is still valid."""
    client = Client(enforce_csrf_checks=True)
    page = client.get(reverse("admin:login"))
    sign_in(client, page)
    client.cookies.pop(live_settings.SESSION_COOKIE_NAME)
    return client


def sign_in(client: Client, page: Any, password: str = PASSWORD) -> Any:
    form = HtmlForm(page.content, "login-form")
    return client.post(form.action, form.data(username="editor", password=password))


def token(client: Client) -> str:
    return client.cookies[live_settings.CSRF_COOKIE_NAME].value


def post(client: Client, data: dict[str, list[str]], address: str = ECHO) -> Any:
    return client.post(address, {**data, "csrfmiddlewaretoken": token(client)})


def resume(client: Client, page: Any) -> Any:
    form = HtmlForm(page.content, "resume-form")
    assert (form.submit_buttons, form.method) == (1, "post")
    return client.post(form.action, form.data())


def posted_fields(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    answer = response.json()
    assert answer["query"] == "_popup=1&q=%E6%A2%A8"
    return {name: values for name, values in answer["post"].items() if not name.startswith("csrf")}


def test_a_post_after_the_session_expired_arrives_byte_for_byte(browser):
    page = post(browser, POSTED)
    # The status is not 200, so that the autosave script reports the failure.
    assert page.status_code == 403
    signed_in_page = sign_in(browser, page)
    assert signed_in_page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "no-store" in signed_in_page["Cache-Control"]
    assert posted_fields(resume(browser, signed_in_page)) == POSTED


def test_a_post_survives_wrong_passwords(browser):
    page = post(browser, POSTED)
    for _ in range(3):
        page = sign_in(browser, page, "wrong")
        assert page.status_code == 200
    assert posted_fields(resume(browser, sign_in(browser, page))) == POSTED


def test_posted_text_is_escaped_on_both_pages(browser):
    page = post(browser, POSTED)
    signed_in_page = sign_in(browser, page)
    for response in (page, signed_in_page):
        assert b"<script>alert" not in response.content
        assert b"<&>" not in response.content


def test_a_post_with_a_stale_csrf_token_is_preserved(browser, editor):
    """The token is invalid, because the user signed in again in another tab before saving."""
    old = token(browser)
    sign_in(browser, browser.get(reverse("admin:login")))
    assert token(browser) != old
    page = browser.post(
        ECHO, {**POSTED, "csrfmiddlewaretoken": old}, headers={"Origin": "http://testserver"}
    )
    assert page.status_code == 403
    assert posted_fields(resume(browser, page)) == POSTED


def test_a_stale_sign_in_page_keeps_the_preserved_post(browser):
    page = post(browser, POSTED)
    sign_in(browser, browser.get(reverse("admin:login")))  # the user signs in in another tab
    form = HtmlForm(page.content, "login-form")
    late = browser.post(
        form.action,
        form.data(username="editor", password=PASSWORD),
        headers={"Origin": "http://testserver"},
    )
    assert posted_fields(resume(browser, late)) == POSTED


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_post_from_another_site_is_not_preserved(editor, origin, signed_in):
    client = Client(enforce_csrf_checks=True)
    if signed_in:
        client.force_login(editor)
    headers = {"Origin": origin} if origin else {}
    page = client.post(ECHO, POSTED, headers=headers)
    assert page.status_code == 403
    assert "标题".encode() not in page.content
    assert b"<form" not in page.content


def test_passwords_and_file_contents_are_not_preserved(browser):
    upload = SimpleUploadedFile("图 <1>.png", b"secret bytes", "image/png")
    data = {"title": ["x"], "password1": ["Hidden-1"], "OldPassword": ["Hidden-2"]}
    page = browser.post(ECHO, {**data, "csrfmiddlewaretoken": token(browser), "file": upload})
    for absent in (b"Hidden-", b"secret bytes"):
        assert absent not in page.content
    signed_in_page = sign_in(browser, page)
    assert "图 &lt;1&gt;.png".encode() in signed_in_page.content
    assert posted_fields(resume(browser, signed_in_page)) == {"title": ["x"]}


def test_a_post_that_is_too_large_is_reported(browser):
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=200_000):
        page = post(browser, {"body": ["长" * 50_000]})
        assert page.status_code == 403
        assert "长长长".encode() not in page.content
        assert page.context["preserved"].too_large


def test_a_large_post_within_the_limit_is_preserved(browser):
    data = {"body": ["长\r\n" * 1_500_000], "title": ["x"]}
    page = post(browser, data)
    assert posted_fields(resume(browser, sign_in(browser, page))) == data


def test_a_post_with_too_many_fields_is_reported(browser):
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=50):
        page = post(browser, {f"field{number}": ["x"] for number in range(45)})
        assert page.context["preserved"].too_large


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"]
)
def test_a_preserved_post_stays_on_this_site(browser, address):
    page = post(browser, {"title": ["x"]})
    form = HtmlForm(page.content, "login-form")
    data = form.data(username="editor", password=PASSWORD)
    signed_in_page = browser.post(form.action, {**data, "next": address})
    assert "elsewhere" not in signed_in_page.content.decode()
    assert "javascript:" not in signed_in_page.content.decode()


def test_posts_to_sign_in_and_sign_out_are_not_preserved(browser):
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


def test_an_account_without_staff_access_cannot_resume(browser, editor):
    User.objects.update(is_staff=False)
    browser.force_login(editor)
    page = post(browser, POSTED)
    assert page.status_code == 403
    assert page.context["preserved"].fields
    assert sign_in(browser, page).context["form"].errors


def test_admin_pages_are_never_cached(browser, editor):
    browser.force_login(editor)
    for name in ("index", "jsi18n", "password_change"):
        assert "no-store" in browser.get(reverse(f"admin:{name}"))["Cache-Control"]


def test_signing_in_with_a_preserved_post_is_logged_once(browser):
    before = Entry.objects.filter(action="account.sign_in").count()
    sign_in(browser, post(browser, POSTED))
    assert Entry.objects.filter(action="account.sign_in").count() == before + 1
