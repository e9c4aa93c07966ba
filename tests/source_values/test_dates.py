"""The grammar of printed dates: accepted texts with their meaning, and rejected texts."""

from __future__ import annotations

from datetime import date

import pytest

from portal.source_values.dates import Precision, SourceDate, parse_date


def day(text: str) -> date:
    return date.fromisoformat(text)


# Printed text -> precision, first day, last day.
READ: dict[str, tuple[str, str, str]] = {
    # Texts of the source document
    "7月8日": ("day_without_year", "", ""),
    "三年来": ("period", "", ""),
    "2017年至2020年底": ("period", "2017-01-01", "2020-12-31"),
    "2018年": ("year", "2018-01-01", "2018-12-31"),
    # Texts that state a day
    "2018年3月5日": ("day", "2018-03-05", "2018-03-05"),
    "2018年3月5号": ("day", "2018-03-05", "2018-03-05"),
    "2018 年 3 月 5 日": ("day", "2018-03-05", "2018-03-05"),
    "２０１８年３月５日": ("day", "2018-03-05", "2018-03-05"),
    "二〇一八年三月五日": ("day", "2018-03-05", "2018-03-05"),
    "二零一八年十二月三十一日": ("day", "2018-12-31", "2018-12-31"),
    "二○一八年元月二十日": ("day", "2018-01-20", "2018-01-20"),
    "2018-03-05": ("day", "2018-03-05", "2018-03-05"),
    "2018.3.5": ("day", "2018-03-05", "2018-03-05"),
    "2018/3/5": ("day", "2018-03-05", "2018-03-05"),
    "20180305": ("day", "2018-03-05", "2018-03-05"),
    "2020年2月29日": ("day", "2020-02-29", "2020-02-29"),
    "2021年7月8日（星期四）": ("day", "2021-07-08", "2021-07-08"),
    "2021年7月8日上午9时30分": ("day", "2021-07-08", "2021-07-08"),
    "2021年7月8日 15:30": ("day", "2021-07-08", "2021-07-08"),
    "于2021年7月8日": ("day", "2021-07-08", "2021-07-08"),
    "2021年7月8日。": ("day", "2021-07-08", "2021-07-08"),
    "今年7月8日": ("day_without_year", "", ""),
    "2月29日": ("day_without_year", "", ""),
    "七月八日下午": ("day_without_year", "", ""),
    # Texts that state a month or a year
    "2018年3月": ("month", "2018-03-01", "2018-03-31"),
    "2018年3月份": ("month", "2018-03-01", "2018-03-31"),
    "2018年02月": ("month", "2018-02-01", "2018-02-28"),
    "2018-03": ("month", "2018-03-01", "2018-03-31"),
    "2018/3": ("month", "2018-03-01", "2018-03-31"),
    "7月": ("month_without_year", "", ""),
    "去年12月": ("month_without_year", "", ""),
    "2018年度": ("year", "2018-01-01", "2018-12-31"),
    "2018": ("year", "2018-01-01", "2018-12-31"),
    "二〇一八年": ("year", "2018-01-01", "2018-12-31"),
    "2018年全年": ("year", "2018-01-01", "2018-12-31"),
    "2018年间": ("year", "2018-01-01", "2018-12-31"),
    # Texts that state a part of a month, year or century
    "2018年上半年": ("period", "2018-01-01", "2018-06-30"),
    "2018年下半年": ("period", "2018-07-01", "2018-12-31"),
    "2018年第一季度": ("period", "2018-01-01", "2018-03-31"),
    "2018年四季度": ("period", "2018-10-01", "2018-12-31"),
    "2018年前三季度": ("period", "2018-01-01", "2018-09-30"),
    "2018年初": ("period", "2018-01-01", "2018-01-31"),
    "2018年底": ("period", "2018-12-01", "2018-12-31"),
    "2018年年末": ("period", "2018-12-01", "2018-12-31"),
    "2018年3月上旬": ("period", "2018-03-01", "2018-03-10"),
    "2018年3月中旬": ("period", "2018-03-11", "2018-03-20"),
    "2020年2月底": ("period", "2020-02-21", "2020-02-29"),
    "上半年": ("period", "", ""),
    "年底": ("period", "", ""),
    # Texts that state a range
    "3月5日至8日": ("period", "", ""),
    "3月5日至4月8日": ("period", "", ""),
    "1—9月": ("period", "", ""),
    "2018年3月5日至8日": ("period", "2018-03-05", "2018-03-08"),
    "2018年3月5-8日": ("period", "2018-03-05", "2018-03-08"),
    "2018年3月5日至4月8日": ("period", "2018-03-05", "2018-04-08"),
    "2018年1-9月": ("period", "2018-01-01", "2018-09-30"),
    "2018年3月至5月": ("period", "2018-03-01", "2018-05-31"),
    "2020年12月至次年2月": ("period", "2020-12-01", "2021-02-28"),
    "2017—2020年": ("period", "2017-01-01", "2020-12-31"),
    "2017-2020": ("period", "2017-01-01", "2020-12-31"),
    "2017年到2020年期间": ("period", "2017-01-01", "2020-12-31"),
    "二〇一七至二〇二〇年": ("period", "2017-01-01", "2020-12-31"),
    "2018.03.05—2018.03.08": ("period", "2018-03-05", "2018-03-08"),
    "2018-03-05至2018-03-08": ("period", "2018-03-05", "2018-03-08"),
    "2018-03-05-2018-03-08": ("period", "2018-03-05", "2018-03-08"),
    "自2018年3月5日起至2019年3月4日止": ("period", "2018-03-05", "2019-03-04"),
    "2019年以来": ("period", "2019-01-01", ""),
    "自2019年3月起": ("period", "2019-03-01", ""),
    "2019年至今": ("period", "2019-01-01", ""),
    "截至2020年底": ("period", "", "2020-12-31"),
    "截止到2020年6月30日": ("period", "", "2020-06-30"),
    "近年来": ("period", "", ""),
    "近三年": ("period", "", ""),
    "今年以来": ("period", "", ""),
    "20世纪90年代": ("period", "1990-01-01", "1999-12-31"),
    "二十世纪八十年代": ("period", "1980-01-01", "1989-12-31"),
    "20世纪": ("period", "1901-01-01", "2000-12-31"),
    # Texts from the news of other courts
    "2021年7月8日14时30分许": ("day", "2021-07-08", "2021-07-08"),
    "2021年度上半年": ("period", "2021-01-01", "2021-06-30"),
    "2020年Q3": ("period", "2020-07-01", "2020-09-30"),
    "2019年至2020年上半年": ("period", "2019-01-01", "2020-06-30"),
    "2017年1月至2020年12月底": ("period", "2017-01-01", "2020-12-31"),
    "2017.1-2020.12": ("period", "2017-01-01", "2020-12-31"),
    "20170101-20201231": ("period", "2017-01-01", "2020-12-31"),
    "2020年底至2021年初": ("period", "2020-12-01", "2021-01-31"),
    "12月28日至1月3日": ("period", "", ""),
}

