"""What the numbers of the court say against each other.

A finding can be answered: who writes in the remark why a figure stands as it does has answered it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _

from portal.consistency import arithmetic
from portal.consistency.arithmetic import Bounds, Verdict
from portal.publishing.check_results import CheckResult
from portal.publishing.list_counts import UNDATED
from portal.source_values.dates import SourceDate
from portal.source_values.numerals import normalize_characters
from portal.source_values.quantities import Comparator, Quantity

if TYPE_CHECKING:
    from .models import CourtProfile, Observation
    from .querysets import ObservationQuerySet

#: What a rate is a part of.
RATES = {"%": 100, "‰": 1000, "‱": 10_000}
#: So many figures are held against those that are checked, at most; and so many are checked.
MAX_COUNTERPARTS = 1000
MAX_CHECKED_IN_ADMIN = 2000


@dataclass(frozen=True)
class Formula:
    """``result`` follows from ``one`` and ``other``; each is an indicator's code."""

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
        if self.is_rate:
            return arithmetic.check_rate(one, other, printed, of=RATES.get(unit, 100))
        return arithmetic.check_pending(one, other, printed)


FORMULAS = (
    Formula("closing_rate", "concluded", "accepted", "÷"),
    Formula("clearance_rate", "concluded", "filed", "÷"),
    Formula("pending", "accepted", "concluded", "−"),
)


# --- what the desk asks --------------------------------------------------------------------------


def check_profile(profile: CourtProfile) -> list[CheckResult]:
    found = _unread(profile, "established_staff", "quota_judges", "department_count")
    judges, staff = profile.quota_judges, profile.established_staff
    if (
        judges
        and staff
        and arithmetic.is_certainly_larger(quantity_bounds(judges), quantity_bounds(staff))
    ):
        said = _("There are more quota judges (%(judges)s) than established staff (%(staff)s).")
        message = _answerable(said % {"judges": judges, "staff": staff})
        found.append(CheckResult("quota-above-staff", message, "quota_judges"))
    return found


def check_observation(observation: Observation) -> list[CheckResult]:
    """Of a figure that may stand in memory alone."""
    said = find_contradictions([observation])[0]
    return [
        *_unread(observation, "period", "value", "rank"),
        *_above_the_whole(observation),
        *_twice(observation),
        *(CheckResult(code, _answerable(text), "value") for code, text in said),
    ]


def _answerable(said: str) -> str:
    advice = _("Mend it, or write in the remark why it stands.")
    return _("%(said)s %(advice)s") % {"said": said, "advice": advice}


def _unread(obj: CourtProfile | Observation, *names: str) -> list[CheckResult]:
    found = []
    for name in names:
        value = getattr(obj, name)
        if value and not value.is_understood:
            said = _("“%(printed)s” is kept as printed, but could not be understood.")
            advice = _("Say what it means beside it, or write a remark.")
            message = _("%(said)s %(advice)s") % {
                "said": said % {"printed": value},
                "advice": advice,
            }
            found.append(CheckResult(f"unread-{name}", message, name))
    return found


def _twice(observation: Observation) -> list[CheckResult]:
    """The same indicator has a public figure of the same period: a correction belongs there."""
    others = type(observation).objects.public().filter(indicator=observation.indicator_id)
    period = observation.period
    if period is not None and (period.earliest or period.latest):
        others = others.filter(period_from=period.earliest, period_to=period.latest)
    same = [
        other
        for other in others.exclude(pk=observation.pk)[:MAX_COUNTERPARTS]
        if period_key(other.period) == period_key(period)
    ]
    if not same:
        return []
    said = _("“%(name)s” has a public figure of this period already: %(figure)s.")
    advice = _("To correct it, edit that one; or write in the remark why there are two.")
    words = {"name": observation.indicator, "figure": same[0].quoted_text}
    return [
        CheckResult(
            "figure-twice",
            _("%(said)s %(advice)s") % {"said": said % words, "advice": advice},
            "value",
        )
    ]


