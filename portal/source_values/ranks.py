"""Ranks as sources print them, and the parser of their meaning.

``parse_rank`` accepts clauses separated by commas, exactly one of which states the rank; numbers
are those of ``numerals`` (forms of GB/T 15835-2011, General rules for writing numerals in public
texts). A clause consists of

- a duration or frequency: 43个月, 连续10个月, 连续三年 (36 months), 三次;
- a predicate: 排名, 位列, 进入, 走在;
- a scope: 全国, 全市, 鸡西市, 全省法院, 全国法院系统微博排行榜;
- the rank: 第13名, 首位, 并列第二 (place); 前十名, 前三甲 (within); 第一档, 第一方阵 (tier);
  前列, 领先 (words); 最好成绩 marks the best of several places.

For example 43个月排名全市首位 is place 1 in the scope 全市 in 43 months; whether the months were
consecutive is unknown. Rejected are, for example, 倒数第二, 前10%, 由第5位升至第2位, 第一批,
多次排名第一 and two ranks in one text (全省第一，全国第十).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import reduce
from typing import ClassVar

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .numerals import normalize_characters, parse_count, regex_alternatives, split_words
from .values import SourceValue, not_understood, truncate_printed, validate_count, validate_length

MAX_WORDS_LENGTH = 100


class Consecutive(TextChoices):
    """Whether the periods in which a rank was repeated were consecutive."""

    YES = "yes", gettext_lazy("in a row")
    NO = "no", gettext_lazy("not in a row")
    UNKNOWN = "unknown", gettext_lazy("not stated")


@dataclass(frozen=True)
class Rank(SourceValue):
    """A printed rank: a place, an upper limit, a tier or words, with its scope and frequency.

    ``place`` 3 means "third"; ``within`` 10 means "among the first ten"; ``words`` is a rank
    without a number, such as 前列 (in the front rows).
    """

    scope: str = ""
    place: int | None = None
    within: int | None = None
    tier: int | None = None
    words: str = ""
    months: int | None = None
    occurrences: int | None = None
    consecutive: Consecutive = Consecutive.UNKNOWN
    best: bool = False

    PART_TYPES: ClassVar[dict[str, type]] = {
        "scope": str,
        "place": int,
        "within": int,
        "tier": int,
        "words": str,
        "months": int,
        "occurrences": int,
        "consecutive": Consecutive,
        "best": bool,
    }

    def validate(self) -> None:
        for number in (self.place, self.within, self.tier, self.months, self.occurrences):
            validate_count(number)
        for text in (self.scope, self.words):
            validate_length(text, MAX_WORDS_LENGTH)
        if self.place and self.within and self.place > self.within:
            raise ValueError(_("The place lies outside the first places named."))
        if self.best and not (self.place or self.within or self.tier):
            raise ValueError(_("Say which the best place was."))

    @property
    def is_understood(self) -> bool:
        return bool(self.place or self.within or self.tier or self.words)

    @property
    def is_automatic(self) -> bool:
        return self == parse_rank(self.printed)

    @property
    def sort(self) -> int | None:
        """Return the place or ``within``; None for tiers and words, which cannot be sorted."""
        return self.place or self.within

    def describe(self) -> str:
        if not self.is_understood:
            return not_understood()
        pieces = [self.scope, *self._describe_position(), *self._describe_frequency()]
        return reduce(_join_with_comma, filter(None, pieces))

    def _describe_position(self) -> list[str]:
        pieces = []
        if self.place:
            pieces.append(_("place %(number)s") % {"number": self.place})
        if self.within:
            pieces.append(_("among the first %(number)s") % {"number": self.within})
        if self.tier:
            pieces.append(_("tier %(number)s") % {"number": self.tier})
        pieces.append(self.words)
        if self.best:
            pieces.append(_("at best"))
        return pieces

    def _describe_frequency(self) -> list[str]:
        pieces = []
        if self.months:
            pieces.append(_("%(number)s months") % {"number": self.months})
        if self.occurrences:
            pieces.append(_("%(number)s times") % {"number": self.occurrences})
        if self.consecutive == Consecutive.YES:
            pieces.append(_("in a row"))
        elif self.consecutive == Consecutive.NO:
            pieces.append(_("not in a row"))
        elif self.months or self.occurrences:
            pieces.append(_("whether in a row is not stated"))
        return pieces


def _join_with_comma(one: str, other: str) -> str:
    return _("%(one)s, %(other)s") % {"one": one, "other": other}


def parse_rank(text: str) -> Rank:
    """Parse a printed rank; the result is not understood if the text is outside the grammar."""
    printed = truncate_printed(text)
    found = _parse(normalize_characters(printed))
    try:
        return replace(found, printed=printed) if found else Rank(printed)
    except ValueError:
        return Rank(printed)


# Parser of printed ranks


_NUMBER = "[0-9]{1,4}|[一二两三四五六七八九十百]{1,5}"
_ADVERBS = regex_alternatives(split_words("始终 一直 均 都 全部 稳定 牢牢 继续"))
_PREDICATE = regex_alternatives(
    split_words(
        "排名 排 排在 排列 位列 位居 位于 居 居于 列 列居 处于 名列 跻身 进入 走在 稳居 稳列",
        "高居 均居 均列 获 获得 荣获 取得 夺得 保持 保持在 升至 升到 跃居 跃升至 上升至 上升到",
    )
)
_PROVINCES = regex_alternatives(
    split_words(
        "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北",
        "湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆",
    )
)
# The name of a town has two or three characters, and contains none of these characters.
_NOT_IN_NAMES = (
    "未不非无没全第前后倒除各末跌退落降出名列居位排获得进入至在比其每某有"
    "一二两三四五六七八九十几数多个"
)
_AREA = (
    f"全(?:国|省|市|县|区|州|盟|旗|自治区|辖区)|[我本][省市县区]|(?:{_PROVINCES})(?:省|市|自治区)?"
    f"|[^{_NOT_IN_NAMES}]{{2,3}}[市县区州]"
)
_COURTS = "(?:两级|基层|中级|中基层|各级|各)?(?:人民法院|法院)(?:系统)?"
_BOARD = (
    "(?:官方)?(?:微博|微信|微信公众号|新媒体|政务新媒体|头条号|短视频)?(?:影响力)?"
    "(?:排行榜|排行榜单|榜单|榜)"
)
_SCOPE = rf"(?P<scope>(?:{_AREA})(?:{_COURTS})?(?:{_BOARD})?)[中内里]?"
_DURATION = (
    rf"(?:(?P<row>连续)|累计|共|共有)?(?:(?P<months>{_NUMBER})个月内?|(?P<quarters>{_NUMBER})个季度"
    rf"|(?P<times>{_NUMBER})次)|(?P<row2>连续)(?P<years>{_NUMBER})年|(?P<row3>连续)"
)
_POSITION = (
    rf"(?P<tie>并列)?第(?P<place>{_NUMBER})(?:名|位|位次)?"
    rf"|前(?P<within>{_NUMBER})(?:名|位|强|甲)?(?:之列|行列)?|(?P<three>前?三甲)"
    r"|(?P<first>首位|榜首|头名|首名|之首|(?<=居)首)"
    rf"|第(?P<tier>{_NUMBER})(?:档|档次|方阵|梯队|等次|集团|序列)"
    r"|(?P<words>前列|先进行列|领先|前茅|上游|中上游|中游)(?:位置|地位|水平)?"
)
_BEST = "(?P<best>(?:最好|最佳|最高)(?:成绩|名次|排名|位次)(?:为|是|达到|达)?)"
_CLAUSE = re.compile(
    rf"(?:{_ADVERBS})*+(?:{_DURATION})?(?:{_ADVERBS})*+(?:{_BEST})?在?(?:(?:{_PREDICATE})在?)?"
    rf"(?:{_SCOPE})?(?:{_ADVERBS})*+(?:(?:{_PREDICATE})在?)?(?:{_POSITION})?"
)


def _parse(text: str) -> Rank | None:
    """Return the rank if all clauses are understood and exactly one states a rank, else None."""
    clauses = [_parse_clause(clause) for clause in re.split("[,;。、]", text)]
    known = [clause for clause in clauses if clause is not None]
    places = [clause for clause in known if clause.is_understood]
    if len(known) != len(clauses) or len(places) != 1:
        return None
    found: Rank | None = places[0]
    for clause in known:
        if clause is not places[0]:
            found = found and _merge(found, clause)
    return found


def _merge(found: Rank, more: Rank) -> Rank | None:
    """Add scope and frequency of another clause to a rank; None if both state a frequency."""
    if (found.months and more.months) or (found.occurrences and more.occurrences):
        return None
    if Consecutive.YES in {found.consecutive, more.consecutive} and (
        (found.months or found.occurrences) and (more.months or more.occurrences)
    ):
        return None
    consecutive = more.consecutive if more.consecutive == Consecutive.YES else found.consecutive
    return replace(
        found,
        scope=found.scope or more.scope,
        months=found.months or more.months,
        occurrences=found.occurrences or more.occurrences,
        consecutive=consecutive,
    )


def _parse_clause(text: str) -> Rank | None:
    """Return the parts of a rank that a clause states; None if it is outside the grammar."""
    match = _CLAUSE.fullmatch(text)
    if match is None or not text:
        return None
    place = _count(match["place"])
    if match["first"]:
        place = 1
    within = 3 if match["three"] else _count(match["within"])
    months = _count(match["months"])
    if match["quarters"]:
        months = 3 * (_count(match["quarters"]) or 0)
    if match["years"]:
        months = 12 * (_count(match["years"]) or 0)
    is_consecutive = match["row"] or match["row2"] or match["row3"]
    try:
        return Rank(
            text,
            scope=match["scope"] or "",
            place=place,
            within=within,
            tier=_count(match["tier"]),
            words=match["words"] or match["tie"] or "",
            months=months,
            occurrences=_count(match["times"]),
            consecutive=Consecutive.YES if is_consecutive else Consecutive.UNKNOWN,
            best=bool(match["best"]),
        )
    except ValueError:
        return None


def _count(text: str | None) -> int | None:
    """Parse the number in a group of a match; return None if the group is empty."""
    return parse_count(text) if text else None