NOT_UNDERSTOOD = [
    *("2018年2月30日", "2018年2月29日", "2018年4月31日", "2月30日", "2018年13月", "2018.13"),
    *(
        "2021年7月8日（星期三）",
        "2018年3月8日至5日",
        "3月8日至5日",
        "2020年至2017年",
        "2018年至2018年",
    ),
    *("8日", "3.5", "18年", "三年", "日前", "近日", "上世纪90年代", "20世纪80年代末", "90年代"),
    *("2018年前", "2018年以前", "2018年以后", "2018年前后", "约2018年", "2018年底前", "2018年内"),
    *("2018年三个季度", "2018年春", "2018年、2019年", "2018年3月5日、6日", "每年3月", "截至目前"),
    *("“十三五”期间", "建院以来", "2018年3月中", "非2018年", "2018年3月5日除外", "0年", "至"),
    *("-", "一二三四", "第三季度末", "三〇一八年", "2018年3月5日晚些时候", "", "年", "底", "月"),
    *("日", "2021年春节前", "2021年一季度末", "21年7月", "2021年7月8日止", "2020年中"),
    *("2020年底2021年初", "2020年12月28日至1月3日", "7、8月", "12至15日", "入额以来", "十年前"),
    *("90后", "第一审判庭"),
]


@pytest.mark.parametrize(("text", "meaning"), READ.items(), ids=READ)
def test_accepted_text(text: str, meaning: tuple[str, str, str]) -> None:
    precision, *bounds = meaning
    first, last = (day(bound) if bound else None for bound in bounds)
    value = parse_date(text)
    assert value == SourceDate(text, Precision(precision), first, last)
    assert value.is_understood
    assert value.is_automatic
    assert value.sort == (first or last)


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_rejected_text(text: str) -> None:
    value = parse_date(text)
    assert value == SourceDate(text, Precision.UNKNOWN)
    assert (value.is_understood, value.is_automatic, value.sort) == (False, True, None)


def test_editor_infers_the_year() -> None:
    then = date(2021, 7, 8)
    value = SourceDate("7月8日", Precision.DAY_WITHOUT_YEAR, then, then, inferred=True)
    assert (value.is_understood, value.is_automatic, value.sort) == (True, False, then)
    assert str(value) == "7月8日"


def test_inferred_day_must_match_the_printed_one() -> None:
    for wrong in (date(2021, 7, 9), date(2021, 8, 7)):
        with pytest.raises(ValueError, match=r"\w"):
            SourceDate("7月8日", Precision.DAY_WITHOUT_YEAR, wrong, wrong, inferred=True)
    with pytest.raises(ValueError, match=r"\w"):
        SourceDate(
            "7月", Precision.MONTH_WITHOUT_YEAR, date(2021, 6, 1), date(2021, 6, 30), inferred=True
        )


@pytest.mark.parametrize(
    ("precision", "first", "last", "inferred"),
    [
        ("period", "2019-01-02", "2019-01-01", False),
        ("day", "2019-01-01", "2019-01-02", False),
        ("day", "2019-01-01", "", False),
        ("day", "", "", False),
        ("month", "2019-01-01", "2019-01-30", False),
        ("month", "2019-01-01", "2019-02-28", False),
        ("year", "2019-01-01", "2020-12-31", False),
        ("year", "", "2019-12-31", False),
        ("unknown", "2019-01-01", "", False),
        ("period", "", "", True),
        ("day_without_year", "2019-01-01", "2019-01-01", False),
        ("day_without_year", "2019-01-01", "", True),
        ("month_without_year", "2019-01-01", "2019-01-01", True),
        ("month_without_year", "2019-01-01", "2019-01-31", False),
        ("century", "", "", False),
    ],
)
def test_contradicting_parts_are_refused(
    precision: str, first: str, last: str, inferred: bool
) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        SourceDate(
            "x", precision, day(first) if first else None, day(last) if last else None, inferred
        )
