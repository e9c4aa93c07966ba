"""Figures as pages show them: as printed, with what they mean, where they are stated, and whether
they agree with each other."""

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

from . import content_checks
from .content_checks import FORMULAS, Formula
from .models import Dataset, Indicator, Observation

#: The figures that the home page shows first, by their indicators' codes.
KEY_FIGURE_CODES = ("accepted", "concluded", "closing_rate", "effective_disclosure")
MAX_KEY_FIGURES = 4
#: So many figures of a dataset stand on the page of all; and so many of them large, above.
FIGURES_PER_DATASET = 60
MAX_CARDS = 8
#: So many reckonings of a dataset are shown.
MAX_DERIVED_FIGURES = 8


@dataclass
class Figure:
    """One figure and what a page says of it; ``brief``: of its quantity alone."""

    observation: Observation
    sources: list[Publishable] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    brief: bool = False

    @property
    def pk(self) -> int:
        return self.observation.pk

    @property
    def indicator(self) -> Indicator:
        """Only a draft may have none; then one without a name."""
        return self.observation.indicator or Indicator()

    @property
    def period(self) -> SourceDate | None:
        return self.observation.period

    @cached_property
    def value(self) -> Quantity | None:
        """With the indicator's unit at hand."""
        value = self.observation.value
        return value.with_unit(self.observation.unit) if value else None

    @property
    def printed(self) -> str:
        return str(self.observation.value or self.observation.rank or "")

    @property
    def unprinted_unit(self) -> str:
        """The unit that the source leaves out."""
        value = self.value
        if value is None or not value.is_understood or value.is_unit_printed:
            return ""
        return value.unit

    @cached_property
    def notes(self) -> list[str]:
        """What a reader must know to read the print rightly."""
        value, rank = self.value, self.observation.rank
        found = []
        if value and self.unprinted_unit and _is_bare(value):
            said = _("The source prints “%(printed)s” without its unit, %(unit)s.")
            found.append(said % {"printed": value, "unit": value.unit})
        elif content_checks.needs_definition(self.observation):
            found.append(_("It may be above 100%: its definition is unstated."))
        elif value and not _says_itself(value):
            found.append(_("That is: %(reading)s.") % {"reading": value.describe()})
        if rank and not self.brief and not _same_words(rank.describe(), rank.printed):
            found.append(_("The rank means: %(reading)s.") % {"reading": rank.describe()})
        period = self.period
        if period and (not period.is_understood or period.inferred):
            found.append(_("The period means: %(reading)s.") % {"reading": period.describe()})
        return found


def _is_bare(value: Quantity) -> bool:
    return (
        value.comparator == Comparator.EXACT
        and normalize_characters(value.printed) == f"{value.value:f}"
    )


def _says_itself(value: Quantity) -> bool:
    """Whether the digits that are printed are the number that is meant."""
    if value.comparator != Comparator.EXACT:
        return False
    text = normalize_characters(value.printed).replace(",", "")
    digits = re.findall(rf"([0-9]+(?:\.[0-9]+)?){re.escape(value.unit)}", text)
    return any(Decimal(each) == value.value for each in digits)


def _same_words(one: str, other: str) -> bool:
    return re.sub(r"\W", "", one) == re.sub(r"\W", "", other)


def build_figures(
    observations: Iterable[Observation], others: list[Observation] | None = None
) -> list[Figure]:
    """With their sources and contradictions, in a fixed number of queries."""
    observations = list(observations)
    sources = targets(observations, Role.STATED_IN)
    said = content_checks.find_contradictions(observations, others)
    return [
        Figure(each, sources.get(each.pk, []), [text for _code, text in found])
        for each, found in zip(observations, said, strict=True)
    ]


# --- the page of all datasets --------------------------------------------------------------------


@dataclass(frozen=True)
class DerivedFigure:
    """A figure that follows from two others, beside what is printed of it."""

    name: str
    period: SourceDate
    expression: str
    result: str
    printed: Observation | None
    agrees: bool


@dataclass
class DatasetSection:
    """A dataset and everything that is shown of it."""

    dataset: Dataset
    figures: list[Figure]
    derived_figures: list[DerivedFigure]
    more: bool

    @cached_property
    def newest(self) -> list[Figure]:
        """The newest of each indicator, in the indicators' order."""
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
    """The datasets that have something public, each with its newest figures."""
    rows = {
        dataset: list(
            Observation.objects.in_dataset(dataset.value).newest_first()[: FIGURES_PER_DATASET + 1]
        )
        for dataset in Dataset
    }
    shown = {dataset: found[:FIGURES_PER_DATASET] for dataset, found in rows.items()}
    everything = [each for found in shown.values() for each in found]
    others = content_checks.counterparts(everything)
    made = {each.pk: each for each in build_figures(everything, others)}
    reckoned = derived_figures(everything, others)
    return [
        DatasetSection(
            dataset,
            [made[each.pk] for each in found],
            reckoned.get(dataset.value, [])[:MAX_DERIVED_FIGURES],
            more=len(rows[dataset]) > FIGURES_PER_DATASET,
        )
        for dataset, found in shown.items()
        if found
    ]


