"""Tests of the public form: its page, its validation, and the letter that it creates."""

import re

import pytest
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from portal.letters.models import Letter
from portal.site.models import SiteSettings

from .build import (
    AWKWARD,
    CONTACT,
    WORDS,
    error_targets,
    form,
    form_values,
    post,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/feedback/", "/feedback/answer/", "/feedback/receipt/"])
def test_responses_are_not_cacheable(client: Client, path: str) -> None:
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
def test_page_parameter_fills_in_the_form(client: Client, page: str, filled: bool) -> None:
    response = client.get("/feedback/", {"page": page})
    assert response.status_code == 200
    data = form_values(response)
    assert data["page"] == (page if filled else "")
    assert data.get("kind") == ("error" if filled else None)


def test_fields_have_autocomplete_and_no_maxlength(client: Client) -> None:
    page = client.get("/feedback/").content.decode()
    found = dict(
        re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"[^>]*autocomplete="(\w+)"', page)
    )
    assert {name: found[name] for name in CONTACT} == {
        "name": "name",
        "phone": "tel",
        "email": "email",
    }
    assert "maxlength" not in page  # browsers would silently truncate pasted text
    assert 'aria-describedby="id_text_helptext"' in page


def test_honeypot_field_is_hidden(client: Client) -> None:
    page = client.get("/feedback/").content.decode()
    assert re.search(
        r'<div hidden>\s*<label for="homepage">.*?name="homepage" tabindex="-1"', page, re.S
    )


def test_letter_is_stored_unchanged(client: Client) -> None:
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
    # The URL does not contain the number, because browsers store URLs in their history.
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


def test_control_characters_are_removed(client: Client) -> None:
    post(client, form(text="前\x00\x07后\ud800".encode("utf-8", "surrogatepass"), name="甲\x00"))
    found = Letter.objects.get()
    assert "\x00" not in found.text + found.name
    assert found.text.startswith("前后")
    assert found.name == "甲"


@pytest.mark.parametrize(
    ("sent_url", "page"),
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
def test_pasted_url_becomes_a_path(client: Client, sent_url: str, page: str) -> None:
    SiteSettings.objects.create(domain="court.example")
    assert post(client, form(page=sent_url)).status_code == 303
    assert Letter.objects.get().page == page


@pytest.mark.parametrize("domain", ["www.court.example", "court.example"])
@pytest.mark.parametrize("sent_url", ["www.court.example", "court.example", "court.example:443"])
def test_www_and_port_are_ignored_in_pasted_urls(
    client: Client, domain: str, sent_url: str
) -> None:
    SiteSettings.objects.create(domain=domain)
    assert post(client, form(page=f"https://{sent_url}/news/1/")).status_code == 303
    assert Letter.objects.get().page == "/news/1/"


@pytest.mark.parametrize("host", ["testserver:8000", "[::1]", "[::1]:8000"])
@pytest.mark.parametrize("port", ["", ":8000", ":9000"])
def test_port_of_the_request_is_ignored(client: Client, host: str, port: str) -> None:
    sent_url = f"http://{host.removesuffix(':8000')}{port}/news/1/"
    with override_settings(ALLOWED_HOSTS=["testserver", "[::1]"]):
        assert post(client, form(page=sent_url), headers={"Host": host}).status_code == 303
    assert Letter.objects.get().page == "/news/1/"


@pytest.mark.parametrize(
    ("field", "invalid", "place"),
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
        # The value has 41 characters after NFKC normalisation.
        ("phone", "13800000000" + "㈱" * 10, "id_phone"),
        ("email", "reader", "id_email"),
        ("email", "reader＠court", "id_email"),
        ("email", "a" * 250 + "@court.example", "id_email"),
    ],
)
def test_invalid_field_is_reported_and_all_input_is_preserved(
    client: Client, field: str, invalid: str, place: str
) -> None:
    sent = form(**{**CONTACT, "text": AWKWARD, field: invalid})
    response = post(client, sent)
    assert response.status_code == 422
    assert error_targets(response) == [place]
    expected = {name: value.replace("\n", "\r\n") for name, value in sent.items()}
    if field == "text":
        expected["text"] = invalid
    if field == "kind":
        del expected["kind"]
    assert form_values(response) == expected
    page = response.content.decode()
    name = place.removesuffix("_0")
    assert f'id="{name}_error"' in page
    assert re.search(rf'aria-describedby="[^"]*{name}_error"', page)
    assert 'aria-invalid="true"' in page
    # The same form is accepted after the field was corrected.
    assert post(client, {**form_values(response), field: form(**CONTACT)[field]}).status_code == 303
    assert Letter.objects.count() == 1


@pytest.mark.parametrize(
    ("sent_phone", "phone"),
    [
        ("０４６７（１２３４５６７）", "0467(1234567)"),
        ("0467-2345678转8001", "0467-2345678转8001"),
        ("0467—2345678", "0467—2345678"),
        ("13800000000（微信同号）", "13800000000(微信同号)"),
        ("办公室：12368", "办公室:12368"),
        ("1" * 40, "1" * 40),
    ],
)
def test_telephone_numbers_in_usual_spellings(client: Client, sent_phone: str, phone: str) -> None:
    assert post(client, form(phone=sent_phone)).status_code == 303
    assert Letter.objects.get().phone == phone


def test_invalid_telephone_has_an_explanation(client: Client) -> None:
    messages = {
        "1234": "电话请用数字填写，座机要带区号；也可以不填。",
        "1" * 41: "电话太长，最多40字。",
    }
    for sent_phone, why in messages.items():
        page = post(client, form(phone=sent_phone)).content.decode()
        assert re.findall(r'id="id_phone_error">(.*?)</p>', page) == [why]


def test_full_width_email_is_normalised(client: Client) -> None:
    assert post(client, form(email="ａ＠court．example")).status_code == 303
    assert Letter.objects.get().email == "a@court.example"
