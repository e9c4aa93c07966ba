"""Content checks of the numbers; a remark acknowledges all of their results."""

from typing import Any

import pytest

from portal.consistency.arithmetic import Bounds
from portal.court.bounds import quantity_bounds
from portal.court.content_checks import check_observation, check_profile
from portal.court.contradictions import find_contradictions, period_key
from portal.court.models import CourtProfile, Dataset, Observation
from portal.publishing.errors import Blocked
from portal.source_values.dates import parse_date
from portal.source_values.quantities import Comparator, Quantity, parse_quantity
from tests.court.build import PROFILE, Court

pytestmark = pytest.mark.django_db


def codes(obj: Any) -> list[str]:
    return [result.code for result in obj.content_checks()]


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        ("98.65", []),
        ("98.65%", []),
        ("百分之九十八点六五", []),
        ("98.66", ["arithmetic"]),
        ("98.60%", ["arithmetic"]),
        ("98.6%", []),
        ("超过98%", []),
        ("超过99%", ["arithmetic"]),
        ("约90%", []),
    ],
)
def test_closing_rate_agrees_with_accepted_and_concluded(
    court: Court, printed: str, found: list[str]
) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    assert codes(court.draft_figure(cases["closing_rate"], printed)) == found


def test_message_names_the_numbers_and_the_expected_rate(court: Court) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    (result,) = court.draft_figure(cases["closing_rate"], "98.66").content_checks()
    for words in ("98.66", "5107件", "5177件", "98.65%"):
        assert words in result.message
    assert (result.field, result.blocking) == ("value", False)


def test_contradiction_blocks_until_acknowledged(court: Court) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    with pytest.raises(Blocked):
        court.in_review(Observation(), **court.figure_values(cases["closing_rate"], "98.66"))
    live = court.figure(cases["closing_rate"], "98.66", remark="原稿如此，疑为误印。")
    assert live.is_public
    assert live.content_checks() == []
    assert Observation.objects.all().contradicting_ids() == [
        live.pk,
        *_cases_of(live),
    ]


def _cases_of(rate: Observation) -> list[int]:
    """Return the ids of all public figures except the rate, newest first."""
    others = Observation.objects.public().exclude(pk=rate.pk)
    return list(others.order_by("-pk").values_list("pk", flat=True))


@pytest.mark.parametrize(("code", "value"), [("accepted", "5200件"), ("concluded", "5000件")])
def test_terms_of_a_rate_are_checked_when_edited(court: Court, code: str, value: str) -> None:
    cases = court.case_indicators()
    rows = {"accepted": "5177件", "concluded": "5107件", "closing_rate": "98.65"}
    live = {name: court.figure(cases[name], printed) for name, printed in rows.items()}
    assert codes(court.draft_figure(cases[code], rows[code], obj=live[code])) == []
    assert codes(court.draft_figure(cases[code], value, obj=live[code])) == ["arithmetic"]


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ("2017年至2020年底", ["arithmetic"]),
        # the same days as the other figures, printed differently
        ("2017年1月至2020年12月", ["arithmetic"]),
        ("2017年至2019年底", []),
        ("2020年", []),
        ("三年来", []),
        ("", []),  # no period
    ],
)
def test_figures_of_other_periods_are_not_compared(
    court: Court, period: str, found: list[str]
) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    assert codes(court.draft_figure(cases["closing_rate"], "50%", period=period)) == found


def test_periods_without_days_are_compared_by_text(court: Court) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "10件", period="三年来")
    assert codes(court.draft_figure(cases["concluded"], "11件", period="三年来")) == [
        "part-above-whole"
    ]
    assert codes(court.draft_figure(cases["concluded"], "11件", period="近年来")) == []


def test_figures_that_are_not_public_are_not_compared(court: Court) -> None:
    cases = court.case_indicators()
    court.draft_figure(cases["accepted"], "5177件")
    court.in_review(Observation(), **court.figure_values(cases["concluded"], "5107件"))
    assert codes(court.draft_figure(cases["closing_rate"], "50%")) == []


@pytest.mark.parametrize(("printed", "found"), [("70件", []), ("71件", ["arithmetic"])])
def test_pending_is_accepted_minus_concluded(court: Court, printed: str, found: list[str]) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    pending = court.indicator("未结", "pending", unit="件")
    assert codes(court.draft_figure(pending, printed)) == found


@pytest.mark.parametrize(("printed", "found"), [("102.14%", []), ("98.65%", ["arithmetic"])])
def test_clearance_rate_is_concluded_by_filed(court: Court, printed: str, found: list[str]) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    court.figure(court.indicator("新收", "filed", unit="件"), "5000件")
    rate = court.indicator("结收比", "clearance_rate", unit="%", definition="结案÷新收。")
    assert codes(court.draft_figure(rate, printed)) == found


@pytest.mark.parametrize(
    ("part", "whole", "found"),
    [
        ("5107件", "5177件", []),
        ("5177件", "5177件", []),
        ("5178件", "5177件", ["part-above-whole"]),
        ("超过5177件", "5177件", ["part-above-whole"]),
        ("5178件", "5100余件", []),
        ("5201件", "5100余件", ["part-above-whole"]),
        ("约6000件", "5177件", []),
        ("5178人", "5177件", []),
    ],
)
def test_part_does_not_exceed_its_whole(
    court: Court, part: str, whole: str, found: list[str]
) -> None:
    accepted = court.indicator("受理", unit="件")
    concluded = court.indicator("审（执）结", unit="件", whole=accepted.pk)
    of_whole = court.figure(accepted, whole)
    assert codes(court.draft_figure(concluded, part)) == found
    # Conversely, the whole is checked when it is edited while the part is public.
    court.figure(concluded, part, remark="原文如此。")
    assert codes(court.draft_figure(accepted, whole, obj=of_whole)) == found


