"""The figures that pages display: as printed, with notes, sources and contradictions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, Subquery, Value, When
from django.utils.translation import gettext as _

from portal.consistency import arithmetic
from portal.publishing.models import Publishable
from portal.publishing.references import Role, targets
from portal.source_values.dates import SourceDate
from portal.source_values.numerals import normalize_characters
from portal.source_values.quantities import Comparator, Quantity
from portal.web.languages import localized

from .bounds import printed_decimals
from .contradictions import (
    FORMULAS,
    FigureIndex,
    Formula,
    figure_bounds,
    find_contradictions,
    needs_definition,
    period_key,
)
from .models import Dataset, Indicator, Observation

#: Codes of the indicators whose figures are first on the home page.
KEY_FIGURE_CODES = ("accepted", "concluded", "closing_rate", "effective_disclosure")
MAX_KEY_FIGURES = 4
#: Maximum number of a dataset's figures on the page of all datasets, and of its cards.
FIGURES_PER_DATASET = 60
MAX_CARDS = 8
#: Maximum number of derived figures of a dataset on the page of all datasets.
MAX_DERIVED_FIGURES = 8


@dataclass
class Figure:
    """A figure with its sources, contradictions and notes; ``brief`` omits its rank."""

    observation: Observation
    sources: list[Publishable] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    brief: bool = False

    @property
    def pk(self) -> int:
        return self.observation.pk

    @property
    def indicator(self) -> Indicator:
        """Return the indicator; an unsaved empty one if the figure is a draft without indicator."""
        return self.observation.indicator or Indicator()

    @property
    def period(self) -> SourceDate | None:
        return self.observation.period

    @cached_property
    def value(self) -> Quantity | None:
        """Return the quantity, with the indicator's unit if the text prints none."""
        value = self.observation.value
        return value.with_unit(self.observation.unit) if value else None

    @property
    def printed(self) -> str:
        return str(self.observation.value or self.observation.rank or "")

    @property
    def unprinted_unit(self) -> str:
        """Return the unit if the source does not print it, else ""."""
        value = self.value
        if value is None or not value.is_understood or value.is_unit_printed:
            return ""
        return value.unit

    @cached_property
    def notes(self) -> list[str]:
        """Return sentences that explain the printed text where its meaning is not obvious."""
        value, rank = self.value, self.observation.rank
        found = []
        if value and self.unprinted_unit and _is_bare(value):
            note = _("The source prints “%(printed)s” without its unit, %(unit)s.")
            found.append(note % {"printed": value, "unit": value.unit})
        elif needs_definition(self.observation):
            found.append(_("It may be above 100%: its definition is unstated."))
        elif value and not _prints_its_number(value):
            found.append(_("That is: %(reading)s.") % {"reading": value.describe()})
        if rank and not self.brief and not _same_words(rank.describe(), rank.printed):
            found.append(_("The rank means: %(reading)s.") % {"reading": rank.describe()})
        period = self.period
        if period and (not period.is_understood or period.inferred):
            found.append(_("The period means: %(reading)s.") % {"reading": period.describe()})
        return found


def _is_bare(value: Quantity) -> bool:
    """Return whether the printed text is the number alone, without unit or other words."""
    return (
        value.comparator == Comparator.EXACT
        and normalize_characters(value.printed) == f"{value.value:f}"
    )


def _prints_its_number(value: Quantity) -> bool:
    """Return whether the printed digits, read literally, are the number that is meant."""
    if value.comparator != Comparator.EXACT:
        return False
    text = normalize_characters(value.printed).replace(",", "")
    digits = re.findall(rf"([0-9]+(?:\.[0-9]+)?){re.escape(value.unit)}", text)
    return any(Decimal(each) == value.value for each in digits)


def _same_words(one: str, other: str) -> bool:
    return re.sub(r"\W", "", one) == re.sub(r"\W", "", other)


