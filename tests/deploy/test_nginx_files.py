"""nginx serves static files and media files."""

import pytest

from tests.deploy.answers import all_headers, etag, expected, has_security_headers
from tests.deploy.application import PAGE
from tests.deploy.conftest import (
    ATTACHMENT,
    LAST_MODIFIED,
    PICTURE,
    Place,
)


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
            "/static/js/admin.0123456789ab.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
    ],
)
def test_static_files_are_served_in_each_encoding(
    place: Place, path: str, content_type: str, cache: str
) -> None:
    for coding, suffix in (("identity", ""), ("gzip", ".gz"), ("br", ".br")):
        file = place.var / f"{path[1:]}{suffix}"
        answer = place.ask(path, Accept_Encoding=coding)
        assert answer.body == file.read_bytes()
        assert all_headers(answer) == expected(
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
def test_missing_static_files_are_not_cached(place: Place, path: str) -> None:
    """A 404 response must not be cached for a year, unlike the static files."""
    answer = place.ask(path)
    assert (answer.status, answer["Cache-Control"]) == (404, "no-cache")
    assert has_security_headers(answer)
    assert place.reached == []


def test_a_picture_is_served_without_the_application(place: Place) -> None:
    with place.application.down():
        answer = place.ask(f"/media/{PICTURE}", Accept_Encoding="gzip, br")
    file = place.var / "media/public" / PICTURE
    assert (answer.status, answer.body) == (200, b"picture")
    assert all_headers(answer) == expected(
        Content_Type="image/webp",
        Content_Length="7",
        Content_Disposition="inline",
        Cache_Control="private, max-age=3600",
        ETag=etag(file),
        Last_Modified=LAST_MODIFIED,
        Accept_Ranges="bytes",
    )


def test_a_missing_picture_is_answered_by_the_application(place: Place) -> None:
    path = f"/media/i/aa/{'c' * 64}-640.webp"
    answer = place.ask(path)
    assert place.reached == [("GET", path)]
    assert all_headers(answer) == expected(
        Content_Type="text/html; charset=utf-8",
        Content_Length=str(len(PAGE)),
        Content_Language="zh-hans",
        Cache_Control="no-cache",
    )
    assert place.ask("/media/i/aa/nowhere.jpg").status == 404
    assert place.reached == [("GET", "/media/i/aa/nowhere.jpg")]


@pytest.mark.parametrize("failure", ["down", "database"])
def test_an_attachment_is_a_download(place: Place, failure: str) -> None:
    """With the application, the download must have its original file name.

    Without the application, nginx names no file, so browsers use the name in the URL.
    """
    path = f"/media/{ATTACHMENT}"
    answer = place.ask(path)
    assert place.reached == [("GET", path)]
    assert answer.all("Content-Disposition") == ['attachment; filename="report.pdf"']
    assert has_security_headers(answer)
    failing = {"down": place.application.down(), "database": place.application.answering_with(500)}
    with failing[failure]:
        answer = place.ask(path)
        missing = place.ask(path.replace("b" * 64, "d" * 64))
    assert (answer.status, answer.body) == (200, b"attachment")
    assert all_headers(answer) == expected(
        Content_Type="application/pdf",
        Content_Length="10",
        Content_Disposition="attachment",
        Cache_Control="private, max-age=3600",
        ETag=etag(place.var / "media/public" / ATTACHMENT),
        Last_Modified=LAST_MODIFIED,
        Accept_Ranges="bytes",
    )
    assert (missing.status, missing["Content-Disposition"]) == (503, None)
