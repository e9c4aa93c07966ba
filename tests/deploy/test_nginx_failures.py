"""nginx serves pages while the application or its database is down."""

import gzip
import threading
import time

import brotli
import pytest

from tests.deploy.answers import CONTENT_TYPES, all_headers, etag, expected, has_security_headers
from tests.deploy.conftest import (
    GENERATION,
    LAST_MODIFIED,
    Place,
    point,
    text,
    write,
)


@pytest.mark.parametrize("path", CONTENT_TYPES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_stored_pages_are_served_without_the_application(
    place: Place, path: str, method: str
) -> None:
    with place.application.down():
        answer = place.ask(path, method)
    assert answer.status == 200
    assert answer["Content-Length"] == str(len(text(f"current {CONTENT_TYPES[path][0]}")))


@pytest.mark.parametrize("failure", ["down", "database", "hanging"])
@pytest.mark.parametrize("path", CONTENT_TYPES)
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_fallback_copies_are_served(place: Place, failure: str, path: str, coding: str) -> None:
    """While the application fails, nginx must serve the fallback copy of a page that the new
    generation does not contain.
    """
    store = place.var / "store"
    (store / "g-9-0123456789ab").mkdir(exist_ok=True)
    point(store / "current", "g-9-0123456789ab")
    failing = {
        "down": place.application.down(),
        "database": place.application.answering_with(503),
        "hanging": place.application.silent(),
    }[failure]
    name, content_type = CONTENT_TYPES[path]
    suffix = {"gzip": ".gz", "br": ".br"}.get(coding, "")
    file = store / "fallback" / f"{name}{suffix}"
    try:
        with failing:
            answer = place.ask(path, Accept_Encoding=coding)
            confirmed = place.ask(path, Accept_Encoding=coding, If_None_Match=answer["ETag"])
    finally:
        point(store / "current", GENERATION)
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(coding, bytes)
    assert (answer.status, confirmed.status) == (200, 304)
    assert unpack(answer.body) == text(f"fallback {name}")
    assert all_headers(answer) == expected(
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


def test_a_fallback_copy_is_served_if_the_file_vanishes(place: Place) -> None:
    """The file vanishes after nginx has found it but not opened it, while the application is down
    as well.
    """
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
        with place.application.down():
            answers = {(a.status, a.body) for a in (place.ask("/news/12/") for _ in range(500))}
    finally:
        stop.set()
        swapping.join()
        point(store / "current", GENERATION)
    name = "news/12/index.html"
    assert answers == {(200, text(f"current {name}")), (200, text(f"fallback {name}"))}


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_unavailable_page(place: Place, status: int, method: str) -> None:
    """A page without a fallback copy must return a dated message in Chinese, with Retry-After."""
    with place.application.answering_with(status):
        answer = place.ask("/news/77/", method)
    assert answer.status == 503
    assert has_security_headers(answer)
    assert (answer["Retry-After"], answer["Cache-Control"]) == ("30", "no-store")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Content-Language"] == "zh-hans"
    assert answer["ETag"] is answer["Last-Modified"] is None
    if method != "HEAD":
        page = answer.body.decode()
        assert "<!--#" not in page
        # The page must display the current year, not the year of the file.
        assert f"<time>{time.localtime().tm_year}-" in page
        assert '<html lang="zh-' in page


def test_a_missing_unavailable_page_still_answers_503(place: Place) -> None:
    page = place.var / "down/503.html"
    aside = page.rename(page.with_name("aside"))
    try:
        with place.application.down():
            answer = place.ask("/news/77/")
            admin = place.ask("/admin/")
    finally:
        aside.rename(page)
    assert (answer.status, admin.status) == (503, 503)
    assert has_security_headers(answer)
    assert has_security_headers(admin)


def test_withdrawn_pages_have_no_fallback(place: Place) -> None:
    """nginx must pass on the status 410 even if a fallback copy exists.

    With an empty `fallback` folder, nginx must not serve a copy while the application is down.
    """
    store = place.var / "store"
    write(store / "fallbacks/3/news/9/index.html", text("withdrawn"))
    assert place.ask("/news/9/").status == 410
    (store / "fallbacks/4").mkdir(exist_ok=True)
    point(store / "fallback", "fallbacks/4")
    try:
        with place.application.down():
            assert place.ask("/news/9/").status == 503
    finally:
        point(store / "fallback", "fallbacks/3")
        (store / "fallbacks/3/news/9/index.html").unlink()
