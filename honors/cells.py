"""Reading and writing of the cells of an honours sheet.

A value is always written in the same form, but several forms are accepted. The words are Chinese in
every interface language. A reader raises ValidationError with a message that states the accepted
words; it accepts every text that the writer of the same value returns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.source_values.dates import Precision, SourceDate, parse_date
from portal.source_values.values import MAX_PRINTED_LENGTH, single_line

from .fields import Level

# For each value: the word that is written, then other accepted words.
KINDS = {
    "title": ("称号", "荣誉称号", "荣誉"),
    "merit": ("记功", "立功", "功"),
    "commendation": ("表彰", "表扬", "通报表彰", "通报表扬"),
    "ranking": ("排名", "名次", "位次"),
}
LEVELS = {
    Level.NATIONAL: ("国家级", "国家", "国", "全国", "全国性", "中央"),
    Level.PROVINCIAL: ("省级", "省", "全省"),
    Level.MUNICIPAL: ("市级", "市", "全市", "地市级", "地市"),
    Level.DISTRICT: ("区级", "区", "全区", "县", "县级", "区县", "区县级", "县区级"),
    Level.COURT: ("院级", "院", "本院", "院内", "全院"),
}
SYSTEMS = {
    "courts": ("法院", "法院系统", "人民法院", "司法"),
    "party": ("党委", "党委系统", "党", "党建", "党组织", "党内"),
    "government": ("政府", "政府系统", "行政"),
    "youth": ("共青团", "团", "团委", "共青团系统", "青年"),
    "union": ("工会", "总工会", "工会系统"),
    "women": ("妇联", "妇女", "妇联系统"),
    "civility": ("文明办", "文明委", "精神文明", "文明"),
    "other": ("其他", "其它"),
}
YES, NO = "是", "否"
_BOOLEANS = {
    **dict.fromkeys(
        (YES, "有", "对", "√", "✓", "✔", "y", "yes", "true", "1", "已撤销", "撤销"), True
    ),
    **dict.fromkeys((NO, "无", "没有", "×", "n", "no", "false", "0", "未撤销", "没有撤销"), False),
}


def fold(text: str) -> str:
    """Normalise a word for comparison: NFKC, without whitespace, case-folded."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def value_by_word(choices: Mapping[Any, Sequence[str]]) -> dict[str, str]:
    """Return a mapping from each accepted word, folded, to its value."""
    return {fold(word): str(value) for value, words in choices.items() for word in words}


_KINDS, _LEVELS, _SYSTEMS = value_by_word(KINDS), value_by_word(LEVELS), value_by_word(SYSTEMS)


def excerpt(text: str) -> str:
    """Return at most 30 characters of a cell's text, for a message."""
    text = " ".join(text.split())
    return text if len(text) <= 30 else text[:30] + "…"


# Cells with a choice of words


def read_kind(text: str) -> str:
    return _one_of(text, _KINDS, KINDS)


def read_system(text: str) -> str:
    return _one_of(text, _SYSTEMS, SYSTEMS) if text.strip() else ""


def _one_of(text: str, words: dict[str, str], choices: Mapping[Any, Sequence[str]]) -> str:
    found = words.get(fold(text))
    if found is None:
        raise ValidationError(
            _("write one of these: %(words)s") % {"words": _join_choices(choices)}
        )
    return found


def _join_choices(choices: Mapping[Any, Sequence[str]]) -> str:
    return "、".join(words[0] for words in choices.values())


def write_word(value: str, choices: Mapping[Any, Sequence[str]]) -> str:
    """Return the word for a value; "" for an empty value."""
    return choices[value][0] if value else ""


