"""Quantities as sources print them, and the parser of their meaning.

Numbers are those of ``numerals``; ranges and approximate numbers follow GB/T 15835-2011 (General
rules for writing numerals in public texts), clause 5, as newspapers apply it. ``parse_quantity``
accepts one number with an optional unit and noun:

- exact: 5177件, 98.65%, 百分之九十八点六五, 1.2万件, 十六项指标, 共5177件, 零投诉, 未出现 (0);
- bounds before the number: 超过100%, 不少于100件, 不足5件, 不超过三个月, ≥95%;
- bounds after it: 95%以上, 5%以下, 30日内; 以上, 以下 and 以内 include the number (Civil Code,
  article 1259);
- about: 约20件, 近百篇, 20件左右; without bounds;
- odd (余, 多): 20余名 is more than 20 and fewer than 30, 百余篇 is 100 to 200, 一年多 is 1 to 2
  years;
- several: 几十名 and 数十件 are 10 to 100, 十几名 is 10 to 20;
- ranges: 10至20件, 90%-95%, 3～5个工作日, 三年以上七年以下.

Rejected are ambiguous texts such as 5177余件, 1至2万件 (from 1 or from 10,000), 近三年 (nearly
three years or the last three) and 一百五, fractions (三分之一), changes (同比增长3.5%) and
texts with several numbers.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .numerals import (
    CHINESE,
    Number,
    normalize_characters,
    parse_number,
    parse_power_of_ten,
    regex_alternatives,
    split_words,
)
from .values import SourceValue, not_understood, single_line, truncate_printed, validate_length

MAX_UNIT_LENGTH = 20


class Comparator(TextChoices):
    """The relation between the printed number and the quantity that is meant."""

    EXACT = "exact", gettext_lazy("exactly")
    OVER = "over", gettext_lazy("more than")
    AT_LEAST = "at_least", gettext_lazy("at least")
    UNDER = "under", gettext_lazy("less than")
    AT_MOST = "at_most", gettext_lazy("at most")
    ABOUT = "about", gettext_lazy("about")
    ODD = "odd", gettext_lazy("more than the number, less than the upper bound")
    BETWEEN = "between", gettext_lazy("from the number to the upper bound, both included")
    UNKNOWN = "unknown", gettext_lazy("not understood")


WITH_UPPER = {Comparator.ODD, Comparator.BETWEEN}


@dataclass(frozen=True)
class Quantity(SourceValue):
    """A printed quantity: a number, its relation to the quantity that is meant, and a unit.

    ``upper`` is the upper bound of "odd" (not included) and of "between" (included). "About" has no
    bounds, because no source states how far the number may differ.
    """

    comparator: Comparator
    value: Decimal | None = None
    upper: Decimal | None = None
    unit: str = ""

    PART_TYPES: ClassVar[dict[str, type]] = {
        "comparator": Comparator,
        "value": Decimal,
        "upper": Decimal,
        "unit": str,
    }

    def validate(self) -> None:
        validate_length(self.unit, MAX_UNIT_LENGTH)
        if self.comparator == Comparator.UNKNOWN:
            if self.value is not None or self.upper is not None:
                raise ValueError(_("Say how the number is to be taken: exactly, more than, ..."))
            return
        if self.value is None:
            raise ValueError(_("The number is missing."))
        if self.comparator not in WITH_UPPER:
            if self.upper is not None:
                raise ValueError(_("Only a range has an upper bound."))
        elif self.upper is None:
            raise ValueError(_("The upper bound is missing."))
        elif self.upper < self.value:
            raise ValueError(_("The upper bound is below the number."))
        elif self.upper == self.value and self.comparator == Comparator.ODD:
            raise ValueError(_("The upper bound must be above the number."))

    @property
    def is_understood(self) -> bool:
        return self.comparator != Comparator.UNKNOWN

    @property
    def is_automatic(self) -> bool:
        return self == parse_quantity(self.printed, self.unit)

    @property
    def is_unit_printed(self) -> bool:
        """Return whether the text prints the unit; otherwise the unit is the indicator's."""
        return bool(parse_quantity(self.printed).unit)

    def with_unit(self, unit: str) -> Quantity:
        """Parse the text with another default unit; keep a meaning that an editor stated."""
        return parse_quantity(self.printed, unit) if self.is_automatic else self

    @property
    def low(self) -> Decimal | None:
        """Return the lower bound; None if it is unknown."""
        if self.comparator in {Comparator.UNDER, Comparator.AT_MOST, Comparator.ABOUT}:
            return None
        return self.value

    @property
    def high(self) -> Decimal | None:
        """Return the upper bound; None if it is unknown."""
        if self.comparator in WITH_UPPER:
            return self.upper
        if self.comparator in {Comparator.EXACT, Comparator.UNDER, Comparator.AT_MOST}:
            return self.value
        return None

    @property
    def low_open(self) -> bool:
        """Return whether the quantity must be larger than the lower bound, not equal to it."""
        return self.comparator in {Comparator.OVER, Comparator.ODD}

    @property
    def high_open(self) -> bool:
        """Return whether the quantity must be smaller than the upper bound, not equal to it."""
        return self.comparator in {Comparator.UNDER, Comparator.ODD}

    @property
    def sort(self) -> Decimal | None:
        """Return the number by which the quantity is sorted; None if it was not understood."""
        return self.value

    def describe(self) -> str:
        if self.value is None:
            return not_understood()
        rate = self.unit if self.unit in _RATES.values() else ""
        numbers = {"value": f"{self.value:f}{rate}", "upper": ""}
        if self.upper is not None:
            numbers["upper"] = f"{self.upper:f}{rate}"
        text = str(_DESCRIPTIONS[self.comparator]) % numbers
        if self.unit and not rate:
            text = _("%(reading)s (%(unit)s)") % {"reading": text, "unit": self.unit}
        if self.unit and not self.is_unit_printed:
            text = _("%(reading)s; the unit is not printed") % {"reading": text}
        return text


