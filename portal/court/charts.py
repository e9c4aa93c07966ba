"""The geometry of bar charts, which templates draw as inline SVG.

Horizontal lengths are per cent of the chart's width, vertical ones are in em: the text keeps its
size on every screen, and no style attribute is needed. Values without a definite length are left
out: tiers, ranks in words and quantities with "about".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from unicodedata import east_asian_width

from django.utils.translation import gettext as _

from portal.source_values.dates import SourceDate
from portal.source_values.quantities import Comparator, Quantity
from portal.web.languages import localized

from .bounds import RATE_BASES
from .contradictions import period_key
from .figures import Figure

#: Heights in em.
HEADING_HEIGHT, LABEL_HEIGHT, BAR_HEIGHT, ROW_GAP, FOOT_HEIGHT = 2.0, 1.55, 0.7, 0.95, 1.7
LINE_HEIGHT = 1.45
#: Maximum number of periods in the chart of cases, and of bars in each of the other charts.
MAX_PERIODS, MAX_INDICATORS = 6, 12
#: Width of a text line in em on the smallest screen with the largest text size.
LINE_WIDTH_EM = 15
#: Distance of the first and the last rank from the ends of the scale, in per cent of the width.
SCALE_MARGIN = 1.5


@dataclass(frozen=True)
class Row:
    """A bar with its label and value; ``start`` and ``length`` are per cent of the chart's width.

    ``is_point`` draws a dot at ``start`` instead of a bar. ``is_open_ended`` draws an arrow,
    because the value is larger by an unknown amount. ``is_upper_bound`` draws an outline, because
    the value may be smaller. ``Chart`` sets the vertical positions ``..._y``, in em.
    """

    label: str
    value_text: str
    start: float = 0
    length: float = 0
    heading: str = ""
    is_open_ended: bool = False
    is_upper_bound: bool = False
    is_point: bool = False
    label_y: str = ""
    value_y: str = ""
    bar_y: str = ""
    middle_y: str = ""
    above_y: str = ""
    below_y: str = ""
    heading_y: str = ""

    @property
    def is_long(self) -> bool:
        """Return whether label and value are too long to share a line."""
        return _width(self.label) + _width(self.value_text) > LINE_WIDTH_EM - 1

    @property
    def end(self) -> float:
        return round(self.start + self.length, 2)


class Chart:
    """A chart of rows.

    ``mark`` is the position of a vertical line through all rows, in per cent of the width.
    ``scale_labels`` are the texts at the left and the right end of the scale.
    """

    def __init__(
        self,
        key: str,
        title: str,
        rows: Iterable[Row],
        *,
        mark: float | None = None,
        mark_label: str = "",
        scale_labels: tuple[str, str] | None = None,
    ) -> None:
        self.key = key
        self.title = title
        self.mark = mark
        self.mark_label = mark_label
        self.scale_labels = scale_labels
        self.bar_height = _em(BAR_HEIGHT)
        self.rows: list[Row] = []
        top = 0.0
        for row in rows:
            positions = {"heading_y": _em(top + 1.2)} if row.heading else {}
            top += HEADING_HEIGHT if row.heading else 0
            positions["label_y"] = _em(top + 1.05)
            if row.is_long:
                top += LINE_HEIGHT
            positions |= {
                "value_y": _em(top + 1.05),
                "bar_y": _em(top + LABEL_HEIGHT),
                "middle_y": _em(top + LABEL_HEIGHT + BAR_HEIGHT / 2),
                "above_y": _em(top + LABEL_HEIGHT - 0.2),
                "below_y": _em(top + LABEL_HEIGHT + BAR_HEIGHT + 0.2),
            }
            top += LABEL_HEIGHT + BAR_HEIGHT + ROW_GAP
            self.rows.append(Row(**{**vars(row), **positions}))
        self.footer_y = _em(top - ROW_GAP + FOOT_HEIGHT)
        self.height = _em(
            top - ROW_GAP + (FOOT_HEIGHT + 0.4 if mark_label or scale_labels else 0.2)
        )

    @property
    def description(self) -> str:
        """Return the content of the chart as text, for readers who do not see the drawing."""
        lines = [
            _("%(label)s: %(said)s")
            % {"label": f"{row.heading} {row.label}".strip(), "said": row.value_text}
            for row in self.rows
        ]
        return _("; ").join(lines)


def _em(value: float) -> str:
    return f"{value:.2f}em"


def _shorten(text: object) -> str:
    """Return the text, cut with an ellipsis if it is longer than one line."""
    words = str(text)
    if _width(words) <= LINE_WIDTH_EM:
        return words
    while _width(words) > LINE_WIDTH_EM - 1:
        words = words[:-1]
    return f"{words.rstrip()}…"


def _name(figure: Figure) -> str:
    return _shorten(localized(figure.indicator, "name"))


def _width(words: str) -> float:
    """Return the approximate width of a text in em: 1 for a Chinese character, else 0.55."""
    return sum(1 if east_asian_width(each) in "WFA" else 0.55 for each in words)


# Chart of accepted and concluded cases


def cases_chart(figures: Iterable[Figure]) -> Chart | None:
    """Return a chart of the accepted and the concluded cases of each period.

    Only periods in which both numbers are exact are drawn, and of these only the periods of the
    most frequent length. Return None if there are none.
    """
    pairs: dict[object, dict[str, Figure]] = {}
    for figure in figures:
        code = figure.indicator.code
        key = period_key(figure.period)
        if code in {"accepted", "concluded"} and key and _exact(figure.observation.value):
            pairs.setdefault(key, {}).setdefault(code, figure)
    complete = [pair for pair in pairs.values() if len(pair) == 2]
    if not complete:
        return None
    lengths = Counter(_months(pair["accepted"].period) for pair in complete)
    months = lengths.most_common(1)[0][0]
    drawn = [pair for pair in complete if _months(pair["accepted"].period) == months][:MAX_PERIODS]
    largest = max((_number(pair[code]) for pair in drawn for code in pair), default=Decimal(0))
    if not largest:
        return None
    rows = [
        Row(
            label=_name(pair[code]),
            value_text=pair[code].printed,
            length=_share(_number(pair[code]), largest),
            heading=str(pair[code].period) if code == "accepted" else "",
        )
        for pair in drawn
        for code in ("accepted", "concluded")
    ]
    return Chart("cases", _("Accepted and concluded"), rows)


def _exact(value: Quantity | None) -> bool:
    return value is not None and value.comparator == Comparator.EXACT


def _number(figure: Figure) -> Decimal:
    value = figure.observation.value
    return value.value if value and value.value is not None else Decimal(0)


def _share(value: Decimal, largest: Decimal) -> float:
    return round(float(100 * value / largest), 2)


# Charts of rates


def rates_chart(key: str, figures: Iterable[Figure], *, by_period: bool = False) -> Chart | None:
    """Return a chart of percentages with a line at 100%; None if no figure can be drawn.

    A bar is labelled with its period if ``by_period``, else with the name of its indicator.
    """
    drawn = [each for each in figures if each.observation.unit == "%" and _length(each) is not None]
    drawn = drawn[:MAX_INDICATORS]
    if not drawn:
        return None
    lengths = [_length(each) or Decimal(0) for each in drawn]
    # Leave space for the arrows to the right of 100% or of the largest rate.
    full = max(Decimal(RATE_BASES["%"]), *lengths) * Decimal("1.12")
    rows = [
        _bar(each, length, full, by_period) for each, length in zip(drawn, lengths, strict=True)
    ]
    mark = _share(Decimal(100), full)
    return Chart(key, _("Rates against 100%"), rows, mark=mark, mark_label="100%")


def _bar(figure: Figure, length: Decimal, full: Decimal, by_period: bool) -> Row:
    value = figure.observation.value
    comparator = value.comparator if value else Comparator.EXACT
    return Row(
        label=_shorten(figure.period or _("Period unstated")) if by_period else _name(figure),
        value_text=f"{figure.printed}{_bracketed(figure.unprinted_unit)}",
        length=_share(length, full),
        is_open_ended=comparator in {Comparator.OVER, Comparator.AT_LEAST, Comparator.ODD},
        is_upper_bound=comparator in {Comparator.UNDER, Comparator.AT_MOST},
    )


def _bracketed(unit: str) -> str:
    """Return the unit in 〔〕, the brackets that mark additions of an editor."""
    return f"〔{unit}〕" if unit else ""


def _length(figure: Figure) -> Decimal | None:
    value = figure.observation.value
    if value is None or value.value is None or value.value < 0:
        return None
    return None if value.comparator == Comparator.ABOUT else value.value


# Charts of ranks


def ranks_chart(key: str, figures: Iterable[Figure], *, by_period: bool = False) -> Chart | None:
    """Return a chart of ranks; None if no figure has a rank with a number.

    The scale begins at rank 1 and ends at the largest rank of the figures, but at least at 10.
    """
    drawn = [
        (figure, rank)
        for figure in figures
        if (rank := figure.observation.rank) and (rank.place or rank.within)
    ][:MAX_INDICATORS]
    if not drawn:
        return None
    last = max(10, *(rank.place or rank.within or 1 for _figure, rank in drawn))

    def at(place: int) -> float:
        return round(SCALE_MARGIN + (100 - 2 * SCALE_MARGIN) * (place - 1) / (last - 1), 2)

    rows = []
    for figure, rank in drawn:
        place = at(rank.place or rank.within or 1)
        label = _shorten(figure.period or _("Period unstated")) if by_period else _name(figure)
        words = [
            _("place %(number)s") % {"number": rank.place}
            if rank.place
            else _("among the first %(number)s") % {"number": rank.within}
        ]
        if rank.best:
            words.append(_("at best"))
        if rank.scope and _width(rank.scope) + _width("".join(words)) < LINE_WIDTH_EM - 2:
            words.insert(0, rank.scope)
        rows.append(
            Row(
                label=label,
                value_text=" ".join(words),
                start=place if rank.place else 0,
                length=0 if rank.place else place,
                is_point=bool(rank.place),
            )
        )
    scale_labels = (_("place %(number)s") % {"number": 1}, _("place %(number)s") % {"number": last})
    return Chart(key, _("Places that are stated"), rows, scale_labels=scale_labels)


# Charts of one indicator over its periods


def period_charts(figures: Iterable[Figure]) -> list[Chart]:
    """Return the charts of one indicator over its periods.

    Only periods with known days are drawn. Of the counts, only those with the most frequent unit
    and the most frequent length of period are drawn, because others cannot be compared.
    """
    dated = [each for each in figures if each.period and each.period.sort]
    charts = []
    counts = [
        each for each in dated if each.observation.unit != "%" and _exact(each.observation.value)
    ]
    units = Counter(each.observation.unit for each in counts)
    lengths = Counter(_months(each.period) for each in counts)
    if counts:
        unit, months = units.most_common(1)[0][0], lengths.most_common(1)[0][0]
        alike = [
            each
            for each in counts
            if each.observation.unit == unit and _months(each.period) == months
        ][:MAX_INDICATORS]
        largest = max((_number(each) for each in alike), default=Decimal(0))
        if len(alike) > 1 and largest:
            rows = [
                Row(
                    label=_shorten(each.period),
                    value_text=each.printed,
                    length=_share(_number(each), largest),
                )
                for each in alike
            ]
            charts.append(Chart("counts", _("Over the periods"), rows))
    for chart in (
        rates_chart("rates", dated, by_period=True),
        ranks_chart("ranks", dated, by_period=True),
    ):
        if chart and len(chart.rows) > 1:
            charts.append(chart)
    return charts


def _months(period: SourceDate | None) -> int | None:
    """Return the number of calendar months of a period; None if its start or end is unknown."""
    if period is None or period.earliest is None or period.latest is None:
        return None
    return _month_index(period.latest) - _month_index(period.earliest) + 1


def _month_index(day: date) -> int:
    return 12 * day.year + day.month
