"""Hypothesis strategies that generate source values and printed texts."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal

from hypothesis import reject
from hypothesis import strategies as st

from portal.source_values.dates import Precision, SourceDate
from portal.source_values.quantities import Comparator, Quantity
from portal.source_values.ranks import Consecutive, Rank

# Words that the grammars accept, because arbitrary text seldom contains any.
PIECES = [
    *"0123456789一二三四五六七八九十百千万亿零〇两几数余多年月日号第前至到—-~.,，%／（）。、点个",
    *(
        "2018",
        "2020",
        "百分之",
        "超过",
        "不足",
        "以上",
        "以下",
        "左右",
        "约",
        "近",
        "上",
        "件",
        "名",
    ),
    *("全省", "全市", "法院", "排名", "位列", "首位", "前列", "连续", "个月", "最好成绩", "并列"),
    *(
        "年底",
        "季度",
        "上半年",
        "以来",
        "截至",
        "世纪",
        "年代",
        "星期",
        "共",
        "共计",
        "达",
        "未出现",
    ),
    *(" ", "　", "２", "％", "x", "现象", "干警", "倒数", "始终", "两次"),
]
likely_texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
texts = likely_texts | st.text(max_size=250)
printed = texts.map(lambda text: text[:200])

_days = st.dates(date(1000, 1, 1), date(2199, 12, 31))


@st.composite
def dates(draw: st.DrawFn) -> SourceDate:
    precision = draw(st.sampled_from(Precision))
    text, first = draw(printed), draw(_days)
    without_year = precision in {Precision.DAY_WITHOUT_YEAR, Precision.MONTH_WITHOUT_YEAR}
    bounds: tuple[date | None, date | None] = (None, None)
    if precision == Precision.PERIOD:
        bounds = draw(
            st.sampled_from([(None, None), (first, None), (None, first)])
            | _days.map(lambda last: (min(first, last), max(first, last)))
        )
    elif precision == Precision.YEAR:
        bounds = date(first.year, 1, 1), date(first.year, 12, 31)
    elif precision in {Precision.MONTH, Precision.MONTH_WITHOUT_YEAR}:
        last = first.replace(day=monthrange(first.year, first.month)[1])
        bounds = first.replace(day=1), last
    elif precision != Precision.UNKNOWN:
        bounds = first, first
    if without_year and draw(st.booleans()):
        bounds = None, None
    inferred = bounds != (None, None) and (without_year or draw(st.booleans()))
    try:
        return SourceDate(text, precision, *bounds, inferred)
    except ValueError:  # The text happens to be a printed date that contradicts the generated days.
        reject()


@st.composite
def numbers(draw: st.DrawFn) -> Decimal:
    places = draw(st.integers(0, 6))
    limit = 10**15 - 1
    return Decimal(draw(st.integers(-limit, limit) | st.integers(-999, 999))).scaleb(-places)


@st.composite
def quantities(draw: st.DrawFn) -> Quantity:
    comparator = draw(st.sampled_from(Comparator))
    value, upper = sorted([draw(numbers()), draw(numbers())])
    if comparator == Comparator.ODD and value == upper:
        comparator = Comparator.BETWEEN
    unit = draw(st.sampled_from(["", "%", "件", "个月"]))
    return Quantity(
        draw(printed),
        comparator,
        None if comparator == Comparator.UNKNOWN else value,
        upper if comparator in {Comparator.ODD, Comparator.BETWEEN} else None,
        unit,
    )


_counts = st.none() | st.integers(1, 1_000_000)


@st.composite
def ranks(draw: st.DrawFn) -> Rank:
    place, within = draw(_counts), draw(_counts)
    if place and within:
        place, within = sorted([place, within])
    tier = draw(_counts)
    return Rank(
        draw(printed),
        scope=draw(st.sampled_from(["", "全省", "全国法院系统"])),
        place=place,
        within=within,
        tier=tier,
        words=draw(st.sampled_from(["", "前列"])),
        months=draw(_counts),
        occurrences=draw(_counts),
        consecutive=draw(st.sampled_from(Consecutive)),
        best=bool(place or within or tier) and draw(st.booleans()),
    )
