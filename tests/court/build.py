"""Factories of the court's records: profile, people, departments, indicators, figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from news.models import Article
from portal.court.models import CourtProfile, Dataset, Department, Indicator, Observation, Person
from portal.publishing import list_counts
from portal.publishing.models import Reference, Revision
from portal.publishing.states import State
from portal.source_values.dates import Precision, SourceDate, parse_date
from portal.source_values.quantities import Quantity, parse_quantity
from portal.source_values.ranks import Rank, parse_rank
from tests.factories import Newsroom, Records

PERIOD = "2017年至2020年底"
IDEAS = [
    {"kind": "slogan", "text": "司法为民、公正司法", "note": "理念"},
    {"kind": "slogan", "text": "小院也有大作为", "note": ""},
    {"kind": "idea", "text": "院魂", "note": "内容未说明"},
    {"kind": "programme", "text": "每月通报制度", "note": ""},
    {"kind": "activity", "text": "歌咏比赛", "note": ""},
]
PROFILE: dict[str, Any] = {
    "name": "鸡西市梨树区人民法院",
    "short_names": "梨树区法院，梨树区人民法院",
    "region": "黑龙江省鸡西市梨树区",
    "introduction": "<p>本院是基层人民法院。</p>",
    "established_staff_count": parse_quantity("32人"),
    "quota_judge_count": parse_quantity("12人"),
    "department_count": parse_quantity("5个"),
    "ideas": IDEAS,
    "address": "梨树区某路1号",
    "postcode": "158160",
    "phones": [{"name": "诉讼服务热线", "number": "12368"}],
    "hours": "工作日8:30至17:00",
    "higher_courts": [{"short_name": "省法院", "name": "黑龙江省高级人民法院"}],
}


class Court(Records):
    """A factory that creates the court's records with the actions of the publishing workflow."""

    def __init__(self, newsroom: Newsroom | None = None) -> None:
        super().__init__(newsroom or Newsroom())

    def article(self, title: str = "2017年至2020年底的收结案情况") -> Article:
        return self.newsroom.live(title=title)

    def profile(self, **fields: Any) -> CourtProfile:
        return self.live(CourtProfile(), **{**PROFILE, **fields})

    def person(self, name: str, *titles: str, **fields: Any) -> Person:
        posts = [{"title": title, "since": "", "until": ""} for title in titles]
        return self.live(Person(), **{"name": name, "posts": posts, **fields})

    def department(self, name: str, **fields: Any) -> Department:
        return self.live(Department(), name=name, **fields)

    def indicator(self, name: str = "", code: str = "", **fields: Any) -> Indicator:
        return self.live(Indicator(), **{"name": name or f"指标{code}", "code": code, **fields})

    def figure(
        self,
        indicator: Indicator,
        value: str | Quantity = "",
        *,
        period: str | SourceDate = PERIOD,
        rank: str | Rank = "",
        remark: str = "",
        stated_in: list[Article] | None = None,
        obj: Observation | None = None,
    ) -> Observation:
        return self.live(
            obj or Observation(),
            **self.figure_values(
                indicator, value, period=period, rank=rank, remark=remark, stated_in=stated_in
            ),
        )

    def draft_figure(self, indicator: Indicator, value: str = "", **more: Any) -> Observation:
        """Save a draft and return an unsaved object with the content of the draft."""
        obj = more.pop("obj", None) or Observation()
        revision = self.draft(obj, **self.figure_values(indicator, value, **more))
        return revision.as_object()

    def figure_values(
        self,
        indicator: Indicator,
        value: str | Quantity = "",
        *,
        period: str | SourceDate = PERIOD,
        rank: str | Rank = "",
        remark: str = "",
        stated_in: list[Article] | None = None,
    ) -> dict[str, Any]:
        return {
            "indicator": indicator.pk,
            "period": _parsed(period, parse_date),
            "value": _parsed(value, parse_quantity),
            "rank": _parsed(rank, parse_rank),
            "remark": remark,
            "references": [
                {"role": "stated_in", "type": "news.article", "id": article.pk}
                for article in ([self.source] if stated_in is None else stated_in)
            ],
        }

    def case_indicators(self) -> dict[str, Indicator]:
        accepted = self.indicator("受理", "accepted", unit="件", position=10)
        return {
            "accepted": accepted,
            "concluded": self.indicator(
                "审（执）结", "concluded", unit="件", position=20, whole=accepted.pk
            ),
            "closing_rate": self.indicator(
                "综合结案率", "closing_rate", unit="%", position=30, definition="结案÷受理。"
            ),
        }

    def sample_records(self) -> dict[str, Observation]:
        """Create the records of a court with the content of the source document."""
        self.profile()
        self.person("王鹏举", "党组书记", "院长", is_leader=True, precedence=10)
        self.person("高岐", "常务副院长", is_leader=True, precedence=20)
        article = self.article()
        cases = self.case_indicators()
        openness = Dataset.OPENNESS
        rates = {
            name: self.indicator(name, dataset=openness, unit="%", position=position)
            for position, name in enumerate(("裁判文书上网率", "庭审直播完成率"), 20)
        }
        effective = self.indicator(
            "案件有效公开率", "effective_disclosure", dataset=openness, unit="%", position=10
        )
        quality = Dataset.QUALITY
        core = self.indicator("执行工作“3+1”核心指标", dataset=quality)
        tier = self.indicator("十六项指标", dataset=quality, position=1)
        words = self.indicator("司法公开各项指标", dataset=openness, position=50)
        drafts = self.indicator("宣传稿件采用", dataset=Dataset.PUBLICITY, unit="篇")
        none = self.indicator("干警违法违纪现象", dataset=Dataset.TEAM)
        stated = {"stated_in": [article]}
        return {
            "accepted": self.figure(cases["accepted"], "5177件", **stated),
            "concluded": self.figure(cases["concluded"], "5107件", **stated),
            "closing_rate": self.figure(
                cases["closing_rate"], "98.65", rank="43个月排名全市首位", **stated
            ),
            **{
                name: self.figure(
                    row, "超过100%", period="", remark="口径未说明。", stated_in=[article]
                )
                for name, row in rates.items()
            },
            "effective": self.figure(effective, "达99.9%", period="", **stated),
            "core": self.figure(core, rank="全部进入全省前十名", **stated),
            "tier": self.figure(tier, rank="始终位于全省第一档", period=""),
            "words": self.figure(words, rank="位于全省法院前列", period=""),
            "drafts": self.figure(drafts, "百余篇", period="三年来"),
            "none": self.figure(none, "未出现", period="三年来"),
        }


