"""Health checks and the favicon respond correctly with and without the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import OperationalError, transaction
from django.test import Client

from portal.pagestore import generations, sync
from tests.pagestore.node import Node


@pytest.mark.django_db
def test_favicon_redirects_to_the_icon(client: Client) -> None:
    asked = client.get("/favicon.ico")
    assert asked.status_code == 302
    found = finders.find(asked["Location"].removeprefix(settings.STATIC_URL))
    assert found == str(settings.BASE_DIR / "static/img/favicon.svg")


@pytest.fixture
def stop_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    def begin() -> None:
        def refuse(*args: object, **kwargs: object) -> None:
            raise OperationalError("could not connect to host db.internal")

        monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", refuse)

    yield begin
    monkeypatch.undo()


def test_readiness_depends_on_the_generation_of_the_store(node: Node, client: Client) -> None:
    with transaction.atomic():
        generations.bump_generation(forbid_stale=False)
    # A short lag is normal, but a node that stays behind must not receive requests.
    assert client.get("/readyz").status_code == 200
    generations.SiteGeneration.objects.update(timestamp=1_000_000)
    behind = client.get("/readyz")
    assert (behind.status_code, behind.json()["generations_behind"]) == (503, 1)
    sync.sync_store()
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"ready": True, "missing_guards": [], "overdue": 0, "generations_behind": 0},
    )


def test_health_checks_without_the_database(
    transactional_db: None, stop_database: Callable[[], None]
) -> None:
    client = Client(raise_request_exception=False)
    stop_database()
    assert client.get("/healthz").status_code == 200
    asked = client.get("/readyz")
    assert (asked.status_code, asked.json()) == (503, {"ready": False, "database": "unavailable"})
    for path in ("/search/?q=法院", "/admin/login/", "/news/"):
        answer = client.get(path)
        if answer.status_code != 200:  # some pages need no database query
            assert (answer.status_code, answer["Retry-After"]) == (503, "30"), path
        assert b"db.internal" not in answer.content
    assert client.get("/search/?q=法院").status_code == 503