_DESCRIPTIONS = {
    Comparator.EXACT: "%(value)s",
    Comparator.OVER: gettext_lazy("more than %(value)s"),
    Comparator.AT_LEAST: gettext_lazy("at least %(value)s"),
    Comparator.UNDER: gettext_lazy("fewer than %(value)s"),
    Comparator.AT_MOST: gettext_lazy("at most %(value)s"),
    Comparator.ABOUT: gettext_lazy("about %(value)s"),
    Comparator.ODD: gettext_lazy("more than %(value)s, fewer than %(upper)s"),
    Comparator.BETWEEN: gettext_lazy("%(value)s to %(upper)s"),
}


def parse_quantity(text: str, unit: str = "") -> Quantity:
    """Parse a printed quantity; the comparator is "unknown" if the text is outside the grammar.

    ``unit`` is the indicator's unit, which applies if the text prints none.
    """
    printed, unit = truncate_printed(text), single_line(unit)
    if len(unit) > MAX_UNIT_LENGTH:
        unit = ""
    found = _parse(normalize_characters(printed))
    if found:
        # The constructor refuses a number with too many digits: the quantity is then not
        # understood.
        with suppress(ValueError):
            return Quantity(printed, found.comparator, found.value, found.upper, found.unit or unit)
    return Quantity(printed, Comparator.UNKNOWN, unit=unit)


# Parser of printed quantities


@dataclass(frozen=True)
class _Parsed:
    """A parsed quantity without its printed text."""

    comparator: Comparator
    value: Decimal
    upper: Decimal | None = None
    unit: str = ""