def _above_the_whole(observation: Observation) -> list[CheckResult]:
    if not needs_definition(observation):
        return []
    said = _("“%(printed)s” is more than the whole, and “%(name)s” has no definition.")
    advice = _("Define the indicator, or write in the remark how it is counted.")
    message = _("%(said)s %(advice)s") % {
        "said": said % {"printed": observation.value, "name": observation.indicator},
        "advice": advice,
    }
    return [CheckResult("above-the-whole", message, "value")]


def needs_definition(observation: Observation) -> bool:
    """Whether a rate is certainly above 100 %, and nobody says how it is counted."""
    limit = RATES.get(observation.unit)
    if limit is None or observation.value is None or observation.indicator is None:
        return False
    value = observation.value
    printed = Bounds(value.low, value.high, value.low_open, value.high_open)
    return (
        arithmetic.is_certainly_above(printed, limit)
        and not observation.indicator.definition.strip()
    )


# --- figures against each other ------------------------------------------------------------------


def find_contradictions(
    observations: list[Observation], others: list[Observation] | None = None
) -> list[list[tuple[str, str]]]:
    """For each figure (code, sentence) of what in public it certainly contradicts.

    ``others`` are their ``counterparts``, where they are known already.
    """
    pool = FigureIndex(counterparts(observations) if others is None else others)
    return [list(_contradictions(each, pool)) for each in observations]


def contradicting_ids(rows: ObservationQuerySet) -> list[int]:
    """The ids of the public figures that contradict others now, answered or not; for the desk."""
    codes = {code for formula in FORMULAS for code in formula.codes}
    named = Q(indicator__code__in=codes) | Q(indicator__whole__isnull=False)
    above = Q(value_low__gte=min(RATES.values()))
    checked = rows.readable().filter(named | above).select_related("indicator").newest_first()
    found = []
    for batch in batched(checked[:MAX_CHECKED_IN_ADMIN], 100):
        for each, said in zip(batch, find_contradictions(batch), strict=True):
            if said or needs_definition(each):
                found.append(each.pk)
    return found


def counterparts(observations: Iterable[Observation]) -> list[Observation]:
    """The public figures of the same days that these can be held against. Two queries."""
    checked = [
        (each, each.indicator)
        for each in observations
        if each.indicator is not None and each.period
    ]
    if not checked:
        return []
    codes = {
        code
        for _each, indicator in checked
        for formula in FORMULAS
        if indicator.code in formula.codes
        for code in formula.codes
    }
    own = {indicator.pk for _each, indicator in checked}
    wholes = {indicator.whole_id for _each, indicator in checked} - {None}
    model: Any = type(checked[0][0])
    indicator_model = model._meta.get_field("indicator").related_model
    related = Q(code__in=codes) | Q(pk__in=wholes) | Q(whole__in=own)
    indicators = {row.pk: row for row in indicator_model.objects.public().filter(related)[:200]}
    days = {_day(each.period) for each, _indicator in checked}
    rows = model.objects.public().filter(
        indicator__in=list(indicators), ordered_on__in=days, value_sort__isnull=False
    )
    found = list(rows.newest_first()[:MAX_COUNTERPARTS])
    for row in found:
        row.indicator = indicators[row.indicator_id]
    return found


class FigureIndex:
    """Figures by period and by indicator, its code or its id."""

    def __init__(self, rows: Iterable[Observation]) -> None:
        self._rows: dict[tuple[object, object], list[Observation]] = defaultdict(list)
        self._parts: dict[tuple[object, object], list[Observation]] = defaultdict(list)
        for row in rows:
            if row.indicator is None or row.value is None:
                continue
            key = period_key(row.period)
            self._rows[key, row.indicator.pk].append(row)
            if row.indicator.code:
                self._rows[key, row.indicator.code].append(row)
            if row.indicator.whole_id:
                self._parts[key, row.indicator.whole_id].append(row)

    def of(self, period: SourceDate | None, indicator: object) -> list[Observation]:
        return self._rows[period_key(period), indicator]

    def parts(self, period: SourceDate | None, whole: object) -> list[Observation]:
        return self._parts[period_key(period), whole]


