"""Dates as sources print them, and the parser of their meaning.

GB/T 15835-2011 (General rules for writing numerals in public texts) allows a date in Arabic
numerals or in Chinese numerals throughout. ``parse_date`` accepts:

- days: 2018年3月5日, 二〇一八年三月五日, 2018-03-05, 2018.3.5, 20180305, with a matching weekday or
  a time of day: 2021年7月8日（星期四）上午9时30分;
- days and months without a year: 7月8日, 今年7月8日, 7月; no bounds, because no year is printed;
- months and years: 2018年3月, 2018-03, 2018年度, 2018;
- parts: 2018年上半年, 2018年第一季度, 2018年前三季度, 2018年3月上旬, 2018年底 (December),
  20世纪90年代;
- ranges: 2017年至2020年底, 2018年3月5日至8日, 2018年1-9月, 2020年12月至次年2月; each side gets the
  year, the month or the unit that only the other side prints;
- open ranges: 2019年以来, 自2019年3月起, 截至2020年底;
- spans without days: 三年来, 近三年, 近年来, 上半年; a period without bounds.

Everything else has the precision "unknown": impossible days (2018年2月30日), a wrong weekday,
reversed ranges, 日前, 18年, 90年代, 2018年前后.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .numerals import normalize_characters, parse_count
from .values import SourceValue, not_understood, truncate_printed


class Precision(TextChoices):
    """The precision with which a printed date is stated."""

    DAY = "day", gettext_lazy("day")
    MONTH = "month", gettext_lazy("month")
    YEAR = "year", gettext_lazy("year")
    PERIOD = "period", gettext_lazy("period of time")
    DAY_WITHOUT_YEAR = "day_without_year", gettext_lazy("day, year not printed")
    MONTH_WITHOUT_YEAR = "month_without_year", gettext_lazy("month, year not printed")
    UNKNOWN = "unknown", gettext_lazy("not understood")


WITHOUT_YEAR = {Precision.DAY_WITHOUT_YEAR, Precision.MONTH_WITHOUT_YEAR}


@dataclass(frozen=True)
class SourceDate(SourceValue):
    """A printed date and the days that it covers.

    ``earliest`` and ``latest`` are the first and the last of these days; None means unstated.
    ``inferred`` is True if an editor derived the days from the context, which the parser never
    does.
    """

    precision: Precision
    earliest: date | None = None
    latest: date | None = None
    inferred: bool = False

    PART_TYPES: ClassVar[dict[str, type]] = {
        "precision": Precision,
        "earliest": date,
        "latest": date,
        "inferred": bool,
    }

    def validate(self) -> None:
        first, last = self.earliest, self.latest
        if first and last and first > last:
            raise ValueError(_("The earliest day is after the latest day."))
        if self.precision == Precision.UNKNOWN and (first or last):
            raise ValueError(_("A date with known days is a day, a month, a year or a period."))
        if self.inferred and not (first or last):
            raise ValueError(_("Say which days were inferred."))
        if self.precision in WITHOUT_YEAR:
            if not (first or last):
                return
            self._validate_inferred(first)
        if self.precision in {Precision.DAY, Precision.DAY_WITHOUT_YEAR} and (
            first is None or first != last
        ):
            raise ValueError(_("A day has the same earliest and latest day."))
        if self.precision in {Precision.MONTH, Precision.MONTH_WITHOUT_YEAR} and not (
            first and last and (first, last) == month_bounds(first.year, first.month)
        ):
            raise ValueError(_("A month runs from its first day to its last; otherwise a period."))
        if self.precision == Precision.YEAR and not (
            first and last and (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31))
        ):
            raise ValueError(_("A year runs from 1 January to 31 December; otherwise a period."))

    def _validate_inferred(self, first: date | None) -> None:
        """Check that the stated days agree with the day or month that is printed without a year."""
        if not self.inferred:
            raise ValueError(_("The year is not printed: mark the days as inferred."))
        printed = f"{first.year}年{normalize_characters(self.printed)}" if first else ""
        span = _parse_point(printed) if first else None
        if span and span.earliest != first:
            raise ValueError(_("This is not the day or the month that is printed."))

    @property
    def is_understood(self) -> bool:
        return self.precision != Precision.UNKNOWN

    @property
    def is_automatic(self) -> bool:
        return self == parse_date(self.printed)

    @property
    def sort(self) -> date | None:
        """Return the day by which the date is sorted; None if no day is known."""
        return self.earliest or self.latest

    def describe(self) -> str:
        if not self.is_understood:
            return not_understood()
        days = {"first": self.earliest, "last": self.latest}
        if self.earliest and self.earliest == self.latest:
            text = self.earliest.isoformat()
        elif self.earliest and self.latest:
            text = _("%(first)s to %(last)s") % days
        elif self.earliest:
            text = _("from %(first)s on, the end is not stated") % days
        elif self.latest:
            text = _("until %(last)s, the beginning is not stated") % days
        elif self.precision == Precision.DAY_WITHOUT_YEAR:
            return _("a day; the year is not printed")
        elif self.precision == Precision.MONTH_WITHOUT_YEAR:
            return _("a month; the year is not printed")
        else:
            return _("a period; its days are not stated")
        if self.inferred and self.precision in WITHOUT_YEAR:
            return _("%(reading)s, the year is inferred") % {"reading": text}
        if self.inferred:
            return _("%(reading)s, inferred") % {"reading": text}
        return text


def month_bounds(year: int, number: int) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def parse_date(text: str) -> SourceDate:
    """Parse a printed date; the precision is "unknown" if the text is outside the grammar."""
    printed = truncate_printed(text)
    span = _parse(normalize_characters(printed)) or _Span(Precision.UNKNOWN)
    return SourceDate(printed, span.precision, span.earliest, span.latest)


# Parser of printed dates


@dataclass(frozen=True)
class _Span:
    """The first and the last day that a text covers, with their precision."""

    precision: Precision
    earliest: date | None = None
    latest: date | None = None


_PERIOD = _Span(Precision.PERIOD)

_ARABIC_YEAR = "1[0-9]{3}|2[01][0-9]{2}"
_CHINESE_DIGITS = "〇一二三四五六七八九"
_YEAR = (
    rf"(?P<year>{_ARABIC_YEAR}|(?:一[零{_CHINESE_DIGITS}]|二[零〇一])[零{_CHINESE_DIGITS}]{{2}})"
)
_CHINESE_MONTH = "十[一二]?|[一二三四五六七八九]|元"
_CHINESE_DAY = "二?十[一二三四五六七八九]?|三十一?|[一二三四五六七八九]"
_MONTH = rf"(?P<month>1[0-2]|0?[1-9]|{_CHINESE_MONTH})"
_DAY = rf"(?P<day>[12][0-9]|3[01]|0?[1-9]|{_CHINESE_DAY})"
_WEEKDAYS = "一二三四五六日"
_WEEKDAY = r"(?:\(?(?:星期|周|礼拜)(?P<weekday>[一二三四五六日天])\)?)?"
_HOUR = (
    r"(?:凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|晚|深夜)?"
    r"(?: ?(?:[01]?[0-9]|2[0-4])(?:时(?:[0-5]?[0-9]分?)?(?:许|整)?|点(?:[0-5]?[0-9]分|半|整|许)?"
    r"|:[0-5][0-9](?::[0-5][0-9])?))?"
)

_DAYS = [
    re.compile(pattern + _WEEKDAY + _HOUR)
    for pattern in (
        rf"{_YEAR}年{_MONTH}月{_DAY}[日号]",
        rf"{_YEAR}(?P<mark>[-./]){_MONTH}(?P=mark){_DAY}",
        rf"(?:今年|去年|当年|同年|本年)?{_MONTH}月{_DAY}[日号]",
    )
] + [re.compile(rf"(?P<year>{_ARABIC_YEAR})(?P<month>[01][0-9])(?P<day>[0-3][0-9])")]
_MONTHS = re.compile(
    rf"(?:今年|去年|当年|同年|本年|{_YEAR}年)?{_MONTH}月份?"
    rf"(?P<part>初|上旬|中旬|下旬|底|末)?"
)
_MONTHS_BY_MARK = re.compile(rf"{_YEAR}[-./]{_MONTH}")
_YEARS = re.compile(
    rf"(?:(?P<relative>今年|去年|当年|同年|本年|上年)度?|{_YEAR}年度?|(?P<bare>{_ARABIC_YEAR}))?"
    r"(?P<part>年?[初底末终]|[上下]半年|前[一二三四1-4]个?季度|第?[一二三四1-4]季度|[Qq][1-4]|全年)?"
)
_CENTURY = re.compile(
    r"(?P<century>1[0-9]|2[01]|十[一二三四五六七八九]?|二十一?)世纪"
    r"(?:(?P<decade>[1-9]0|[二三四五六七八九]?十)年代)?"
)
_SOME = "[0-9]{1,3}|[一二两三四五六七八九十百几数]{1,3}"
_SPANS_OF_TIME = re.compile(
    rf"近年来?|多年来|长期以来|[今去]年以来|半年来|(?:最近|近|过去|这)(?:{_SOME})[余多]?(?:年|个月)来?"
    rf"|(?:{_SOME})[余多]?(?:年|个月)多?(?:来|以来|间)"
)
_TO = re.compile("[至到—~-]")
_SINCE = re.compile(r"[自从]?(?P<start>.+?)(?:以来|起至今|开始至今|至今|起|开始)")
_UNTIL = re.compile(r"截[至止](?:至|到)?(?P<end>.+?)(?:为止|止)?")

_DIGITS = {"零": "0"} | {character: str(n) for n, character in enumerate(_CHINESE_DIGITS)}
_QUARTERS = {c: n for n, c in enumerate("一二三四", 1)} | {str(n): n for n in range(1, 5)}


def _parse(text: str) -> _Span | None:
    if _SPANS_OF_TIME.fullmatch(text):
        return _PERIOD
    text = re.sub("^[于在](?=.)", "", text)
    return (
        _parse_point(text)
        or _parse_point(_without_during(text))
        or _parse_open_range(text)
        or _parse_range(text)
    )


def _without_during(text: str) -> str:
    """Remove a final 期间 or 间 ("during")."""
    return re.sub("期?间$", "", text)


def _parse_open_range(text: str) -> _Span | None:
    """Parse a range with only one end: 2019年以来 or 截至2020年底."""
    if match := _SINCE.fullmatch(text):
        start = _parse_point(match["start"])
        return _Span(Precision.PERIOD, earliest=start.earliest) if start else None
    if match := _UNTIL.fullmatch(text):
        end = _parse_point(match["end"])
        return _Span(Precision.PERIOD, latest=end.latest) if end else None
    return None


def _parse_range(text: str) -> _Span | None:
    """Parse a range such as 2017年至2020年底.

    Try to split the text at each range mark; return None unless exactly one result remains.
    """
    text = re.sub("^[自从]", "", _without_during(text))
    text = re.sub("(?:为止|止)$", "", text)
    found = {
        span
        for mark in _TO.finditer(text)
        if (span := _range_between(text[: mark.start()].removesuffix("起"), text[mark.end() :]))
    }
    return found.pop() if len(found) == 1 else None


def _range_between(start: str, end: str) -> _Span | None:
    """Return the range between two printed dates; None if they are not in chronological order."""
    start, end = _complete_sides(start, end)
    first, last = _parse_point(start), _parse_point(end)
    if first is None or last is None:
        return None
    if not _has_year(start) and not _has_year(end):
        return _PERIOD if _may_follow(start, end) else None
    if not (first.earliest and first.latest and last.earliest and last.latest):
        return None
    if first.earliest >= last.earliest or first.latest >= last.latest:
        return None
    return _Span(Precision.PERIOD, first.earliest, last.latest)


def _may_follow(start: str, end: str) -> bool:
    """Return whether two dates without a year can be in chronological order.

    Two dates in different months always can, because the second may belong to the next year:
    12月28日至1月3日.
    """
    first, last = _parse_point(f"2000年{start}"), _parse_point(f"2000年{end}")
    if not (first and last and first.earliest and last.earliest):
        return True
    return first.earliest < last.earliest or first.earliest.month != last.earliest.month


def _complete_sides(start: str, end: str) -> tuple[str, str]:
    """Add the year, month or unit that only one side prints to the other: 2017—2020年."""
    if not re.search(r"[年月日号]$|[0-9]([-./])[0-9]+\1[0-9]+$", start):
        if re.fullmatch(_YEAR, start):
            start += "年"
        elif re.fullmatch(rf"{_MONTH}月份?", end):
            start += "月"
        elif re.fullmatch(rf"{_DAY}[日号]", end):
            start += "日"
    if re.fullmatch(_YEAR, end):
        end += "年"
    year = re.match(rf"{_YEAR}年", start)
    if year and re.match("[次翌]年", end):
        return start, f"{_year_number(year['year']) + 1}年{end[2:]}"
    if re.fullmatch(rf"{_DAY}[日号]", end):
        upper = re.match(rf"(?:{_YEAR}年)?{_MONTH}月", start)
        return start, upper[0] + end if upper else ""
    if year and not _has_year(end):
        return start, year[0] + end
    return start, end


def _has_year(text: str) -> bool:
    return re.match(_YEAR, text) is not None


def _parse_point(text: str) -> _Span | None:
    """Parse a single date: a day, month or year, or a part of a month, year or century."""
    for pattern in _DAYS:
        if match := pattern.fullmatch(text):
            return _day_span(match)
    if match := _MONTHS_BY_MARK.fullmatch(text) or _MONTHS.fullmatch(text):
        return _month_span(match)
    if text and (match := _YEARS.fullmatch(text)):
        return _year_span(match)
    if match := _CENTURY.fullmatch(text):
        return _century_span(match)
    return None


def _day_span(match: re.Match[str]) -> _Span | None:
    found = match.groupdict()
    year = _year_number(found["year"]) if found.get("year") else None
    number, day = _month_number(found["month"]), parse_count(found["day"].lstrip("0")) or 0
    try:
        # Without a printed year, 29 February is valid, because 2000 is a leap year.
        when = date(year or 2000, number, day)
    except ValueError:
        return None
    weekday = found.get("weekday")
    if year is None:
        return _Span(Precision.DAY_WITHOUT_YEAR)
    if weekday and _WEEKDAYS.index(weekday.replace("天", "日")) != when.weekday():
        return None
    return _Span(Precision.DAY, when, when)


def _month_span(match: re.Match[str]) -> _Span | None:
    found = match.groupdict()
    part = found.get("part")
    if not found.get("year"):
        return _PERIOD if part else _Span(Precision.MONTH_WITHOUT_YEAR)
    try:
        first, last = month_bounds(_year_number(found["year"]), _month_number(found["month"]))
    except ValueError:
        return None
    if not part:
        return _Span(Precision.MONTH, first, last)
    if part in {"初", "上旬"}:
        return _Span(Precision.PERIOD, first, first.replace(day=10))
    if part == "中旬":
        return _Span(Precision.PERIOD, first.replace(day=11), first.replace(day=20))
    return _Span(Precision.PERIOD, first.replace(day=21), last)


def _year_span(match: re.Match[str]) -> _Span | None:
    printed = match["part"] or ""
    part = printed.removeprefix("年")
    if not (match["year"] or match["bare"]):
        return _PERIOD if match["relative"] or len(printed) > 1 else None
    year = _year_number(match["year"] or match["bare"])
    whole = date(year, 1, 1), date(year, 12, 31)
    if part in {"", "全年"}:
        return _Span(Precision.YEAR, *whole)
    if part == "初":
        return _Span(Precision.PERIOD, *month_bounds(year, 1))
    if part in {"底", "末", "终"}:
        return _Span(Precision.PERIOD, *month_bounds(year, 12))
    if part == "上半年":
        return _Span(Precision.PERIOD, date(year, 1, 1), date(year, 6, 30))
    if part == "下半年":
        return _Span(Precision.PERIOD, date(year, 7, 1), date(year, 12, 31))
    quarter = next(_QUARTERS[c] for c in part if c in _QUARTERS)
    first = 1 if part.startswith("前") else 3 * quarter - 2
    return _Span(Precision.PERIOD, date(year, first, 1), month_bounds(year, 3 * quarter)[1])


def _century_span(match: re.Match[str]) -> _Span | None:
    century = parse_count(match["century"]) or 0
    decade = match["decade"]
    if not decade:
        first = 100 * (century - 1) + 1
        return _Span(Precision.PERIOD, date(first, 1, 1), date(first + 99, 12, 31))
    first = 100 * (century - 1) + (parse_count(decade) or 0)
    return _Span(Precision.PERIOD, date(first, 1, 1), date(first + 9, 12, 31))


def _year_number(text: str) -> int:
    return int(re.sub(".", lambda digit: _DIGITS.get(digit[0], digit[0]), text))


def _month_number(text: str) -> int:
    return 1 if text == "元" else parse_count(text.lstrip("0")) or 0
