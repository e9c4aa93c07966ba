"""What a stored value looks like to the person who filled in the cell."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from .cell_text import clean, unescape_formula
from .limits import MAX_TEXT
from .structures import Value

_NUMBER = re.compile(r"[+-]?[0-9]{0,400}\.?[0-9]{1,400}(?:[eE][+-]?[0-9]{1,3})?")
_LARGEST = 1e300
_TRUSTED_DIGITS = 15
_LAST_DAY = 2_958_465  # 9999-12-31
_DAY = 86_400
# A spreadsheet knows no zones.
_BEFORE_1900 = dt.datetime(1899, 12, 31)  # noqa: DTZ001
_IN_1904 = dt.datetime(1904, 1, 1)  # noqa: DTZ001

# A bare number that can hardly be anything but a date whose format was lost: 1954 to 2064.
_SERIAL = re.compile(r"([2-5][0-9]{4}|60000)(?:\.[0-9]+)?")
_SHORTENED = re.compile(r"-?[0-9](?:\.[0-9]+)?E\+[0-9]{2,3}")
_ERRORS = {
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
}  # fmt: skip

# The part of a number format that shows nothing of the value: quoted, escaped, in brackets.
_LITERAL = re.compile(r'"[^"]*"|[\\_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
# Letters of dates in what is none; the second is how Chinese WPS writes "General".
_NOT_DATES = re.compile(r"general|g/通用格式|am/pm|a/p|e[+-]", re.IGNORECASE)
_BUILT_IN = {9: "0%", 10: "0.00%", 18: "h", 19: "h", 20: "h", 21: "h", 45: "h", 46: "h", 47: "h"}
_BUILT_IN |= {22: "d h", 32: "h", 33: "h", **dict.fromkeys((14, 15, 16, 17), "d")}
# 27 to 36 and 50 to 58 are not in the standard, but what Chinese Excel and WPS use for dates.
_BUILT_IN |= dict.fromkeys((27, 28, 29, 30, 31, 36, *range(50, 55), 57, 58), "d")
_BUILT_IN |= {34: "h", 35: "h", 55: "h", 56: "h"}


class Format(NamedTuple):
    """What of a number format matters for reading."""

    date: bool = False
    time: bool = False
    percent: bool = False
    digits: int = 0  # padded with zeros to so many


def format_of(number: int, code: str | None) -> Format:
    """The format with this number; without a code of its own it is a built-in one."""
    shown = _LITERAL.sub("", _BUILT_IN.get(number, "") if code is None else code)
    shown = _NOT_DATES.sub("", shown.partition(";")[0])
    used = set(shown.lower())
    time = bool(used & set("hs"))
    date = bool(used & set("ydeg") or "aaa" in shown.lower() or ("m" in used and not time))
    digits = len(shown) if re.fullmatch("00+", shown) else 0
    return Format(date, time, "%" in used, digits)


def tidied(raw: str) -> str:
    """The text as it is meant; a character more than is allowed tells that there were more."""
    return unescape_formula(clean(raw))[: MAX_TEXT + 1]


def text_value(text: str) -> Value:
    """The value of a tidied text."""
    if len(text) > MAX_TEXT:
        return Value(
            text[:MAX_TEXT],
            _("holds more than %(limit)s characters; shorten it") % {"limit": MAX_TEXT},
        )
    return Value(text)


def printed_value(raw: str) -> Value:
    """A text of a csv file: what a spreadsheet showed when the file was saved."""
    value = text_value(tidied(raw))
    if value.text in _ERRORS:
        return error_value(value.text)
    if _SHORTENED.fullmatch(value.text):
        return Value(
            value.text,
            _("is a number that Excel shortened; format the column as text and type it in full"),
        )
    return value


def formula_value() -> Value:
    return Value("", _("holds a formula; paste its value instead"))


def error_value(code: str) -> Value:
    code = clean(code)[:20]
    return Value(code, _("holds the error %(code)s; write what should stand here") % {"code": code})


def boolean_value(raw: str) -> Value:
    # As the clerk sees it, and as it is stored: whatever the language of the desk.
    return Value({"1": "是", "true": "是", "0": "否", "false": "否"}.get(raw.strip().lower(), ""))


def number_value(raw: str, shown_as: Format, *, from_1904: bool) -> Value:
    raw = raw.strip()
    if not raw:
        return Value("")
    if not _NUMBER.fullmatch(raw) or abs(float(raw)) > _LARGEST:
        return Value(clean(raw)[:MAX_TEXT], _("cannot be read; write it anew"))
    if shown_as.date or shown_as.time:
        return _moment(float(raw), shown_as, from_1904=from_1904)
    if raw.isdigit() and len(raw) <= _TRUSTED_DIGITS and (raw == "0" or raw[0] != "0"):
        text = raw
    else:
        text = _plain(raw)
    if shown_as.percent:
        return Value(_trimmed(Decimal(text) * 100) + "%")
    if len(text.partition(".")[0].lstrip("-")) > _TRUSTED_DIGITS:
        return Value(
            text,
            _(
                "is a number of more than 15 digits, of which Excel loses the last; format the "
                "column as text and type it again"
            ),
        )
    return Value(text.zfill(shown_as.digits) if text.isdigit() else text)


def iso_value(raw: str) -> Value:
    """A date as strict files write it: 2018-03-01T09:30:00."""
    try:
        moment = dt.datetime.fromisoformat(raw.strip()).replace(tzinfo=None)
    except ValueError:
        return Value(clean(raw)[:MAX_TEXT], _("cannot be read; write it anew"))
    return _dated(moment, time=True)


def lost_date(text: str, *, from_1904: bool) -> str:
    """The problem with a bare number where a date should stand, if it may be one."""
    if not _SERIAL.fullmatch(text):
        return ""
    proposal = _moment(float(text), Format(date=True), from_1904=from_1904).text
    return _("is a bare number; if the date %(date)s is meant, write it so") % {"date": proposal}


def _plain(raw: str) -> str:
    """The number in digits, rounded to the fifteen that Excel shows."""
    if raw.lstrip("-").isdigit():
        return str(int(raw))
    return _trimmed(Decimal(f"{float(raw):.{_TRUSTED_DIGITS}g}"))


def _trimmed(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _moment(serial: float, shown_as: Format, *, from_1904: bool) -> Value:
    days, seconds = divmod(round(serial * _DAY), _DAY) if abs(serial) < 1e7 else (-1, 0)
    if days < 0 or days > _LAST_DAY:
        return _no_date()
    if not shown_as.date:
        return Value(_clock((_IN_1904 + dt.timedelta(seconds=seconds)).time()))
    if from_1904:
        first = _IN_1904
    elif days in {0, 60}:  # two days that never were: 1900-01-00 and 1900-02-29
        return _no_date()
    else:
        # Excel holds 1900 for a leap year, and is a day ahead from its March on.
        first = _BEFORE_1900 if days < 60 else _BEFORE_1900 - dt.timedelta(1)
    try:
        moment = first + dt.timedelta(days, seconds)
    except OverflowError:
        return _no_date()
    return _dated(moment, time=shown_as.time)


def _dated(moment: dt.datetime, *, time: bool) -> Value:
    day = moment.date().isoformat()
    if not time or moment.time() == dt.time():
        return Value(day, day=day)
    return Value(f"{day} {_clock(moment.time())}", day=day)


def _clock(time: dt.time) -> str:
    return time.isoformat("seconds" if time.second else "minutes")


def _no_date() -> Value:
    return Value("", _("is not a date that exists; write it as 2024-05-31"))
