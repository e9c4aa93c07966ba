"""POST requests about a text that was changed after the form was opened."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.publishing import actions
from portal.publishing.models import Revision
from portal.publishing.states import RevisionState
from tests.factories import Newsroom
from tests.publishing.article_forms import (
    AWKWARD_LINES,
    admin_url,
    article_input,
    assert_input_is_kept,
    assert_sentence,
    signed_in,
    text_of,
)
from tests.publishing.database_rows import all_rows
from tests.publishing.page_forms import form_data

pytestmark = pytest.mark.django_db


def test_a_stale_save_shows_both_versions(editor_client: Client, newsroom: Newsroom) -> None:
    article = newsroom.draft(title="先前").target
    url = admin_url("change", article.pk)
    opened = form_data(editor_client.get(url))
    newsroom.save(article, title="别人存的", body="<p>别人的正文</p>")
    posted = article_input()
    response = editor_client.post(url, {**opened, **posted})
    assert response.status_code == 409
    assert_sentence(response.context["messages"])
    assert_input_is_kept(response, posted)
    conflict = response.context["conflict"]
    assert conflict["current"].title == "别人存的"
    sides = {str(change.label): change for change in conflict["changes"]}
    assert len(sides) >= 2
    assert any("别人的正文" in text_of(change.before) for change in sides.values())
    assert any("第二段" in text_of(change.after) for change in sides.values())
    assert Revision.objects.get().title == "别人存的"
    # The next save replaces the other version, which remains in the history.
    assert editor_client.post(url, form_data(response)).status_code == 302
    revision = Revision.objects.get()
    assert revision.title == posted["title"]
    assert "别人存的" in [each.content["fields"]["title"] for each in revision.snapshots.all()]


@pytest.mark.parametrize("step", ["in_review", "approved", "scheduled", "archived"])
def test_a_save_of_a_text_that_is_no_longer_editable_stores_nothing(
    editor_client: Client, newsroom: Newsroom, step: str
) -> None:
    revision = newsroom.draft(title="先前")
    article = revision.target
    url = admin_url("change", article.pk)
    opened = form_data(editor_client.get(url))
    if step == "archived":
        actions.archive(obj=article, by=newsroom.publisher)
    else:
        revision = newsroom.submit(revision)
    if step in {"approved", "scheduled"}:
        revision = newsroom.approve(revision)
    if step == "scheduled":
        at = timezone.now() + timedelta(days=1)
        actions.schedule(revision=revision, by=newsroom.publisher, digest=revision.digest, at=at)
    before = all_rows()
    response = editor_client.post(url, {**opened, **article_input()})
    assert response.status_code == 409
    assert_sentence(response.context["messages"])
    assert_input_is_kept(response, article_input())
    assert all_rows() == before


def test_a_save_after_the_release_of_the_same_version_creates_a_draft(
    editor_client: Client, newsroom: Newsroom
) -> None:
    """The form was opened before the release of the version that it shows."""
    revision = newsroom.draft(title="先前")
    url = admin_url("change", revision.object_id)
    opened = form_data(editor_client.get(url))
    article = newsroom.release(newsroom.approve(newsroom.submit(revision)))
    assert editor_client.post(url, {**opened, **article_input()}).status_code == 302
    article.refresh_from_db()
    draft = article.open_revision
    assert (article.title, draft.title) == ("先前", article_input()["title"])
    assert (draft.base, draft.state) == (article.live_revision, RevisionState.DRAFT)


@pytest.mark.parametrize("action", ["approve", "return", "submit", "release", "schedule"])
def test_a_decision_about_a_changed_text_is_refused(newsroom: Newsroom, action: str) -> None:
    revision = {
        "approve": newsroom.in_review,
        "return": newsroom.in_review,
        "submit": newsroom.draft,
        "release": newsroom.approved,
        "schedule": newsroom.approved,
    }[action]()
    users = {"approve": newsroom.reviewer1, "return": newsroom.reviewer1, "submit": newsroom.editor}
    client = signed_in(users.get(action, newsroom.publisher))
    article = revision.target
    seen = revision.digest
    later = timezone.localtime() + timedelta(days=2)
    data = {
        "digest": seen,
        "reviewed": "on",
        "proofread": "on",
        "comment": AWKWARD_LINES,
        "at": later.strftime("%Y-%m-%dT%H:%M"),
    }
    if action != "submit":
        actions.recall(revision=revision, by=newsroom.editor)
    newsroom.save(article, title="又改了一字")
    if action != "submit":
        newsroom.submit(revision)
    if action in {"release", "schedule"}:
        newsroom.approve(Revision.objects.get())
    before = all_rows()
    response = client.post(admin_url("do", article.pk, action), data)
    assert response.status_code == 422
    assert_sentence(response.context["messages"])
    assert all_rows() == before
    # The page and the digest are about the current text; the form still contains the input.
    button = next(each for each in response.context["action_buttons"] if each.action == action)
    if "comment" in button.form.fields:
        assert button.form["comment"].value() == AWKWARD_LINES
    assert "又改了一字" in response.content.decode()
    current_digest = Revision.objects.get().digest
    assert button.form["digest"].value() == current_digest != seen
    again = client.post(admin_url("do", article.pk, action), {**data, "digest": current_digest})
    assert again.status_code == 302
