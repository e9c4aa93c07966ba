"""Every fact of the sample's source document is stored as data and shown on a public page.

The expected values were copied by hand from the document, a newspaper page.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from honors.models import Honor
from news.models import Article
from portal.audit.models import Entry
from portal.court.models import CourtProfile, Observation, Person
from portal.letters.models import Letter
from portal.publishing.models import Reference
from portal.source_values.dates import Precision
from portal.source_values.quantities import Comparator
from portal.source_values.ranks import Consecutive
from tests.sample.fixtures import sample_in_test_database

COURT = [{"kind": "court", "name": "", "count": ""}]

# The columns are name, levels, kind, awarding body, date as printed, and recipients.
HONORS: list[tuple[str, tuple, str, str, str | None, list]] = [
    ("全国优秀法院", ("national",), "title", "", None, COURT),
    ("全省优秀法院", ("provincial",), "title", "", "三年来", COURT),
    ("省级文明单位标兵", ("provincial",), "title", "", "三年来", COURT),
    ("全省法院文化建设先进单位", ("provincial",), "title", "", "三年来", COURT),
    ("省级青年文明号", ("provincial",), "title", "", "三年来", COURT),
    ("集体二等功", ("provincial",), "merit", "省法院", "2018年", COURT),
    (
        "省、市级办案标兵、调解能手、先进个人等",
        ("provincial", "municipal"),
        "title",
        "",
        "三年来",
        [{"kind": "group", "name": "干警", "count": "20余名"}],
    ),
]

# The columns are indicator, period as printed, figure as printed, and meaning of the figure.
QUANTITIES: list[tuple[str, str | None, str, tuple]] = [
    ("受理", "2017年至2020年底", "5177件", (Comparator.EXACT, Decimal(5177), "件")),
    ("审（执）结", "2017年至2020年底", "5107件", (Comparator.EXACT, Decimal(5107), "件")),
    ("综合结案率", "2017年至2020年底", "98.65", (Comparator.EXACT, Decimal("98.65"), "")),
    ("裁判文书上网率", None, "超过100%", (Comparator.OVER, Decimal(100), "%")),
    ("庭审直播完成率", None, "超过100%", (Comparator.OVER, Decimal(100), "%")),
    ("审判流程信息案件公开率", None, "超过100%", (Comparator.OVER, Decimal(100), "%")),
    ("案件有效公开率", None, "达99.9%", (Comparator.EXACT, Decimal("99.9"), "%")),
    ("宣传稿件采用", "三年来", "百余篇", (Comparator.ODD, Decimal(100), "篇")),
    ("干警违法违纪现象", "三年来", "未出现", (Comparator.EXACT, Decimal(0), "")),
]

# The columns are indicator, rank as printed, and meaning of the rank without empty fields.
RANKS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "综合结案率",
        "43个月排名全市首位",
        {"scope": "全市", "place": 1, "months": 43},
    ),
    ("执行工作“3+1”核心指标", "全部进入全省前十名", {"scope": "全省", "within": 10}),
    ("省法院通报的十六项指标", "始终位于全省第一档", {"scope": "全省", "tier": 1}),
    ("司法公开各项指标", "位于全省法院前列", {"scope": "全省法院", "words": "前列"}),
    (
        "官方微博",
        "连续10个月位列全国法院系统微博排行榜，最好成绩全国第13名",
        {
            "scope": "全国",
            "place": 13,
            "months": 10,
            "consecutive": Consecutive.YES,
            "best": True,
        },
    ),
    (
        "官方微信",
        "始终位列全省法院微信排行榜单，两次排名全省第2名",
        {"scope": "全省", "place": 2, "occurrences": 2},
    ),
]

SLOGANS = [
    "司法为民、公正司法",
    "努力让人民群众在每一个司法案件中感受到公平正义",
    "让老百姓打官司不求人",
    "以党建带队建、以队建促审判",
    "小院也有大作为",
    "健康生活、快乐工作",
    "从严治上、以上带下、以点带面、全面提高",
    "心齐、气顺、风正、文明",
]
IDEAS = ["院魂", "审判理念", "法院文化理念", "两个素质"]
ACTIVITIES = [
    "重温北大荒精神",
    "重走抗联路",
    "祭扫烈士陵园",
    "办案竞赛",
    "岗位练兵",
    "兴趣小组",
    "演讲",
    "歌咏比赛",
    "趣味运动会",
    "年终文艺晚会",
    "大学习、大研讨",
]
#: The court's programmes, each with words of the document that its description must contain.
PROGRAMMES = {
    "三个效应": ["标杆", "堡垒", "磁场"],
    "三个认同": ["法官职业", "法律信仰", "群众情感"],
    "“不忘初心、牢记使命”主题教育": [],
    "《工作清单》": ["任务", "时限", "责任人"],
    "每月通报制度": ["十六项指标"],
    "质量评查": [],
    "绩效考核": [],
    "服务大局": ["梨树区棚户区改造", "“工业谷”企业生产", "疫情防控期间企业复工复产"],
    "“诉非衔接”": [],
    "一站式多元解纷和诉讼服务体系建设": [],
    "把好“方向盘”": [],
    "激活“一池水”": [],
    "细耕“责任田”": [],
}


@pytest.fixture(scope="module")
def sample(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """Fill the test database with the sample portal for the tests of this module."""
    with sample_in_test_database(request, django_db_blocker, with_additions=False):
        yield


pytestmark = [pytest.mark.usefixtures("sample"), pytest.mark.django_db]


def words(address: str) -> str:
    """Return the text of the main element of a page, without tags and white space."""
    response = Client().get(address)
    assert response.status_code == 200, address
    main = re.search(r"<main.*?</main>", response.content.decode(), re.DOTALL)
    assert main is not None
    return "".join(unescape(re.sub(r"<[^>]+>", "", main[0])).split())


def says(address: str, *texts: str) -> None:
    page = words(address)
    missing = [text for text in texts if "".join(text.split()) not in page]
    assert missing == [], address


def test_the_plaque_ceremony() -> None:
    article = Article.objects.public().get(title="梨树区法院举行“全国优秀法院”挂牌仪式")
    says(article.get_absolute_url(), "7月8日", "党组书记、院长王鹏举", "常务副院长高岐")
    presented = Honor.objects.public().get(name="全国优秀法院").presented
    assert presented.printed == "7月8日"
    assert presented.precision == Precision.DAY_WITHOUT_YEAR
    assert (presented.earliest, presented.latest) == (date(2021, 7, 8), date(2021, 7, 8))
    assert presented.inferred
    says(
        Honor.objects.get(name="全国优秀法院").get_absolute_url(),
        "7月8日",
        "年份推定",
        "推定为2021年",
    )


def test_the_leaders_at_the_ceremony_are_listed_with_their_posts() -> None:
    posts = {person.name: person.posts_held_on() for person in Person.objects.public()}
    assert posts == {"王鹏举": ["党组书记", "院长"], "高岐": ["常务副院长"]}
    says("/court/leaders/", "王鹏举", "党组书记、院长", "高岐", "常务副院长")
    page = words("/court/leaders/")
    assert page.index("王鹏举") < page.index("高岐")


def test_the_names_of_the_court_and_its_superior_bodies() -> None:
    court = CourtProfile.objects.public().get()
    assert court.name == "鸡西市梨树区人民法院"
    assert court.short_name_list == ["梨树区法院", "梨树区人民法院"]
    assert {(row["short_name"], row["name"]) for row in court.higher_courts} == {
        ("省法院", "黑龙江省高级人民法院"),
        ("最高人民法院", "最高人民法院"),
    }
    says("/court/", court.name, *court.short_name_list, "省法院", "黑龙江省高级人民法院")
    says("/court/", "最高人民法院", "院党组", "党支部")


def test_the_numbers_of_the_court() -> None:
    court = CourtProfile.objects.public().get()
    numbers = (court.established_staff_count, court.quota_judge_count, court.department_count)
    assert [(each.printed, each.value, each.unit) for each in numbers] == [
        ("32人", Decimal(32), "人"),
        ("12人", Decimal(12), "人"),
        ("5个", Decimal(5), "个"),
    ]
    says("/court/", "在编干警", "32人", "员额法官", "12人", "内设机构", "5个")


@pytest.mark.parametrize(
    ("kind", "expected"), [("slogan", SLOGANS), ("idea", IDEAS), ("activity", ACTIVITIES)]
)
def test_slogans_ideas_activities(kind: str, expected: list[str]) -> None:
    ideas = CourtProfile.objects.public().get().ideas
    assert sorted(row["text"] for row in ideas if row["kind"] == kind) == sorted(expected)
    says("/court/", *expected)


def test_programmes() -> None:
    ideas = CourtProfile.objects.public().get().ideas
    notes = {row["text"]: row["note"] for row in ideas if row["kind"] == "programme"}
    assert set(notes) == set(PROGRAMMES)
    for name, parts in PROGRAMMES.items():
        assert all(part in notes[name] for part in parts), name
        says("/court/", name, *parts)


def test_ledger_has_exactly_these_honours() -> None:
    assert {honor.name for honor in Honor.objects.public()} == {row[0] for row in HONORS}


@pytest.mark.parametrize("row", HONORS, ids=lambda row: row[0])
def test_an_honour(row: tuple) -> None:
    name, levels, kind, body, awarded, recipients = row
    honor = Honor.objects.public().get(name=name)
    assert (honor.levels, honor.kind, honor.awarding_body) == (levels, kind, body)
    assert (honor.awarded.printed if honor.awarded else None) == awarded
    assert honor.recipients == recipients
    labels = {"national": "国家级", "provincial": "省级", "municipal": "市级"}
    who = "20余名干警" if recipients != COURT else "本院"
    says(
        honor.get_absolute_url(),
        name,
        "、".join(labels[level] for level in levels),
        {"title": "荣誉称号", "merit": "记功"}[kind],
        body or "未说明",
        awarded or "未说明",
        who,
    )
    says("/honors/", name)


def test_the_merit_citation_is_of_the_year_2018() -> None:
    awarded = Honor.objects.public().get(name="集体二等功").awarded
    assert (awarded.earliest, awarded.latest) == (date(2018, 1, 1), date(2018, 12, 31))
    says("/honors/year/2018/", "集体二等功")


def test_list_of_media_is_marked_as_incomplete() -> None:
    going_on = Honor.objects.public().filter(open_list=True)
    assert {honor.name for honor in going_on} == {HONORS[4][0], HONORS[6][0]}
    says("/honors/", "名单没有写尽")


@pytest.mark.parametrize("row", QUANTITIES, ids=lambda row: row[0])
def test_a_quantity(row: tuple) -> None:
    name, period, printed, meaning = row
    figure = Observation.objects.public().get(indicator__name=name)
    assert figure.value.printed == printed
    assert (figure.value.comparator, figure.value.value, figure.value.unit) == meaning
    assert (figure.period.printed if figure.period else None) == period
    says("/data/", name, printed, *([period] if period else []))


@pytest.mark.parametrize("row", RANKS, ids=lambda row: row[0])
def test_a_rank(row: tuple) -> None:
    name, printed, meaning = row
    rank = Observation.objects.public().get(indicator__name=name).rank
    assert rank.printed == printed
    empty: dict[str, Any] = dict.fromkeys(("place", "within", "tier", "months", "occurrences"))
    empty |= {"scope": "", "words": "", "best": False, "consecutive": Consecutive.UNKNOWN}
    assert {key: getattr(rank, key) for key in empty} == {**empty, **meaning}
    says("/data/", name, printed)


def test_the_period_runs_from_2017_to_the_end_of_2020() -> None:
    period = Observation.objects.public().get(indicator__name="受理").period
    assert (period.earliest, period.latest) == (date(2017, 1, 1), date(2020, 12, 31))


def test_the_closing_rate_agrees_though_its_percent_sign_is_missing() -> None:
    figure = Observation.objects.public().get(indicator__name="综合结案率")
    assert figure.unit == "%"
    assert figure.content_checks() == []
    says("/data/", "5107", "5177", "98.6479%")


def test_data_has_exactly_these_figures() -> None:
    names = {figure.indicator.name for figure in Observation.objects.public()}
    assert names == {row[0] for row in QUANTITIES} | {row[0] for row in RANKS}


def test_the_media() -> None:
    figure = Observation.objects.public().get(indicator__name="宣传稿件采用")
    media = ("《人民法院报》", "最高人民法院微信号", "黑龙江省电视台", "死案复活记")
    assert all(name in figure.remark for name in media)
    says("/data/", *media, "国家、省、市级媒体")
    case = Article.objects.public().get(title__contains="死案复活记")
    says(case.get_absolute_url(), "《人民法院报》", "执行典型案例")


def test_every_figure_and_honour_names_its_source() -> None:
    page = Client().get("/data/").content.decode()
    for obj in (*Observation.objects.public(), *Honor.objects.public()):
        rows = list(Reference.objects.from_source(obj).filter(role=Reference.Role.STATED_IN))
        assert rows, obj
        sources = Article.objects.public().in_bulk([row.target_id for row in rows])
        assert len(sources) == len(rows), obj
        if isinstance(obj, Honor):
            page = Client().get(obj.get_absolute_url()).content.decode()
        for article in sources.values():
            assert f'href="{article.get_absolute_url()}"' in page, (obj, article)


def test_the_home_page_shows_the_key_figures_and_the_honours() -> None:
    says("/", "5177", "5107", "98.65", "99.9", "全国优秀法院", "集体二等功")


def test_letters_in_each_state_without_names() -> None:
    """The form and the actions have created a letter in each state, without personal data."""
    found = Letter.objects.order_by("pk")
    assert [(each.kind, each.state) for each in found] == [
        ("error", "answered"),
        ("question", "in_hand"),
        ("suggestion", "new"),
    ]
    assert {(each.name, each.phone, each.email) for each in found} == {("", "", "")}
    acts = Entry.objects.filter(object_type="letters.letter").order_by("pk")
    assert [entry.action for entry in acts] == ["letters.take", "letters.answer", "letters.take"]
