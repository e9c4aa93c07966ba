"""A response before the end of the request's body says that the connection ends with it."""

from __future__ import annotations

import io
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from portal.http.unread_body import UnreadBodyCloser
from tests.browser import RunningServer

BODY = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

LENGTH = str(len(BODY))
CHUNK = f"{len(BODY):x}\r\n".encode() + BODY


def answer(read: list[int | None], *, length: str, **environ: str) -> list[Any]:
    """Return the headers of a response by an application that makes these reads before it."""

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        body = environ["wsgi.input"]
        for size in read:
            body.readline() if size is None else body.read(size)
        start("200 OK", [("X", "y")])
        return [b""]

    sent: list[Any] = []
    request = {"CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(BODY), **environ}
    UnreadBodyCloser(application)(request, lambda status, headers, *error: sent.extend(headers))
    return sent[1:]


@pytest.mark.parametrize(
    ("read", "length", "environ", "closes"),
    [
        ([], "", {}, False),
        ([], "0", {}, False),
        ([], LENGTH, {}, True),
        ([10], LENGTH, {}, True),
        ([0], LENGTH, {}, True),
        ([None, None], LENGTH, {}, True),
        ([len(BODY)], LENGTH, {}, False),
        ([-1], LENGTH, {}, False),
        ([None, None, None], LENGTH, {}, False),
        ([20, len(BODY) - 20], LENGTH, {}, False),
        ([], "", {"HTTP_TRANSFER_ENCODING": "chunked"}, True),
        ([100], "", {"HTTP_TRANSFER_ENCODING": "chunked"}, True),
        ([100, 100], "", {"HTTP_TRANSFER_ENCODING": "chunked"}, False),
        ([], "-1", {}, True),
    ],
)
def test_header_says_whether_the_body_was_read(
    read: list[int | None], length: str, environ: dict[str, str], closes: bool
) -> None:
    headers = answer(read, length=length, **environ)
    assert headers == ([("Connection", "close")] if closes else [])


def exchange(server: RunningServer, head: str, body: bytes, last: bytes = b"") -> list[bytes]:
    """Send a request and then ``last``; return the responses, read until the connection ends."""
    address = urlsplit(server.url)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(f"{head}\r\nHost: {address.netloc}\r\n\r\n".encode() + body)
        received = b""
        if last:
            while b"\r\n\r\n" not in received:
                received += connection.recv(65536)
            connection.sendall(last)
        while data := connection.recv(65536):
            received += data
    first, *others = received.split(b"HTTP/1.1 ")
    assert first == b""
    return others


MULTIPART = "Content-Type: multipart/form-data; boundary=x"
LETTER = "Content-Type: application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (
            f"POST /admin/library/image/add/ HTTP/1.1\r\n{MULTIPART}\r\nContent-Length: 99999999",
            BODY,
        ),
        (f"POST /feedback/ HTTP/1.1\r\n{LETTER}\r\nContent-Length: 9999999", BODY),
        (f"POST / HTTP/1.1\r\nContent-Length: {len(BODY)}", BODY),
        (f"PUT /healthz HTTP/1.1\r\nContent-Length: {len(BODY)}", BODY),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked", CHUNK + b"\r\n0\r\n\r\n"),
        (f"POST /no-page/ HTTP/1.1\r\nContent-Length: {len(BODY)}", BODY),
    ],
    ids=["upload", "letter", "page", "PUT", "chunked", "not found"],
)
def test_connection_ends_after_an_unread_body(
    server: RunningServer, head: str, body: bytes
) -> None:
    (response,) = exchange(server, head, body)
    headers = response.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert headers.count(b"connection: close") == 1


def test_connection_is_kept_after_a_body_that_was_read(server: RunningServer) -> None:
    body = b"kind=error&text=a"
    head = f"POST /feedback/ HTTP/1.1\r\n{LETTER}\r\nContent-Length: {len(body)}"
    last = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    refused, health = exchange(server, head, body, last)
    assert refused.startswith(b"4")
    assert b"connection: close" not in refused.partition(b"\r\n\r\n")[0].lower()
    assert health.endswith(b"ok\n")