_RATES = {"百分之": "%", "千分之": "‰", "万分之": "‱"}
_DURATIONS = split_words("个工作日 工作日 个小时 小时 分钟 秒钟 秒 天 个星期 周 个月 个季度 年")
# With these units, 近三次 may be "nearly three" or "the last three" times. From 20 on, 近 means
# "nearly".
_OCCASIONS, _MIN_NEARLY = split_words("次 届 期 轮 场"), 20
_UNITS = regex_alternatives(
    [
        *_DURATIONS,
        *split_words(
            "% ‰ ‱ 个百分点 周年 周岁 岁 人次 件次 场次 批次 班次 人 名 位 个 件 起 宗 项 次 篇",
            "条 份 册 部 本 场 期 家 户 所 处 块 面 张 幅 届 轮 遍 倍 分 字 页 台 套 辆 艘 间 栋",
            "座 支 种 类 门 节 课时 学时 卷 例 桩 票 封 元 美元 欧元 港元 平方米 平方公里 公里",
            "千米 米 亩 公顷 吨 公斤 千克",
        ),
    ]
)
_NOUN_MODIFIERS = regex_alternatives(
    split_words(
        "法院 法治 宣传 典型 民事 刑事 行政 执行 民商事 优秀 先进 基层 人民 在编 员额 司法 普法",
        "内设",
    )
)
# Nouns that may follow a unit without changing the quantity.
_NOUNS = regex_alternatives(
    split_words(
        "干警 法官 法官助理 书记员 法警 陪审员 当事人 群众 代表 委员 人大代表 政协委员 党员 学生",
        "师生 教师 职工 农民工 企业 案件 案例 纠纷 稿件 文章 信息 指标 核心指标 文书 裁判文书",
        "司法建议 司法建议书 机构 部门 法庭 荣誉 荣誉称号 讲座 活动 规程 制度 人员 被告人",
        "被执行人 嫌疑人 罪犯 村民 居民 人才 志愿者",
    )
)
_NOUN = f"(?:{_NOUN_MODIFIERS})*(?:{_NOUNS})"
_NEUTRAL = regex_alternatives(
    split_words(
        "均 都 全部 共 共计 总计 合计 累计 总共 一共 已 已经 达 达到 高达 多达 仅 只 仅有 只有",
        "为 计 有 保持在 稳定在 维持在 控制在",
    )
)
_BEFORE = {
    word: comparator
    for comparator, line in {
        Comparator.OVER: "超过 超 逾 突破 大于 高于 多于 不止 >",
        Comparator.AT_LEAST: "不少于 不低于 不小于 大于等于 至少 最少 不下 不下于 年满 满 ≥ >=",
        Comparator.UNDER: "不足 不满 不到 未满 未达 未达到 未到 低于 少于 小于 <",
        Comparator.AT_MOST: "不超过 不超 不多于 不高于 不大于 小于等于 至多 最多 ≤ <=",
        Comparator.ABOUT: "约 大约 近 将近 接近 大概 差不多 ≈",
        Comparator.EXACT: "=",
    }.items()
    for word in split_words(line)
}
# Words that are accepted only before a power of ten without a digit: 上百件, 过千人.
_BEFORE_ROUND = {"上": Comparator.AT_LEAST, "过": Comparator.OVER, "破": Comparator.OVER}
# 以上, 以下 and 以内 include the number itself (Civil Code, article 1259).
_AFTER = {
    word: comparator
    for comparator, line in {
        Comparator.AT_LEAST: "以上 及以上 或以上",
        Comparator.AT_MOST: "以下 及以下 或以下 以内 之内",
        Comparator.ABOUT: "左右 上下",
    }.items()
    for word in split_words(line)
}
_ARABIC = r"-?[0-9][0-9,]*(?:\.[0-9]+)?[十百千]?[万亿]{0,2}"
_AMOUNT = rf"{_ARABIC}|负?[{CHINESE}点]+"
_RATE = regex_alternatives(_RATES)
# Atomic groups prevent exponential backtracking over words that consist of shorter words.
_PREFIX = re.compile(
    rf"(?>{_NEUTRAL})*+(?>(?P<before>{regex_alternatives(_BEFORE)})[了为]?)?(?P<rest>.*)"
)
_BEFORE_ROUND_NUMBER = re.compile(rf"(?>{_NEUTRAL})*+(?P<before>[上过破])(?P<rest>[十百千万亿].*)")
_ONE = re.compile(
    rf"(?P<rate>{_RATE})?(?P<amount>{_AMOUNT})(?:(?P<odd>余|多)(?P<times>[十百千]?[万亿]?))?"
    rf"(?:(?P<unit>{_UNITS})(?P<rest>余|多)?|(?P<days>日)(?=以?内))?"
    rf"(?P<after>{regex_alternatives(_AFTER)}|内)?(?P<noun>{_NOUN})?"
)
_SPLIT_UNIT = re.compile(rf"(?P<amount>{_AMOUNT})个(?:多|余)(?P<unit>月|小时|星期|季度)")
_SEVERAL = re.compile(
    rf"(?:(?P<tens>[二三四五六七八九]?十|[1-9]0)几(?P<times>[万亿]?)"
    rf"|[数几](?P<round>[十百千]?[万亿]?))(?P<unit>{_UNITS})(?:{_NOUN})?"
)
_RANGE = re.compile(
    rf"(?P<rate1>{_RATE})?(?P<one>{_AMOUNT})(?P<unit1>{_UNITS})?(?P<mark>至|到|~|—|-)"
    rf"(?P<rate2>{_RATE})?(?P<two>{_AMOUNT})(?P<unit>{_UNITS})?(?:{_NOUN})?"
)
_FROM_UP = re.compile(
    rf"(?P<rate1>)(?P<one>{_AMOUNT})(?P<unit1>{_UNITS})?以上(?P<mark>)"
    rf"(?P<rate2>)(?P<two>{_AMOUNT})(?P<unit>{_UNITS})?(?:以下|以内)"
)
_NONE = re.compile(
    r"从?未(?:出现|发生)过?"
    rf"(?:[^0-9{CHINESE}未不无非除但及或且仅只增减升降,、;。]{{0,16}}"
    r"(?:现象|问题|案件|事件|事故|情况|情形|行为))?"
    r"|[零〇]|零(?:投诉|上访|信访|涉诉信访|事故|差错|违纪|违法|违纪违法|违法违纪|超期|积案)"
)


