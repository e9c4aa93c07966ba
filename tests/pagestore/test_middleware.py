"""The middleware serves stored pages, renders missing pages and stores nothing else."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from news.models import Article
from portal.pagestore import generations, sync
from portal.publishing import actions
from portal.site.models import SiteSettings
from portal.web.headers import page_headers
from tests import factories
from tests.pagestore.node import Node


def bump_generation(*, forbid_stale: bool = False) -> None:
    with transaction.atomic():
        generations.bump_generation(forbid_stale=forbid_stale)
    sync.sync_store()


def rename(name: str) -> None:
    """Change the site's name, which every page shows, and raise the generation."""
    with transaction.atomic():
        SiteSettings.objects.update_or_create(pk=1, defaults={"name": name})
        generations.bump_generation(forbid_stale=True)
    sync.sync_store()


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch, node: Node) -> list[str]:
    """Return a list that records the paths of all requests that reach Django."""
    requested: list[str] = []
    inner = node.store.inner

    def noted(environ: dict[str, Any], start_response: Any) -> Any:
        requested.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    monkeypatch.setattr(node.store, "inner", noted)
    return requested


def test_a_page_is_rendered_once_and_then_served_without_a_query(
    node: Node, rendered: list[str]
) -> None:
    first = node.ask("/")
    with CaptureQueriesContext(connection) as queries:
        again = [node.ask("/") for _ in range(3)]
    assert rendered == ["/"]
    assert len(queries) == 0
    assert {(each.status, each.raw) for each in [first, *again]} == {(200, first.raw)}
    assert node.files() == node.files("fallback") == {"index.html", "index.html.gz"}


def test_a_stored_answer_has_the_applications_headers(node: Node) -> None:
    """A stored page has the headers that Django would send, and headers that describe its file."""
    stored = node.ask("/")
    expected = {**page_headers(), "Cache-Control": "no-cache", "Content-Language": "zh-hans"}
    expected["Content-Type"] = "text/html; charset=utf-8"
    expected["Content-Length"] = str(len(stored.raw))
    modified = int(node.file("/").stat().st_mtime)
    expected["ETag"] = f'"{modified:x}-{len(stored.raw):x}"'
    expected["Vary"] = "Accept-Encoding"
    actual = dict(stored.headers.items())
    assert actual.pop("Last-Modified").endswith("GMT")
    assert actual == expected


@pytest.mark.parametrize(
    ("accepted", "compressed", "encoding"),
    [
        ("", False, ""),
        ("identity", False, ""),
        ("gzip", False, "gzip"),
        ("gzip, deflate, br, zstd", False, "gzip"),
        ("gzip, deflate, br, zstd", True, "br"),
        ("br;q=0, gzip", True, "gzip"),
        ("br;q=0.5", True, "br"),
        ("GZIP;q=0.0", True, ""),
        ("gzip;\tq=0", True, ""),
        ("gzip;q=0.", True, ""),
        ("gzip;q=0.001", True, "gzip"),
        ("x" * 5000, True, ""),
    ],
)
def test_the_best_accepted_encoding_is_sent(
    node: Node, accepted: str, compressed: bool, encoding: str
) -> None:
    plain = node.ask("/")
    if compressed:
        assert node.store.warm("/")
    answer = node.ask("/", accept_encoding=accepted)
    assert answer.headers.get("Content-Encoding", "") == encoding
    assert answer.body == plain.body
    assert answer.headers["Content-Length"] == str(len(answer.raw))
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_head_has_the_headers_of_get(node: Node) -> None:
    unstored = node.ask("/", "HEAD")
    page, head = node.ask("/"), node.ask("/", "HEAD")
    assert head.raw == unstored.raw == b""
    assert head.headers.items() == page.headers.items()
    missing = node.ask("/no-such-page/", "HEAD")
    assert (missing.status, missing.raw) == (404, b"")


def test_conditional_requests_answer_304(node: Node) -> None:
    page = node.ask("/")
    tag, date = page.headers["ETag"], page.headers["Last-Modified"]
    for requests in (
        {"if_none_match": tag},
        {"if_none_match": f'"x", W/{tag}'},
        {"if_none_match": "*"},
        {"if_modified_since": date},
    ):
        answer = node.ask("/", **requests)
        assert (answer.status, answer.raw) == (304, b""), requests
        assert answer.headers["ETag"] == tag
        assert answer.headers["Content-Security-Policy"]
        assert "Content-Length" not in answer.headers
    for requests in (
        {"if_none_match": '"x"'},
        {"if_none_match": '"x"', "if_modified_since": date},
        {"if_modified_since": "Thu, 01 Jan 2026 00:00:00 GMT"},
        {"if_modified_since": "nonsense"},
    ):
        assert node.ask("/", **requests).status == 200, requests


