"""Conversion of stored values to the text that a spreadsheet program displays for them."""

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
_MAX_NUMBER = 1e300
_EXACT_DIGITS = 15
_MAX_SERIAL = 2_958_465  # serial of the last date, 9999-12-31
_SECONDS_PER_DAY = 86_400
# These dates have no time zone, because spreadsheets have none.
_BEFORE_1900 = dt.datetime(1899, 12, 31)  # noqa: DTZ001
_IN_1904 = dt.datetime(1904, 1, 1)  # noqa: DTZ001

# A bare number that is probably a date whose format was lost: a date serial of 1954 to 2064.
_SERIAL = re.compile(r"([2-5][0-9]{4}|60000)(?:\.[0-9]+)?")
_SCIENTIFIC = re.compile(r"-?[0-9](?:\.[0-9]+)?E\+[0-9]{2,3}")
_ERRORS = {
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
}  # fmt: skip

# The literal parts of a number format, which are quoted, escaped or in brackets.
_LITERAL = re.compile(r'"[^"]*"|[\\_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
# Codes that contain letters of date formats without being dates. The second code is "General" in
# the Chinese WPS.
_NOT_DATES = re.compile(r"general|g/通用格式|am/pm|a/p|e[+-]", re.IGNORECASE)
_BUILT_IN = {9: "0%", 10: "0.00%", 18: "h", 19: "h", 20: "h", 21: "h", 45: "h", 46: "h", 47: "h"}
_BUILT_IN |= {22: "d h", 32: "h", 33: "h", **dict.fromkeys((14, 15, 16, 17), "d")}
# The ids 27 to 36 and 50 to 58 are not in the standard. The Chinese Excel and WPS use them for
# dates.
_BUILT_IN |= dict.fromkeys((27, 28, 29, 30, 31, 36, *range(50, 55), 57, 58), "d")
_BUILT_IN |= {34: "h", 35: "h", 55: "h", 56: "h"}


class Format(NamedTuple):
    """The properties of a number format that affect the displayed text of a value."""

    date: bool = False
    time: bool = False
    percent: bool = False
    digits: int = 0  # Minimum number of digits; a shorter number is padded with zeros.


def format_of(number: int, code: str | None) -> Format:
    """Return the format with this id; ``code`` is its format code, None for a built-in format."""
    visible = _LITERAL.sub("", _BUILT_IN.get(number, "") if code is None else code)
    visible = _NOT_DATES.sub("", visible.partition(";")[0])
    used = set(visible.lower())
    time = bool(used & set("hs"))
    date = bool(used & set("ydeg") or "aaa" in visible.lower() or ("m" in used and not time))
    digits = len(visible) if re.fullmatch("00+", visible) else 0
    return Format(date, time, "%" in used, digits)


def clean_raw_text(raw: str) -> str:
    """Return a cleaned and unescaped text.

    The text is cut to ``MAX_TEXT`` + 1 characters, so that the caller can still recognise that it
    was too long.
    """
    return unescape_formula(clean(raw))[: MAX_TEXT + 1]


def text_value(text: str) -> Value:
    """Return the value of a cleaned text, with a problem if the text is too long."""
    if len(text) > MAX_TEXT:
        return Value(
            text[:MAX_TEXT],
            _("holds more than %(limit)s characters; shorten it") % {"limit": MAX_TEXT},
        )
    return Value(text)


def csv_value(raw: str) -> Value:
    """Return the value of a csv field, which contains the text that a program displayed."""
    value = text_value(clean_raw_text(raw))
    if value.text in _ERRORS:
        return error_value(value.text)
    if _SCIENTIFIC.fullmatch(value.text):
        return Value(
            value.text,
            _("is a number that Excel shortened; format the column as text and type it in full"),
        )
    return value


def formula_value() -> Value:
    """Return the empty value of a cell with a formula, with the problem for the user."""
    return Value("", _("holds a formula; paste its value instead"))


def error_value(code: str) -> Value:
    """Return the value of a cell with an error such as #REF!, with the problem for the user."""
    code = clean(code)[:20]
    return Value(code, _("holds the error %(code)s; write what should stand here") % {"code": code})


def boolean_value(raw: str) -> Value:
    """Return the value of a boolean cell: 是 (yes) or 否 (no)."""
    # The words are Chinese in every interface language, because they are content, not labels.
    return Value({"1": "是", "true": "是", "0": "否", "false": "否"}.get(raw.strip().lower(), ""))


def number_value(raw: str, cell_format: Format, *, from_1904: bool) -> Value:
    """Return the value of a number: the text that a spreadsheet program displays in this format."""
    raw = raw.strip()
    if not raw:
        return Value("")
    if not _NUMBER.fullmatch(raw) or abs(float(raw)) > _MAX_NUMBER:
        return Value(clean(raw)[:MAX_TEXT], _("cannot be read; write it anew"))
    if cell_format.date or cell_format.time:
        return _date_or_time(float(raw), cell_format, from_1904=from_1904)
    if raw.isdigit() and len(raw) <= _EXACT_DIGITS and (raw == "0" or raw[0] != "0"):
        text = raw
    else:
        text = _plain_digits(raw)
    if cell_format.percent:
        return Value(_without_trailing_zeros(Decimal(text) * 100) + "%")
    if len(text.partition(".")[0].lstrip("-")) > _EXACT_DIGITS:
        return Value(
            text,
            _(
                "is a number of more than 15 digits, of which Excel loses the last; format the "
                "column as text and type it again"
            ),
        )
    return Value(text.zfill(cell_format.digits) if text.isdigit() else text)


def iso_value(raw: str) -> Value:
    """Return the value of an ISO 8601 date, which xlsx files in the strict format contain."""
    try:
        moment = dt.datetime.fromisoformat(raw.strip()).replace(tzinfo=None)
    except ValueError:
        return Value(clean(raw)[:MAX_TEXT], _("cannot be read; write it anew"))
    return _date_value(moment, time=True)


def unformatted_date_problem(text: str, *, from_1904: bool) -> str:
    """Return a problem if a bare number in a date column may be a date serial, else ""."""
    if not _SERIAL.fullmatch(text):
        return ""
    proposal = _date_or_time(float(text), Format(date=True), from_1904=from_1904).text
    return _("is a bare number; if the date %(date)s is meant, write it so") % {"date": proposal}


def _plain_digits(raw: str) -> str:
    """Return a number without exponent, rounded to the 15 digits that Excel displays."""
    if raw.lstrip("-").isdigit():
        return str(int(raw))
    return _without_trailing_zeros(Decimal(f"{float(raw):.{_EXACT_DIGITS}g}"))


def _without_trailing_zeros(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _date_or_time(serial: float, cell_format: Format, *, from_1904: bool) -> Value:
    days, seconds = (
        divmod(round(serial * _SECONDS_PER_DAY), _SECONDS_PER_DAY) if abs(serial) < 1e7 else (-1, 0)
    )
    if days < 0 or days > _MAX_SERIAL:
        return _impossible_date()
    if not cell_format.date:
        return Value(_time_text((_IN_1904 + dt.timedelta(seconds=seconds)).time()))
    if from_1904:
        first = _IN_1904
    elif days in {0, 60}:  # the serials of 1900-01-00 and 1900-02-29, which do not exist
        return _impossible_date()
    else:
        # Excel treats 1900 as a leap year: its serials are one too high from March 1900 on.
        first = _BEFORE_1900 if days < 60 else _BEFORE_1900 - dt.timedelta(1)
    try:
        moment = first + dt.timedelta(days, seconds)
    except OverflowError:
        return _impossible_date()
    return _date_value(moment, time=cell_format.time)


def _date_value(moment: dt.datetime, *, time: bool) -> Value:
    day = moment.date().isoformat()
    if not time or moment.time() == dt.time():
        return Value(day, day=day)
    return Value(f"{day} {_time_text(moment.time())}", day=day)


def _time_text(time: dt.time) -> str:
    return time.isoformat("seconds" if time.second else "minutes")


def _impossible_date() -> Value:
    return Value("", _("is not a date that exists; write it as 2024-05-31"))
