"""Tests of ``parse_number``, which reads numbers in query parameters."""

import pytest

from portal.http.parameters import parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5000, None),
        ("", None),
        (" 7", None),
        ("+7", None),
        ("-7", None),
        ("7.0", None),
        ("1_0", None),
        ("７", None),
        ("七", None),
        ("²", None),
    ],
)
def test_only_ascii_digits_within_the_limit_are_a_number(text: str, number: int | None) -> None:
    assert parse_number(text) == number


def test_limit_of_digits() -> None:
    assert parse_number("1234", max_digits=4) == 1234
    assert parse_number("12345", max_digits=4) is None
