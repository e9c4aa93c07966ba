"""Every user requests every URL of the site; ``endpoint_table`` contains the expected statuses.

The routes are read from the URL configuration: a test fails if the table lacks a route or contains
a route that does not exist. No response may show an unreleased title (``SECRET``).
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from django.utils import translation
from django.views import defaults

from news.models import Article
from portal import urls
from portal.audit.models import Entry
from portal.publishing.models import Publishable
from portal.publishing.rules import Action
from tests.publishing.actors import ACTOR_LABELS, STAFF_LETTERS
from tests.publishing.database_rows import all_rows, rolled_back
from tests.publishing.endpoint_table import (
    BULK_ACTIONS,
    ENDPOINTS,
    READERS,
    READERS_OF_MODEL,
    SECRET,
    SECTIONS,
    SINGLE_REVIEW_BULK_ACTIONS,
    SINGLE_REVIEW_MODELS,
    SINGLETON_MODEL,
    VISITORS,
    Endpoint,
    routes,
)
from tests.publishing.site_under_test import SiteUnderTest

pytestmark = pytest.mark.django_db


def test_the_table_lists_every_route_once() -> None:
    assert {endpoint.route for endpoint in ENDPOINTS} == set(routes(get_resolver()))
    assert len({str(endpoint) for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_the_table_lists_every_workflow_action() -> None:
    names = {endpoint.variant for endpoint in ENDPOINTS if "action_name" in endpoint.route}
    assert set(Action) <= names


@pytest.fixture(scope="module")
def shared_site(django_db_setup: None, django_db_blocker: Any) -> Iterator[SiteUnderTest]:
    """Build the site one time for this module; each test rolls back its changes."""
    with (
        django_db_blocker.unblock(),
        translation.override(settings.LANGUAGE_CODE),
        rolled_back(),
    ):
        yield SiteUnderTest()


@pytest.fixture
def site(shared_site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> SiteUnderTest:
    """Return the site, with a cache of its 403 pages by user and message.

    Most responses are refusals, and their page does not depend on the URL.
    """
    rendered: dict[tuple[str, str], bytes] = {}

    def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
        key = str(request.user), str(exception)
        if key not in rendered:
            rendered[key] = defaults.permission_denied(request, exception).content
        return HttpResponseForbidden(rendered[key])

    monkeypatch.setattr(urls, "handler403", permission_denied, raising=False)
    return shared_site.with_models()


@pytest.mark.parametrize("section", SECTIONS)
def test_each_address_answers_each_actor_as_the_table_says(
    section: str, site: SiteUnderTest
) -> None:
    site = site.with_models(*({section} & set(READERS_OF_MODEL)))
    wrong = []
    for endpoint in (endpoint for endpoint in ENDPOINTS if endpoint.section == section):
        address, body = site.address(endpoint), site.post_data(endpoint)
        for letter in VISITORS:
            for method in ("GET", "POST"):
                with rolled_back():
                    wrong += wrong_answers(site, endpoint, letter, method, address, body)
    assert not wrong


APPS = ("publishing", "news", "honors", "court", "library", "site", "accounts", "letters")


def wrong_answers(
    site: SiteUnderTest, endpoint: Endpoint, letter: str, method: str, address: str, body: Callable
) -> list[str]:
    """Send one request; describe each difference between the response and the table."""
    client = site.clients[letter]
    cookies = client.cookies.copy()
    data = body() if method == "POST" else None
    expected = endpoint.expected(method, letter)
    refused = method == "POST" and expected in {403, 404, 405, 409}
    before = all_rows(*APPS) if refused else None
    # The public forms accept only the content type that browsers send.
    kind = {"content_type": "application/x-www-form-urlencoded"} if isinstance(data, str) else {}
    response = client.post(address, data, **kind) if method == "POST" else client.get(address)
    client.cookies = cookies
    page = response.getvalue() if response.streaming else response.content
    if file := getattr(response, "file_to_stream", None):
        file.close()
    text = page.decode(errors="replace")
    found = []
    if response.status_code != expected:
        found.append(f"{response.status_code}, not {expected}")
    if before is not None and changed_since(before):
        found.append("changed something")
    if response.status_code in {301, 302} and letter not in STAFF_LETTERS and expected == 302:
        to_sign_in = reverse("admin:login") in response.headers["Location"]
        is_expected = endpoint.route in {"admin/login/", "admin/logout/", "favicon.ico"}
        if not (to_sign_in or is_expected):
            found.append(f"redirected to {response.headers['Location']}")
    spellings = SECRET, SECRET.encode("unicode_escape").decode(), quote(SECRET)
    has_secret = any(
        each.casefold() in f"{text} {response.headers}".casefold() for each in spellings
    )
    # No public page may contain the secret.
    allowed = endpoint.section != "public" and letter in endpoint.readers
    # A response may contain the secret if the request contained it.
    was_sent = SECRET in str(data)
    if has_secret and not (allowed or was_sent):
        found.append("shows the secret")
    if method == "GET" and "!" in endpoint.get and response.status_code == 200 and not has_secret:
        found.append("does not show what it should")
    return [f"{method} {endpoint} by {ACTOR_LABELS[letter]}: {what}" for what in found]


def changed_since(before: dict[str, list]) -> bool:
    """Return whether any row has changed; audit entries about refusals are ignored."""
    now = all_rows(*APPS)
    ((last,),), _ = before["log"], now.pop("log")
    done = Entry.objects.filter(pk__gt=last).exclude(result="refused")
    return done.exists() or now != {key: rows for key, rows in before.items() if key != "log"}


def test_public_pages_of_the_single_review_models_do_not_show_the_secret(
    site: SiteUnderTest,
) -> None:
    """In this test, the pages of the court, the honours and the figures show public objects."""
    site = site.with_models(*READERS_OF_MODEL)
    figure = site.objects["court.observation live"]
    addresses = ["/", "/honors/", "/court/", "/data/", f"/data/{figure.indicator_id}/"]
    addresses += [f"/data/cases.{kind}" for kind in ("csv", "json", "csv-metadata.json")]
    addresses += ["/honors/level/national/", "/honors/year/2018/", "/court/departments/"]
    for address in addresses:
        for letter in VISITORS:
            response = site.clients[letter].get(address)
            assert response.status_code == 200, address
            assert SECRET not in response.getvalue().decode(), (
                f"{address} by {ACTOR_LABELS[letter]}"
            )


def test_posts_without_a_csrf_token_change_nothing(site: SiteUnderTest) -> None:
    """A cross-site POST must be refused although the user may send the same form of the site."""
    site = site.with_models(*READERS_OF_MODEL)
    for endpoint in ENDPOINTS:
        if endpoint.post == "=" or not endpoint.route.startswith("admin/"):
            continue
        who = next((x for x in STAFF_LETTERS if endpoint.expected("POST", x) in {200, 302}), None)
        if who is None or endpoint.route == "admin/logout/":
            continue
        client = Client(enforce_csrf_checks=True)
        client.force_login(site.people[who])
        before = all_rows(*APPS)
        response = client.post(site.address(endpoint), site.post_data(endpoint)())
        assert response.status_code == 403, endpoint
        assert not changed_since(before), endpoint


def test_each_bulk_action_works_for_the_actors_in_the_table_only(site: SiteUnderTest) -> None:
    site = site.with_models(*READERS_OF_MODEL)
    table = {}
    for label, name, who in map(str.split, BULK_ACTIONS.strip().splitlines()):
        table[label, name] = who
    for label, _readers, writers in map(str.split, SINGLE_REVIEW_MODELS.strip().splitlines()):
        for name, who in map(str.split, SINGLE_REVIEW_BULK_ACTIONS.strip().splitlines()):
            blocked = label == SINGLETON_MODEL and name in {"submit_selected", "release_selected"}
            table[label, name] = "" if blocked else who.replace("W", writers)
    known = set()
    for model, model_admin in registered_admins():
        for letter in STAFF_LETTERS:
            request = request_by(site.people[letter])
            for name in model_admin.get_actions(request):
                known.add((model._meta.label_lower, name))
                who = table[model._meta.label_lower, name]
                assert letter in who or not who, (model, name, letter)
    assert known == set(table)
    chosen = {
        "submit_selected": "draft",
        "release_selected": "approved",
        "archive_selected": "draft",
        "approve_selected": "in_review",
        "delete_selected": "",
    }
    Article.objects.filter(pk=site.objects["live"].pk).update(pinned=True, featured=True)
    other = site.newsroom.live()
    for (label, name), who in table.items():
        state = chosen.get(name) or "live"
        on = {"news.article": state, "site.friendlylink": "link", "site.redirect": "redirect"}
        obj = site.objects[on.get(label, f"{label} {state}")]
        if name in {"pin", "feature"}:
            obj = other
        address = reverse(f"admin:{label.replace('.', '_')}_changelist")
        for letter in VISITORS:
            with rolled_back():
                before = all_rows(*APPS)
                data = {"action": name, "_selected_action": [obj.pk], "post": "yes"}
                if name == "approve_selected":
                    digest = obj.open_revision.digest
                    data |= {"reviewed": "on", "proofread": "on", f"digest-{obj.pk}": digest}
                response = site.clients[letter].post(address, data)
                assert response.status_code in {200, 302, 403}
                assert changed_since(before) == (letter in who), (label, name, letter)
                if letter not in READERS_OF_MODEL.get(label, READERS):
                    assert SECRET not in response.content.decode()


def registered_admins() -> list[tuple[type[Model], ModelAdmin]]:
    models = [model for model in apps.get_models() if admin.site.is_registered(model)]
    return [(model, admin.site.get_model_admin(model)) for model in models]


def request_by(user: Any) -> Any:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def test_no_actor_may_delete_publishable_objects(site: SiteUnderTest) -> None:
    for model, model_admin in registered_admins():
        if issubclass(model, Publishable):
            for letter in STAFF_LETTERS:
                assert not model_admin.has_delete_permission(request_by(site.people[letter]))


def test_djangos_own_admin_log_has_no_pages() -> None:
    assert not admin.site.is_registered(LogEntry)
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
