"""Contradictions between figures of the same period: a rate and its terms, a part and its whole.

The functions query no database: the caller passes the figures to compare with. The protocols name
the attributes that are read, because importing the models here would be an import cycle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from django.utils.translation import gettext as _

from portal.consistency import arithmetic
from portal.consistency.arithmetic import Bounds, Verdict
from portal.source_values.dates import SourceDate
from portal.source_values.numerals import normalize_characters
from portal.source_values.quantities import Quantity

from .bounds import RATE_BASES, printed_decimals, quantity_bounds


class ComparedIndicator(Protocol):
    """The attributes of an ``Indicator`` that a comparison reads."""

    @property
    def pk(self) -> Any: ...
    @property
    def code(self) -> str: ...
    @property
    def whole_id(self) -> int | None: ...
    @property
    def definition(self) -> str: ...


class ComparedFigure(Protocol):
    """The attributes of an ``Observation`` that a comparison reads."""

    @property
    def pk(self) -> Any: ...
    @property
    def indicator(self) -> ComparedIndicator | None: ...
    @property
    def period(self) -> SourceDate | None: ...
    @property
    def value(self) -> Quantity | None: ...
    @property
    def unit(self) -> str: ...


FigureT = TypeVar("FigureT", bound=ComparedFigure)


class Contradiction(NamedTuple):
    """The code of a kind of contradiction, and a translated sentence for the editor."""

    code: str
    message: str


@dataclass(frozen=True)
class Formula:
    """The equation ``result`` = ``one`` ``sign`` ``other``, for three codes of indicators."""

    result: str
    one: str
    other: str
    sign: str

    @property
    def codes(self) -> tuple[str, str, str]:
        return self.result, self.one, self.other

    @property
    def is_rate(self) -> bool:
        return self.sign == "÷"

    def verdict(self, one: Bounds, other: Bounds, printed: Bounds, unit: str = "%") -> Verdict:
        """Compare a printed result with the result that the formula computes from its two terms."""
        if self.is_rate:
            return arithmetic.check_rate(one, other, printed, of=RATE_BASES.get(unit, 100))
        return arithmetic.check_pending(one, other, printed)


FORMULAS = (
    Formula("closing_rate", "concluded", "accepted", "÷"),
    Formula("clearance_rate", "concluded", "filed", "÷"),
    Formula("pending", "accepted", "concluded", "−"),
)


def period_key(period: SourceDate | None) -> object:
    """Return a key that is equal for equal periods; None if the period is unknown.

    The key is the first and the last day of the period, or its printed text if it has no days.
    """
    if period is None:
        return None
    if period.earliest or period.latest:
        return period.earliest, period.latest
    return normalize_characters(period.printed) or None


def figure_bounds(figure: ComparedFigure) -> Bounds:
    """Return the interval of a figure's quantity; without bounds if it has no quantity."""
    return quantity_bounds(figure.value, figure.unit) if figure.value else Bounds()


class FigureIndex(Generic[FigureT]):
    """An index of figures by their period and indicator, and by their period and whole.

    An indicator is identified by its id or by its code.
    """

    def __init__(self, figures: Iterable[FigureT]) -> None:
        self._figures: dict[tuple[object, object], list[FigureT]] = defaultdict(list)
        self._parts: dict[tuple[object, object], list[FigureT]] = defaultdict(list)
        for figure in figures:
            indicator = figure.indicator
            if indicator is None or figure.value is None:
                continue
            key = period_key(figure.period)
            self._figures[key, indicator.pk].append(figure)
            if indicator.code:
                self._figures[key, indicator.code].append(figure)
            if indicator.whole_id:
                self._parts[key, indicator.whole_id].append(figure)

    def of(self, period: SourceDate | None, indicator: object) -> list[FigureT]:
        """Return the figures of an indicator in a period; ``indicator`` is its id or its code."""
        return self._figures[period_key(period), indicator]

    def parts(self, period: SourceDate | None, whole: object) -> list[FigureT]:
        """Return the figures in a period whose indicators are parts of the indicator ``whole``."""
        return self._parts[period_key(period), whole]