def test_an_unchanged_page_keeps_its_etag(node: Node) -> None:
    tag = node.ask("/").headers["ETag"]
    bump_generation()
    assert node.ask("/", if_none_match=tag).status == 304
    compressed = node.ask("/", accept_encoding="gzip").headers["ETag"]
    bump_generation()
    assert node.ask("/", accept_encoding="gzip", if_none_match=compressed).status == 304


def test_two_renderings_never_share_an_etag(node: Node) -> None:
    tags = []
    for number in range(8):  # the renderings have the same size and are made within a second
        rename(f"法院{number}")
        answer = node.ask("/", if_none_match=", ".join(tags))
        assert answer.status == 200
        assert f"法院{number}" in answer.text
        tags.append(answer.headers["ETag"])
    assert len(set(tags)) == 8


def test_query_and_cookies_do_not_change_a_stored_page(node: Node, rendered: list[str]) -> None:
    first = node.ask("/", query="utm_source=x", cookie="sessionid=abc; django_language=en")
    second = node.ask("/", query="page=3&q=<script>")
    assert rendered == ["/"]
    assert first.raw == second.raw
    assert b"utm_source" not in first.raw
    assert "Set-Cookie" not in first.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_go_to_django(node: Node, rendered: list[str], method: str) -> None:
    node.ask("/")
    node.ask("/", method)
    assert rendered == ["/", "/"]


def test_other_answers_than_pages_are_not_stored(node: Node, rendered: list[str]) -> None:
    newsroom = factories.Newsroom()
    article = newsroom.live()
    actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    draft = newsroom.save().target
    requests = {
        f"/news/{article.pk}/": 410,
        f"/news/{draft.pk}/": 404,
        "/no-such-page/": 404,
        "/news/court-news/page/1/": 301,
        "/admin/": 302,
        "/healthz": 200,
        "/readyz": 200,
        "/news": 301,
    }
    for path, status in requests.items():
        assert node.ask(path).status == node.ask(path).status == status, path
    assert rendered == [path for path in requests for _ in range(2)]
    assert node.files() == set()


