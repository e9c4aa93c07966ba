"""Content checks of the numbers in the court profile and in figures.

An author who writes a remark acknowledges all their results: see ``content_checks`` and
``acknowledged`` of the models.
"""

from __future__ import annotations

from typing import Protocol

from django.utils.translation import gettext as _

from portal.consistency import arithmetic
from portal.publishing.check_results import CheckResult
from portal.source_values.quantities import Quantity

from .bounds import quantity_bounds
from .contradictions import ComparedFigure, find_contradictions, needs_definition
from .querysets import ObservationQuerySet


class ProfileNumbers(Protocol):
    """The attributes of a ``CourtProfile`` that ``check_profile`` reads."""

    @property
    def established_staff_count(self) -> Quantity | None: ...
    @property
    def quota_judge_count(self) -> Quantity | None: ...


def check_profile(profile: ProfileNumbers) -> list[CheckResult]:
    """Check that the numbers were understood and that quota judges do not outnumber the staff."""
    found = _not_understood(
        profile, "established_staff_count", "quota_judge_count", "department_count"
    )
    judges, staff = profile.quota_judge_count, profile.established_staff_count
    if not judges or not staff:
        return found
    if arithmetic.is_certainly_larger(quantity_bounds(judges), quantity_bounds(staff)):
        problem = _("There are more quota judges (%(judges)s) than established staff (%(staff)s).")
        message = _with_advice(problem % {"judges": judges, "staff": staff})
        found.append(CheckResult("quota-above-staff", message, "quota_judge_count"))
    return found


def check_observation(figure: ComparedFigure, figures: ObservationQuerySet) -> list[CheckResult]:
    """Check a figure, saved or not, by itself and against the public figures in ``figures``."""
    contradictions = find_contradictions([figure], figures.counterparts_of([figure]))[0]
    return [
        *_not_understood(figure, "period", "value", "rank"),
        *_above_the_whole(figure),
        *_duplicate(figure, figures),
        *(CheckResult(each.code, _with_advice(each.message), "value") for each in contradictions),
    ]


def _with_advice(problem: str) -> str:
    return _combine(problem, _("Mend it, or write in the remark why it stands."))


def _combine(problem: str, advice: str) -> str:
    return _("%(said)s %(advice)s") % {"said": problem, "advice": advice}


def _not_understood(obj: object, *names: str) -> list[CheckResult]:
    """Return a result for each of these fields whose printed text was not understood."""
    found = []
    for name in names:
        value = getattr(obj, name)
        if value and not value.is_understood:
            problem = _("“%(printed)s” is kept as printed, but could not be understood.")
            advice = _("Say what it means beside it, or write a remark.")
            message = _combine(problem % {"printed": value}, advice)
            found.append(CheckResult(f"unread-{name}", message, name))
    return found


def _duplicate(figure: ComparedFigure, figures: ObservationQuerySet) -> list[CheckResult]:
    """Return a result if the indicator has another public figure for the same period."""
    duplicates = figures.duplicates_of(figure)
    if not duplicates:
        return []
    problem = _("“%(name)s” has a public figure of this period already: %(figure)s.")
    advice = _("To correct it, edit that one; or write in the remark why there are two.")
    words = {"name": figure.indicator, "figure": duplicates[0].quoted_text}
    return [CheckResult("figure-twice", _combine(problem % words, advice), "value")]


def _above_the_whole(figure: ComparedFigure) -> list[CheckResult]:
    if not needs_definition(figure):
        return []
    problem = _("“%(printed)s” is more than the whole, and “%(name)s” has no definition.")
    advice = _("Define the indicator, or write in the remark how it is counted.")
    words = {"printed": figure.value, "name": figure.indicator}
    return [CheckResult("above-the-whole", _combine(problem % words, advice), "value")]
