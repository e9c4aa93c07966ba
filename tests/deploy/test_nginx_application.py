"""nginx passes requests for other paths to the application, without changes and within limits."""

import gzip

import pytest

from portal.letters.form_guard import MAX_POST_BYTES
from portal.web import headers
from tests.deploy.answers import all_headers, expected, has_security_headers
from tests.deploy.application import ADMIN_PAGE, PAGE
from tests.deploy.conftest import (
    Place,
    text,
)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere/", 404),
        ("/news/9/", 410),
        ("/broken/", 500),
        ("/court", 302),
        ("/news/13/", 200),
        ("/healthz", 200),
        ("/readyz", 200),
    ],
)
def test_other_paths_are_answered_by_the_application(place: Place, path: str, status: int) -> None:
    """nginx must pass on the responses unchanged: it may not add, repeat or remove any header."""
    for method in ("GET", "HEAD"):
        answer = place.ask(path, method, Accept_Encoding="identity")
        assert (answer.status, answer.body) == (status, PAGE if method == "GET" else b"")
        assert all_headers(answer) == expected(
            Content_Type="text/html; charset=utf-8",
            Content_Length=str(len(PAGE)),
            Content_Language="zh-hans",
            Cache_Control="no-cache",
            Location="/court/" if status == 302 else None,
        )
        assert place.reached == [(method, path)]


def test_a_folder_without_final_slash_reaches_the_application(place: Place) -> None:
    place.ask("/news?a=1")
    assert place.reached == [("GET", "/news?a=1")]


@pytest.mark.parametrize(
    "path",
    [
        "/search/?q=%E6%B3%95%E9%99%A2",
        "/search/",
        "/en/search/",
        "/feedback/",
        "/public/detail.php?id=7",
        "/admin/",
        "/news/.secret",
        "/news/12/index.html",
        "/index.html",
        "/news/12/index.html.gz",
        "/feeds/news.atom.br",
        "//news/12/",
        "/news//12/",
        "//",
        "//feeds/news.json",
        "/.feeds/feeds/news.json",
        "//data/cases.csv-metadata.json",
    ],
)
def test_some_paths_are_never_read_from_the_store(place: Place, path: str) -> None:
    """The application must respond even if a file of that name exists in the store.

    Without the application, nginx must return 503.
    """
    answer = place.ask(path)
    assert place.reached == [("GET", path)]
    assert b"<p>current" not in answer.body
    is_admin = path.startswith("/admin/")
    assert has_security_headers(answer, headers.policy("editor") if is_admin else None)
    with place.application.down():
        answer = place.ask(path)
    assert answer.status == 503
    assert b"12368" in answer.body
    assert has_security_headers(answer)


def test_forwarded_headers_are_replaced(place: Place) -> None:
    place.ask(
        "/news/13/",
        X_Forwarded_For="203.0.113.9, 198.51.100.1",
        X_Forwarded_Proto="https",
        X_Forwarded_Host="evil.example",
        Forwarded="for=203.0.113.9",
        Proxy="evil",
    )
    _method, _path, sent = place.application.requests[0]
    assert sent["Host"].startswith("127.0.0.1:")
    assert (sent["X-Forwarded-For"], sent["X-Forwarded-Proto"]) == ("127.0.0.1", "http")
    assert {"X-Forwarded-Host", "Forwarded", "Proxy"} & set(sent) == set()


