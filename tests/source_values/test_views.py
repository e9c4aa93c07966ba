"""The endpoint that parses a printed text while an editor types it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounts.roles import Role
from portal.source_values.quantities import parse_quantity
from tests.factories import user
from tests.workload import workload

from .strategies import texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff_client() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user(Role.EDITOR))
    return client


def address(kind: str) -> str:
    return reverse("source_values:understand", args=[kind])


def test_response_contains_meaning_and_parts(staff_client: Client) -> None:
    assert address("quantity") == "/admin/understand/quantity/"
    answer = staff_client.get(address("quantity"), {"text": "20余名"})
    assert answer.json() == {
        "printed": "20余名",
        "is_understood": True,
        "reading": parse_quantity("20余名").describe(),
        "parts": {"comparator": "odd", "value": "20", "upper": "30", "unit": "名"},
    }
    assert "no-store" in answer.headers["Cache-Control"]
    answer = staff_client.get(address("quantity"), {"text": "98.65", "unit": "%"})
    assert answer.json()["parts"]["unit"] == "%"
    answer = staff_client.get(address("date"), {"text": "2018年3月"})
    assert answer.json()["parts"] == {
        "precision": "month",
        "earliest": "2018-03-01",
        "latest": "2018-03-31",
        "inferred": False,
    }
    answer = staff_client.get(address("rank"), {"text": "倒数第二"})
    assert (answer.json()["is_understood"], answer.json()["parts"]["place"]) == (False, None)
    assert staff_client.get(address("date")).json()["reading"] == ""


def test_only_staff_may_parse_source_values(client: Client) -> None:
    assert client.get(address("date"), {"text": "2018年"}).status_code == 302
    client.force_login(user(is_staff=False))
    assert client.get(address("date"), {"text": "2018年"}).status_code == 302


def test_unknown_kind_and_method_are_refused(staff_client: Client) -> None:
    assert staff_client.get(address("colour"), {"text": "x"}).status_code == 404
    assert staff_client.post(address("date"), {"text": "x"}).status_code == 405


@settings(max_examples=workload(2_000, 100))
@given(st.sampled_from(["date", "quantity", "rank"]), texts, st.text(max_size=40))
def test_any_text_is_answered(staff_client: Client, kind: str, text: str, unit: str) -> None:
    answer = staff_client.get(address(kind), {"text": text * 3, "unit": unit})
    assert answer.status_code == 200
    assert len(answer.json()["printed"]) <= 200


def test_invalid_bytes_are_answered(staff_client: Client) -> None:
    for query in (
        "text=%FF%00%ED%A0%80",
        "text=" + "%E4%B8%80" * 3000,
        "text=a&text=b",
        "unit=%00",
    ):
        assert staff_client.get(f"{address('quantity')}?{query}").status_code == 200
