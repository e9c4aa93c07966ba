"""What staff read and keep if the database goes away while they send a form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import DataError, InterfaceError, InternalError, OperationalError
from django.test import Client

from news.models import Article
from portal.accounts.sessions import SessionStore
from portal.publishing.states import State
from tests.factories import Newsroom
from tests.publishing.article_forms import AWKWARD_LINES, AWKWARD_TEXT, admin_url
from tests.publishing.page_forms import HtmlForm

ORIGIN = "http://testserver"
GONE = [OperationalError, InterfaceError, InternalError]


@pytest.fixture
def newsroom(db: None) -> Newsroom:
    return Newsroom()


def client_of(user: Any, origin: str = ORIGIN) -> Client:
    client = Client(raise_request_exception=False, headers={"origin": origin})
    client.force_login(user)
    return client


@contextmanager
def no_database(error: type[Exception]) -> Iterator[None]:
    """Let every query fail; not at the end of the test, which rolls its transaction back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", failing(error))
        yield


def failing(error: type[Exception]) -> Callable[..., None]:
    def fail(*args: object, **kwargs: object) -> None:
        raise error("terminating connection due to administrator command")

    return fail


@pytest.mark.parametrize("error", GONE)
def test_a_release_that_took_effect_is_not_called_a_bad_request(
    error: type[Exception], newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = newsroom.approved()
    client = client_of(newsroom.publisher)
    address = admin_url("do", revision.object_id, "release")
    # Only the session's row is written after the transaction of the release.
    monkeypatch.setattr(Session, "save", failing(error))
    answer = client.post(address, {"digest": revision.digest})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert Article.objects.get(pk=revision.object_id).state == State.LIVE
    text = answer.content.decode()
    assert "是否已经生效，目前无法确定" in text
    assert f'href="{address}"' in text
    monkeypatch.undo()
    # The link shows the state, once the database answers again.
    state = client.get(address, follow=True)
    assert state.status_code == 200
    assert Article.objects.get(pk=revision.object_id).get_state_display() in state.content.decode()


@pytest.mark.parametrize("error", GONE)
def test_text_is_given_back_while_the_database_is_away(
    error: type[Exception], newsroom: Newsroom
) -> None:
    client = client_of(newsroom.editor)
    posted = {"title": AWKWARD_TEXT, "body": AWKWARD_LINES, "token": "1", "_save": ""}
    address = f"{admin_url('add')}?a=1"
    with no_database(error):
        answer = client.post(address, posted)
    assert answer.status_code == 503
    form = HtmlForm(answer.content, "resume-form")
    assert form.action == address
    returned = {
        name: values for name, values in form.data().items() if name != "csrfmiddlewaretoken"
    }
    assert returned == {name: [value] for name, value in posted.items()}


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_a_post_of_another_site_is_not_given_back(origin: str, newsroom: Newsroom) -> None:
    client = client_of(newsroom.editor, origin)
    with no_database(GONE[0]):
        answer = client.post(admin_url("add"), {"title": "外来"})
    assert answer.status_code == 503
    assert "外来" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/logout/", "/feedback/answer/"])
def test_passwords_and_public_forms_are_not_given_back(path: str, newsroom: Newsroom) -> None:
    client = client_of(newsroom.editor)
    with no_database(GONE[0]):
        answer = client.post(path, {"username": "editor", "password": "Geheim-9", "receipt": "1"})
    assert answer.status_code == 503
    assert "Geheim-9" not in answer.content.decode()
    assert "resume-form" not in answer.content.decode()


@pytest.mark.parametrize("error", [*GONE, DataError])
def test_a_session_reports_the_error_of_the_database(
    error: type[Exception], db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = SessionStore()
    session.create()
    monkeypatch.setattr(Session, "save", failing(error))
    with pytest.raises(error):
        session.save()


def test_a_deleted_session_is_still_reported_as_deleted(db: None) -> None:
    session = SessionStore()
    session.create()
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
