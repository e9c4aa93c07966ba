"""Tests of the receipt page and of the look-up of answers by receipt number."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.test.utils import freeze_time
from django.utils import timezone

from portal.letters import limits, receipts, tokens
from portal.letters.models import Letter
from portal.letters.states import State

from .build import CONTACT, WORDS, Office, letter, post, summary

pytestmark = pytest.mark.django_db

ANSWER, REASON = "已经更正，谢谢。", "请向主管机关提出。"


def ask(client: Client, number: str, **more: Any) -> Any:
    return post(client, {"number": number}, "/feedback/answer/", **more)


@pytest.mark.parametrize("state", State)
def test_page_of_a_letter_in_each_state(client: Client, state: str) -> None:
    found = Office().letter(state, **CONTACT)
    response = ask(client, found.receipt)
    assert response.status_code == 200
    page = response.content.decode()
    assert (ANSWER in page, REASON in page) == (state == "answered", state == "closed")
    assert found.receipt in page
    # The page shows neither the letter nor its sender nor the user who handles the letter.
    for private in (WORDS, *CONTACT.values(), str(found.taken_by)):
        assert private == "12368" or private not in page.replace(" value=", "")


def test_draft_answer_is_not_shown(client: Client) -> None:
    found = Office().letter(State.IN_HAND)
    Letter.objects.filter(pk=found.pk).update(answer="写了一半的答复")
    assert "写了一半的答复" not in ask(client, found.receipt).content.decode()


@pytest.mark.parametrize(
    "spelled",
    [
        lambda n: n.replace("-", ""),
        lambda n: n.replace("-", " "),
        lambda n: f"  {n}。 ",
        lambda n: n.translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789-"}),
        lambda n: n.replace("-", "－"),
    ],
)
def test_receipt_number_in_any_spelling(client: Client, spelled: Any) -> None:
    found = Office().letter(State.ANSWERED)
    assert ANSWER in ask(client, spelled(found.receipt)).content.decode()


def test_every_wrong_number_gets_the_same_response(client: Client) -> None:
    found = Office().letter(State.ANSWERED)
    digit = str((int(found.receipt[-1]) + 1) % 10)
    wrong = [found.receipt[:-1] + digit, found.receipt[:-1], "x", "1" * 10_000, "'; --", "٣" * 20]
    pages = set()
    for number in wrong:
        response = ask(client, number)
        assert response.status_code == 404
        pages.add(re.sub(r' value="[^"]*"', "", response.content.decode()))
        assert ANSWER not in response.content.decode()
    assert len(pages) == 1
    assert "没有查到该回执号对应的来信，请逐位核对数字。" in pages.pop()
    empty = ask(client, " ")
    assert empty.status_code == 422
    assert 'id="id_number_error"' in empty.content.decode()


def test_receipt_number_is_not_accepted_in_the_url(client: Client) -> None:
    found = Office().letter(State.ANSWERED)
    page = client.get("/feedback/answer/", {"number": found.receipt}).content.decode()
    assert ANSWER not in page
    assert found.receipt not in page.replace("?number=", "")


def test_guessing_receipt_numbers_is_rate_limited(client: Client) -> None:
    found = Office().letter(State.ANSWERED)
    for _ in range(limits.QUESTIONS.each.count):
        assert ask(client, "20260101-0000-0000-0000").status_code == 404
    response = ask(client, found.receipt)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    # The message does not say that a text is preserved, because only a number was entered.
    assert summary(response) == ["查询过于频繁，请稍后再试", "请过N分钟再试。"]
    page = response.content.decode()
    assert ANSWER not in page
    assert f'value="{found.receipt}"' in page
    assert ask(client, found.receipt, REMOTE_ADDR="203.0.113.7").status_code == 200


def test_overdue_letter_shows_an_apology(client: Client) -> None:
    sorry = re.compile("超过期限")
    late = letter(at=timezone.now() - timedelta(days=40))
    assert sorry.search(ask(client, late.receipt).content.decode())
    assert not sorry.search(ask(client, letter().receipt).content.decode())


def test_receipt_page_expires_after_half_an_hour(client: Client) -> None:
    found = Office().letter(State.NEW)
    signed = tokens.sign_receipt(found.token_digest)
    for _ in range(2):  # reloading the page shows the receipt again
        response = client.get("/feedback/receipt/", {"of": signed})
        assert response.status_code == 200
        assert found.receipt in response.content.decode()
    with freeze_time(timezone.now().timestamp() + tokens.RECEIPT_SECONDS + 2):
        later = client.get("/feedback/receipt/", {"of": signed})
    forged = [client.get("/feedback/receipt/", {"of": of}) for of in ("", "x", found.token_digest)]
    of_a_form = client.get("/feedback/receipt/", {"of": tokens.new().text})
    for response in (later, *forged, of_a_form):
        assert response.status_code == 410
        assert found.receipt not in response.content.decode()
    assert client.post("/feedback/receipt/", {"of": signed}).status_code == 405


def test_receipt_numbers_are_unique_and_canonical() -> None:
    day = timezone.localdate()
    made = {receipts.new(day) for _ in range(1000)}
    assert len(made) == 1000
    assert {receipts.read(number) for number in made} == made
    assert {len(number) for number in made} == {23}