def build_figures(
    observations: Iterable[Observation], counterparts: list[Observation] | None = None
) -> list[Figure]:
    """Return the figures with their sources and contradictions, in a fixed number of queries.

    ``counterparts`` are the figures to compare with (``counterparts_of``); None loads them.
    """
    observations = list(observations)
    sources = targets(observations, Role.STATED_IN)
    if counterparts is None:
        counterparts = Observation.objects.counterparts_of(observations)
    contradictions = find_contradictions(observations, counterparts)
    return [
        Figure(each, sources.get(each.pk, []), [one.message for one in found])
        for each, found in zip(observations, contradictions, strict=True)
    ]


# Figures of the page of all datasets


@dataclass(frozen=True)
class DerivedFigure:
    """A figure that is computed from two others.

    ``printed`` is the figure that a source prints for the same indicator and period, None if there
    is none; ``agrees`` is False if it contradicts the computed one.
    """

    name: str
    period: SourceDate
    expression: str
    result: str
    printed: Observation | None
    agrees: bool


@dataclass
class DatasetSection:
    """A dataset on the page of all datasets; ``more`` is True if some figures are not displayed."""

    dataset: Dataset
    figures: list[Figure]
    derived_figures: list[DerivedFigure]
    more: bool

    @cached_property
    def newest(self) -> list[Figure]:
        """Return the newest figure of each indicator, in the order of the indicators."""
        found: dict[int, Figure] = {}
        for figure in self.figures:
            found.setdefault(figure.indicator.pk, figure)
        return sorted(found.values(), key=lambda each: (each.indicator.position, each.indicator.pk))

    @property
    def cards(self) -> list[Figure]:
        return self.newest[:MAX_CARDS]

    @property
    def definitions(self) -> list[Indicator]:
        return [each.indicator for each in self.newest]


def dataset_sections() -> list[DatasetSection]:
    """Return the datasets that have public figures, each with its newest figures."""
    rows = {
        dataset: list(
            Observation.objects.in_dataset(dataset.value).newest_first()[: FIGURES_PER_DATASET + 1]
        )
        for dataset in Dataset
    }
    displayed = {dataset: found[:FIGURES_PER_DATASET] for dataset, found in rows.items()}
    everything = [each for found in displayed.values() for each in found]
    counterparts = Observation.objects.counterparts_of(everything)
    figures = {each.pk: each for each in build_figures(everything, counterparts)}
    derived = derived_figures(everything, counterparts)
    return [
        DatasetSection(
            dataset,
            [figures[each.pk] for each in found],
            derived.get(dataset.value, [])[:MAX_DERIVED_FIGURES],
            more=len(rows[dataset]) > FIGURES_PER_DATASET,
        )
        for dataset, found in displayed.items()
        if found
    ]


def derived_figures(
    observations: Iterable[Observation], counterparts: Iterable[Observation]
) -> dict[str, list[DerivedFigure]]:
    """Return dataset -> figures computed from two exact figures of one period, newest first."""
    known = {each.pk: each for each in [*observations, *counterparts]}
    index = FigureIndex(known.values())
    found: dict[str, list[DerivedFigure]] = {}
    for formula in FORMULAS:
        for one in sorted(known.values(), key=lambda each: each.ordered_on, reverse=True):
            if one.indicator is None or one.indicator.code != formula.one or one.period is None:
                continue
            for other in index.of(one.period, formula.other):
                printed: list[Observation | None] = [*index.of(one.period, formula.result)]
                for result in printed or [None]:
                    if derived := _derive(formula, one, other, result):
                        found.setdefault(one.dataset, []).append(derived)
    return found


