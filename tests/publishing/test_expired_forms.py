"""POST requests of an article's forms after the session has expired."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from portal.publishing.models import Revision
from tests.factories import PASSWORD, Newsroom
from tests.publishing.article_forms import APPROVAL, AWKWARD_LINES, admin_url, article_input
from tests.publishing.database_rows import all_rows
from tests.publishing.page_forms import HtmlForm, form_data

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["change", "add"])
def expired(request: Any, newsroom: Newsroom) -> tuple[Client, str, dict[str, Any]]:
    """Return a client without a session, the URL of a form, and the form's data."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(newsroom.editor)
    article = newsroom.draft().target
    url = admin_url("add") if request.param == "add" else admin_url("change", article.pk)
    form = form_data(client.get(url), **article_input())
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    return client, url, form


def test_a_form_posted_after_the_session_expired_is_saved_after_sign_in(
    expired: tuple[Client, str, dict[str, Any]],
) -> None:
    client, url, form = expired
    before = all_rows()
    page = client.post(url, form)
    assert page.status_code == 403
    assert all_rows()["news_article"] == before["news_article"]
    sign_in = HtmlForm(page.content, "login-form")
    wrong = client.post(sign_in.action, sign_in.data(username="editor", password="wrong"))
    sign_in = HtmlForm(wrong.content, "login-form")
    resume_page = client.post(sign_in.action, sign_in.data(username="editor", password=PASSWORD))
    resume = HtmlForm(resume_page.content, "resume-form")
    assert resume.action == url
    data = resume.data()
    for name, value in form.items():
        if name != "csrfmiddlewaretoken":
            assert data[name] == (value if isinstance(value, list) else [value]), name
    saved = client.post(resume.action, data)
    assert saved.status_code == 302
    fields = Revision.objects.latest("saved_at").content["fields"]
    for name, value in article_input().items():
        assert fields[name].replace("\r\n", "\n") == value.replace("\r\n", "\n"), name


def test_an_autosave_without_a_session_gets_403(
    expired: tuple[Client, str, dict[str, Any]],
) -> None:
    """The autosave script would take a redirect to the sign-in page for success."""
    client, url, form = expired
    url = url.replace("change/", "autosave/").replace("add/", "autosave/")
    assert client.post(url, form).status_code == 403


def test_an_approval_posted_without_a_session_is_given_after_sign_in(newsroom: Newsroom) -> None:
    revision = newsroom.in_review()
    client = Client()
    url = admin_url("do", revision.object_id, "approve")
    page = client.post(url, {**APPROVAL, "digest": revision.digest})
    assert page.status_code == 403
    sign_in = HtmlForm(page.content, "login-form")
    resume_page = client.post(sign_in.action, sign_in.data(username="reviewer1", password=PASSWORD))
    resume = HtmlForm(resume_page.content, "resume-form")
    assert client.post(resume.action, resume.data()).status_code == 302
    review = revision.reviews.get()
    assert review.comment == AWKWARD_LINES.replace("\r\n", "\n") or review.comment == AWKWARD_LINES