def read_levels(text: str) -> str:
    """Return the levels in a cell as comma-separated values; 省、市级 and 省市级 are accepted."""
    found: set[str] = set()
    unknown: list[str] = []
    for part in filter(None, re.split(r"[、,，/;；+和与及\s]+", text)):
        word = fold(part)
        short = word.removesuffix("级")
        if word in _LEVELS:
            found.add(_LEVELS[word])
        elif short and set(short) <= set("国省市区院"):
            found.update(_LEVELS[letter] for letter in short)
        else:
            unknown.append(part)
    if unknown:
        raise ValidationError(
            _("“%(part)s” is no level; write %(words)s, several with 、 between them")
            % {"part": excerpt("、".join(unknown)), "words": _join_choices(LEVELS)}
        )
    return ",".join(level.value for level in Level if level.value in found)


def write_levels(value: str) -> str:
    return "、".join(LEVELS[Level(level)][0] for level in value.split(",") if level)


def read_boolean(text: str) -> bool:
    if not text.strip():
        return False
    found = _BOOLEANS.get(fold(text))
    if found is None:
        raise ValidationError(_("write %(yes)s or %(no)s") % {"yes": YES, "no": NO})
    return found


# Cells with a date


def read_day(text: str) -> date | None:
    """Read a calendar date in any common notation; return None if the cell is empty."""
    if not text.strip():
        return None
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    elif (found := parse_date(text)).precision == Precision.DAY:
        return found.earliest
    raise ValidationError(_("is no day of the calendar; write it as 2026-12-31, or nothing"))


#: Words for the precision in an explicit meaning, such as 7月8日〔日：2018-07-08，推定〕.
PRECISIONS = {
    Precision.DAY: "日",
    Precision.MONTH: "月",
    Precision.YEAR: "年",
    Precision.PERIOD: "时段",
    Precision.DAY_WITHOUT_YEAR: "日，未印年份",
    Precision.MONTH_WITHOUT_YEAR: "月，未印年份",
    Precision.UNKNOWN: "不明",
}
_PRECISION_OF = {word: precision for precision, word in PRECISIONS.items()}
_INFERRED = "，推定"
_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_READING = re.compile(
    rf"(?P<printed>.*)〔(?P<word>{'|'.join(sorted(_PRECISION_OF, key=len, reverse=True))})"
    rf"(?:：(?P<first>(?:{_ISO})?)(?P<to>至(?P<last>(?:{_ISO})?))?)?(?P<inferred>{_INFERRED})?〕",
    re.DOTALL,
)


def read_printed_date(text: str) -> SourceDate | None:
    """Read a date as its source prints it, optionally followed by an explicit meaning in 〔〕."""
    text = single_line(text)
    if not text:
        return None
    match = _READING.fullmatch(text)
    printed = single_line(match["printed"]) if match else text
    if len(printed) > MAX_PRINTED_LENGTH:
        raise ValidationError(_too_long(len(printed), MAX_PRINTED_LENGTH))
    if not match or not printed:
        return parse_date(text)
    try:
        first, last = (date.fromisoformat(d) if d else None for d in match.group("first", "last"))
        return SourceDate(
            printed,
            _PRECISION_OF[match["word"]],
            first,
            last if match["to"] else first,
            bool(match["inferred"]),
        )
    except ValueError as error:
        raise ValidationError(
            _("what is in 〔〕 contradicts itself (%(why)s); mend it, or take it out")
            % {"why": error}
        ) from error


def write_printed_date(value: SourceDate | None) -> str:
    """Write a printed date; add its meaning in 〔〕 if the parser would find a different one."""
    if value is None:
        return ""
    if not _READING.fullmatch(value.printed) and value.is_automatic:
        return value.printed
    first, last = (day.isoformat() if day else "" for day in (value.earliest, value.latest))
    days = "" if not (first or last) else f"：{first}" if first == last else f"：{first}至{last}"
    inferred = _INFERRED if value.inferred else ""
    return f"{value.printed}〔{PRECISIONS[value.precision]}{days}{inferred}〕"


def _too_long(length: int, max_length: int) -> str:
    return _("has %(length)s characters, and may have %(most)s; shorten it") % {
        "length": length,
        "most": max_length,
    }


def check_length(text: str, max_length: int | None) -> str:
    if max_length is not None and len(text) > max_length:
        raise ValidationError(_too_long(len(text), max_length))
    return text