def find_contradictions(
    figures: Sequence[ComparedFigure], counterparts: Iterable[ComparedFigure]
) -> list[list[Contradiction]]:
    """Return for each figure its certain contradictions with the counterparts."""
    index = FigureIndex(counterparts)
    return [list(_contradictions(figure, index)) for figure in figures]


def needs_definition(figure: ComparedFigure) -> bool:
    """Return whether a rate is certainly above 100% while its indicator has no definition."""
    limit = RATE_BASES.get(figure.unit)
    if limit is None or figure.value is None or figure.indicator is None:
        return False
    value = figure.value
    printed = Bounds(value.low, value.high, value.low_open, value.high_open)
    return arithmetic.is_certainly_above(printed, limit) and not figure.indicator.definition.strip()


def _contradictions(
    figure: ComparedFigure, index: FigureIndex[ComparedFigure]
) -> Iterator[Contradiction]:
    """Yield the contradictions of a figure with the formulas, with its whole and with its parts."""
    indicator = figure.indicator
    if indicator is None or figure.value is None or not period_key(figure.period):
        return
    for formula in FORMULAS:
        if indicator.code not in formula.codes:
            continue
        candidates = [
            [figure] if code == indicator.code else index.of(figure.period, code)
            for code in formula.codes
        ]
        for result, one, other in product(*candidates):
            if message := _compare_with_formula(formula, result, one, other):
                yield Contradiction("arithmetic", message)
    if indicator.whole_id:
        for whole in index.of(figure.period, indicator.whole_id):
            yield from _compare_with_whole(figure, whole)
    for part in index.parts(figure.period, indicator.pk):
        yield from _compare_with_whole(part, figure)


def _compare_with_formula(
    formula: Formula, result: ComparedFigure, one: ComparedFigure, other: ComparedFigure
) -> str:
    """Return a sentence if a printed result contradicts its formula's two terms, else ""."""
    verdict = formula.verdict(
        figure_bounds(one), figure_bounds(other), figure_bounds(result), result.unit
    )
    if verdict.agrees or verdict.expected is None:
        return ""
    rate = result.unit if formula.is_rate and result.unit in RATE_BASES else ""
    return _(
        "%(result)s does not agree with %(one)s and %(other)s: by these two it is %(expected)s."
    ) % {
        "result": _quote(result),
        "one": _quote(one),
        "other": _quote(other),
        "expected": _describe_bounds(verdict.expected, printed_decimals(result.value), rate),
    }


def _compare_with_whole(part: ComparedFigure, whole: ComparedFigure) -> Iterator[Contradiction]:
    if part.pk == whole.pk and part.pk is not None:
        return
    if part.unit != whole.unit:
        return
    if arithmetic.is_certainly_larger(figure_bounds(part), figure_bounds(whole)):
        message = _("%(part)s is a part of %(whole)s, and cannot be more.")
        yield Contradiction(
            "part-above-whole", message % {"part": _quote(part), "whole": _quote(whole)}
        )


def _quote(figure: ComparedFigure) -> str:
    return _("“%(name)s %(printed)s”") % {"name": figure.indicator, "printed": figure.value}


def _describe_bounds(expected: Bounds, decimals: int, unit: str) -> str:
    """Return an interval as text, such as "98.65%", "at least 5" or "98% to 99%"."""
    low, high = (
        None if value is None else f"{arithmetic.format_rounded(value, decimals)}{unit}"
        for value in (expected.low, expected.high)
    )
    if low is None or high is None or low == high:
        if low and high:
            return low
        if low:
            return _("at least %(value)s") % {"value": low}
        return _("at most %(value)s") % {"value": high}
    return _("%(low)s to %(high)s") % {"low": low, "high": high}