def _parse(text: str) -> _Parsed | None:
    if _NONE.fullmatch(text):
        return _Parsed(Comparator.EXACT, Decimal(0))
    if match := _BEFORE_ROUND_NUMBER.fullmatch(text):
        return _parse_single(match["rest"], _BEFORE_ROUND[match["before"]], only_round=True)
    match = _PREFIX.fullmatch(text)
    if match is None:
        return None
    before, rest = match["before"], match["rest"]
    if before is None:
        return (
            _parse_several(rest)
            or _parse_range(_RANGE, rest)
            or _parse_range(_FROM_UP, rest)
            or _parse_single(rest, None)
        )
    found = _parse_single(rest, _BEFORE[before])
    return None if before == "近" and found and _may_mean_last(found) else found


def _may_mean_last(found: _Parsed) -> bool:
    """Return whether 近 may mean "the last" instead of "nearly", as in 近三年."""
    few = found.unit in _OCCASIONS and found.value < _MIN_NEARLY
    return few or found.unit in {*_DURATIONS, "日"}


def _parse_single(
    text: str, before: Comparator | None, *, only_round: bool = False
) -> _Parsed | None:
    """Parse one number with its unit.

    ``before`` is the comparator stated by the word before the number, None without such a word. If
    ``only_round``, only powers of ten without a digit are accepted.
    """
    if match := _SPLIT_UNIT.fullmatch(text):
        return (
            None if before else _fraction_more(parse_number(match["amount"]), "个" + match["unit"])
        )
    match = _ONE.fullmatch(text)
    if match is None or (match["noun"] and not match["unit"]):
        return None
    unit = match["unit"] or match["days"] or ""
    number = _amount(match, only_round=only_round, allow_power=bool(before))
    if number is None or _is_a_year(match["amount"], unit):
        return None
    if match["rate"]:
        if unit:
            return None
        unit = _RATES[match["rate"]]
    after = _comparator_after(match["after"], unit) if match["after"] else None
    if match["after"] and after is None:
        return None
    if match["odd"] or match["rest"]:
        alone = not (before or after or (match["odd"] and match["rest"]))
        return _odd(match, number, unit) if alone else None
    if before and after and before != after:
        return None
    return _Parsed(before or after or Comparator.EXACT, number.value, None, unit)


