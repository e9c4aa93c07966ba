"""Workflow actions by the wrong user, at the wrong time or with invalid input."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from news.models import Article
from portal.accounts.roles import Role
from portal.publishing.models import Revision
from portal.publishing.states import State
from tests import factories
from tests.factories import Newsroom
from tests.publishing.article_forms import (
    APPROVAL,
    AWKWARD_LINES,
    admin_url,
    assert_sentence,
    signed_in,
)
from tests.publishing.database_rows import all_rows

pytestmark = pytest.mark.django_db


def test_a_contributor_may_not_approve(newsroom: Newsroom) -> None:
    roles = (Role.EDITOR, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER)
    writer = factories.user(*roles)
    revision = newsroom.submit(newsroom.save(by=writer))
    assert_approval_is_refused(signed_in(writer), revision)


def test_one_user_may_not_approve_twice(newsroom: Newsroom) -> None:
    reviewer = factories.user(Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER)
    client = signed_in(reviewer)
    revision = newsroom.in_review()
    data = {**APPROVAL, "digest": revision.digest}
    assert client.post(admin_url("do", revision.object_id, "approve"), data).status_code == 302
    assert_approval_is_refused(client, revision)
    assert Revision.objects.get().valid_approvals().count() == 1


def assert_approval_is_refused(client: Client, revision: Revision) -> None:
    # The page must show the reason instead of the button.
    page = client.get(admin_url("change", revision.object_id))
    assert "approve" not in [button.action.value for button in page.context["action_buttons"]]
    assert_sentence([page.context["objection"]])
    before = {name: rows for name, rows in all_rows().items() if name != "log"}
    data = {**APPROVAL, "digest": revision.digest}
    response = client.post(admin_url("do", revision.object_id, "approve"), data)
    assert response.status_code == 403
    assert_sentence(response.context["messages"])
    button = next(each for each in response.context["action_buttons"] if each.action == "approve")
    assert button.form["comment"].value() == AWKWARD_LINES
    assert {name: rows for name, rows in all_rows().items() if name != "log"} == before


def test_an_approval_requires_both_confirmations(newsroom: Newsroom) -> None:
    revision = newsroom.in_review()
    client = signed_in(newsroom.reviewer1)
    for missing in ("reviewed", "proofread"):
        data = {**APPROVAL, "digest": revision.digest}
        del data[missing]
        response = client.post(admin_url("do", revision.object_id, "approve"), data)
        assert response.status_code == 422
        form = next(b.form for b in response.context["action_buttons"] if b.action == "approve")
        assert list(form.errors) == [missing]
        assert_sentence(form.errors[missing])
        assert form["comment"].value() == AWKWARD_LINES
    assert not revision.reviews.exists()


@pytest.mark.parametrize("action", ["return", "withdraw"])
def test_return_and_withdraw_require_a_text_of_limited_length(
    newsroom: Newsroom, action: str
) -> None:
    article = newsroom.live() if action == "withdraw" else newsroom.in_review().target
    client = signed_in(newsroom.publisher if action == "withdraw" else newsroom.reviewer1)
    name = {"return": "comment", "withdraw": "reason"}[action]
    before = all_rows()
    for text in ("", "   ", "长" * (301 if action == "withdraw" else 2001)):
        revision = article.open_revision
        data = {name: text, "digest": revision.digest if revision else ""}
        response = client.post(admin_url("do", article.pk, action), data)
        assert response.status_code == 422
        form = next(b.form for b in response.context["action_buttons"] if b.action == action)
        assert list(form.errors) == [name]
        assert_sentence(form.errors[name])
        assert form[name].value() == text
    assert all_rows() == before


def test_a_returned_revision_cannot_be_released(newsroom: Newsroom) -> None:
    revision = newsroom.returned()
    client = signed_in(newsroom.publisher)
    before = all_rows()
    for action in ("release", "schedule"):
        data = {"digest": revision.digest, "at": "2999-01-01T08:00"}
        response = client.post(admin_url("do", revision.object_id, action), data)
        assert response.status_code == 422
        assert_sentence(response.context["messages"])
    assert all_rows() == before
    assert Article.objects.get().state == State.UNRELEASED


@pytest.mark.parametrize("at", ["2001-01-01T08:00", "a minute ago", "", "tomorrow", "2999-99-99T1"])
def test_an_invalid_release_time_is_refused(newsroom: Newsroom, at: str) -> None:
    revision = newsroom.approved()
    if at == "a minute ago":
        at = (timezone.localtime() - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    client = signed_in(newsroom.publisher)
    before = all_rows()
    data = {"digest": revision.digest, "at": at}
    response = client.post(admin_url("do", revision.object_id, "schedule"), data)
    assert response.status_code == 422
    form = next(b.form for b in response.context["action_buttons"] if b.action == "schedule")
    assert list(form.errors) == ["at"]
    assert_sentence(form.errors["at"])
    assert form["at"].value() == at
    assert all_rows() == before
