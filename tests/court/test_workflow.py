"""The court's records are published after one review by a person other than the author."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.court.figures import key_figures
from portal.court.models import CourtProfile, Department, Indicator, Observation, Person
from portal.publishing import actions, list_counts
from portal.publishing.errors import Blocked, NotAllowed, Refused
from portal.publishing.models import ListCount, Revision
from portal.publishing.references import related_links
from portal.publishing.states import RevisionState, State
from portal.source_values.quantities import parse_quantity
from tests import factories
from tests.court.build import PERIOD, PROFILE, Court

pytestmark = pytest.mark.django_db

FIGURES = 'UPDATE "court_observation" SET "dataset"'
POSTS = [{"title": "院长", "since": "", "until": ""}]


def contents(court: Court) -> list[tuple[Any, dict[str, Any]]]:
    """Return (unsaved object, complete content) for each type of record."""
    accepted = court.indicator("受理", "accepted", unit="件")
    return [
        (CourtProfile(), PROFILE),
        (Department(), {"name": "立案庭"}),
        (Person(), {"name": "王鹏举", "posts": POSTS, "is_leader": True}),
        (Indicator(), {"name": "审（执）结", "code": "concluded"}),
        (Observation(), court.figure_values(accepted, "5177件")),
    ]


def approve(revision: Revision, by: User) -> Revision:
    return actions.approve(
        revision=revision, by=by, digest=revision.digest, reviewed=True, proofread=True
    )


def test_one_review_precedes_the_release(court: Court) -> None:
    for obj, fields in contents(court):
        revision = court.in_review(obj, **fields)
        assert (revision.steps_required, revision.target.state) == (1, State.UNRELEASED)
        with pytest.raises(Refused):
            court.newsroom.release(revision)
        revision = approve(revision, court.newsroom.reviewer1)
        assert revision.state == RevisionState.APPROVED
        released = court.newsroom.release(revision)
        assert released.is_public
        assert released.current_content() == released.live_revision.content


@pytest.mark.parametrize("role", [Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER])
def test_any_reviewer_role_may_approve(court: Court, role: Role) -> None:
    reviewer = factories.user(role)
    for obj, fields in contents(court):
        assert approve(court.in_review(obj, **fields), reviewer).state == RevisionState.APPROVED


def test_author_may_not_approve(court: Court) -> None:
    both = factories.user(Role.EDITOR, Role.FINAL_REVIEWER)
    for obj, fields in contents(court):
        court.newsroom.editor = both
        revision = court.in_review(obj, **fields)
        with pytest.raises(Refused):
            approve(revision, both)
        revision.refresh_from_db()
        assert revision.state == RevisionState.IN_REVIEW


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER, Role.HONORS, Role.AUDITOR])
def test_other_roles_may_not_approve(court: Court, role: Role) -> None:
    other = factories.user(role)
    revision = court.in_review(Department(), name="立案庭")
    with pytest.raises(NotAllowed):
        approve(revision, other)


def test_only_one_profile_may_be_live(court: Court) -> None:
    court.profile()
    with pytest.raises(Refused):
        court.profile()
    assert CourtProfile.objects.public().count() == 1


def test_only_one_indicator_with_a_code_may_be_live(court: Court) -> None:
    court.indicator("受理", "accepted")
    with pytest.raises(Refused):
        court.indicator("另一受理", "accepted")


def test_figure_needs_a_public_indicator_and_a_value(court: Court) -> None:
    draft = court.draft(Indicator(), name="未发布").target
    with pytest.raises(Refused):
        court.figure(draft, "5件")
    with pytest.raises(Refused):
        court.figure(court.indicator("受理"), "")


def test_list_counts_and_working_indicator_are_updated(court: Court) -> None:
    first = court.indicator("受理")
    second = court.indicator("结案")
    live = court.figure(first, "5件", period="2019年")
    court.figure(first, "6件", period="三年来")
    assert (list_counts.total(first.list_key), list_counts.total(second.list_key)) == (2, 0)
    court.figure(second, "5件", period="2019年", obj=live)
    assert (list_counts.total(first.list_key), list_counts.total(second.list_key)) == (1, 1)
    live.refresh_from_db()
    assert live.working_indicator == second
    assert str(live.ordered_on) == "2019-01-01"
    before = set(ListCount.objects.values_list("key", "month", "count"))
    list_counts.rebuild_counts(Observation)
    after = set(ListCount.objects.values_list("key", "month", "count"))
    assert {row for row in before if row[2]} == after


def test_companion_columns_hold_the_meaning(court: Court) -> None:
    figure = court.figure(court.indicator("稿件"), "20余名", period="2018年", rank="前十名")
    figure.refresh_from_db()
    assert (figure.value_low, figure.value_high, figure.rank_sort) == (20, 30, 10)
    assert [str(day) for day in (figure.period_from, figure.period_to)] == [
        "2018-01-01",
        "2018-12-31",
    ]
    assert figure.value == parse_quantity("20余名")


def test_second_figure_of_a_period_is_reported(court: Court) -> None:
    accepted = court.indicator("受理", "accepted", unit="件")
    court.figure(accepted, "5177件")
    court.figure(accepted, "1200件", period="2021年")
    draft = court.draft_figure(accepted, "5200件")
    assert [result.code for result in draft.content_checks()] == ["figure-twice"]
    explained = court.draft_figure(accepted, "5200件", remark="两处来源不一。")
    assert explained.content_checks() == []
    assert [result.code for result in explained.acknowledged()] == ["figure-twice"]


def test_reviewers_see_acknowledged_results_and_sources(court: Court, client: Client) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    article = court.article("年报")
    draft = court.in_review(
        Observation(),
        **court.figure_values(
            cases["closing_rate"], "99.9%", remark="口径不同。", stated_in=[article]
        ),
    ).target
    client.force_login(court.newsroom.reviewer1)
    page = client.get(f"/admin/court/observation/{draft.pk}/change/").content.decode()
    assert "已在附注中说明的疑问" in page
    assert article.get_absolute_url() in page
    sheet = client.get(f"/admin/court/observation/{draft.pk}/approval-form/").content.decode()
    assert "年报" in sheet


def test_reviewers_see_the_introduction(court: Court, client: Client) -> None:
    words = "这一段是简介。"
    draft = court.in_review(CourtProfile(), **{**PROFILE, "introduction": f"<p>{words}</p>"}).target
    client.force_login(court.newsroom.reviewer1)
    for page in ("change", "approval-form"):
        path = f"/admin/court/courtprofile/{draft.pk}/{page}/"
        assert words in client.get(path).content.decode(), page


def test_withdrawn_source_does_not_count(court: Court) -> None:
    article = court.article()
    figure = court.figure(court.indicator("受理"), "5177件", stated_in=[article])
    assert figure.has_public_source
    actions.withdraw(obj=article, by=court.newsroom.publisher, reason="有误。")
    assert not figure.has_public_source


def test_corrected_figure_is_on_the_corrections_page(court: Court, client: Client) -> None:
    indicator = court.indicator("受理", unit="件")
    figure = court.figure(indicator, "5177件")
    court.figure(indicator, "5178件", obj=figure)
    page = client.get("/corrections/").content.decode()
    assert Observation.objects.get(pk=figure.pk).link_title in page
    assert figure.get_absolute_url() in page


def test_reinstating_an_indicator_with_a_used_code_is_blocked(court: Court) -> None:
    first = actions.withdraw(
        obj=court.indicator("甲", "accepted"), by=court.newsroom.publisher, reason="有误。"
    )
    court.indicator("乙", "accepted")
    with pytest.raises(Blocked):
        actions.reinstate(obj=first, by=court.newsroom.publisher)


def test_changed_dataset_moves_the_figures(court: Court, client: Client) -> None:
    indicator = court.indicator("受理", unit="件")
    court.figure(indicator, "5177件")
    court.live(indicator, dataset="team")
    assert client.get("/data/team.csv").status_code == 200
    assert client.get("/data/cases.csv").status_code == 404


def test_figures_of_a_withdrawn_indicator_are_not_linked(court: Court) -> None:
    indicator = court.indicator("受理", unit="件")
    article = court.article()
    court.figure(indicator, "5177件", stated_in=[article])
    assert len(related_links(article)) == 1
    actions.withdraw(obj=indicator, by=court.newsroom.publisher, reason="有误。")
    assert related_links(article) == []


def test_key_figures_share_a_period(court: Court) -> None:
    cases = court.case_indicators()
    court.figure(cases["accepted"], "5177件")
    court.figure(cases["concluded"], "5107件")
    court.figure(cases["accepted"], "1300余件", period="2021年")
    assert {str(figure.period) for figure in key_figures()} == {PERIOD}
    court.figure(cases["concluded"], "1200余件", period="2021年")
    assert {str(figure.period) for figure in key_figures()} == {"2021年"}


def test_figures_are_locked_in_id_order(court: Court) -> None:
    """Figures are locked in the order of their ids, as quoting articles lock them: no deadlock."""
    indicator = court.indicator("受理", "accepted", unit="件")
    court.figure(indicator, "5177件")
    with CaptureQueriesContext(connection) as queries:
        court.live(indicator, name="受理", code="accepted", unit="件", dataset="quality")
    statements = [query["sql"] for query in queries]
    written = next(n for n, sql in enumerate(statements) if sql.startswith(FIGURES))
    how = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    locked = re.compile(rf'SELECT .*FROM "court_observation" .*ORDER BY (1|\S+"id") ASC{how}$')
    assert any(map(locked.match, statements[:written])), statements[:written]
