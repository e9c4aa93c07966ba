"""What printed numbers say against each other; only what is certain is called a contradiction.

Fractions, so that nothing is decided by a rounding of our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Number = Decimal | Fraction | int


@dataclass(frozen=True)
class Bounds:
    """Where a number lies. None: no bound is known; ``open``: the bound itself is excluded."""

    low: Number | None = None
    high: Number | None = None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def exactly(cls, value: Number) -> Bounds:
        return cls(value, value)

    @property
    def value(self) -> Number | None:
        """The number, where it is known exactly."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True)
class Verdict:
    """``expected``: where the number must lie by the others; None: nothing can be said."""

    agrees: bool
    expected: Bounds | None = None


NO_VERDICT = Verdict(True)


def rounding_bounds(value: Decimal, step: Decimal) -> Bounds:
    """Everything that is printed as ``value`` where the last digit is worth ``step``.

    Both ends belong to it: nobody knows which way a half was rounded.
    """
    return Bounds(value - step / 2, value + step / 2)


def is_certainly_larger(one: Bounds, other: Bounds) -> bool:
    """Whether the one is larger than the other wherever both may lie."""
    if one.low is None or other.high is None:
        return False
    low, high = Fraction(one.low), Fraction(other.high)
    return low > high or (low == high and (one.low_open or other.high_open))


def is_contradictory(one: Bounds, other: Bounds) -> bool:
    """Whether no number lies in both."""
    return is_certainly_larger(one, other) or is_certainly_larger(other, one)


def check_rate(part: Bounds, whole: Bounds, printed: Bounds, *, of: int = 100) -> Verdict:
    """A printed rate against part ÷ whole; ``of`` 100 for per cent, 1000 for per mille."""
    expected = quotient(part, whole, times=of)
    return (
        NO_VERDICT
        if expected is None
        else Verdict(not is_contradictory(printed, expected), expected)
    )


def check_pending(accepted: Bounds, concluded: Bounds, printed: Bounds) -> Verdict:
    """What is still pending: accepted - concluded."""
    expected = difference(accepted, concluded)
    return Verdict(not is_contradictory(printed, expected), expected)


def is_certainly_above(printed: Bounds, limit: int) -> bool:
    """Whether a number is certainly above a limit."""
    return is_certainly_larger(printed, Bounds.exactly(limit))


def quotient(part: Bounds, whole: Bounds, *, times: int = 1) -> Bounds | None:
    """part ÷ whole x times, of counts, which are never negative; None where whole is nothing."""
    if whole.high is not None and whole.high <= 0:
        return None
    low: Fraction | int = 0
    low_open = high_open = False
    if part.low is not None and part.low > 0 and whole.high is not None:
        low = Fraction(part.low) * times / Fraction(whole.high)
        low_open = part.low_open or whole.high_open
    high = None
    if part.high is not None and whole.low is not None and whole.low > 0:
        high = Fraction(part.high) * times / Fraction(whole.low)
        high_open = part.high_open or whole.low_open
    return Bounds(low, high, low_open, high_open)


def difference(one: Bounds, other: Bounds) -> Bounds:
    low = high = None
    if one.low is not None and other.high is not None:
        low = Fraction(one.low) - Fraction(other.high)
    if one.high is not None and other.low is not None:
        high = Fraction(one.high) - Fraction(other.low)
    return Bounds(low, high, one.low_open or other.high_open, one.high_open or other.low_open)


def format_rounded(value: Number, places: int) -> str:
    """A number for people: rounded half up to so many places."""
    fraction = Fraction(value)
    scaled = fraction * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return f"{Decimal(whole).scaleb(-places):f}"
