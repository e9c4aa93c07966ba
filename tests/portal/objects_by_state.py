"""Test objects: one object of each publishable model in each of the five states.

Each article, honour and figure has a column, topic, level, year or dataset of its own. The page of
such a group exists only if the group has a public object, so an extra page reveals an error in the
selection of public objects.
"""

from __future__ import annotations

from typing import Any

from honors.models import Honor
from news.models import Article, Topic, TopicEntry
from portal.court.models import CourtProfile, Department, Indicator, Observation, Person
from portal.publishing import actions
from portal.publishing.states import State
from portal.source_values.dates import parse_date
from portal.source_values.quantities import parse_quantity
from tests import factories
from tests.factories import Newsroom, Records

LEVELS = dict(zip(State, ("national", "provincial", "municipal", "district", "court"), strict=True))
YEARS = {state: 2010 + place for place, state in enumerate(State)}
DATASETS = dict(zip(State, ("cases", "quality", "openness", "publicity", "team"), strict=True))


class ObjectsByState:
    """The test objects; attributes such as ``articles`` and ``honors`` map a state to an object."""

    def __init__(self) -> None:
        self.newsroom = Newsroom()
        self.records = Records(self.newsroom)
        self.section = factories.column("section", name="栏目", description="本院的消息")
        self.columns = {
            state: factories.column(f"of-{state}", name=f"栏目{state}", parent=self.section)
            for state in State
        }
        self.image = factories.image(self.newsroom.editor, alt="外景")
        self.articles = {state: self.article(state) for state in State}
        self.topics = {state: self.topic(state) for state in State}
        self.honors = {state: self.honor(state) for state in State}
        self.indicators = {state: self.indicator(state) for state in State}
        self.figures = {state: self.figure(state) for state in State}

    def article(self, state: State) -> Article:
        row = {"image": self.image.pk, "alt": "外景", "caption": "", "credit": ""}
        row |= {"focal_x": 50, "focal_y": 50}
        fields: dict[str, Any] = {"column": self.columns[state].pk, "pictures": [row]}
        if state == State.ARCHIVED:
            gone = self.newsroom.withdrawn(title=f"文章{state}", **fields)
            return actions.archive(obj=gone, by=self.newsroom.publisher)
        method = "draft" if state == State.UNRELEASED else state.value
        made = getattr(self.newsroom, method)(title=f"文章{state}", **fields)
        return made if isinstance(made, Article) else made.target

    def topic(self, state: State) -> Topic:
        made = Topic.objects.create(name=f"专题{state}", slug=f"topic-{state}")
        TopicEntry.objects.create(topic=made, article=self.articles[state])
        return made

    def honor(self, state: State) -> Honor:
        return self.create(
            Honor(),
            state,
            name=f"荣誉{state}",
            levels=(LEVELS[state],),
            awarded=parse_date(f"{YEARS[state]}年"),
            recipients=[{"kind": "court", "name": "", "count": ""}],
        )

    def indicator(self, state: State) -> Indicator:
        return self.create(
            Indicator(), state, name=f"指标{state}", dataset="cases", code=f"code_{state}"
        )

    def figure(self, state: State) -> Observation:
        """Create a figure in this state, with a live indicator and a dataset of its own."""
        of = self.records.live(Indicator(), name=f"数据{state}", dataset=DATASETS[state])
        return self.create(
            Observation(), state, indicator=of.pk, value=parse_quantity("5件"), remark="照原文。"
        )

    def court(self, state: State) -> None:
        """Create a court profile, a department and a judge, all in this state."""
        self.create(CourtProfile(), state, name="某某人民法院", address="某路1号")
        self.create(Department(), state, name="刑事审判庭")
        posts = [{"title": "院长", "since": "", "until": ""}]
        both = {"is_leader": True, "is_quota_judge": True}
        self.create(Person(), state, name="某某", posts=posts, **both)

    def create(self, obj: Any, state: State, **fields: Any) -> Any:
        if state == State.UNRELEASED:
            return self.records.draft(obj, **fields).target
        made = self.records.live(obj, **fields)
        if state == State.LIVE:
            return made
        made = actions.withdraw(obj=made, by=self.newsroom.publisher, reason="信息有误。")
        if state == State.ARCHIVED:
            return actions.archive(obj=made, by=self.newsroom.publisher)
        if state == State.EXPIRED:  # records cannot expire: the state is set directly
            type(made).objects.filter(pk=made.pk).update(state=State.EXPIRED)
        return made
