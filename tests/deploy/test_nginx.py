"""What nginx answers, byte for byte and header for header, whether the application lives or not."""

import gzip
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import pytest

from portal.letters.form_guard import MAX_POST_BYTES
from portal.web import headers
from tests.deploy.application import DESK_PAGE, PAGE
from tests.deploy.conftest import (
    ATTACHMENT,
    GENERATION,
    LAST_MODIFIED,
    PICTURE,
    Place,
    point,
    text,
    write,
)
from tests.nginx import Answer

SECURITY = headers.page_headers()
#: What a connection needs, and no more is said by nginx of itself.
_HOP = {"Date", "Connection", "Server", "Keep-Alive", "Transfer-Encoding"}
CONTENT_TYPES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/news/": ("news/index.html", "text/html; charset=utf-8"),
    "/news/12/": ("news/12/index.html", "text/html; charset=utf-8"),
    "/en/": ("en/index.html", "text/html; charset=utf-8"),
    "/feeds/news.atom": ("feeds/news.atom", "application/atom+xml; charset=utf-8"),
    "/feeds/news.rss": ("feeds/news.rss", "application/rss+xml; charset=utf-8"),
    "/feeds/news.json": ("feeds/news.json", "application/feed+json"),
    "/data/cases.csv": ("data/cases.csv", "text/csv; charset=utf-8"),
    "/data/cases.json": ("data/cases.json", "application/json"),
    "/data/cases.csv-metadata.json": (
        "data/cases.csv-metadata.json",
        "application/csvm+json",
    ),
    "/sitemap.xml": ("sitemap.xml", "application/xml; charset=utf-8"),
    "/robots.txt": ("robots.txt", "text/plain; charset=utf-8"),
}


def said(answer: Answer) -> list[tuple[str, str]]:
    """Every header but those of the connection, doubles included."""
    return sorted((name, value) for name, value in answer.headers.items() if name not in _HOP)


def expected(**more: str | None) -> list[tuple[str, str]]:
    """The security headers and these."""
    named = {name.replace("_", "-"): value for name, value in more.items() if value is not None}
    return sorted([*SECURITY.items(), *named.items()])


def secure(answer: Answer, policy: str | None = None) -> bool:
    """Whether each security header is there, once."""
    wanted = SECURITY | ({"Content-Security-Policy": policy} if policy else {})
    return {name: answer.all(name) for name in wanted} == {
        name: [value] for name, value in wanted.items()
    }


def etag(path: Path) -> str:
    return f'"{int(path.stat().st_mtime):x}-{path.stat().st_size:x}"'


