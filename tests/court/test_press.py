"""The court's records pass the press: one review, of somebody else."""

from typing import Any

import pytest

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.court.models import CourtProfile, Department, Indicator, Observation, Person
from portal.printed.quantities import read_quantity
from portal.publishing import actions, listing
from portal.publishing.errors import NotAllowed, Refused
from portal.publishing.models import Revision, Tally
from portal.publishing.states import RevisionState, State
from tests import factories
from tests.court.build import PROFILE, Court

pytestmark = pytest.mark.django_db

POSTS = [{"title": "院长", "since": "", "until": ""}]


def contents(court: Court) -> list[tuple[Any, dict[str, Any]]]:
    """One object of each type with a whole content."""
    accepted = court.indicator("受理", "accepted", unit="件")
    return [
        (CourtProfile(), PROFILE),
        (Department(), {"name": "立案庭"}),
        (Person(), {"name": "王鹏举", "posts": POSTS, "is_leader": True}),
        (Indicator(), {"name": "审（执）结", "code": "concluded"}),
        (Observation(), court.values(accepted, "5177件")),
    ]


def approve(revision: Revision, by: User) -> Revision:
    return actions.approve(
        revision=revision, by=by, digest=revision.digest, reviewed=True, proofread=True
    )


def test_a_draft_one_review_the_release(court: Court) -> None:
    for obj, fields in contents(court):
        revision = court.in_review(obj, **fields)
        assert (revision.steps_required, revision.target.state) == (1, State.UNRELEASED)
        with pytest.raises(Refused):
            court.room.release(revision)
        revision = approve(revision, court.room.reviewer1)
        assert revision.state == RevisionState.APPROVED
        released = court.room.release(revision)
        assert released.is_public
        assert released.current_content() == released.live_revision.content


@pytest.mark.parametrize("role", [Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER])
def test_any_reviewer_may_give_the_review(court: Court, role: Role) -> None:
    reviewer = factories.user(role)
    for obj, fields in contents(court):
        assert approve(court.in_review(obj, **fields), reviewer).state == RevisionState.APPROVED


def test_the_writer_may_not(court: Court) -> None:
    both = factories.user(Role.EDITOR, Role.FINAL_REVIEWER)
    for obj, fields in contents(court):
        court.room.editor = both
        revision = court.in_review(obj, **fields)
        with pytest.raises(Refused):
            approve(revision, both)
        revision.refresh_from_db()
        assert revision.state == RevisionState.IN_REVIEW


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER, Role.HONORS, Role.AUDITOR])
def test_nobody_else_may(court: Court, role: Role) -> None:
    other = factories.user(role)
    revision = court.in_review(Department(), name="立案庭")
    with pytest.raises(NotAllowed):
        approve(revision, other)


def test_there_is_one_live_profile(court: Court) -> None:
    court.profile()
    with pytest.raises(Refused):
        court.profile()
    assert CourtProfile.objects.public().count() == 1


def test_there_is_one_live_indicator_of_a_code(court: Court) -> None:
    court.indicator("受理", "accepted")
    with pytest.raises(Refused):
        court.indicator("另一受理", "accepted")


def test_a_figure_needs_a_public_indicator_and_something_to_say(court: Court) -> None:
    draft = court.draft(Indicator(), name="未发布").target
    with pytest.raises(Refused):
        court.figure(draft, "5件")
    with pytest.raises(Refused):
        court.figure(court.indicator("受理"), "")


def test_the_lists_are_tallied_and_the_desk_knows_the_indicator(court: Court) -> None:
    first = court.indicator("受理")
    second = court.indicator("结案")
    live = court.figure(first, "5件", period="2019年")
    court.figure(first, "6件", period="三年来")
    assert (listing.total(first.list_key), listing.total(second.list_key)) == (2, 0)
    court.figure(second, "5件", period="2019年", obj=live)
    assert (listing.total(first.list_key), listing.total(second.list_key)) == (1, 1)
    live.refresh_from_db()
    assert live.working_indicator == second
    assert str(live.ordered_on) == "2019-01-01"
    before = set(Tally.objects.values_list("key", "bucket", "count"))
    listing.recount(Observation)
    after = set(Tally.objects.values_list("key", "bucket", "count"))
    assert {row for row in before if row[2]} == after


def test_the_companion_columns_follow_the_meaning(court: Court) -> None:
    figure = court.figure(court.indicator("稿件"), "20余名", period="2018年", rank="前十名")
    figure.refresh_from_db()
    assert (figure.value_low, figure.value_high, figure.rank_sort) == (20, 30, 10)
    assert [str(day) for day in (figure.period_from, figure.period_to)] == [
        "2018-01-01",
        "2018-12-31",
    ]
    assert figure.value == read_quantity("20余名")
