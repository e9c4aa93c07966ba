"""The public pages with all records, without records, and with unpublished content."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from portal.court import data
from portal.court.figures import Figure, key_figures
from portal.court.models import CourtProfile, Department, Indicator, Observation, Person
from portal.publishing import actions
from portal.publishing.states import ChangeKind
from portal.site.models import SiteSettings
from portal.source_values.dates import Precision, SourceDate, parse_date
from portal.source_values.quantities import parse_quantity
from portal.source_values.ranks import parse_rank
from tests.court.build import PERIOD, PROFILE, Court
from tests.court.html import Page

pytestmark = pytest.mark.django_db

PAGES = ["/court/", "/court/leaders/", "/court/departments/", "/court/judges/", "/court/contact/"]
SECRET = "不可外泄"


def page(client: Client, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200, path
    found = Page(response.content.decode())
    assert found.problems == [], path
    return found


def all_pages() -> list[str]:
    rows = Indicator.objects.order_by("pk")
    return [*PAGES, "/data/", *(f"/data/{row.pk}/" for row in rows), "/"]


def test_every_page_is_valid(court: Court, client: Client) -> None:
    court.sample_records()
    for path in all_pages():
        page(client, path)


COLUMN = ("ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType")


def test_pages_have_the_inspected_meta_tags(court: Court, client: Client) -> None:
    """Each meta tag of the standards T1 and T2 occurs exactly once and is not empty."""
    SiteSettings.objects.create(name="法院", domain="court.example", site_id_code="2303050000")
    court.sample_records()
    for path in all_pages():
        metas = [attrs for tag, attrs in page(client, path).tags if tag == "meta"]
        named = {name: [m["content"] for m in metas if m.get("name") == name] for name in COLUMN}
        if path == "/":
            continue
        assert all(len(found) == 1 and found[0] for found in named.values()), (path, named)
        canonical = [
            attrs["href"]
            for tag, attrs in page(client, path).tags
            if tag == "link" and attrs.get("rel") == "canonical"
        ]
        assert canonical == [f"http://court.example{path}"]


@pytest.mark.parametrize(
    "path",
    [*PAGES, "/data/", "/data/1/", "/data/cases.csv", "/data/cases.json", "/data/nothing.csv"],
)
def test_pages_without_content_answer_404(path: str, client: Client) -> None:
    assert client.get(path).status_code == 404


def test_profile_page(court: Court, client: Client) -> None:
    court.sample_records()
    text = page(client, "/court/").text
    for words in (
        "鸡西市梨树区人民法院",
        "梨树区法院、梨树区人民法院",
        "基层人民法院",
        "黑龙江省鸡西市梨树区",
        "黑龙江省高级人民法院",
        "党组书记、院长",
        "常务副院长",
        "司法为民、公正司法",
        "小院也有大作为",
        "内容未说明",
        "每月通报制度",
        "歌咏比赛",
        "12368",
        "37.5%",
    ):
        assert words in text
    assert re.search("32 人.*12 人.*5 个", text)


def test_share_is_omitted_for_inexact_numbers(court: Court, client: Client) -> None:
    court.profile(quota_judge_count=parse_quantity("10余人"))
    found = page(client, "/court/")
    assert "10 余人" in found.text
    assert not [attrs for _tag, attrs in found.tags if attrs.get("class") == "squares"]


def test_leaders_by_precedence_with_current_posts(court: Court, client: Client) -> None:
    court.person("王鹏举", "党组书记", "院长", is_leader=True, precedence=10)
    court.person("高岐", "常务副院长", is_leader=True, precedence=5)
    court.live(
        Person(),
        name="前任",
        posts=[
            {"title": "顾问", "since": "", "until": ""},
            {"title": "副院长", "since": "2001年", "until": "2005年"},
        ],
        is_leader=True,
    )
    court.person("法官甲", "审判员", is_quota_judge=True)
    text = page(client, "/court/leaders/").text
    assert re.search("高岐 常务副院长.*王鹏举 党组书记、院长.*前任 顾问", text)
    assert "副院长" not in text.split("前任")[1]
    assert "法官甲" not in text


@pytest.mark.parametrize(
    ("path", "number", "word"), [("departments", "5 个", "名称"), ("judges", "12 人", "姓名")]
)
def test_number_is_displayed_without_names(
    court: Court, client: Client, path: str, number: str, word: str
) -> None:
    court.profile()
    text = page(client, f"/court/{path}/").text
    assert number in text
    assert "unstated" in text or f"{word}未说明" in text


def test_departments_and_judges_pages(court: Court, client: Client) -> None:
    court.profile()
    hall = court.department("立案庭", duties="登记立案。", phone="0467-0000000", position=2)
    court.department("执行局", position=1)
    court.person(
        "法官甲", "审判员", is_quota_judge=True, judge_grade="三级法官", department=hall.pk
    )
    text = page(client, "/court/departments/").text
    assert re.search("执行局.*立案庭 登记立案。", text)
    assert "0467-0000000" in text
    found = page(client, "/court/judges/")
    assert re.search("法官甲 三级法官 立案庭", found.text)
    assert any(attrs.get("href") == hall.get_absolute_url() for _tag, attrs in found.tags)
    actions.withdraw(obj=hall, by=court.newsroom.publisher, reason="机构调整。")
    assert "立案庭" not in page(client, "/court/judges/").text


def test_pages_with_content_link_to_each_other(court: Court, client: Client) -> None:
    court.profile(quota_judge_count=None, department_count=None, address="", postcode="", phones=[])
    court.person("高岐", "常务副院长", is_leader=True)

    def siblings() -> list[str]:
        found = page(client, "/court/")
        return [
            attrs["href"] for _tag, attrs in found.tags if "/court/" in (attrs.get("href") or "")
        ]

    hrefs = {href.partition("#")[0] for href in siblings() if href.startswith("/court/")}
    assert hrefs == {"/court/", "/court/leaders/", "/court/contact/"}
    assert client.get("/court/judges/").status_code == 404
    assert client.get("/court/departments/").status_code == 404


def test_figures_are_displayed_as_printed_with_sources(court: Court, client: Client) -> None:
    rows = court.sample_records()
    found = page(client, "/data/")
    for row in rows.values():
        for printed in (row.value, row.rank, row.period):
            assert printed is None or "".join(str(printed).split()) in "".join(found.text.split())
    source = court.newsroom.column.articles.exclude(title="原始报道").get()
    assert len([a for _t, a in found.tags if a.get("href") == source.get_absolute_url()]) >= 14
    # The page of the indicator contains the anchor that is part of the figure's URL.
    for row in rows.values():
        path, _hash, anchor = row.get_absolute_url().partition("#")
        assert anchor in page(client, path).ids


def test_derived_figures_are_displayed(court: Court, client: Client) -> None:
    court.sample_records()
    text = page(client, "/data/").text
    assert "审（执）结 5107 ÷ 受理 5177 ＝ 98.6479%" in text
    assert "受理 5177 − 审（执）结 5107 ＝ 70件" in text


def test_public_contradictions_are_displayed(court: Court, client: Client) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    assert "figure-contradiction" not in client.get("/data/").content.decode()
    wrong = court.figure(cases["closing_rate"], "98.66", remark="原稿如此。")
    assert "figure-contradiction" in client.get("/data/").content.decode()
    assert "figure-contradiction" in client.get(wrong.get_absolute_url()).content.decode()


def test_missing_unit_is_added_in_brackets(court: Court, client: Client) -> None:
    court.sample_records()
    assert "98.65 〔%〕" in page(client, "/data/").text


def test_tiers_and_words_are_not_drawn(court: Court, client: Client) -> None:
    rows = court.sample_records()
    body = client.get("/data/").content.decode()
    drawn = " ".join(re.findall("<desc.*?</desc>", body, re.DOTALL))
    assert str(rows["core"].indicator) in drawn
    assert str(rows["closing_rate"].indicator) in drawn
    assert str(rows["tier"].indicator) not in drawn
    assert str(rows["words"].indicator) not in drawn
    assert str(rows["drafts"].indicator) not in drawn


def test_pages_of_an_indicator(court: Court, client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(data, "PER_PAGE", 2)
    indicator = court.indicator("受理", "accepted", unit="件")
    for year in (2018, 2020, 2019):
        court.figure(indicator, f"{year}件", period=f"{year}年")
    path = indicator.get_absolute_url()
    first, second = page(client, path), page(client, f"{path}page/2/")
    assert re.search("2020件.*2019件", first.text)
    assert "2018件" not in first.text
    assert "2018件" in second.text
    assert client.get(f"{path}page/3/").status_code == 404
    assert client.get(f"{path}page/1/").status_code == 301
    assert client.get(f"{path}page/0/").status_code == 404


def test_only_periods_of_equal_length_are_drawn(court: Court, client: Client) -> None:
    indicator = court.indicator("受理", "accepted", unit="件")
    for printed in ("2018年", "2019年", "2020年上半年"):
        court.figure(indicator, "9件", period=printed)
    (desc,) = re.findall(
        "<desc.*?</desc>", client.get(indicator.get_absolute_url()).content.decode(), re.DOTALL
    )
    assert "2019年" in desc
    assert "2018年" in desc
    assert "上半年" not in desc


def test_cases_chart_draws_the_most_frequent_length(court: Court, client: Client) -> None:
    cases = court.case_indicators()
    for printed in (PERIOD, "2019年", "2018年"):
        for name in ("accepted", "concluded"):
            court.figure(cases[name], "9件", period=printed)
    body = client.get("/data/").content.decode()
    (drawn,) = re.findall(r'<desc id="cases-desc">(.*?)</desc>', body, re.DOTALL)
    assert drawn.count("9件") == 4
    assert PERIOD not in drawn


@pytest.mark.parametrize(
    ("value", "rank", "count"),
    [
        ("5177件", "", 0),
        ("5,177件", "", 0),
        ("99.30%", "", 0),
        ("达99.9%", "", 0),
        ("共计12件", "全市第1名", 0),
        ("98.65", "", 1),  # the source prints no percent sign
        ("百分之九十", "", 1),
        ("百余篇", "", 1),
        ("未出现", "", 1),
        ("若干", "", 1),
        ("12%", "43个月排名全市首位", 1),
        ("12%", "有所进步", 1),
    ],
)
def test_note_explains_printed_text(value: str, rank: str, count: int) -> None:
    indicator = Indicator(unit="%" if "%" in value or value == "98.65" else "")
    observation = Observation(
        indicator=indicator,
        value=parse_quantity(value),
        rank=parse_rank(rank) if rank else None,
        period=parse_date("2020年"),
    )
    assert len(Figure(observation).notes) == count


def test_inferred_period_is_explained(court: Court, client: Client) -> None:
    day = date(2021, 7, 8)
    period = SourceDate("7月8日", Precision.DAY_WITHOUT_YEAR, day, day, True)
    court.figure(court.indicator("出席人数"), "9人", period=period)
    text = page(client, "/data/").text
    assert "7月8日" in text
    assert "2021-07-08" in text


def test_correction_of_a_figure_is_listed(court: Court, client: Client) -> None:
    indicator = court.indicator("受理", "accepted", unit="件")
    live = court.figure(indicator, "5177件")
    court.draft(live, value=parse_quantity("5178件"))
    draft = actions.correct(
        obj=live,
        by=court.newsroom.editor,
        kind=ChangeKind.SUBSTANCE,
        public_note="统计口径更正。",
        token=actions.VersionToken.of(live),
    )
    draft = actions.submit(revision=draft, by=court.newsroom.editor, digest=draft.digest)
    draft = actions.approve(
        revision=draft,
        by=court.newsroom.reviewer1,
        digest=draft.digest,
        reviewed=True,
        proofread=True,
    )
    court.newsroom.release(draft)
    assert "统计口径更正。" in page(client, indicator.get_absolute_url()).text


def test_key_figures_in_order(court: Court, django_assert_max_num_queries: Any) -> None:
    court.sample_records()
    found = key_figures()
    assert [figure.indicator.code for figure in found] == [
        "accepted",
        "concluded",
        "closing_rate",
        "effective_disclosure",
    ]
    assert all(figure.sources for figure in found)
    with django_assert_max_num_queries(6):
        key_figures()


def test_key_figures_are_the_newest_quantities(court: Court) -> None:
    accepted = court.indicator("受理", "accepted", unit="件")
    other = court.indicator("稿件", position=3)
    court.figure(accepted, "9件", period="2019年")
    court.figure(accepted, "8件", period="2020年")
    court.figure(accepted, rank="全省第3名", period="2021年")
    court.figure(other, "7篇")
    assert [figure.printed for figure in key_figures()] == ["8件", "7篇"]


def test_key_figures_without_figures(client: Client) -> None:
    assert key_figures() == []


STATES = ("draft", "in_review", "approved", "withdrawn", "archived")


def put(court: Court, state: str, obj: Any, **fields: Any) -> Any:
    """Create an object with this content, and bring it into this state."""
    if state == "withdrawn":
        return actions.withdraw(
            obj=court.live(obj, **fields), by=court.newsroom.publisher, reason="有误。"
        )
    if state == "archived":
        draft = court.draft(obj, **fields)
        return actions.archive(obj=draft.target, by=court.newsroom.editor)
    return getattr(court, state)(obj, **fields).target


@pytest.mark.parametrize("state", STATES)
def test_unpublished_content_is_on_no_page(court: Court, client: Client, state: str) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    posts = [{"title": f"{SECRET}职务", "since": "", "until": ""}]
    put(court, state, CourtProfile(), **{**PROFILE, "name": f"{SECRET}法院"})
    court.profile()
    put(court, state, Department(), name=f"{SECRET}庭")
    put(court, state, Person(), name=f"{SECRET}甲", posts=posts, is_leader=True)
    put(court, state, Person(), name=f"{SECRET}乙", posts=posts, is_quota_judge=True)
    put(court, state, Indicator(), name=f"{SECRET}指标", code="pending")
    values = court.figure_values(cases["accepted"], "7件", remark=SECRET, period="2015年")
    put(court, state, Observation(), **values)
    # A live figure is not public if its indicator was withdrawn.
    gone = court.indicator(f"{SECRET}其二")
    court.figure(gone, "6件", remark=SECRET)
    actions.withdraw(obj=gone, by=court.newsroom.publisher, reason="有误。")

    paths = [*PAGES, "/data/", "/", f"/data/{cases['accepted'].pk}/"]
    paths += [f"/data/cases.{kind}" for kind in ("csv", "json", "csv-metadata.json")]
    for path in paths:
        response = client.get(path)
        body = b"".join(response) if response.streaming else response.content
        assert response.status_code in {200, 404}, path
        assert SECRET not in body.decode(), path
    status = {"withdrawn": 410, "archived": 404}.get(state, 404)
    for row in Indicator.objects.exclude(state="live"):
        expected = 410 if row.published_at else status
        response = client.get(row.get_absolute_url())
        assert response.status_code == expected
        assert SECRET not in response.content.decode()


def test_withdrawn_profile_answers_410(court: Court, client: Client) -> None:
    profile = court.profile()
    actions.withdraw(obj=profile, by=court.newsroom.publisher, reason="信息有误。")
    for path in ("/court/", "/court/contact/"):
        response = client.get(path)
        assert response.status_code == 410
        assert "信息有误。" in response.content.decode()
    assert client.get("/court/judges/").status_code == 404


def test_content_is_escaped(court: Court, client: Client) -> None:
    bad = "<script>alert(1)</script>&amp;"
    court.profile(name=bad, ideas=[{"kind": "slogan", "text": bad, "note": bad}], remark=bad)
    court.person(bad, bad, is_leader=True, biography=bad)
    court.department(bad, duties=bad)
    indicator = court.indicator(bad[:60], definition=bad, scope=bad, unit="%")
    court.figure(indicator, f"12{bad}", rank=bad, period=bad, remark=bad)
    court.figure(indicator, "12%", period="2019年")
    court.figure(indicator, "13%", period="2020年")
    for path in [*PAGES, "/data/", indicator.get_absolute_url(), "/"]:
        response = client.get(path)
        if response.status_code == 200:
            assert "<script>alert" not in response.content.decode()
            page(client, path)