def derived_figures(
    observations: Iterable[Observation], others: Iterable[Observation]
) -> dict[str, list[DerivedFigure]]:
    """dataset -> what follows from the exact figures of one period, newest first."""
    every = {each.pk: each for each in [*observations, *others]}
    pool = content_checks.FigureIndex(every.values())
    found: dict[str, list[DerivedFigure]] = {}
    for formula in FORMULAS:
        for one in sorted(every.values(), key=lambda each: each.ordered_on, reverse=True):
            if one.indicator is None or one.indicator.code != formula.one or one.period is None:
                continue
            for other in pool.of(one.period, formula.other):
                printed: list[Observation | None] = [*pool.of(one.period, formula.result)]
                for result in printed or [None]:
                    if made := _reckon(formula, one, other, result):
                        found.setdefault(one.dataset, []).append(made)
    return found


def _reckon(
    formula: Formula, one: Observation, other: Observation, result: Observation | None
) -> DerivedFigure | None:
    known, of = content_checks.observation_bounds(one), content_checks.observation_bounds(other)
    if known.value is None or of.value is None or one.period is None:
        return None
    printed = content_checks.observation_bounds(result) if result else arithmetic.Bounds()
    unit = (result.unit if result else "") or ("%" if formula.is_rate else one.unit)
    verdict = formula.verdict(known, of, printed, unit)
    if verdict.expected is None or verdict.expected.value is None:
        return None
    decimals = (
        (content_checks.printed_decimals(result.value) if result else 2) if formula.is_rate else 0
    )
    return DerivedFigure(
        name=localized(result.indicator, "name") if result else _name(formula),
        period=one.period,
        expression=_("%(one)s %(a)s %(sign)s %(other)s %(b)s")
        % {
            "one": localized(one.indicator, "name"),
            "a": f"{known.value:f}",
            "sign": formula.sign,
            "other": localized(other.indicator, "name"),
            "b": f"{of.value:f}",
        },
        result=_approximately(verdict.expected.value, decimals, unit),
        printed=result,
        agrees=verdict.agrees,
    )


def _name(formula: Formula) -> str:
    return {
        "closing_rate": _("Closing rate"),
        "clearance_rate": _("Clearance rate"),
        "pending": _("Pending"),
    }[formula.result]


def _approximately(value: Any, decimals: int, unit: str) -> str:
    """98.6479%: two places more than are printed, where the number goes on."""
    short = arithmetic.format_rounded(value, decimals)
    goes_on = Fraction(short) != Fraction(value)
    return f"{arithmetic.format_rounded(value, decimals + 2) if goes_on else short}{unit}"


# --- the home page -------------------------------------------------------------------------------


#: These are read against each other: side by side, they are of one period.
SAME_PERIOD_CODES = ("accepted", "concluded", "closing_rate")
SAME_PERIOD_SEARCH_LIMIT = 60


def _of_one_period(newest: list[Observation]) -> list[Observation]:
    """The newest figures of the same indicators that are of one period; if none are, as given."""
    indicators = [each.indicator_id for each in newest]
    rows = Observation.objects.readable().filter(indicator__in=indicators, value__isnull=False)
    periods: dict[object, dict[int | None, Observation]] = {}
    for row in rows.select_related("indicator").newest_first()[:SAME_PERIOD_SEARCH_LIMIT]:
        periods.setdefault(content_checks.period_key(row.period), {}).setdefault(
            row.indicator_id, row
        )
    for found in periods.values():
        if len(found) == len(indicators):
            return [found[pk] for pk in indicators]
    return newest


def key_figures() -> list[Figure]:
    """At most four large numbers: those with a known code first, then by position."""
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
    if len({content_checks.period_key(each.period) for each in together}) > 1:
        for old, new in zip(together, _of_one_period(together), strict=True):
            ids[ids.index(old.pk)] = new.pk
            rows[new.pk] = new
    found = build_figures(rows[pk] for pk in ids if pk in rows)
    for figure in found:
        figure.brief = True
    return found
