"""The interval in which a printed number may lie, because sources print rounded numbers."""

from __future__ import annotations

import re
from decimal import Decimal

from portal.consistency import arithmetic
from portal.consistency.arithmetic import Bounds
from portal.source_values.numerals import normalize_characters
from portal.source_values.quantities import Comparator, Quantity

#: Unit of a rate -> the number that means "the whole": 100 for per cent.
RATE_BASES = {"%": 100, "‰": 1000, "‱": 10_000}

_AMOUNT = re.compile(r"[0-9][0-9,]*(?:\.(?P<decimals>[0-9]+))?(?P<multiplier>[十百千]?[万亿]{0,2})")
_CHINESE_DECIMALS = re.compile(r"点(?P<decimals>[零〇一二三四五六七八九]+)(?P<multiplier>[万亿]?)")
_MULTIPLIERS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}


def quantity_bounds(quantity: Quantity, unit: str = "") -> Bounds:
    """Return the interval of a printed quantity; ``unit`` is its unit if the text prints none.

    Rates, decimals and numbers with a multiplier (1.2万) may have been rounded to their last
    printed digit. Other whole numbers are exact. The interval of a quantity that the parser did not
    understand has no bounds.
    """
    if not quantity.is_understood or quantity.value is None:
        return Bounds()
    if quantity.comparator != Comparator.EXACT:
        return Bounds(quantity.low, quantity.high, quantity.low_open, quantity.high_open)
    decimals, multiplier = _last_digit(quantity.printed)
    if decimals or multiplier > 1 or (unit or quantity.unit) in RATE_BASES:
        return arithmetic.rounding_bounds(quantity.value, multiplier * Decimal(1).scaleb(-decimals))
    return Bounds.exactly(quantity.value)


def printed_decimals(quantity: Quantity | None) -> int:
    """Return the number of decimal places in the printed text, trailing zeros included."""
    return _last_digit(quantity.printed)[0] if quantity else 0


def _last_digit(printed: str) -> tuple[int, int]:
    """Return the number of decimal places and the multiplier after them: (1, 10000) for 1.2万."""
    text = normalize_characters(printed)
    match = _CHINESE_DECIMALS.search(text) or _AMOUNT.search(text)
    if match is None:
        return 0, 1
    multiplier = 1
    for character in match["multiplier"] or "":
        multiplier *= _MULTIPLIERS[character]
    return len(match["decimals"] or ""), multiplier
