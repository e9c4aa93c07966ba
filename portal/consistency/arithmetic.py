"""Interval arithmetic for printed numbers, to check whether a rate agrees with its part and whole.

An interval contains all values that an imprecise printed number may have. Numbers contradict each
other only if no values in their intervals agree. ``Fraction`` makes all calculations exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Number = Decimal | Fraction | int


@dataclass(frozen=True)
class Bounds:
    """An interval. A bound of None is unknown; an ``open`` bound is not part of the interval."""

    low: Number | None = None
    high: Number | None = None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def exactly(cls, value: Number) -> Bounds:
        return cls(value, value)

    @property
    def value(self) -> Number | None:
        """Return the number if the interval contains no other, else None."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True)
class Verdict:
    """The result of a check: whether the numbers agree.

    ``expected`` is the interval that follows from the other numbers; None if it cannot be computed.
    """

    agrees: bool
    expected: Bounds | None = None


#: The verdict if nothing can be computed: it counts as agreement.
NO_VERDICT = Verdict(True)


def rounding_bounds(value: Decimal, step: Decimal) -> Bounds:
    """Return the interval of the numbers that round to ``value`` with the step ``step``.

    Both bounds are part of the interval, because some sources round halves up and others down.
    """
    return Bounds(value - step / 2, value + step / 2)


def is_certainly_larger(one: Bounds, other: Bounds) -> bool:
    """Return whether every number in ``one`` is larger than every number in ``other``."""
    if one.low is None or other.high is None:
        return False
    low, high = Fraction(one.low), Fraction(other.high)
    return low > high or (low == high and (one.low_open or other.high_open))


def is_contradictory(one: Bounds, other: Bounds) -> bool:
    """Return whether the two intervals have no number in common."""
    return is_certainly_larger(one, other) or is_certainly_larger(other, one)


def check_rate(part: Bounds, whole: Bounds, printed: Bounds, *, of: int = 100) -> Verdict:
    """Compare a printed rate with part ÷ whole.

    ``of`` is the base of the rate: 100 for per cent, 1000 for per mille.
    """
    expected = quotient(part, whole, times=of)
    if expected is None:
        return NO_VERDICT
    return Verdict(not is_contradictory(printed, expected), expected)


def check_pending(accepted: Bounds, concluded: Bounds, printed: Bounds) -> Verdict:
    """Compare a printed number of pending cases with accepted - concluded cases."""
    expected = difference(accepted, concluded)
    return Verdict(not is_contradictory(printed, expected), expected)


def is_certainly_above(printed: Bounds, limit: int) -> bool:
    """Return whether every number in the interval is above the limit."""
    return is_certainly_larger(printed, Bounds.exactly(limit))


def quotient(part: Bounds, whole: Bounds, *, times: int = 1) -> Bounds | None:
    """Return the interval of part ÷ whole x times for two counts; None if the whole is zero.

    Counts are never negative, so that the lower bound is at least zero.
    """
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
    """Return the interval of ``one`` - ``other``."""
    low = high = None
    if one.low is not None and other.high is not None:
        low = Fraction(one.low) - Fraction(other.high)
    if one.high is not None and other.low is not None:
        high = Fraction(one.high) - Fraction(other.low)
    return Bounds(low, high, one.low_open or other.high_open, one.high_open or other.low_open)


def format_rounded(value: Number, places: int) -> str:
    """Format a number with ``places`` decimal places, rounded half up."""
    fraction = Fraction(value)
    scaled = fraction * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return f"{Decimal(whole).scaleb(-places):f}"
