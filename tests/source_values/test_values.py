"""Properties of all source values, for arbitrary texts and meanings."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.utils import translation
from hypothesis import given, settings

from portal.source_values.dates import SourceDate, parse_date
from portal.source_values.quantities import Quantity, parse_quantity
from portal.source_values.ranks import Rank, parse_rank
from portal.source_values.values import SourceValue
from tests.workload import workload

from .strategies import dates, quantities, ranks, texts

MANY_EXAMPLES = settings(max_examples=workload(10_000, 500))
VALUE_TYPES: list[tuple[Callable[[str], SourceValue], type[SourceValue]]] = [
    (parse_date, SourceDate),
    (parse_quantity, Quantity),
    (parse_rank, Rank),
]
any_value = dates() | quantities() | ranks()


@MANY_EXAMPLES
@given(any_value)
def test_canonical_text_round_trip(value: SourceValue) -> None:
    text = value.canonical()
    again = type(value).from_canonical(text)
    assert again == value
    assert hash(again) == hash(value)
    assert again.canonical() == text
    assert json.loads(text)["printed"] == value.printed == str(value)


@MANY_EXAMPLES
@given(texts)
def test_every_text_is_parsed(text: str) -> None:
    for parse, value_type in VALUE_TYPES:
        value = parse(text)
        assert type(value) is value_type
        assert value == value_type.from_canonical(value.canonical())
        assert value.is_automatic
        assert value.describe()
        assert value.is_understood or not any(
            part for part in value.parts.values() if part not in {"unknown"}
        )
        assert parse(value.printed) == value
        # All printable characters are kept.
        if len(text) <= 200 and text.isprintable():
            assert value.printed == " ".join(text.split())


@MANY_EXAMPLES
@given(any_value)
def test_description_in_both_languages(value: SourceValue) -> None:
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert value.describe()
            assert "%(" not in value.describe()


@MANY_EXAMPLES
@given(quantities(), quantities())
def test_sort_order_of_quantities(one: Quantity, other: Quantity) -> None:
    if one.high is not None and other.low is not None and one.high < other.low:
        assert one.sort < other.sort
    assert one.low is None or one.high is None or one.low <= one.high


@MANY_EXAMPLES
@given(dates(), dates())
def test_sort_order_of_dates(one: SourceDate, other: SourceDate) -> None:
    if one.latest and other.earliest and one.latest < other.earliest:
        assert one.sort < other.sort


@given(texts)
@MANY_EXAMPLES
def test_sort_order_of_parsed_quantities(text: str) -> None:
    for other in ("10件", "超过100%", "不足5件", "20余名", "1000至2000元"):
        one, two = parse_quantity(text), parse_quantity(other)
        if one.high is not None and two.low is not None and one.high < two.low:
            assert one.sort < two.sort


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("  5177\t件\n", "5177 件"),
        ("5177\u200b件\ufeff", "5177件"),
        ("\u202e5177件\x00", "5177件"),
        ("5177\ud800件", "5177件"),
        ("　5177　件　", "5177 件"),
        ("x" * 300, "x" * 200),
    ],
)
def test_printed_text_is_normalized(text: str, printed: str) -> None:
    for parse, _value_type in VALUE_TYPES:
        assert parse(text).printed == printed


def test_printed_text_has_at_most_200_characters() -> None:
    for make in (lambda t: SourceDate(t, "unknown"), lambda t: Quantity(t, "unknown"), Rank):
        assert make("x" * 200).printed == "x" * 200
        with pytest.raises(ValueError, match="200"):
            make("x" * 201)


INVALID_TEXTS = [
    "",
    "x",
    "null",
    "[]",
    "5177件",
    "{}",
    '{"printed":5}',
    '{"printed":"x","more":1}',
    '{"printed":"x","precision":"unknown","comparator":"unknown","place":1}',
    "[" * 100_000,
    '{"printed":"' + "x" * 201 + '"}',
]


@pytest.mark.parametrize("value_type", [SourceDate, Quantity, Rank])
@pytest.mark.parametrize("text", INVALID_TEXTS, ids=lambda text: text[:20])
def test_invalid_canonical_text_is_refused(value_type: type[SourceValue], text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        value_type.from_canonical(text)


@pytest.mark.parametrize(
    ("value_type", "parts"),
    [
        (SourceDate, {"precision": "day", "earliest": "2018-02-30", "latest": "2018-02-30"}),
        (SourceDate, {"precision": "day", "earliest": 5, "latest": 5}),
        (SourceDate, {"precision": None}),
        (SourceDate, {"precision": "unknown", "inferred": 0}),
        (SourceDate, {"precision": ["day"]}),
        (Quantity, {"comparator": "exact", "value": 5.5}),
        (Quantity, {"comparator": "exact", "value": "five"}),
        (Quantity, {"comparator": "exact", "value": "1E+99999999999999999999"}),
        (Quantity, {"comparator": "exact", "value": True}),
        (Quantity, {"comparator": "unknown", "unit": None}),
        (Quantity, {"comparator": "unknown", "unit": 5}),
        (Rank, {"place": "1"}),
        (Rank, {"place": True}),
        (Rank, {"place": 1.0}),
        (Rank, {"best": None}),
        (Rank, {"words": ["前列"]}),
    ],
    ids=str,
)
def test_parts_of_wrong_type_are_refused(value_type: type[SourceValue], parts: dict) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        value_type.from_canonical(json.dumps({"printed": "x", **parts}))


@pytest.mark.parametrize(
    ("value", "english"),
    [
        (parse_date("2018年"), "2018-01-01 to 2018-12-31"),
        (parse_date("2018-03-05"), "2018-03-05"),
        (parse_date("2019年以来"), "from 2019-01-01 on, the end is not stated"),
        (parse_date("截至2020年底"), "until 2020-12-31, the beginning is not stated"),
        (parse_date("7月8日"), "a day; the year is not printed"),
        (parse_date("7月"), "a month; the year is not printed"),
        (parse_date("三年来"), "a period; its days are not stated"),
        (parse_date("日前"), "not understood; kept as printed"),
        (parse_quantity("20余名"), "more than 20, fewer than 30 (名)"),
        (parse_quantity("均超过100%"), "more than 100%"),
        (parse_quantity("98.65", "%"), "98.65%; the unit is not printed"),
        (parse_quantity("5", "件"), "5 (件); the unit is not printed"),
        (parse_quantity("三分之一"), "not understood; kept as printed"),
        (parse_rank("全部进入全省前十名"), "全省, among the first 10"),
        (
            parse_rank("连续10个月位列全国法院系统微博排行榜，最好成绩全国第13名"),
            "全国, place 13, at best, 10 months, in a row",
        ),
        (parse_rank("倒数第二"), "not understood; kept as printed"),
    ],
    ids=str,
)
def test_english_description(value: SourceValue, english: str) -> None:
    with translation.override("en"):
        assert value.describe() == english
