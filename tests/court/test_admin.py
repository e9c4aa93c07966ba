"""The admin of the court's records."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.court.models import CourtProfile, Department, Indicator, Observation, Person
from portal.publishing import actions
from tests import factories
from tests.court.build import PROFILE, Court
from tests.court.html import Page
from tests.publishing.page_forms import form_data

from . import build

pytestmark = pytest.mark.django_db

TYPES = ("courtprofile", "department", "person", "indicator", "observation")


@pytest.fixture
def staff_client(court: Court, client: Client) -> Client:
    client.force_login(court.newsroom.editor)
    return client


def changelist(staff_client: Client, name: str, **filters: str) -> str:
    response = staff_client.get(reverse(f"admin:court_{name}_changelist"), filters)
    assert response.status_code == 200
    return response.content.decode()


def listed_ids(staff_client: Client, **filters: str) -> set[int]:
    body = changelist(staff_client, "observation", **filters)
    return {int(pk) for pk in re.findall(r"/court/observation/(\d+)/change/", body)}


@pytest.mark.parametrize("name", TYPES)
def test_change_list_and_add_form_open(court: Court, staff_client: Client, name: str) -> None:
    added = staff_client.get(reverse(f"admin:court_{name}_add"))
    assert added.status_code == 200
    court.sample_records()
    court.department("立案庭")
    body = changelist(staff_client, name)
    assert "result_list" in body


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("role", [Role.HONORS, Role.SITE_ADMIN, Role.SECURITY])
def test_change_list_is_refused_without_access_to_drafts(
    client: Client, name: str, role: Role
) -> None:
    client.force_login(factories.user(role))
    assert client.get(reverse(f"admin:court_{name}_changelist")).status_code == 403


def test_second_profile_cannot_be_added(court: Court, staff_client: Client) -> None:
    profile = court.draft(CourtProfile(), **PROFILE).target
    assert staff_client.get(reverse("admin:court_courtprofile_add")).status_code == 403
    actions.archive(obj=profile, by=court.newsroom.editor)
    assert staff_client.get(reverse("admin:court_courtprofile_add")).status_code == 200


def test_change_list_displays_draft_content(court: Court, staff_client: Client) -> None:
    indicator = court.indicator("受理", "accepted", unit="件")
    live = court.figure(indicator, "5177件")
    body = changelist(staff_client, "observation")
    for words in ("受理", "5177件", "2017年至2020年底"):
        assert words in body
    court.draft(live, **court.figure_values(indicator, "5178件", period="三年来"))
    other = court.draft_figure(indicator, "97.5", period="2016年")
    body = changelist(staff_client, "observation")
    assert ">5177件<" not in body
    for words in ("5178件", "三年来", "97.5", "2016年"):
        assert words in body
    assert listed_ids(staff_client) == {live.pk, other.pk}


def test_change_list_filters(court: Court, staff_client: Client) -> None:
    rows = court.sample_records()
    draft = court.draft_figure(rows["effective"].indicator, "99%", period="2019年")
    openness = {row.pk for row in rows.values() if row.dataset == "openness"}
    assert listed_ids(staff_client, dataset="openness") == openness | {draft.pk}
    accepted = rows["accepted"]
    assert listed_ids(staff_client, indicator=str(accepted.indicator_id)) == {accepted.pk}
    assert listed_ids(staff_client, indicator="x") == listed_ids(staff_client)
    assert listed_ids(staff_client, dataset="x") == listed_ids(staff_client)
    # A rate above 100% without a definition is listed although its remark acknowledges it.
    above = {rows[name].pk for name in ("裁判文书上网率", "庭审直播完成率")}
    assert listed_ids(staff_client, agreement="disagrees") == above
    wrong = court.figure(
        rows["closing_rate"].indicator, "98.66", remark="原稿如此。", obj=rows["closing_rate"]
    )
    three = {wrong.pk, rows["accepted"].pk, rows["concluded"].pk}
    assert listed_ids(staff_client, agreement="disagrees") == above | three


def test_change_list_displays_sources_and_contradictions(
    court: Court, staff_client: Client
) -> None:
    rows = court.sample_records()
    article = court.newsroom.column.articles.exclude(title="原始报道").get()
    court.figure(rows["concluded"].indicator, "5000件", remark="误。", obj=rows["concluded"])
    body = changelist(staff_client, "observation")
    assert article.title in body
    assert body.count('class="state" title=') == 3


def test_change_list_query_count_is_constant(court: Court, staff_client: Client) -> None:
    build.create_figures(8, court.newsroom.editor, court.newsroom)
    changelist(staff_client, "observation")
    with CaptureQueriesContext(
        connection,
    ) as few:
        changelist(staff_client, "observation")
    indicator = Indicator.objects.first()
    for year in range(2001, 2011):
        court.draft_figure(indicator, "5件", period=f"{year}年")
    with CaptureQueriesContext(connection) as many:
        changelist(staff_client, "observation")
    assert len(many) <= len(few) + 1  # one more query loads the reviews of open revisions


@pytest.mark.parametrize(
    ("obj", "fields", "words"),
    [
        (CourtProfile(), PROFILE, ["鸡西市梨树区人民法院", "司法为民、公正司法"]),
        (Department(), {"name": "立案庭", "duties": "登记立案。"}, ["立案庭", "登记立案。"]),
        (
            Person(),
            {
                "name": "王鹏举",
                "is_leader": True,
                "posts": [{"title": "院长", "since": "", "until": ""}],
            },
            ["王鹏举", "院长"],
        ),
        (
            Person(),
            {"name": "法官甲", "is_quota_judge": True, "judge_grade": "三级法官"},
            ["法官甲", "三级法官"],
        ),
        (Indicator(), {"name": "受理", "definition": "收到的案件。"}, ["受理", "收到的案件。"]),
        (Indicator(), {"name": ""}, []),
        (Observation(), {}, []),
    ],
)
def test_preview_renders_the_public_page(
    court: Court, staff_client: Client, obj: Any, fields: dict[str, Any], words: list[str]
) -> None:
    draft = court.draft(type(obj)(), **fields).target
    name = draft._meta.model_name
    response = staff_client.get(reverse(f"admin:court_{name}_preview-page", args=[draft.pk]))
    assert response.status_code == 200
    found = Page(response.content.decode())
    assert found.problems == []
    assert any(attrs.get("class", "") == "notice preview-mark" for _tag, attrs in found.tags)
    assert [word for word in words if word not in found.text] == []


def test_previewed_figure_is_above_the_public_ones(court: Court, staff_client: Client) -> None:
    article = court.article()
    indicator = court.indicator("受理", unit="件")
    court.figure(indicator, "5件", period="2019年")
    draft = court.draft_figure(indicator, "6件", period="2020年", stated_in=[article])
    response = staff_client.get(reverse("admin:court_observation_preview-page", args=[draft.pk]))
    text = Page(response.content.decode()).text
    assert re.search("6件.*5件", text)
    assert article.title in text


def test_reviewer_sees_contradictions(court: Court, client: Client) -> None:
    """The change form shows reviewers the contradictions of a draft with public figures."""
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    draft = court.draft_figure(cases["closing_rate"], "98.66")
    reviewer: User = court.newsroom.reviewer1
    client.force_login(reviewer)
    body = client.get(reverse("admin:court_observation_change", args=[draft.pk])).content.decode()
    assert "5107件" in body
    assert "98.65%" in body


@pytest.mark.parametrize("name", ["courtprofile", "person", "observation"])
def test_unchanged_form_changes_nothing(court: Court, staff_client: Client, name: str) -> None:
    """Submitting an unchanged form creates no revision, even if the object has references."""
    article = court.article()
    stated = [{"role": "stated_in", "type": "news.article", "id": article.pk}]
    posts = [{"title": "院长", "since": "2019年", "until": ""}]
    obj: Any = {
        "courtprofile": lambda: court.profile(references=stated),
        "person": lambda: court.person("甲", posts=posts, is_leader=True, references=stated),
        "observation": lambda: court.figure(
            court.indicator("受理", unit="件"), "5177", stated_in=[article]
        ),
    }[name]()
    before = obj.current_content()
    assert before["references"] == stated
    path = reverse(f"admin:court_{name}_change", args=[obj.pk])
    response = staff_client.post(path, form_data(staff_client.get(path)))
    assert response.status_code == 302
    assert obj.open_revision is None
    assert obj.current_content() == before
