"""What the desk's script asks while somebody types."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounts.roles import Role
from portal.printed.quantities import read_quantity
from tests.factories import user
from tests.faults.counts import full

from .values import texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user(Role.EDITOR))
    return client


def address(kind: str) -> str:
    return reverse("printed:understand", args=[kind])


def test_answer(desk: Client) -> None:
    assert address("quantity") == "/admin/understand/quantity/"
    answer = desk.get(address("quantity"), {"text": "20余名"})
    assert answer.json() == {
        "printed": "20余名",
        "understood": True,
        "reading": read_quantity("20余名").reading(),
        "parts": {"comparator": "odd", "value": "20", "upper": "30", "unit": "名"},
    }
    assert "no-store" in answer.headers["Cache-Control"]
    answer = desk.get(address("quantity"), {"text": "98.65", "unit": "%"})
    assert answer.json()["parts"]["unit"] == "%"
    answer = desk.get(address("date"), {"text": "2018年3月"})
    assert answer.json()["parts"] == {
        "precision": "month",
        "earliest": "2018-03-01",
        "latest": "2018-03-31",
        "inferred": False,
    }
    answer = desk.get(address("rank"), {"text": "倒数第二"})
    assert (answer.json()["understood"], answer.json()["parts"]["place"]) == (False, None)
    assert desk.get(address("date")).json()["reading"] == ""


def test_for_staff_alone(client: Client) -> None:
    assert client.get(address("date"), {"text": "2018年"}).status_code == 302
    client.force_login(user(is_staff=False))
    assert client.get(address("date"), {"text": "2018年"}).status_code == 302


def test_other_kinds_and_methods(desk: Client) -> None:
    assert desk.get(address("colour"), {"text": "x"}).status_code == 404
    assert desk.post(address("date"), {"text": "x"}).status_code == 405


@settings(max_examples=full(2_000, 100))
@given(st.sampled_from(["date", "quantity", "rank"]), texts, st.text(max_size=40))
def test_nothing_breaks_it(desk: Client, kind: str, text: str, unit: str) -> None:
    answer = desk.get(address(kind), {"text": text * 3, "unit": unit})
    assert answer.status_code == 200
    assert len(answer.json()["printed"]) <= 200


def test_bytes_that_are_no_text(desk: Client) -> None:
    for query in (
        "text=%FF%00%ED%A0%80",
        "text=" + "%E4%B8%80" * 3000,
        "text=a&text=b",
        "unit=%00",
    ):
        assert desk.get(f"{address('quantity')}?{query}").status_code == 200
