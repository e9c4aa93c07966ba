"""nginx serves stored pages from disk with exactly the stored bytes and the expected headers."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deploy.answers import CONTENT_TYPES, all_headers, etag, expected
from tests.deploy.application import PAGE
from tests.deploy.conftest import (
    GENERATION,
    LAST_MODIFIED,
    Place,
    point,
    text,
    write,
)


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
    assert all_headers(answer) == expected(
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
def test_conditional_requests_answer_304(place: Place, coding: str) -> None:
    """Requests with the ETag or the date must return 304.

    The response must have the headers that describe the full response.
    """
    first = place.ask("/news/12/", Accept_Encoding=coding)
    for question in (
        {"If_None_Match": first["ETag"]},
        {"If_None_Match": f'W/"0", {first["ETag"]}'},
        {"If_Modified_Since": LAST_MODIFIED},
    ):
        answer = place.ask("/news/12/", Accept_Encoding=coding, **question)
        assert (answer.status, answer.body) == (304, b"")
        assert all_headers(answer) == expected(
            Content_Language="zh-hans",
            Cache_Control="no-cache",
            ETag=first["ETag"],
            Last_Modified=LAST_MODIFIED,
            Vary="Accept-Encoding",
        )
    other = place.ask("/news/12/", Accept_Encoding=coding, If_None_Match='"1-1"')
    assert other.status == 200


def test_a_small_page_is_not_compressed(place: Place) -> None:
    answer = place.ask("/small/", Accept_Encoding="gzip, br")
    assert (answer.status, answer.body) == (200, b"<p>small")
    assert answer["Content-Encoding"] is None


@pytest.mark.parametrize("query", ["?", "?page=2", "?a=/../b&c=%2e"])
def test_a_stored_path_ignores_its_query(place: Place, query: str) -> None:
    assert place.ask(f"/news/{query}").body == text("current news/index.html")
    assert place.reached == []


def test_a_switched_generation_is_served_at_once(place: Place) -> None:
    store = place.var / "store"
    write(store / "g-8-0123456789ab/news/index.html", text("newer"))
    for _ in range(20):
        point(store / "current", "g-8-0123456789ab")
        assert place.ask("/news/").body == text("newer")
        assert place.ask("/news/12/").body == PAGE
        point(store / "current", GENERATION)
        assert place.ask("/news/").body == text("current news/index.html")


def test_a_page_of_one_generation_answers_during_switches(place: Place) -> None:
    """`try_files` finds a file before nginx opens it; a switch of the generation in between must
    not cause a 404 response.
    """
    seconds = 60 if os.environ.get("PORTAL_FULL") else 3
    store = place.var / "store"
    alternating = ("g-21-0123456789ab", "g-22-0123456789ab")
    for number, generation in enumerate(alternating):
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
                point(store / "current", alternating[swaps % 2])
                swaps += 1
            for done in reading:
                for each in done.result():
                    seen[each] = seen.get(each, 0) + 1
    finally:
        point(store / "current", GENERATION)
    raced = place.nginx.errors.count("failed (2") - before
    print(f"\n{swaps} switches, {sum(seen.values())} answers, {raced} switched while being opened")
    assert set(seen) == {(200, False), (200, True)}
