"""Tests of the form's token: one letter for each form, sent neither too early nor too late."""

from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.test.utils import freeze_time
from django.utils import timezone

from portal.letters import limits, receipts, tokens
from portal.letters.errors import FormUsed
from portal.letters.models import Letter

from .build import (
    AWKWARD,
    CONTACT,
    NOT_SENT,
    ONCE_MORE,
    WORDS,
    error_targets,
    form,
    form_values,
    letter,
    post,
    summary,
    token,
)

pytestmark = pytest.mark.django_db


def test_sending_the_same_form_twice_creates_one_letter(client: Client) -> None:
    """A double click sends a form twice, and so does the back button with another click."""
    sent = form(**CONTACT)
    first, second = post(client, sent), post(client, sent)
    assert [first.status_code, second.status_code] == [303, 303]
    number = Letter.objects.get().receipt
    for response in (first, second):
        assert number in client.get(response.headers["Location"]).content.decode()


def test_another_letter_with_a_used_token_must_be_confirmed(client: Client) -> None:
    sent = form()
    post(client, sent)
    response = post(client, {**sent, "text": "还有一处错误。"})
    assert response.status_code == 422
    assert summary(response) == [NOT_SENT, ONCE_MORE]
    data = form_values(response)
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
        (lambda: tokens.sign_receipt("a" * 64), True),
        (lambda: "：：", True),
    ],
)
def test_invalid_token_returns_the_form_with_all_input(
    client: Client, made: Any, is_fresh: bool
) -> None:
    sent = form(token=made(), text=AWKWARD, **CONTACT)
    response = post(client, sent)
    assert response.status_code == 422
    assert error_targets(response) == [""]
    assert not Letter.objects.exists()
    data = form_values(response)
    assert (data.pop("token") != sent["token"]) == is_fresh
    sent["text"] = sent["text"].replace("\n", "\r\n")
    assert data == {name: value for name, value in sent.items() if name != "token"}


@pytest.mark.parametrize(
    ("age", "status"),
    [(0, "early"), (2, "early"), (4.5, "good"), (24 * 3600 - 5, "good"), (24 * 3600 + 2, "late")],
)
def test_token_status_by_age(age: float, status: str) -> None:
    assert tokens.read(token(age)).status.value == status


def test_field_errors_suppress_the_token_error(client: Client) -> None:
    """If a field has an error, the message for bots is not shown."""
    for sent in (
        form(token=token(0), text=""),
        form(text="", homepage="x"),
        form(text="", token=""),
    ):
        assert error_targets(post(client, sent)) == ["id_text"]


def test_filled_honeypot_can_be_confirmed_by_sending_again(client: Client) -> None:
    response = post(client, form(homepage="https://spam.example/", text=AWKWARD))
    assert response.status_code == 422
    assert not Letter.objects.exists()
    data = form_values(response)
    assert data["homepage"] == ""
    assert post(client, data).status_code == 303
    assert Letter.objects.get().text == AWKWARD


def test_concurrent_posts_create_one_letter() -> None:
    """The INSERT of the second post fails, and the letter of the first post is returned."""
    first = letter(digest="d" * 64)
    assert letter(digest="d" * 64).pk == first.pk
    with pytest.raises(FormUsed):
        letter(digest="d" * 64, text="还有一处错误。")
    assert set(Letter.objects.values_list("text", flat=True)) == {WORDS}


@pytest.mark.parametrize(("text", "status"), [(WORDS, 303), ("还有一处错误。", 422)])
def test_a_letter_created_between_check_and_insert_is_detected(
    client: Client, text: str, status: int
) -> None:
    """Another request uses the same token after this request has checked the token."""
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
        data = form_values(response)
        assert data.pop("token") != sent.pop("token")
        assert data == sent


def test_used_receipt_number_is_drawn_again() -> None:
    taken = letter().receipt
    with mock.patch.object(receipts, "new", side_effect=[taken, taken, "20260101-0000-0000-0001"]):
        assert letter().receipt == "20260101-0000-0000-0001"
    assert Letter.objects.count() == 2
