"""Every kind of response has exactly the expected headers, from the application and through nginx.

The expected headers are all security headers, one time each, and the headers named in this module.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client, override_settings

from portal.library.renditions import largest_jpeg_url
from portal.publishing import actions
from portal.web import headers
from tests import factories
from tests.deploy.portal import SERVER_HEADERS, Portal
from tests.nginx import Answer

SECURITY = headers.page_headers()
#: Headers of a response with a body.
BODY = {"Content-Type", "Content-Length", "Content-Language", "Cache-Control"}
#: Headers that browsers need for conditional requests.
TAGS = {"ETag", "Last-Modified"}
STORED = BODY | TAGS | {"Vary"}
WHOLE = (BODY | TAGS) - {"Content-Language"}
# Headers that a 304 response has besides the security headers.
ABSENT = {"Content-Language", "Cache-Control"} | TAGS | {"Vary"}
#: Headers of a response that nginx compresses: it compresses responses with status 200, 403 or 404.
COMPRESSED = BODY | {"Vary"}
#: Headers of a response whose length is not known in advance.
STREAMED = BODY - {"Content-Length"}


@dataclass(frozen=True)
class Kind:
    """A request and the expected response.

    ``others`` contains the names of the response's headers besides the security headers; ``nginx``
    contains the names through nginx, if they differ. ``by_nginx`` is true if nginx responds without
    the application.
    """

    status: int
    path: str
    others: set[str]
    nginx: set[str] | None = None
    method: str = "GET"
    asks: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    by_nginx: bool = False


def kinds(newsroom: factories.Newsroom) -> dict[str, Kind]:
    image = factories.image(newsroom.editor, alt="照片")
    row = {"image": image.pk, "alt": "照片", "caption": "", "credit": "", "focal_x": 50}
    live = newsroom.live(pictures=[row | {"focal_y": 50}])
    gone = actions.withdraw(obj=newsroom.live(), by=newsroom.publisher, reason="信息有误。")
    picture = largest_jpeg_url(image)
    long = "/" + "a" * 9000
    too_much = b"a" * (1024 * 1024 + 1)
    moved = BODY | {"Location"}
    return {
        "stored page": Kind(200, live.get_absolute_url(), STORED),
        "its head": Kind(200, live.get_absolute_url(), STORED, method="HEAD"),
        "nothing new": Kind(304, live.get_absolute_url(), ABSENT, asks={"If_None_Match": "*"}),
        "feed": Kind(200, "/feeds/news.json", STORED),
        "map": Kind(200, "/sitemap.xml", STORED),
        "page of its own": Kind(200, "/search/?q=1", BODY | {"Expires"}, COMPRESSED | {"Expires"}),
        "probe": Kind(200, "/healthz", BODY | {"Expires"}),
        "picture": Kind(200, picture, BODY | TAGS | {"Content-Disposition"}),
        "no picture": Kind(404, "/media/i/aa/nowhere.jpg", BODY, COMPRESSED),
        "moved for good": Kind(301, "/news/court-news/page/1/", moved),
        "a slash is missing": Kind(301, "/news/court-news", STREAMED | {"Location"}),
        "to the admin site": Kind(302, "/admin/", moved | {"Expires", "Vary"}),
        "another host": Kind(400, "/search/", STREAMED, asks={"Host": "evil.example"}),
        "forged": Kind(403, "/search/", BODY, COMPRESSED, method="POST", body=b"a=1"),
        "nowhere": Kind(404, "/nowhere/", BODY, COMPRESSED),
        "its head, nowhere": Kind(404, "/nowhere/", BODY, COMPRESSED, method="HEAD"),
        "another method": Kind(405, "/search/", BODY | {"Allow"}, method="OPTIONS"),
        "withdrawn": Kind(410, gone.get_absolute_url(), BODY),
        "too much": Kind(413, "/", BODY, method="POST", body=too_much, by_nginx=True),
        "a long address": Kind(414, long, BODY - {"Content-Language"}, by_nginx=True),
        "a file": Kind(200, "/static/css/base.css", WHOLE, WHOLE | {"Vary"}),
        "no file": Kind(404, "/static/css/nowhere.css", BODY, BODY - {"Content-Language"}),
    }


def names(answer: Answer) -> set[str]:
    return {name for name in answer.headers if name not in SERVER_HEADERS}


def wrong(answer: Answer, kind: Kind, others: set[str]) -> dict[str, Any]:
    """Return the differences between a response and its expected status and headers."""
    found: dict[str, Any] = {}
    if answer.status != kind.status:
        found["status"] = answer.status
    for name, value in SECURITY.items():
        if answer.all(name) != [value]:
            found[name] = answer.all(name)
    twice = {name for name in names(answer) if len(answer.all(name)) > 1}
    if twice:
        found["twice"] = twice
    if names(answer) - set(SECURITY) != others:
        found["others"] = names(answer) - set(SECURITY)
    return found


@pytest.fixture
def newsroom(portal: Portal) -> factories.Newsroom:
    (portal.var / "static/css").mkdir(parents=True)
    (portal.var / "static/css/base.css").write_bytes(
        (settings.BASE_DIR / "static/css/base.css").read_bytes()
    )
    factories.column("second")
    return factories.Newsroom()


def test_headers_of_the_application(
    portal: Portal, newsroom: factories.Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = {name: kind for name, kind in kinds(newsroom).items() if not kind.by_nginx}
    found = {
        name: wrong(
            portal.ask_application(kind.path, kind.method, kind.body, **kind.asks),
            kind,
            kind.others,
        )
        for name, kind in direct.items()
    }
    for name, kind, error in failures():
        monkeypatch.setattr("news.views.list_counts.get_page", failing(error))
        found[name] = wrong(portal.ask_application(kind.path), kind, kind.others)
    assert {name: each for name, each in found.items() if each} == {}


def test_headers_through_nginx(
    portal: Portal, newsroom: factories.Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each path must be requested twice: nginx reads a stored page from disk for the second
    response.
    """
    found = {}
    for name, kind in kinds(newsroom).items():
        asks = (kind.path, kind.method, kind.body)
        answer = [portal.ask(*asks, **kind.asks) for _reader in range(2)][1]
        found[name] = wrong(answer, kind, kind.others if kind.nginx is None else kind.nginx)
    for name, kind, error in failures():
        monkeypatch.setattr("news.views.list_counts.get_page", failing(error))
        found[name] = wrong(
            portal.ask(kind.path), kind, kind.others if kind.nginx is None else kind.nginx
        )
    portal.stop_application()
    down = Kind(503, "/nowhere/", STREAMED | {"Retry-After"})
    for method in ("GET", "HEAD", "POST"):
        found[f"application down, {method}"] = wrong(
            portal.ask(down.path, method), down, down.others
        )
    assert {name: each for name, each in found.items() if each} == {}