# --- stored pages ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CONTENT_TYPES)
@pytest.mark.parametrize("coding", ["", "gzip", "br"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_stored_page(place: Place, path: str, coding: str, method: str) -> None:
    name, content_type = CONTENT_TYPES[path]
    suffix = {"": "", "gzip": ".gz", "br": ".br"}[coding]
    file = place.var / "store/current" / f"{name}{suffix}"
    accepts = {"gzip": "gzip", "br": "gzip, deflate, br"}.get(coding, "identity")

    answer = place.ask(path, method, Accept_Encoding=accepts)

    assert answer.status == 200
    assert answer.body == (file.read_bytes() if method == "GET" else b"")
    assert said(answer) == expected(
        Content_Type=content_type,
        Content_Length=str(file.stat().st_size),
        Content_Encoding=coding or None,
        Content_Language="en" if path.startswith("/en/") else "zh-hans",
        Cache_Control="no-cache",
        ETag=etag(file),
        Last_Modified=LAST_MODIFIED,
        Vary="Accept-Encoding",
        Accept_Ranges="bytes" if not coding else None,
    )
    assert answer["Server"] == "nginx"
    assert place.reached == []


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_nothing_new(place: Place, coding: str) -> None:
    """304 by tag and by date, as whole as the answer it confirms."""
    first = place.ask("/news/12/", Accept_Encoding=coding)
    for question in (
        {"If_None_Match": first["ETag"]},
        {"If_None_Match": f'W/"0", {first["ETag"]}'},
        {"If_Modified_Since": LAST_MODIFIED},
    ):
        answer = place.ask("/news/12/", Accept_Encoding=coding, **question)
        assert (answer.status, answer.body) == (304, b"")
        assert said(answer) == expected(
            Content_Language="zh-hans",
            Cache_Control="no-cache",
            ETag=first["ETag"],
            Last_Modified=LAST_MODIFIED,
            Vary="Accept-Encoding",
        )
    other = place.ask("/news/12/", Accept_Encoding=coding, If_None_Match='"1-1"')
    assert other.status == 200


def test_a_small_page_has_no_packed_form(place: Place) -> None:
    answer = place.ask("/small/", Accept_Encoding="gzip, br")
    assert (answer.status, answer.body) == (200, b"<p>small")
    assert answer["Content-Encoding"] is None


@pytest.mark.parametrize("query", ["?", "?page=2", "?a=/../b&c=%2e"])
def test_a_stored_path_ignores_its_query(place: Place, query: str) -> None:
    assert place.ask(f"/news/{query}").body == text("current news/index.html")
    assert place.reached == []


def test_a_swap_shows_at_once(place: Place) -> None:
    store = place.var / "store"
    write(store / "g-8-0123456789ab/news/index.html", text("newer"))
    for _ in range(20):
        point(store / "current", "g-8-0123456789ab")
        assert place.ask("/news/").body == text("newer")
        assert place.ask("/news/12/").body == PAGE
        point(store / "current", GENERATION)
        assert place.ask("/news/").body == text("current news/index.html")


def test_a_page_of_one_generation_only(place: Place) -> None:
    """`try_files` looks, then opens. Whatever is turned in between, a page that exists answers."""
    seconds = 60 if os.environ.get("PORTAL_FULL") else 3
    store = place.var / "store"
    turned = ("g-21-0123456789ab", "g-22-0123456789ab")
    for number, generation in enumerate(turned):
        write(store / generation / f"only/{number}/index.html", text(f"only {number}"))
        write(store / generation / f"only-{number}/a.csv", text(f"only {number}"))
    paths = ["/only/0/", "/only/1/", "/only-0/a.csv", "/only-1/a.csv"]
    seen: dict[tuple[int, bool], int] = {}
    deadline = time.monotonic() + seconds
    before = place.nginx.errors.count("failed (2")

    def read(path: str) -> list[tuple[int, bool]]:
        found = []
        while time.monotonic() < deadline:
            answer = place.nginx.ask(path, Accept_Encoding="gzip")
            found.append((answer.status, answer.body == PAGE))
        return found

    swaps = 0
    try:
        with ThreadPoolExecutor(len(paths)) as threads:
            reading = [threads.submit(read, path) for path in paths]
            while time.monotonic() < deadline:
                point(store / "current", turned[swaps % 2])
                swaps += 1
            for done in reading:
                for each in done.result():
                    seen[each] = seen.get(each, 0) + 1
    finally:
        point(store / "current", GENERATION)
    trapped = place.nginx.errors.count("failed (2") - before
    print(f"\n{swaps} turns, {sum(seen.values())} answers, {trapped} turned while being opened")
    assert set(seen) == {(200, False), (200, True)}


# --- the application answers -------------------------------------------------------------------


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
def test_what_is_not_stored(place: Place, path: str, status: int) -> None:
    """The application's answer as it is: nothing of it is added to, doubled or taken away."""
    for method in ("GET", "HEAD"):
        answer = place.ask(path, method, Accept_Encoding="identity")
        assert (answer.status, answer.body) == (status, PAGE if method == "GET" else b"")
        assert said(answer) == expected(
            Content_Type="text/html; charset=utf-8",
            Content_Length=str(len(PAGE)),
            Content_Language="zh-hans",
            Cache_Control="no-cache",
            Location="/court/" if status == 302 else None,
        )
        assert place.reached == [(method, path)]


def test_a_folder_without_its_final_slash(place: Place) -> None:
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
def test_what_is_never_read_from_the_store(place: Place, path: str) -> None:
    """Even where a file of that name lies there, and also while the application is away."""
    answer = place.ask(path)
    assert place.reached == [("GET", path)]
    assert b"<p>current" not in answer.body
    desk = path.startswith("/admin/")
    assert secure(answer, headers.policy("editor") if desk else None)
    with place.application.away():
        answer = place.ask(path)
    assert answer.status == 503
    assert b"12368" in answer.body
    assert secure(answer)


def test_what_the_application_is_told(place: Place) -> None:
    place.ask(
        "/news/13/",
        X_Forwarded_For="203.0.113.9, 198.51.100.1",
        X_Forwarded_Proto="https",
        X_Forwarded_Host="evil.example",
        Forwarded="for=203.0.113.9",
        Proxy="evil",
    )
    _method, _path, told = place.application.asked[0]
    assert told["Host"].startswith("127.0.0.1:")
    assert (told["X-Forwarded-For"], told["X-Forwarded-Proto"]) == ("127.0.0.1", "http")
    assert {"X-Forwarded-Host", "Forwarded", "Proxy"} & set(told) == set()


@pytest.mark.parametrize("path", ["/news/12/", "/", "/feeds/news.json", "/static/css/base.css"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_stored_page_answers_no_other_method(place: Place, path: str, method: str) -> None:
    answer = place.ask(path, method, body=b"a=1")
    if path.startswith("/static/"):
        assert answer.status == 405
    else:
        assert place.reached == [(method, path)]
        assert answer.body == PAGE
    assert secure(answer)
    with place.application.away():
        answer = place.ask(path, method, body=b"a=1")
    assert answer.status == (405 if path.startswith("/static/") else 503)
    assert b"<p>current" not in answer.body
    assert b"<p>last" not in answer.body
    assert secure(answer)


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
def test_no_way_out_of_the_folders(place: Place, path: str) -> None:
    answer = place.ask(path)
    assert answer.status in {400, 404} or (answer.status, answer.body) == (200, PAGE)
    assert b"secret" not in answer.body
    assert secure(answer)


def test_an_encoded_slash_is_a_slash(place: Place) -> None:
    """As it is to Django: the same page, not another one."""
    assert place.ask("/news%2F12/").body == text("current news/12/index.html")
    assert place.ask("/news/../").body == text("current index.html")


@pytest.mark.parametrize(
    "path",
    [
        "/store/current/index.html",
        "/store/last/index.html",
        "/down/503.html",
        "/secret-key",
        "/media/private/x",
    ],
)
def test_the_folders_names_are_no_addresses(place: Place, path: str) -> None:
    answer = place.ask(path)
    assert b"<p>" not in answer.body
    assert place.reached == [("GET", path)]


def test_a_request_that_nginx_refuses(place: Place) -> None:
    for answer in (
        place.ask("/" + "a" * 9000),
        place.ask("/news/", "POST", body=b"a" * (1024 * 1024 + 1)),
        place.ask("/news/", Cookie="a" * 9000),
        place.ask("/news/", "TRACE"),
    ):
        assert answer.status in {400, 405, 413, 414}
        assert secure(answer)
        assert place.reached == []


# --- the application is away -------------------------------------------------------------------


@pytest.mark.parametrize("path", CONTENT_TYPES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_stored_pages_need_no_application(place: Place, path: str, method: str) -> None:
    with place.application.away():
        answer = place.ask(path, method)
    assert answer.status == 200
    assert answer["Content-Length"] == str(len(text(f"current {CONTENT_TYPES[path][0]}")))


@pytest.mark.parametrize("illness", ["away", "database", "hanging"])
@pytest.mark.parametrize("path", CONTENT_TYPES)
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_the_last_copy(place: Place, illness: str, path: str, coding: str) -> None:
    """After a turn, with the application or its database away: the newest rendering there is."""
    store = place.var / "store"
    (store / "g-9-0123456789ab").mkdir(exist_ok=True)
    point(store / "current", "g-9-0123456789ab")
    ill = {
        "away": place.application.away(),
        "database": place.application.query_paths(503),
        "hanging": place.application.hanging_up(),
    }[illness]
    name, content_type = CONTENT_TYPES[path]
    suffix = {"gzip": ".gz", "br": ".br"}.get(coding, "")
    file = store / "last" / f"{name}{suffix}"
    try:
        with ill:
            answer = place.ask(path, Accept_Encoding=coding)
            confirmed = place.ask(path, Accept_Encoding=coding, If_None_Match=answer["ETag"])
    finally:
        point(store / "current", GENERATION)
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(coding, bytes)
    assert (answer.status, confirmed.status) == (200, 304)
    assert unpack(answer.body) == text(f"last {name}")
    assert said(answer) == expected(
        Content_Type=content_type,
        Content_Length=str(file.stat().st_size),
        Content_Encoding=coding if suffix else None,
        Content_Language="en" if path.startswith("/en/") else "zh-hans",
        Cache_Control="no-cache",
        ETag=etag(file),
        Last_Modified=LAST_MODIFIED,
        Vary="Accept-Encoding",
        Accept_Ranges="bytes" if not suffix else None,
    )


def test_the_last_copy_after_the_trap(place: Place) -> None:
    """The file vanishes between the look and the opening, and the application is away as well."""
    store = place.var / "store"
    stop = threading.Event()
    (store / "g-10-0123456789ab").mkdir(exist_ok=True)

    def swap() -> None:
        while not stop.is_set():
            point(store / "current", "g-10-0123456789ab")
            point(store / "current", GENERATION)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        with place.application.away():
            answers = {(a.status, a.body) for a in (place.ask("/news/12/") for _ in range(500))}
    finally:
        stop.set()
        swapping.join()
        point(store / "current", GENERATION)
    name = "news/12/index.html"
    assert answers == {(200, text(f"current {name}")), (200, text(f"last {name}"))}


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_excuse(place: Place, status: int, method: str) -> None:
    """What nobody has a copy of: a dated page in Chinese, and when to come again."""
    with place.application.query_paths(status):
        answer = place.ask("/news/77/", method)
    assert answer.status == 503
    assert secure(answer)
    assert (answer["Retry-After"], answer["Cache-Control"]) == ("30", "no-store")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Content-Language"] == "zh-hans"
    assert answer["ETag"] is answer["Last-Modified"] is None
    if method != "HEAD":
        page = answer.body.decode()
        assert "<!--#" not in page
        # The year of the moment, not of the file.
        assert f"<time>{time.localtime().tm_year}-" in page
        assert '<html lang="zh-' in page


def test_no_excuse_was_prepared(place: Place) -> None:
    page = place.var / "down/503.html"
    aside = page.rename(page.with_name("aside"))
    try:
        with place.application.away():
            answer = place.ask("/news/77/")
            desk = place.ask("/admin/")
    finally:
        aside.rename(page)
    assert (answer.status, desk.status) == (503, 503)
    assert secure(answer)
    assert secure(desk)


def test_what_was_taken_back(place: Place) -> None:
    """410 passes as it is, whatever older copy there is; and with an empty `last` nothing comes
    back while the application is away."""
    store = place.var / "store"
    write(store / "lasts/3/news/9/index.html", text("taken back"))
    assert place.ask("/news/9/").status == 410
    (store / "lasts/4").mkdir(exist_ok=True)
    point(store / "last", "lasts/4")
    try:
        with place.application.away():
            assert place.ask("/news/9/").status == 503
    finally:
        point(store / "last", "lasts/3")
        (store / "lasts/3/news/9/index.html").unlink()


# --- the desk ----------------------------------------------------------------------------------


def test_the_desk(place: Place) -> None:
    """Its own policy, unpacked, and never an older copy."""
    answer = place.ask("/admin/news/article/add/", Accept_Encoding="gzip, br")
    assert answer.body == DESK_PAGE
    assert answer["Content-Encoding"] is None
    assert secure(answer, headers.policy("editor"))
    with place.application.query_paths(503):
        answer = place.ask("/admin/")
        assert (answer.status, answer.body) == (503, DESK_PAGE)
    with place.application.away():
        for method in ("GET", "POST"):
            answer = place.ask("/admin/", method)
            assert answer.status == 503
            assert b"12368" in answer.body
            assert secure(answer)


def test_uploads(place: Place) -> None:
    """Large ones for the desk alone."""
    assert place.ask("/admin/upload/", "POST", body=b"a" * (50 << 20)).status == 200
    place.application.asked.clear()
    too_large = place.ask("/admin/upload/", "POST", body=b"a" * ((64 << 20) + 1))
    assert too_large.status == 413
    assert secure(too_large)
    assert place.reached == []


@pytest.mark.parametrize("path", ["/feedback/", "/en/feedback/", "/feedback/answer/"])
def test_what_the_public_sends(place: Place, path: str) -> None:
    """As much as the form gives back to shorten (``letters.form_guard``), and not a byte more."""
    place.ask(path, "POST", body=b"a" * MAX_POST_BYTES)
    assert place.reached == [("POST", path)]
    too_large = place.ask(path, "POST", body=b"a" * (MAX_POST_BYTES + 1))
    assert too_large.status == 413
    assert secure(too_large)
    assert place.reached == []


@pytest.mark.parametrize(
    ("path", "packed"),
    [
        ("/long/", True),
        ("/search/?q=long", True),
        ("/feedback/?long", False),
        ("/en/feedback/?long", False),
        ("/admin/long/", False),
    ],
)
def test_pages_with_a_secret_are_not_packed(place: Place, path: str, packed: bool) -> None:
    """What a stranger sent and what he may not know must not be packed together (BREACH)."""
    answer = place.ask(path, Accept_Encoding="gzip")
    assert place.reached == [("GET", path)]
    assert answer["Content-Encoding"] == ("gzip" if packed else None)
    assert len(gzip.decompress(answer.body) if packed else answer.body) > 1000


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "content_type", "cache"),
    [
        ("/static/css/base.css", "text/css; charset=utf-8", "no-cache"),
        (
            "/static/css/base.0123456789ab.css",
            "text/css; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        (
            "/static/js/desk.0123456789ab.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
    ],
)
def test_static_files(place: Place, path: str, content_type: str, cache: str) -> None:
    for coding, suffix in (("identity", ""), ("gzip", ".gz"), ("br", ".br")):
        file = place.var / f"{path[1:]}{suffix}"
        answer = place.ask(path, Accept_Encoding=coding)
        assert answer.body == file.read_bytes()
        assert said(answer) == expected(
            Content_Type=content_type,
            Content_Length=str(file.stat().st_size),
            Content_Encoding=coding if suffix else None,
            Cache_Control=cache,
            ETag=etag(file),
            Last_Modified=LAST_MODIFIED,
            Vary="Accept-Encoding",
            Accept_Ranges="bytes" if not suffix else None,
        )
        assert place.ask(path, Accept_Encoding=coding, If_None_Match=answer["ETag"]).status == 304
    assert place.reached == []


@pytest.mark.parametrize(
    "path",
    [
        "/static/css/nowhere.css",
        "/static/css/nowhere.0123456789ab.css",
        "/static/",
        "/static/css",
        "/static/css/",
    ],
)
def test_static_files_that_are_not_there(place: Place, path: str) -> None:
    """Nobody is told to remember for a year that something is missing."""
    answer = place.ask(path)
    assert (answer.status, answer["Cache-Control"]) == (404, "no-cache")
    assert secure(answer)
    assert place.reached == []


def test_a_picture(place: Place) -> None:
    with place.application.away():
        answer = place.ask(f"/media/{PICTURE}", Accept_Encoding="gzip, br")
    file = place.var / "media/public" / PICTURE
    assert (answer.status, answer.body) == (200, b"picture")
    assert said(answer) == expected(
        Content_Type="image/webp",
        Content_Length="7",
        Content_Disposition="inline",
        Cache_Control="private, max-age=3600",
        ETag=etag(file),
        Last_Modified=LAST_MODIFIED,
        Accept_Ranges="bytes",
    )


def test_a_picture_that_is_gone(place: Place) -> None:
    path = f"/media/i/aa/{'c' * 64}-640.webp"
    answer = place.ask(path)
    assert place.reached == [("GET", path)]
    assert said(answer) == expected(
        Content_Type="text/html; charset=utf-8",
        Content_Length=str(len(PAGE)),
        Content_Language="zh-hans",
        Cache_Control="no-cache",
    )
    assert place.ask("/media/i/aa/nowhere.jpg").status == 404
    assert place.reached == [("GET", "/media/i/aa/nowhere.jpg")]


@pytest.mark.parametrize("illness", ["away", "database"])
def test_an_attachment(place: Place, illness: str) -> None:
    """A download under its name; without the application, a download all the same."""
    path = f"/media/{ATTACHMENT}"
    answer = place.ask(path)
    assert place.reached == [("GET", path)]
    assert answer.all("Content-Disposition") == ['attachment; filename="report.pdf"']
    assert secure(answer)
    ill = {"away": place.application.away(), "database": place.application.query_paths(500)}
    with ill[illness]:
        answer = place.ask(path)
        missing = place.ask(path.replace("b" * 64, "d" * 64))
    assert (answer.status, answer.body) == (200, b"attachment")
    assert said(answer) == expected(
        Content_Type="application/pdf",
        Content_Length="10",
        Content_Disposition="attachment",
        Cache_Control="private, max-age=3600",
        ETag=etag(place.var / "media/public" / ATTACHMENT),
        Last_Modified=LAST_MODIFIED,
        Accept_Ranges="bytes",
    )
    assert (missing.status, missing["Content-Disposition"]) == (503, None)