def test_numbers_with_a_multiplier_are_rounded(court: Court) -> None:
    accepted = court.indicator("受理", unit="件")
    concluded = court.indicator("审（执）结", unit="件", whole=accepted.pk)
    court.figure(accepted, "1.2万件")
    assert codes(court.draft_figure(concluded, "12040件")) == []
    assert codes(court.draft_figure(concluded, "12501件")) == ["part-above-whole"]


@pytest.mark.parametrize(
    ("printed", "definition", "found"),
    [
        ("超过100%", "", ["above-the-whole"]),
        ("100.5%", "", ["above-the-whole"]),
        ("100%", "", []),
        ("不低于100%", "", []),
        ("99.9%", "", []),
        ("超过100%", "上网文书÷同期应上网文书。", []),
    ],
)
def test_rate_above_100_percent_needs_a_definition(
    court: Court, printed: str, definition: str, found: list[str]
) -> None:
    rate = court.indicator("上网率", dataset=Dataset.OPENNESS, unit="%", definition=definition)
    assert codes(court.draft_figure(rate, printed)) == found
    assert codes(court.draft_figure(rate, printed, remark="原文没有写明口径。")) == []


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"value": "若干"}, ["unread-value"]),
        ({"value": "5件", "period": "雪后"}, ["unread-period"]),
        ({"rank": "有所进步"}, ["unread-rank"]),
        ({"value": "5件", "period": "三年来", "rank": "全省前列"}, []),
    ],
)
def test_text_that_is_not_understood_is_reported(
    court: Court, values: dict[str, str], found: list[str]
) -> None:
    indicator = court.indicator("稿件")
    assert codes(court.draft_figure(indicator, **values)) == found
    assert codes(court.draft_figure(indicator, **values, remark="照原文。")) == []


@pytest.mark.parametrize(
    ("judges", "staff", "found"),
    [
        ("12人", "32人", []),
        ("32人", "32人", []),
        ("33人", "32人", ["quota-above-staff"]),
        ("30余人", "32人", []),
        ("40余人", "32人", ["quota-above-staff"]),
        ("12人", "若干", ["unread-established_staff_count"]),
    ],
)
def test_quota_judges_do_not_exceed_the_staff(
    court: Court, judges: str, staff: str, found: list[str]
) -> None:
    fields = {
        **PROFILE,
        "quota_judge_count": parse_quantity(judges),
        "established_staff_count": parse_quantity(staff),
    }
    draft = court.draft(CourtProfile(), **fields)
    assert codes(draft.as_object()) == found
    explained = court.draft(draft.target, remark="原文如此。")
    assert codes(explained.as_object()) == []


@pytest.mark.parametrize(
    ("printed", "unit", "bounds"),
    [
        ("5177件", "件", Bounds.exactly(5177)),
        ("5100件", "件", Bounds.exactly(5100)),
        ("98.65", "%", Bounds(98.645, 98.655)),
        ("98.60", "%", Bounds(98.595, 98.605)),
        ("100%", "%", Bounds(99.5, 100.5)),
        ("1.2万件", "件", Bounds(11500, 12500)),
        ("3万件", "件", Bounds(25000, 35000)),
        ("百余篇", "篇", Bounds(100, 200, True, True)),
        ("超过100%", "%", Bounds(100, None, low_open=True)),
        ("约20名", "名", Bounds()),
        ("若干", "", Bounds()),
    ],
)
def test_bounds_of_printed_quantities(printed: str, unit: str, bounds: Bounds) -> None:
    found = quantity_bounds(parse_quantity(printed), unit)
    assert (found.low_open, found.high_open) == (bounds.low_open, bounds.high_open)
    for ours, theirs in ((found.low, bounds.low), (found.high, bounds.high)):
        assert (ours is None) == (theirs is None)
        assert ours is None or abs(float(ours) - float(theirs or 0)) < 1e-9


def test_empty_records_pass_the_checks() -> None:
    empty = Observation()
    assert check_observation(empty, Observation.objects.all()) == []
    assert check_profile(CourtProfile()) == []


def test_comparison_needs_two_queries(court: Court, django_assert_max_num_queries: Any) -> None:
    court.sample_records()
    rows = list(Observation.objects.public().select_related("indicator"))
    with django_assert_max_num_queries(2):
        results = find_contradictions(rows, Observation.objects.counterparts_of(rows))
    assert [found for found in results if found] == []


def test_meaning_stated_by_an_editor_is_compared(court: Court) -> None:
    """A meaning stated by an editor is compared as it is: "more than 98.65" is not rounded."""
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    over = Quantity("98.65", Comparator.OVER, value=parse_quantity("98.65").value, unit="%")
    draft = court.draft_figure(cases["closing_rate"], over)
    assert codes(draft) == ["arithmetic"]


def test_period_key_distinguishes_periods() -> None:
    key = period_key
    assert key(parse_date("2017年至2020年底")) == key(parse_date("2017年—2020年"))
    assert key(parse_date("三年来")) == key(parse_date("三年来"))
    assert key(parse_date("三年来")) != key(parse_date("近三年"))
    assert key(parse_date("2020年")) != key(parse_date("2020年1月"))
    assert key(None) is None