def failures() -> Iterator[tuple[str, Kind, Exception]]:
    """Yield the name, the expected response and the simulated exception of two failures.

    The failures use the pages of two columns, because the store remembers a page that is missing
    after the first request.
    """
    yield "broken", Kind(500, "/news/court-news/", BODY), ValueError("as it happens")
    error = OperationalError("the database is down")
    yield (
        "busy",
        Kind(503, "/news/second/", BODY | {"Retry-After"}, STREAMED | {"Retry-After"}),
        error,
    )


def failing(error: Exception) -> Any:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    return fail


@override_settings(HTTPS=True, SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31536000)
@override_settings(SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=True)
@override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/news", 301), ("/nowhere/", 404), ("/static/css/base.css", 200)],
)
def test_hsts_is_sent_by_https_only(path: str, status: int) -> None:
    answer = Client(headers={"x-forwarded-proto": "https"}).get(path)
    answer.getvalue()
    assert answer.status_code == status
    assert answer.headers["Strict-Transport-Security"] == (
        "max-age=31536000; includeSubDomains; preload"
    )
    plain = Client().get(path)
    assert (plain.status_code, plain.headers["Location"]) == (301, f"https://testserver{path}")
    assert "Strict-Transport-Security" not in plain.headers
    assert {name: plain.headers[name] for name in SECURITY} == SECURITY


@override_settings(HTTPS=True, SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31536000)
@override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))
@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/nowhere/", "/admin/login/", "/static/css/base.css"])
@pytest.mark.parametrize(
    ("subdomains", "preload", "rest"),
    [
        (False, False, ""),
        (True, False, "; includeSubDomains"),
        (True, True, "; includeSubDomains; preload"),
    ],
)
def test_hsts_follows_the_settings(path: str, subdomains: bool, preload: bool, rest: str) -> None:
    with override_settings(SECURE_HSTS_INCLUDE_SUBDOMAINS=subdomains, SECURE_HSTS_PRELOAD=preload):
        answer = Client(headers={"x-forwarded-proto": "https"}).get(path)
        answer.getvalue()
        wanted = f"max-age=31536000{rest}"
        assert answer.headers["Strict-Transport-Security"] == wanted
        # Stored pages and nginx send the same header as Django.
        assert headers.page_headers()["Strict-Transport-Security"] == wanted


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, (True, True)),
        ({"PORTAL_HSTS_PRELOAD": "0"}, (True, False)),
        ({"PORTAL_HSTS_SUBDOMAINS": "0"}, (False, False)),
        ({"PORTAL_HSTS_SUBDOMAINS": "0", "PORTAL_HSTS_PRELOAD": "1"}, (False, False)),
        ({"PORTAL_HTTPS": "0"}, (False, False)),
    ],
)
def test_the_environment_turns_hsts_options_off(
    environment: dict[str, str], wanted: tuple[bool, bool], tmp_path: Path
) -> None:
    code = "from portal import settings as s; "
    code += "print(s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PORTAL_HTTPS": "1", "PORTAL_VAR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(value) for value in wanted]
