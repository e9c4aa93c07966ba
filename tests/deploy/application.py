"""A small upstream server for nginx, which records its requests and can simulate failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from portal.web import headers

PAGE = b"from the application"
LONG_PAGE = PAGE * 100
ADMIN_PAGE = b"the admin site " * 200


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def answer(self) -> None:
        # http.server merges two leading slashes of the path; the request line still contains both.
        self.path = self.requestline.split()[1]
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        self.server.requests.append((self.command, self.path, dict(self.headers.items())))
        if self.server.silent:
            self.close_connection = True
            return
        status, body = self._status_and_body()
        is_admin = self.path.startswith("/admin/")
        self.send_response(status)
        for name, value in headers.headers(*(["editor"] if is_admin else [])).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Language", "zh-hans")
        self.send_header("Cache-Control", "private, no-store" if is_admin else "no-cache")
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", f"{self.path}/")
        if self.path.startswith("/media/a/"):
            self.send_header("Content-Disposition", 'attachment; filename="report.pdf"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def _status_and_body(self) -> tuple[int, bytes]:
        path = self.path.partition("?")[0]
        status = self.server.forced_status or {
            "/nowhere/": 404,
            "/news/9/": 410,
            "/court": 302,
            "/broken/": 500,
        }.get(path, 200)
        if path.endswith(("nowhere.jpg", "index.html", ".gz", ".br")) or "/." in path:
            status = 404
        if self.command == "POST" and status == 200 and not path.startswith("/admin/"):
            status = 405
        if path.startswith("/admin/"):
            return status, ADMIN_PAGE
        return status, LONG_PAGE if "long" in self.path else PAGE

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], requests: list) -> None:
        super().__init__(address, _Handler)
        self.requests = requests
        self.forced_status = 0
        self.silent = False


class Application:
    """The upstream server. ``requests`` contains the method, path and headers of each received
    request.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.address = ("127.0.0.1", 0)
        self.start()

    @property
    def upstream(self) -> str:
        return f"{self.address[0]}:{self.address[1]}"

    def start(self) -> None:
        self.server = _Server(self.address, self.requests)
        self.address = self.server.server_address[:2]  # type: ignore[assignment]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Stop listening during the ``with`` block, so that nginx cannot connect."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def answering_with(self, status: int) -> Iterator[None]:
        """Return this status for every request: 503 simulates a database that is down."""
        self.server.forced_status = status
        try:
            yield
        finally:
            self.server.forced_status = 0

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Accept requests, but close the connection without a response."""
        self.server.silent = True
        try:
            yield
        finally:
            self.server.silent = False