def _derive(
    formula: Formula, one: Observation, other: Observation, result: Observation | None
) -> DerivedFigure | None:
    """Return the figure that a formula computes from two figures; None unless both are exact."""
    first, second = figure_bounds(one), figure_bounds(other)
    if first.value is None or second.value is None or one.period is None:
        return None
    printed = figure_bounds(result) if result else arithmetic.Bounds()
    unit = (result.unit if result else "") or ("%" if formula.is_rate else one.unit)
    verdict = formula.verdict(first, second, printed, unit)
    if verdict.expected is None or verdict.expected.value is None:
        return None
    decimals = (printed_decimals(result.value) if result else 2) if formula.is_rate else 0
    return DerivedFigure(
        name=localized(result.indicator, "name") if result else _name(formula),
        period=one.period,
        expression=_("%(one)s %(a)s %(sign)s %(other)s %(b)s")
        % {
            "one": localized(one.indicator, "name"),
            "a": f"{first.value:f}",
            "sign": formula.sign,
            "other": localized(other.indicator, "name"),
            "b": f"{second.value:f}",
        },
        result=_format_result(verdict.expected.value, decimals, unit),
        printed=result,
        agrees=verdict.agrees,
    )


def _name(formula: Formula) -> str:
    return {
        "closing_rate": _("Closing rate"),
        "clearance_rate": _("Clearance rate"),
        "pending": _("Pending"),
    }[formula.result]


def _format_result(value: Any, decimals: int, unit: str) -> str:
    """Return a rounded number with its unit, as precise as the printed one.

    Two decimals are added if rounding would change the number: 98.6479% beside a printed 98.65%.
    """
    short = arithmetic.format_rounded(value, decimals)
    is_rounded = Fraction(short) != Fraction(value)
    return f"{arithmetic.format_rounded(value, decimals + 2) if is_rounded else short}{unit}"


# Figures of the home page


#: Codes of indicators whose figures the home page shows for the same period, for comparison.
SAME_PERIOD_CODES = ("accepted", "concluded", "closing_rate")
#: Maximum number of figures among which a common period is searched.
SAME_PERIOD_SEARCH_LIMIT = 60


def _with_common_period(newest: list[Observation]) -> list[Observation]:
    """Return the newest figures of the same indicators for a period that all of them have.

    Return ``newest`` unchanged if there is no such period.
    """
    indicators = [each.indicator_id for each in newest]
    rows = Observation.objects.readable().filter(indicator__in=indicators, value__isnull=False)
    periods: dict[object, dict[int | None, Observation]] = {}
    for row in rows.select_related("indicator").newest_first()[:SAME_PERIOD_SEARCH_LIMIT]:
        periods.setdefault(period_key(row.period), {}).setdefault(row.indicator_id, row)
    for found in periods.values():
        if len(found) == len(indicators):
            return [found[pk] for pk in indicators]
    return newest


def key_figures() -> list[Figure]:
    """Return the figures of the home page: ``KEY_FIGURE_CODES`` first, the others by position."""
    newest = Observation.objects.public().filter(indicator=OuterRef("pk"), value__isnull=False)
    order = Case(
        *(When(code=code, then=Value(number)) for number, code in enumerate(KEY_FIGURE_CODES)),
        default=Value(len(KEY_FIGURE_CODES)),
        output_field=IntegerField(),
    )
    indicators = (
        Indicator.objects.public()
        .annotate(newest=Subquery(newest.newest_first().values("pk")[:1]), order=order)
        .filter(newest__isnull=False)
        .order_by("order", "position", "pk")[:MAX_KEY_FIGURES]
    )
    ids = [row.newest for row in indicators]
    rows = Observation.objects.readable().select_related("indicator").in_bulk(ids)
    together = [
        rows[row.newest]
        for row in indicators
        if row.newest in rows and row.code in SAME_PERIOD_CODES
    ]
    if len({period_key(each.period) for each in together}) > 1:
        for old, new in zip(together, _with_common_period(together), strict=True):
            ids[ids.index(old.pk)] = new.pk
            rows[new.pk] = new
    found = build_figures(rows[pk] for pk in ids if pk in rows)
    for figure in found:
        figure.brief = True
    return found
