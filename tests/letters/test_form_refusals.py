"""Requests that the form must refuse: from other sites, of other types, too many, no database."""

import html
import re
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
from django.test.utils import freeze_time
from django.utils import timezone

from portal.letters import limits, views
from portal.letters.models import Attempt, Letter
from portal.site.models import SiteSettings

from .build import (
    AWKWARD,
    CONTACT,
    form,
    form_values,
    post,
    summary,
)

pytestmark = pytest.mark.django_db


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
def test_cross_site_posts_are_refused(headers: dict[str, str], status: int) -> None:
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
def test_requests_that_no_form_sends_are_refused(
    client: Client, path: str, body: Any, kind: str, status: int
) -> None:
    # Do not use ``post``, which would encode the body again.
    response = client.generic("POST", path, body, kind, CONTENT_TYPE=kind)
    assert response.status_code == status
    assert "no-store" in response.headers["Cache-Control"]
    assert not Letter.objects.exists()


@pytest.mark.parametrize("length", ["", "-1", "x", "٣", "9" * 30])
def test_invalid_content_length(client: Client, length: str) -> None:
    kind = "application/x-www-form-urlencoded"
    more = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": length}
    assert client.generic("POST", "/feedback/", "", kind, **more).status_code in {413, 422}


def test_rate_limit_of_one_address(client: Client) -> None:
    most = limits.LETTERS.each.count
    for _ in range(most):
        assert post(client, form()).status_code == 303
    sent = form(text=AWKWARD, **CONTACT)
    SiteSettings.objects.create(phone="12368")
    response = post(client, sent)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3601
    assert form_values(response) == {**sent, "text": AWKWARD.replace("\n", "\r\n")}
    assert summary(response) == [
        "提交过于频繁，请稍后再试",
        "您写的内容没有丢失，都还在这里。请过N分钟再试。",
        "也可以打电话： 12368",
    ]
    assert 'href="tel:12368"' in response.content.decode()
    assert Letter.objects.count() == most
    # A request from another IP address is accepted, and so is the same form an hour later.
    assert post(client, form(), REMOTE_ADDR="203.0.113.9").status_code == 303
    with freeze_time(timezone.now().timestamp() + 3601):
        assert post(client, form_values(response)).status_code == 303


def test_invalid_forms_are_not_counted(client: Client) -> None:
    for _ in range(3 * limits.LETTERS.each.count):
        assert post(client, form(text="")).status_code == 422
    assert not Attempt.objects.exists()
    assert post(client, form()).status_code == 303


DATABASE_UNAVAILABLE = [OperationalError, InterfaceError, InternalError]


@pytest.mark.parametrize("error", DATABASE_UNAVAILABLE)
def test_input_is_preserved_while_the_database_is_unavailable(
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
def test_input_is_preserved_while_the_database_is_read_only(client: Client) -> None:
    """The test simulates a primary database that became a read-only standby."""
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
def test_get_answers_503_for_temporary_database_errors_only(
    error: type[Exception], status: int
) -> None:
    with mock.patch.object(views, "_form", side_effect=error):
        response = Client(raise_request_exception=False).get("/feedback/")
    assert response.status_code == status
    assert response.headers.get("Retry-After") == ("30" if status == 503 else None)
