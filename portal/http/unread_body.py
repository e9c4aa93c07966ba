"""Close the connection after a response that was sent before the body of its request was read.

The server cannot use such a connection again, because the rest of the body would be taken for the
next request. Without the header, a client only notices this when its next request fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from portal.http.parameters import parse_number

StartResponse = Callable[..., Any]


class UnreadBodyCloser:
    """WSGI application around another one: it adds ``Connection: close`` where a body is unread."""

    def __init__(self, inner: Callable[[dict[str, Any], StartResponse], Iterable[bytes]]) -> None:
        self.inner = inner

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if length == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
            return self.inner(environ, start_response)
        body = _CountingBody(environ["wsgi.input"], parse_number(length))
        environ["wsgi.input"] = body

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            if not body.is_read:
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *error)

        return self.inner(environ, start)


class _CountingBody:
    """The body of a request, and whether it was read up to its end.

    The end of a body without a valid length (None, or 0 for a chunked one) is reached when a read
    returns nothing.
    """

    def __init__(self, body: Any, length: int | None) -> None:
        self._body = body
        self._left = length or -1
        self.is_read = False

    def read(self, size: int = -1) -> bytes:
        return self._count(self._body.read(size), size)

    def readline(self, size: int = -1) -> bytes:
        return self._count(self._body.readline(size), size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Any:
        while line := self.readline():
            yield line

    def _count(self, data: bytes, size: int) -> bytes:
        self._left -= len(data)
        if self._left == 0 or (not data and size != 0):
            self.is_read = True
        return data