def _contradictions(each: Observation, pool: FigureIndex) -> Iterator[tuple[str, str]]:
    indicator = each.indicator
    if indicator is None or each.value is None or not period_key(each.period):
        return
    for formula in FORMULAS:
        if indicator.code not in formula.codes:
            continue
        roles = [
            [each] if code == indicator.code else pool.of(each.period, code)
            for code in formula.codes
        ]
        for result, one, other in product(*roles):
            if said := _against_formula(formula, result, one, other):
                yield "arithmetic", said
    if indicator.whole_id:
        for whole in pool.of(each.period, indicator.whole_id):
            yield from _against_whole(each, whole)
    for part in pool.parts(each.period, indicator.pk):
        yield from _against_whole(part, each)


def _against_formula(
    formula: Formula, result: Observation, one: Observation, other: Observation
) -> str:
    verdict = formula.verdict(
        observation_bounds(one), observation_bounds(other), observation_bounds(result), result.unit
    )
    if verdict.agrees or verdict.expected is None:
        return ""
    rate = result.unit if formula.is_rate and result.unit in RATES else ""
    return _(
        "%(result)s does not agree with %(one)s and %(other)s: by these two it is %(expected)s."
    ) % {
        "result": _named(result),
        "one": _named(one),
        "other": _named(other),
        "expected": _told(verdict.expected, printed_decimals(result.value), rate),
    }


def _against_whole(part: Observation, whole: Observation) -> Iterator[tuple[str, str]]:
    if part.pk == whole.pk and part.pk is not None:
        return
    if part.unit != whole.unit:
        return
    if arithmetic.is_certainly_larger(observation_bounds(part), observation_bounds(whole)):
        said = _("%(part)s is a part of %(whole)s, and cannot be more.")
        yield "part-above-whole", said % {"part": _named(part), "whole": _named(whole)}


def _named(each: Observation) -> str:
    return _("“%(name)s %(printed)s”") % {"name": each.indicator, "printed": each.value}


def _told(expected: Bounds, decimals: int, unit: str) -> str:
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


def batched(rows: Iterable[Observation], size: int) -> Iterator[list[Observation]]:
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch


def _day(period: SourceDate | None) -> date:
    return (period.sort if period else None) or UNDATED


def period_key(period: SourceDate | None) -> object:
    """Equal for the same period: by its days; where none is known, by its words. None: unknown."""
    if period is None:
        return None
    if period.earliest or period.latest:
        return period.earliest, period.latest
    return normalize_characters(period.printed) or None


# --- what a printed number may be ----------------------------------------------------------------

_AMOUNT = re.compile(r"[0-9][0-9,]*(?:\.(?P<decimals>[0-9]+))?(?P<times>[十百千]?[万亿]{0,2})")
_CHINESE_DECIMALS = re.compile(r"点(?P<decimals>[零〇一二三四五六七八九]+)(?P<times>[万亿]?)")
_WORTH = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}


def observation_bounds(each: Observation) -> Bounds:
    return quantity_bounds(each.value, each.unit) if each.value else Bounds()


def quantity_bounds(quantity: Quantity, unit: str = "") -> Bounds:
    """Where the number lies that was printed so; what was rounded may be a little more or less."""
    if not quantity.is_understood or quantity.value is None:
        return Bounds()
    if quantity.comparator != Comparator.EXACT:
        return Bounds(quantity.low, quantity.high, quantity.low_open, quantity.high_open)
    decimals, worth = _last_digit(quantity.printed)
    if decimals or worth > 1 or (unit or quantity.unit) in RATES:
        return arithmetic.rounding_bounds(quantity.value, worth * Decimal(1).scaleb(-decimals))
    return Bounds.exactly(quantity.value)


def printed_decimals(quantity: Quantity | None) -> int:
    """The decimals that are printed, idle zeros included."""
    return _last_digit(quantity.printed)[0] if quantity else 0


def _last_digit(printed: str) -> tuple[int, int]:
    """(decimals, what the word for large numbers behind them is worth)."""
    text = normalize_characters(printed)
    match = _CHINESE_DECIMALS.search(text) or _AMOUNT.search(text)
    if match is None:
        return 0, 1
    worth = 1
    for character in match["times"] or "":
        worth *= _WORTH[character]
    return len(match["decimals"] or ""), worth