def test_requests_for_missing_pages_do_not_wait(
    node: Node, rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The middleware remembers missing paths until the next generation.

    A request for such a path takes no lock: otherwise readers of a withdrawn text would wait for
    each other.
    """
    node.ask("/")  # the first request starts the generation watcher
    assert node.ask("/no-such-page/").status == 404
    with monkeypatch.context() as patch:
        patch.delattr(sync.store().__class__, "lock_page")
        assert node.ask("/no-such-page/").status == 404
    assert rendered == ["/", *["/no-such-page/"] * 2]
    bump_generation()
    node.ask("/no-such-page/")
    assert node.store._memory_cache().missing == {"/no-such-page/"}


def test_former_addresses_are_recognised_by_their_query(node: Node) -> None:
    """The middleware requests a missing page from Django first without its query string.

    The second request has the query string, so that Django can redirect a URL of the former site.
    """
    seen: list[str] = []
    inner = node.store.inner

    def by_query(environ: dict[str, Any], start_response: Any) -> Any:
        seen.append(environ["QUERY_STRING"])
        if environ["QUERY_STRING"]:
            start_response("301 Moved Permanently", [("Location", "/news/7/")])
            return [b""]
        return inner(environ, start_response)

    node.store.inner = by_query
    assert node.ask("/list/", query="id=7").headers["Location"] == "/news/7/"
    assert seen == ["", "id=7"]


@pytest.mark.parametrize(
    "header",
    [
        ("Set-Cookie", "a=b"),
        ("Cache-Control", "private"),
        ("Cache-Control", "no-store"),
        ("Vary", "Cookie"),
        ("Content-Type", "text/plain"),
        ("Content-Security-Policy", "default-src *"),
        ("Content-Disposition", "attachment"),
    ],
)
def test_answers_with_unusual_headers_are_not_stored(node: Node, header: tuple[str, str]) -> None:
    inner = node.store.inner

    def special(environ: dict[str, Any], start_response: Any) -> Any:
        def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            others = [pair for pair in headers if pair[0] != header[0]]
            return start_response(status, [*others, header], *rest)

        return inner(environ, begin)

    node.store.inner = special
    assert node.ask("/").status == 200
    assert node.files() == set()


def test_a_page_rendered_during_a_change_is_not_stored(node: Node) -> None:
    inner = node.store.inner

    def changing(environ: dict[str, Any], start_response: Any) -> Any:
        response = inner(environ, start_response)
        with transaction.atomic():
            generations.bump_generation(forbid_stale=False)
        return response

    node.store.inner = changing
    assert node.ask("/").status == 200
    assert node.files() == node.files("fallback") == set()
    node.store.inner = inner
    node.ask("/")
    assert "index.html" in node.files()


def test_concurrent_requests_wait_for_one_rendering(node: Node) -> None:
    requested, bodies = [], []
    started, may_continue = threading.Event(), threading.Event()
    inner = node.store.inner

    def slow(environ: dict[str, Any], start_response: Any) -> Any:
        requested.append(environ["PATH_INFO"])
        started.set()
        assert may_continue.wait(10)
        return inner(environ, start_response)

    def read() -> None:
        bodies.append(node.ask("/").raw)
        connection.close()

    node.store.inner = slow
    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    assert started.wait(10)
    may_continue.set()
    for reader in readers:
        reader.join(20)
    assert requested == ["/"]
    assert len(bodies) == 8
    assert len(set(bodies)) == 1


def test_after_the_wait_limit_a_request_renders_itself(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.pagestore.middleware.RENDER_WAIT_SECONDS", 0)
    with sync.store().lock_page("/", 0) as has_lock:
        assert has_lock
        assert node.ask("/").status == 200
    assert node.files() == set()


def test_pages_are_served_though_the_disk_is_full(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("portal.pagestore.store._write", full)
    assert node.ask("/").status == 200
    assert node.files() == set()


def test_pages_are_served_though_files_are_unreadable(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = node.ask("/", accept_encoding="gzip")
    path = node.file("/")
    for each in (path, node.file("/", suffix=".gz")):
        each.unlink()
        each.symlink_to(each)  # the link points to itself, so reading fails
    again = node.ask("/")
    assert (again.status, again.body) == (200, answer.body)


@pytest.fixture
def database_down(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Yield a function that makes every database query fail, as if the database were stopped."""

    def begin() -> None:
        def refuse(*args: object, **kwargs: object) -> None:
            raise OperationalError("the database is down")

        monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", refuse)

    yield begin
    monkeypatch.undo()


def test_without_database_fallback_copies_are_served(node: Node, database_down: Any) -> None:
    page = node.ask("/")
    corrections = node.ask("/corrections/")
    bump_generation()  # no page of the new generation has been rendered
    assert node.files() == set()
    database_down()
    assert node.ask("/").raw == page.raw
    assert node.ask("/corrections/", if_none_match=corrections.headers["ETag"]).status == 304
    missing = node.ask("/news/")
    assert missing.status == 503
    assert missing.headers["Retry-After"] == "30"
    assert missing.headers["Content-Security-Policy"]


def test_without_database_withdrawn_pages_are_not_served(node: Node, database_down: Any) -> None:
    newsroom = factories.Newsroom()
    article = newsroom.live(title="要撤的稿")
    for path in ("/", f"/news/{article.pk}/", "/news/court-news/"):
        assert "要撤的稿" in node.ask(path).text
    actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    assert node.files("fallback") == set()
    database_down()
    for path in ("/", f"/news/{article.pk}/", "/news/court-news/"):
        assert node.ask(path).status == 503


def test_pages_are_rendered_again_when_the_database_returns(
    node: Node, database_down: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    database_down()
    assert node.ask("/").status == 503
    monkeypatch.undo()
    assert node.ask("/").status == 200


def test_a_database_failure_during_rendering_is_handled(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = node.ask("/")
    bump_generation()

    def failing(environ: dict[str, Any], start_response: Any) -> Any:
        def refuse(*args: object) -> None:
            raise DatabaseError("gone")

        monkeypatch.setattr("portal.pagestore.generations.current_state", refuse)
        start_response("500 Internal Server Error", [])
        return [b"oops"]

    node.store.inner = failing
    assert node.ask("/").raw == page.raw


def test_errors_of_the_application_are_passed_on(node: Node) -> None:
    def failing(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("500 Internal Server Error", [])
        return [b"oops"]

    node.store.inner = failing
    assert node.ask("/").status == 500
    assert node.files() == set()


def test_the_store_can_be_switched_off(settings: Any) -> None:
    from portal import serving

    settings.PAGESTORE = False
    assert serving.build_page_store(WSGIHandler()) is None


def test_http_requests_reach_djangos_redirect_to_https(
    node: Node, settings: Any, rendered: list[str]
) -> None:
    settings.HTTPS = True
    node.ask("/")
    assert rendered == ["/"]
    assert node.files() == set()
    node.ask("/", x_forwarded_proto="https")
    assert rendered == ["/", "/"]


def test_releases_and_withdrawals_are_visible_at_once(node: Node) -> None:
    newsroom = factories.Newsroom()
    assert "新的稿" not in node.ask("/").text
    revision = newsroom.approved(title="新的稿")
    actions.release(revision=revision, by=newsroom.publisher, digest=revision.digest)
    article = Article.objects.get()
    address = f"/news/{article.pk}/"
    assert "新的稿" in node.ask("/").text
    assert node.ask(address).status == 200
    actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    assert "新的稿" not in node.ask("/").text
    assert node.ask(address).status == 410