@pytest.mark.parametrize("path", ["/news/12/", "/", "/feeds/news.json", "/static/css/base.css"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_stored_pages_answer_get_and_head_only(place: Place, path: str, method: str) -> None:
    answer = place.ask(path, method, body=b"a=1")
    if path.startswith("/static/"):
        assert answer.status == 405
    else:
        assert place.reached == [(method, path)]
        assert answer.body == PAGE
    assert has_security_headers(answer)
    with place.application.down():
        answer = place.ask(path, method, body=b"a=1")
    assert answer.status == (405 if path.startswith("/static/") else 503)
    assert b"<p>current" not in answer.body
    assert b"<p>fallback" not in answer.body
    assert has_security_headers(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret-key",
        "/news/../../secret-key",
        "/%2e%2e/secret-key",
        "/static/../../secret-key",
        "/static/..%2f..%2fsecret-key",
        "/news/..%2f..%2f..%2f..%2fsecret-key",
        "/media/%2e%2e/%2e%2e/%2e%2e/secret-key",
        "/static/..%5c..%5csecret-key",
        "/news/%00",
        "/static../secret-key",
        "/media../private/x",
    ],
)
def test_path_traversal_is_impossible(place: Place, path: str) -> None:
    answer = place.ask(path)
    assert answer.status in {400, 404} or (answer.status, answer.body) == (200, PAGE)
    assert b"secret" not in answer.body
    assert has_security_headers(answer)


def test_an_encoded_slash_equals_a_slash(place: Place) -> None:
    """A path with an encoded slash must return the same page as the path with a slash, as in
    Django.
    """
    assert place.ask("/news%2F12/").body == text("current news/12/index.html")
    assert place.ask("/news/../").body == text("current index.html")


@pytest.mark.parametrize(
    "path",
    [
        "/store/current/index.html",
        "/store/fallback/index.html",
        "/down/503.html",
        "/secret-key",
        "/media/private/x",
    ],
)
def test_folder_names_are_not_served(place: Place, path: str) -> None:
    answer = place.ask(path)
    assert b"<p>" not in answer.body
    assert place.reached == [("GET", path)]


def test_refused_requests_have_security_headers(place: Place) -> None:
    for answer in (
        place.ask("/" + "a" * 9000),
        place.ask("/news/", "POST", body=b"a" * (1024 * 1024 + 1)),
        place.ask("/news/", Cookie="a" * 9000),
        place.ask("/news/", "TRACE"),
    ):
        assert answer.status in {400, 405, 413, 414}
        assert has_security_headers(answer)
        assert place.reached == []


def test_the_admin_site(place: Place) -> None:
    """Pages of the admin have their own security policy, are not compressed, and have no fallback
    copies.
    """
    answer = place.ask("/admin/news/article/add/", Accept_Encoding="gzip, br")
    assert answer.body == ADMIN_PAGE
    assert answer["Content-Encoding"] is None
    assert has_security_headers(answer, headers.policy("editor"))
    with place.application.answering_with(503):
        answer = place.ask("/admin/")
        assert (answer.status, answer.body) == (503, ADMIN_PAGE)
    with place.application.down():
        for method in ("GET", "POST"):
            answer = place.ask("/admin/", method)
            assert answer.status == 503
            assert b"12368" in answer.body
            assert has_security_headers(answer)


def test_upload_limits(place: Place) -> None:
    """Only the admin may accept large uploads."""
    assert place.ask("/admin/upload/", "POST", body=b"a" * (50 << 20)).status == 200
    place.application.requests.clear()
    too_large = place.ask("/admin/upload/", "POST", body=b"a" * ((64 << 20) + 1))
    assert too_large.status == 413
    assert has_security_headers(too_large)
    assert place.reached == []


@pytest.mark.parametrize("path", ["/feedback/", "/en/feedback/", "/feedback/answer/"])
def test_the_limit_of_the_public_form(place: Place, path: str) -> None:
    """nginx must accept exactly as many bytes as the form itself (``letters.form_guard``)."""
    place.ask(path, "POST", body=b"a" * MAX_POST_BYTES)
    assert place.reached == [("POST", path)]
    too_large = place.ask(path, "POST", body=b"a" * (MAX_POST_BYTES + 1))
    assert too_large.status == 413
    assert has_security_headers(too_large)
    assert place.reached == []


@pytest.mark.parametrize(
    ("path", "compressed"),
    [
        ("/long/", True),
        ("/search/?q=long", True),
        ("/feedback/?long", False),
        ("/en/feedback/?long", False),
        ("/admin/long/", False),
    ],
)
def test_pages_with_a_csrf_token_are_not_compressed(
    place: Place, path: str, compressed: bool
) -> None:
    """A secret and input of a third party must not be compressed together (BREACH attack)."""
    answer = place.ask(path, Accept_Encoding="gzip")
    assert place.reached == [("GET", path)]
    assert answer["Content-Encoding"] == ("gzip" if compressed else None)
    assert len(gzip.decompress(answer.body) if compressed else answer.body) > 1000