def _amount(match: re.Match[str], *, only_round: bool, allow_power: bool) -> Number | None:
    """Return the number of a match; None if it is not understood.

    A power of ten without a digit (百, 万) is accepted only next to 余, 多, 百分之 or a comparator.
    """
    power = parse_power_of_ten(match["amount"])
    if power and (allow_power or match["odd"] or match["rate"]):
        return Number(power, power)
    return None if only_round else parse_number(match["amount"])


def _odd(match: re.Match[str], number: Number, unit: str) -> _Parsed | None:
    """Return the bounds of a number with 余 or 多.

    20余万件 is more than 200,000, and the excess is less than one unit of the lowest printed place.
    """
    if match["rest"]:
        return _fraction_more(number, unit)
    times = Decimal(1)
    if match["times"]:
        found = parse_power_of_ten(match["times"])
        if found is None or re.search("[万亿]", match["amount"]):
            return None
        times = found
    if number.value <= 0:
        return None
    low, step = number.value * times, number.step * times
    # 5177余件 is rejected: the lowest printed place is the ones, so that no whole number is in
    # between.
    return _Parsed(Comparator.ODD, low, low + step, unit) if step > 1 else None


def _fraction_more(number: Number | None, unit: str) -> _Parsed | None:
    """Return the bounds of 三年多 or 两个多月: the number and the number plus one unit."""
    if number is None or number.value <= 0 or unit not in _DURATIONS:
        return None
    return _Parsed(Comparator.ODD, number.value, number.value + 1, unit)


def _comparator_after(word: str, unit: str) -> Comparator | None:
    if word == "内":
        return Comparator.AT_MOST if unit in {*_DURATIONS, "日"} else None
    return _AFTER[word]


def _is_a_year(amount: str, unit: str) -> bool:
    return unit == "年" and re.fullmatch("1[0-9]{3}|2[01][0-9]{2}", amount) is not None


def _parse_several(text: str) -> _Parsed | None:
    """Parse 几十, 数百 or 十几; the bounds are those of the order of magnitude."""
    match = _SEVERAL.fullmatch(text)
    if match is None:
        return None
    if match["tens"]:
        number = parse_number(match["tens"])
        times = parse_power_of_ten(match["times"]) or Decimal(1)
        if number is None:
            return None
        low, high = number.value * times, (number.value + 10) * times
    else:
        low = parse_power_of_ten(match["round"]) or Decimal(1)
        high = 10 * low
    return _Parsed(Comparator.ODD, low, high, match["unit"])


def _parse_range(pattern: re.Pattern[str], text: str) -> _Parsed | None:
    """Parse a range such as 10至20件; return None if its bounds or units are inconsistent."""
    match = pattern.fullmatch(text)
    if match is None:
        return None
    one, two = parse_number(match["one"]), parse_number(match["two"])
    unit, unit1 = match["unit"] or "", match["unit1"]
    if one is None or two is None or one.value >= two.value or (unit1 and unit1 != unit):
        return None
    if match["rate2"] and match["rate2"] != match["rate1"]:
        return None
    if not unit1 and not match["rate2"] and _may_share_multiplier(match["one"], match["two"]):
        return None
    if match["rate1"]:
        if unit:
            return None
        unit = _RATES[match["rate1"]]
    if _is_a_year(match["one"], unit) or _is_a_year(match["two"], unit):
        return None
    if match["mark"] in {"-", "—"} and not unit:
        return None  # 3-5 without a unit may be a date or a score
    return _Parsed(Comparator.BETWEEN, one.value, two.value, unit)


def _may_share_multiplier(one: str, two: str) -> bool:
    """Return whether 万 in a range such as 1至2万 may also multiply the first number."""
    large = set("万亿") & set(two)
    if large:
        return not large & set(one)
    return len(one) == 1 and one not in "百千" and bool(set("百千") & set(two))