def _parsed(value: Any, parse: Callable[[str], Any]) -> Any:
    """Return a source value, parsed if it is a text; None for an empty text."""
    if not value:
        return None
    return parse(value) if isinstance(value, str) else value


BATCH_SIZE = 500
#: Name, code, dataset and unit of the indicators that ``create_figures`` creates.
INDICATORS = [
    ("受理", "accepted", Dataset.CASES, "件"),
    ("审（执）结", "concluded", Dataset.CASES, "件"),
    ("综合结案率", "closing_rate", Dataset.CASES, "%"),
    ("执行指标", "", Dataset.QUALITY, "%"),
    ("裁判文书上网率", "", Dataset.OPENNESS, "%"),
    ("有效公开率", "effective_disclosure", Dataset.OPENNESS, "%"),
    ("稿件采用", "", Dataset.PUBLICITY, "篇"),
    ("违纪", "", Dataset.TEAM, "件"),
]


def create_figures(count: int, by: Any, newsroom: Newsroom | None = None) -> list[Indicator]:
    """Create ``count`` public figures, of which each day has one for each of eight indicators.

    The rows are created with ``bulk_create``, with the same revisions and sources as after a
    release.
    """
    now = timezone.now()
    public = {
        "state": State.LIVE,
        "published_at": now,
        "published_on": timezone.localdate(now),
        "released_at": now,
    }
    indicators = Indicator.objects.bulk_create(
        Indicator(name=name, code=code, dataset=dataset, unit=unit, position=number, **public)
        for number, (name, code, dataset, unit) in enumerate(INDICATORS)
    )
    Indicator.objects.filter(code="concluded").update(whole=indicators[0])
    article = (newsroom or Newsroom()).live(title="统计数据")
    rows = (
        _figure(number, indicators[number % len(indicators)], public) for number in range(count)
    )
    while batch := list(islice(rows, BATCH_SIZE)):
        figures = Observation.objects.bulk_create(batch)
        _create_sources(figures, article)
        _create_revisions(figures, by, now)
    list_counts.rebuild_counts(Observation)
    return indicators


def _create_sources(figures: list[Observation], article: Article) -> None:
    source_type = ContentType.objects.get_for_model(Observation)
    target_type = ContentType.objects.get_for_model(Article)
    Reference.objects.bulk_create(
        Reference(
            source_type=source_type,
            source_id=each.pk,
            target_type=target_type,
            target_id=article.pk,
            role=Reference.Role.STATED_IN,
        )
        for each in figures
    )


def _create_revisions(figures: list[Observation], by: Any, now: datetime) -> None:
    content_type = ContentType.objects.get_for_model(Observation)
    Revision.objects.bulk_create(
        Revision(
            content_type=content_type,
            object_id=each.pk,
            number=1,
            state="released",
            imported=True,
            content={"fields": {}},
            digest="0" * 64,
            created_by=by,
            saved_by=by,
            saved_at=now,
            released_at=now,
        )
        for each in figures
    )


def _figure(number: int, indicator: Indicator, public: dict[str, Any]) -> Observation:
    # Eight figures a day: 20,000 figures cover seven years. One figure in fifty has no date.
    day = date(2018, 1, 1) + timedelta(days=number // 8)
    period = (
        parse_date("三年来")
        if number % 50 == 49
        else SourceDate(f"{day.year}年{day.month}月{day.day}日", Precision.DAY, day, day)
    )
    printed = {"件": f"{100 + number % 50}件", "%": f"{90 + number % 9}.5%", "篇": "百余篇"}
    figure = Observation(
        indicator=indicator,
        working_indicator=indicator,
        period=period,
        value=parse_quantity(printed[indicator.unit]),
        rank=parse_rank("全省前十名") if number % 5 == 0 else None,
        remark="统计口径有变化。" if number % 7 == 0 else "",
        working_title=f"{indicator.name}{number}",
        **public,
    )
    figure.set_derived_columns()
    return figure
