"""Interval arithmetic reports a contradiction only if it is certain."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.consistency.arithmetic import (
    Bounds,
    check_pending,
    check_rate,
    format_rounded,
    is_certainly_above,
    is_certainly_larger,
    is_contradictory,
    quotient,
    rounding_bounds,
)

exactly = Bounds.exactly
ACCEPTED, CONCLUDED = exactly(5177), exactly(5107)


def printed(text: str) -> Bounds:
    value = Decimal(text)
    return rounding_bounds(value, Decimal(1).scaleb(value.as_tuple().exponent))


@pytest.mark.parametrize(
    ("rate_printed", "agrees"),
    [
        ("98.65", True),  # The exact rate is 98.6479.
        ("98.648", True),
        ("98.6", True),
        ("98.60", False),
        ("99", True),
        ("98.66", False),
        ("98.64", False),
        ("98.647", False),  # 98.647 is the exact rate cut off, not rounded.
        ("98", False),
        ("100", False),
        ("98.6479", True),
        ("98.6478", False),
    ],
)
def test_printed_rate_agrees_within_its_last_digit(rate_printed: str, agrees: bool) -> None:
    verdict = check_rate(CONCLUDED, ACCEPTED, printed(rate_printed))
    assert verdict.agrees is agrees
    assert verdict.expected == exactly(Fraction(510700, 5177))


def test_half_may_be_rounded_up_or_down() -> None:
    for text in ("12.5", "12.4", "12.6"):
        # 1/8 is exactly 12.5%. In the lines below, 249/2000 is 12.45%, halfway between 12.4% and
        # 12.5%.
        assert check_rate(exactly(1), exactly(8), printed(text)).agrees is (text == "12.5")
    assert check_rate(exactly(249), exactly(2000), printed("12.4")).agrees
    assert check_rate(exactly(249), exactly(2000), printed("12.5")).agrees
    assert not check_rate(exactly(249), exactly(2000), printed("12.6")).agrees


def test_rate_per_mille() -> None:
    assert check_rate(exactly(1), exactly(8), printed("125"), of=1000).agrees
    assert not check_rate(exactly(1), exactly(8), printed("12.5"), of=1000).agrees


@pytest.mark.parametrize(
    ("concluded", "accepted", "bounds", "agrees"),
    [
        # More than 5100 of 5177: the rate is above 98.51.
        (Bounds(5100, None, low_open=True), ACCEPTED, printed("98.65"), True),
        (Bounds(5100, None, low_open=True), ACCEPTED, printed("98.4"), False),
        # Between 5100 and 5200 of 5177: the rate is between 98.51 and 100.44.
        (Bounds(5100, 5200, True, True), ACCEPTED, printed("99.9"), True),
        (Bounds(5100, 5200, True, True), ACCEPTED, printed("100.5"), False),
        # 5107 of at least 5177: the rate is at most 98.65.
        (CONCLUDED, Bounds(5177, None), printed("50"), True),
        (CONCLUDED, Bounds(5177, None), printed("99.5"), False),
        # Intervals without bounds contradict nothing.
        (CONCLUDED, Bounds(), printed("3"), True),
        (Bounds(), ACCEPTED, printed("3"), True),
        # The printed rate is an interval itself.
        (CONCLUDED, ACCEPTED, Bounds(98, None, low_open=True), True),
        (CONCLUDED, ACCEPTED, Bounds(99, None), False),
        (exactly(1), exactly(1), Bounds(100, None, low_open=True), False),
        (exactly(1), exactly(1), Bounds(100, None), True),
        (CONCLUDED, ACCEPTED, Bounds(None, 98), False),
        (CONCLUDED, ACCEPTED, Bounds(), True),
        # No case is concluded. Without accepted cases there is no rate, and nothing is
        # contradicted.
        (exactly(0), exactly(0), printed("100"), True),
        (exactly(0), exactly(7), printed("0"), True),
        (exactly(0), exactly(7), printed("1"), False),
    ],
)
def test_rate_of_intervals(
    concluded: Bounds, accepted: Bounds, bounds: Bounds, agrees: bool
) -> None:
    assert check_rate(concluded, accepted, bounds).agrees is agrees


@pytest.mark.parametrize(
    ("one", "other", "larger"),
    [
        (exactly(13), exactly(12), True),
        (exactly(12), exactly(12), False),
        (Bounds(12, None, low_open=True), exactly(12), True),
        (Bounds(12, None), exactly(12), False),
        (exactly(12), Bounds(None, 12, high_open=True), True),
        (exactly(12), Bounds(None, 12), False),
        (exactly(12), Bounds(11, None), False),
        (Bounds(None, 50), exactly(12), False),
        (Bounds(), Bounds(), False),
        (Bounds(20, 30, True, True), exactly(20), True),
        (Bounds(20, 30, True, True), Bounds(30, 40), False),
    ],
)
def test_is_certainly_larger(one: Bounds, other: Bounds, larger: bool) -> None:
    assert is_certainly_larger(one, other) is larger
    assert not (larger and is_certainly_larger(other, one))


@pytest.mark.parametrize(
    ("bounds", "above"),
    [
        (exactly(100), False),
        (exactly(Decimal("100.1")), True),
        (Bounds(100, None, low_open=True), True),
        (Bounds(100, None), False),
        (Bounds(None, 120), False),
        (Bounds(), False),
    ],
)
def test_is_certainly_above_100(bounds: Bounds, above: bool) -> None:
    assert is_certainly_above(bounds, 100) is above


@pytest.mark.parametrize(
    ("accepted", "concluded", "left", "agrees"),
    [
        (ACCEPTED, CONCLUDED, exactly(70), True),
        (ACCEPTED, CONCLUDED, exactly(71), False),
        (Bounds(5100, 5200, True, True), CONCLUDED, exactly(93), False),
        (Bounds(5100, 5200, True, True), CONCLUDED, exactly(92), True),
        (ACCEPTED, Bounds(), exactly(1), True),
        (Bounds(5177, None), CONCLUDED, exactly(69), False),
    ],
)
def test_check_pending(accepted: Bounds, concluded: Bounds, left: Bounds, agrees: bool) -> None:
    assert check_pending(accepted, concluded, left).agrees is agrees


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction(510700, 5177), 2, "98.65"),
        (Fraction(510700, 5177), 4, "98.6479"),
        (Fraction(1, 8), 2, "0.13"),
        (Decimal("98.6"), 2, "98.60"),
        (70, 0, "70"),
        (Decimal("1000000"), 0, "1000000"),
        (-3, 0, "-3"),
    ],
)
def test_format_rounded(value: Decimal | Fraction | int, places: int, text: str) -> None:
    assert format_rounded(value, places) == text


counts = st.integers(0, 10**7)


@given(counts, st.integers(1, 10**7), st.integers(0, 4))
def test_correctly_rounded_rate_never_contradicts(part: int, whole: int, places: int) -> None:
    text = format_rounded(Fraction(100 * part, whole), places)
    bounds = rounding_bounds(Decimal(text), Decimal(1).scaleb(-places))
    assert check_rate(exactly(part), exactly(whole), bounds).agrees
    off = rounding_bounds(Decimal(text) + Decimal(2).scaleb(-places), Decimal(1).scaleb(-places))
    assert not check_rate(exactly(part), exactly(whole), off).agrees


@given(counts, counts, st.integers(1, 10**6), st.integers(0, 10**6))
def test_quotient_contains_every_true_rate(low: int, more: int, whole: int, wider: int) -> None:
    """The interval of the quotient contains the rate of any part and whole in their intervals."""
    part, of = Bounds(low, low + more), Bounds(whole, whole + wider)
    found = quotient(part, of, times=100)
    for true_part in (low, low + more):
        for true_whole in (whole, whole + wider):
            true = exactly(Fraction(100 * true_part, true_whole))
            assert not is_contradictory(true, found)
