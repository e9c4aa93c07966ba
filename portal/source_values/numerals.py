"""Parser of numbers in Chinese texts, in Arabic or Chinese numerals.

GB/T 15835-2011 (General rules for writing numerals in public texts), clauses 4 and 5, defines the
usual forms. The parser accepts:

- Arabic numerals, with thousands separators, decimals, a sign and a multiplier: 5177, 3,456, 98.65,
  -3.5, 1.2万, 5千, 2万亿;
- Chinese numerals with place names: 十六, 一百零五, 一千二百三十四, 十二万三千四百五十六, 负三;
- Chinese decimals: 九十八点六五.

It rejects ambiguous or wrong forms: 一百五 (150 or 105), 三万五, 007, 12,34.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

# Full-width characters and variants -> the character that the grammars use. Unicode NFKC is
# unsuitable, because it turns "10²" into "102".
_VARIANTS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
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
# A space is insignificant unless it is between two letters or digits.
_INSIGNIFICANT_SPACE = re.compile(r"(?<![0-9A-Za-z]) | (?![0-9A-Za-z])")
# Longer texts are not parsed, which limits the work of the regular expressions. No date, quantity
# or rank is longer.
MAX_PARSED_LENGTH = 60


def normalize_characters(printed: str) -> str:
    """Replace character variants; remove insignificant spaces and final punctuation.

    Return "" for a text of more than ``MAX_PARSED_LENGTH`` characters.
    """
    if len(printed) > MAX_PARSED_LENGTH:
        return ""
    text = re.sub("—+", "—", _INSIGNIFICANT_SPACE.sub("", printed.translate(_VARIANTS)))
    return re.sub("(?<=.)[。,;、]+$", "", text)


def split_words(*lines: str) -> list[str]:
    """Return the words of the lines, in which they are separated by spaces."""
    return " ".join(lines).split()


def regex_alternatives(found: Iterable[str]) -> str:
    """Return a regular expression that matches any of the words and tries longer words first."""
    return "|".join(map(re.escape, sorted(found, key=lambda each: (-len(each), each))))


_DIGITS = {**{c: n for n, c in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}

CHINESE = "零〇一二两三四五六七八九十百千万亿"
_ARABIC = re.compile(
    r"(?P<sign>-?)(?P<whole>0|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)(?P<point>\.[0-9]+)?"
    r"(?P<times>[十百千]?[万亿]{0,2}|[百千])"
)
# A number below 10,000, such as 一千二百三十四, 二百零五 or 十六. Each place occurs at most once,
# in descending order.
_UNDER_TEN_THOUSAND = re.compile(
    r"(?:(?P<千>[一二两三四五六七八九])千)?"
    r"(?:(?P<gap>[零〇])?(?P<百>[一二两三四五六七八九])百)?"
    r"(?:(?P<gap2>[零〇])?(?P<十>[一二三四五六七八九])?(?P<ten>十))?"
    r"(?:(?P<gap3>[零〇])?(?P<一>[一二两三四五六七八九]))?"
)


@dataclass(frozen=True)
class Number:
    """A number; ``step`` is one unit of its lowest printed place: 10 for 120, 1000 for 1.5万."""

    value: Decimal
    step: Decimal


def parse_number(text: str) -> Number | None:
    """Parse a number in Arabic or Chinese numerals; return None for any other text."""
    if match := _ARABIC.fullmatch(text):
        return _arabic(match)
    if text.startswith("负"):
        found = _chinese(text[1:])
        return Number(-found.value, found.step) if found and found.value else None
    return _chinese(text)


def parse_power_of_ten(text: str) -> Decimal | None:
    """Parse a power of ten that has no digit, such as 百 in 百余; None for any other text."""
    if not re.fullmatch(r"[十百千]?[万亿]?", text) or not text:
        return None
    return Decimal(_multiplier(text))


def _multiplier(text: str) -> int:
    """Return the product of the place names: 10,000,000 for 千万."""
    value = 1
    for character in text:
        value *= {**_SMALL, **_LARGE}[character]
    return value


def _arabic(match: re.Match[str]) -> Number | None:
    """Return the number that ``_ARABIC`` matched; None if its multiplier is malformed."""
    times = match["times"]
    if times not in {"", "万亿"} and len(re.findall("[万亿]", times)) > 1:
        return None
    digits = match["whole"].replace(",", "") + (match["point"] or "")
    if len(digits) > 20:
        return None
    scale = Decimal(_multiplier(times))
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
    """Parse Chinese numerals in three parts: before 亿, before 万, and the rest."""
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
    """Parse a number below 10,000; return it with the value of its lowest place.

    ``after`` is the larger unit before the number: 亿, 万 or "". If ``ten_may_stand_alone``, 十 is
    accepted for 一十.
    """
    if text in {"零", "〇"} and not after:
        return 0, 1
    # After a larger unit, 零 marks skipped places (一万零五十). It is optional here.
    if after and text[:1] in {"零", "〇"}:
        text = text[1:]
    elif after and len(text) == 1:
        return None  # 三万五 means 35,000, but does not print the place name 千
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
    if not _gaps_are_marked(match, names):
        return None
    return value, step


def _gaps_are_marked(match: re.Match[str], names: str) -> bool:
    """Return whether 零 is printed exactly where a place is skipped: 一百零五, not 一百五."""
    gaps = {"百": match["gap"], "十": match["gap2"], "一": match["gap3"]}
    order = "千百十一"
    for before, name in pairwise(names):
        skipped = order.index(name) - order.index(before) > 1
        if skipped != bool(gaps[name]):
            return False
    return not (names and gaps.get(names[0]))


def _chinese_decimal(whole: str, rest: str) -> Number | None:
    """Parse a decimal such as 九十八点六五: a number before 点, and digits after it."""
    start = _chinese(whole)
    if start is None or not rest or any(c not in _DIGITS or c == "两" for c in rest):
        return None
    if len(rest) > 9:
        return None
    digits = "".join(str(_DIGITS[c]) for c in rest)
    return Number(start.value + Decimal(f"0.{digits}"), Decimal(1).scaleb(-len(digits)))


def parse_count(text: str) -> int | None:
    """Parse a whole number of at least 1; return None for any other text."""
    found = parse_number(text)
    if found is None or found.value < 1 or found.value != found.value.to_integral_value():
        return None
    return int(found.value)
