"""Numbers as Chinese sources write them, and the characters they are written with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

# Full-width forms, and marks that mean the same. No general normalisation: it would make of "10²"
# a hundred and two.
_SAME = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    {
        "−": "-",
        "–": "—",
        "―": "—",
        "─": "—",
        "〜": "~",
        "∼": "~",
        "﹥": ">",
        "﹤": "<",
        "≧": "≥",
        "≦": "≤",
        "⩾": "≥",
        "⩽": "≤",
        "﹪": "%",
        "○": "〇",
        "Ｏ": "〇",
        "兩": "两",
        "萬": "万",
        "億": "亿",
    }
)
# Between two of these a blank parts two words; elsewhere it parts nothing.
_BLANK = re.compile(r"(?<![0-9A-Za-z]) | (?![0-9A-Za-z])")
# No date and no figure is as long; what is would only keep the grammar busy.
MAX_PARSED_LENGTH = 60


def normalize_characters(printed: str) -> str:
    """The printed text in the characters the grammars know; empty if it is too long for them."""
    if len(printed) > MAX_PARSED_LENGTH:
        return ""
    text = re.sub("—+", "—", _BLANK.sub("", printed.translate(_SAME)))
    return re.sub("(?<=.)[。,;、]+$", "", text)


def split_words(*lines: str) -> list[str]:
    return " ".join(lines).split()


def regex_alternatives(found: Iterable[str]) -> str:
    """A regular expression for one of the words."""
    return "|".join(map(re.escape, sorted(found, key=lambda each: (-len(each), each))))


_DIGITS = {**{c: n for n, c in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}

CHINESE = "零〇一二两三四五六七八九十百千万亿"
_ARABIC = re.compile(
    r"(?P<sign>-?)(?P<whole>0|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)(?P<point>\.[0-9]+)?"
    r"(?P<times>[十百千]?[万亿]{0,2}|[百千])"
)
# As a source says them: 一千二百三十四, 二百零五, 十六; each place at most once, in order.
_UNDER_TEN_THOUSAND = re.compile(
    r"(?:(?P<千>[一二两三四五六七八九])千)?"
    r"(?:(?P<gap>[零〇])?(?P<百>[一二两三四五六七八九])百)?"
    r"(?:(?P<gap2>[零〇])?(?P<十>[一二三四五六七八九])?(?P<ten>十))?"
    r"(?:(?P<gap3>[零〇])?(?P<一>[一二两三四五六七八九]))?"
)


@dataclass(frozen=True)
class Number:
    value: Decimal
    # What one more at the lowest place named is worth: 10 of "120", 1000 of "1.5万".
    step: Decimal


def parse_number(text: str) -> Number | None:
    """One number, written in either way; None for anything else."""
    if match := _ARABIC.fullmatch(text):
        return _arabic(match)
    if text.startswith("负"):
        found = _chinese(text[1:])
        return Number(-found.value, found.step) if found and found.value else None
    return _chinese(text)


def parse_power_of_ten(text: str) -> Decimal | None:
    """A bare power of ten, as in 百余, 近千, 上万: alone it would be no number."""
    if not re.fullmatch(r"[十百千]?[万亿]?", text) or not text:
        return None
    return Decimal(_times(text))


def _times(text: str) -> int:
    value = 1
    for character in text:
        value *= {**_SMALL, **_LARGE}[character]
    return value


def _arabic(match: re.Match[str]) -> Number | None:
    times = match["times"]
    if times not in {"", "万亿"} and len(re.findall("[万亿]", times)) > 1:
        return None
    digits = match["whole"].replace(",", "") + (match["point"] or "")
    if len(digits) > 20:
        return None
    scale = Decimal(_times(times))
    value = Decimal(digits)
    if match["sign"] and not value:
        return None
    if match["point"]:
        step = Decimal(1).scaleb(-(len(match["point"]) - 1))
    else:
        zeros = len(digits) - len(digits.rstrip("0")) if value else 0
        step = Decimal(10**zeros)
    return Number((-value if match["sign"] else value) * scale, step * scale)


def _chinese(text: str) -> Number | None:
    if not text or not re.fullmatch(f"[{CHINESE}点]+", text):
        return None
    whole, point, rest = text.partition("点")
    if point:
        return _chinese_decimal(whole, rest)
    value, step, last = 0, 1, ""
    for name, worth in (("亿", 10**8), ("万", 10**4), ("", 1)):
        if name:
            part, found, after = text.partition(name)
            if not found:
                continue
        else:
            part, after = text, ""
            if not part:
                continue
        small = _small(part, after=last, ten_may_stand_alone=not value)
        if small is None:
            return None
        value += small[0] * worth
        step = small[1] * worth
        text, last = after, name
    return Number(Decimal(value), Decimal(step))


def _small(text: str, *, after: str, ten_may_stand_alone: bool) -> tuple[int, int] | None:
    """A number under ten thousand and the worth of its lowest place."""
    if text in {"零", "〇"} and not after:
        return 0, 1
    # After a larger unit a lower place skipped is named: 一万零五十. Which ones is loosely kept.
    if after and text[:1] in {"零", "〇"}:
        text = text[1:]
    elif after and len(text) == 1:
        return None  # 三万五: thousands are meant, and not said
    match = _UNDER_TEN_THOUSAND.fullmatch(text)
    if match is None or not text:
        return None
    value, step, names = 0, 1, ""
    for name, worth in (("千", 1000), ("百", 100), ("十", 10), ("一", 1)):
        digit = match[name]
        if name == "十" and match["ten"] and digit is None:
            if names or not ten_may_stand_alone or match["gap2"]:
                return None
            digit = "一"
        if digit:
            value, step, names = value + _DIGITS[digit] * worth, worth, names + name
    if not _gaps_named(match, names):
        return None
    return value, step


def _gaps_named(match: re.Match[str], names: str) -> bool:
    """Whether 零 stands exactly where places are skipped: 一百五 is a hundred and fifty, or not."""
    gaps = {"百": match["gap"], "十": match["gap2"], "一": match["gap3"]}
    order = "千百十一"
    for before, name in pairwise(names):
        skipped = order.index(name) - order.index(before) > 1
        if skipped != bool(gaps[name]):
            return False
    return not (names and gaps.get(names[0]))


def _chinese_decimal(whole: str, rest: str) -> Number | None:
    start = _chinese(whole)
    if start is None or not rest or any(c not in _DIGITS or c == "两" for c in rest):
        return None
    if len(rest) > 9:
        return None
    digits = "".join(str(_DIGITS[c]) for c in rest)
    return Number(start.value + Decimal(f"0.{digits}"), Decimal(1).scaleb(-len(digits)))


def parse_count(text: str) -> int | None:
    """A whole number from 1 on."""
    found = parse_number(text)
    if found is None or found.value < 1 or found.value != found.value.to_integral_value():
        return None
    return int(found.value)
