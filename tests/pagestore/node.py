"""A node for tests, which calls the page store's WSGI middleware as a server does."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import brotli
from django.conf import settings

from portal.pagestore.middleware import PageStore
from portal.pagestore.paths import file_name

UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress, "": bytes}


@dataclass(frozen=True)
class Response:
    status: int
    headers: Message
    raw: bytes

    @property
    def body(self) -> bytes:
        return UNPACK[self.headers.get("Content-Encoding", "")](self.raw)

    @property
    def text(self) -> str:
        return self.body.decode()


class Node:
    def __init__(self, store: PageStore) -> None:
        self.store = store

    def ask(self, path: str, method: str = "GET", query: str = "", **headers: str) -> Response:
        """Send a request and return the response.

        A keyword such as ``if_none_match="..."`` sets the request header If-None-Match.
        """
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_HOST": "localhost",
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        setup_testing_defaults(environ)
        started: list[Any] = []
        response = self.store(environ, lambda *arguments: started.extend(arguments))
        try:
            raw = b"".join(response)
        finally:
            getattr(response, "close", lambda: None)()
        message = Message()
        for name, value in started[1]:
            message[name] = value
        return Response(int(started[0][:3]), message, raw)

    def files(self, link: str = "current") -> set[str]:
        """Return the names of all files in the folder of the link "current" or "fallback"."""
        folder = Path(settings.PAGESTORE_ROOT) / link
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    def file(self, path: str, link: str = "current", suffix: str = "") -> Path:
        return Path(settings.PAGESTORE_ROOT) / link / f"{file_name(path)}{suffix}"
