"""Querysets of people and figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Self

from django.db.models import Q

from portal.interchange.imports import batched
from portal.publishing.list_counts import UNDATED
from portal.publishing.querysets import PublishableQuerySet
from portal.publishing.states import State
from portal.source_values.dates import SourceDate

from .bounds import RATE_BASES
from .contradictions import (
    FORMULAS,
    ComparedFigure,
    find_contradictions,
    needs_definition,
    period_key,
)

#: Maximum number of public figures that are loaded for comparison with other figures.
MAX_COUNTERPARTS = 1000
#: Maximum number of indicators whose figures are loaded for comparison.
MAX_RELATED_INDICATORS = 200
#: Maximum number of figures that the admin's filter checks for contradictions, and its batch size.
MAX_CHECKED, CHECK_BATCH_SIZE = 2000, 100


class PersonQuerySet(PublishableQuerySet):
    """People of the court: leaders and judges."""

    def by_precedence(self) -> Self:
        return self.order_by("precedence", "pk")


class ObservationQuerySet(PublishableQuerySet):
    """Figures, by default in descending order of their period."""

    #: The first known day of the period; figures whose period has no days are last.
    order_field = "ordered_on"

    def until(self, day: date) -> Self:
        return self.filter(ordered_on__lte=day)

    def readable(self) -> Self:
        """Restrict to public figures of public indicators."""
        return self.public().filter(indicator__state=State.LIVE).select_related("indicator")

    def in_dataset(self, dataset: str) -> Self:
        return self.readable().filter(dataset=dataset)

    def in_batches(self, size: int) -> Iterator[list[Any]]:
        """Yield all rows, newest first, in lists of ``size``; each list is a query of its own."""
        rows: Any = self.newest_first()
        batch = list(rows[:size])
        while batch:
            yield batch
            last = batch[-1]
            rest = rows.after(last.ordered_on, last.pk)
            batch = list(rest[:size]) if len(batch) == size else []

    def duplicates_of(self, figure: ComparedFigure) -> list[Any]:
        """Return other public figures of the same indicator and period."""
        period = figure.period
        rows = self.public().filter(indicator=figure.indicator.pk if figure.indicator else None)
        if period is not None and (period.earliest or period.latest):
            rows = rows.filter(period_from=period.earliest, period_to=period.latest)
        key = period_key(period)
        candidates: Any = rows.exclude(pk=figure.pk)[:MAX_COUNTERPARTS]
        return [row for row in candidates if period_key(row.period) == key]

    def counterparts_of(self, figures: Iterable[ComparedFigure]) -> list[Any]:
        """Return the public figures of the same periods with which these figures can be compared.

        The first of two queries loads the related indicators: those in the same formulas, the
        wholes and the parts. The second query loads the figures of these indicators.
        """
        compared = [
            (each, each.indicator) for each in figures if each.indicator is not None and each.period
        ]
        if not compared:
            return []
        codes = {
            code
            for _figure, indicator in compared
            for formula in FORMULAS
            if indicator.code in formula.codes
            for code in formula.codes
        }
        own = {indicator.pk for _figure, indicator in compared}
        wholes = {indicator.whole_id for _figure, indicator in compared} - {None}
        related = Q(code__in=codes) | Q(pk__in=wholes) | Q(whole__in=own)
        indicator_model: Any = self.model._meta.get_field("indicator").related_model
        public = indicator_model.objects.public().filter(related)
        indicators = {row.pk: row for row in public[:MAX_RELATED_INDICATORS]}
        rows = self.public().filter(
            indicator__in=list(indicators),
            ordered_on__in={_sort_day(each.period) for each, _indicator in compared},
            value_sort__isnull=False,
        )
        found: list[Any] = list(rows.newest_first()[:MAX_COUNTERPARTS])
        for row in found:
            row.indicator = indicators[row.indicator_id]
        return found

    def contradicting_ids(self) -> list[int]:
        """Return the ids of public figures that contradict others, whether acknowledged or not."""
        codes = {code for formula in FORMULAS for code in formula.codes}
        named = Q(indicator__code__in=codes) | Q(indicator__whole__isnull=False)
        above = Q(value_low__gte=min(RATE_BASES.values()))
        manager: Any = self.model._default_manager
        rows: Any = self.readable().filter(named | above).newest_first()[:MAX_CHECKED]
        found = []
        for batch in batched(rows, CHECK_BATCH_SIZE):
            results = find_contradictions(batch, manager.counterparts_of(batch))
            for figure, contradictions in zip(batch, results, strict=True):
                if contradictions or needs_definition(figure):
                    found.append(figure.pk)
        return found


def _sort_day(period: SourceDate | None) -> date:
    return (period.sort if period else None) or UNDATED
