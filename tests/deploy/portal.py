"""Fixture ``portal``: nginx with the real application and page store, which run in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import override_settings

from portal import nginx as configuring
from portal import serving
from tests.nginx import Answer, Nginx, running

#: Headers that nginx and a WSGI server send differently; the tests do not compare them.
SERVER_HEADERS = {
    "Date",
    "Server",
    "Connection",
    "Accept-Ranges",
    "Transfer-Encoding",
    "Keep-Alive",
}


class _Server(ThreadingMixIn, WSGIServer):
    # server_close() waits for the threads, so that their database connections are closed.
    daemon_threads = False


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Process:
    """The page store of the simulated web process; ``restart`` replaces it, as a restart would."""

    def __init__(self) -> None:
        self.store = serving.build_page_store(get_wsgi_application())

    def restart(self) -> None:
        self.store.stop()
        self.store = serving.build_page_store(get_wsgi_application())


@dataclass
class Portal:
    nginx: Nginx
    requests: list[str]
    server: _Server
    var: Path
    process: Process

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        self.requests.clear()
        return self.nginx.ask(path, method, body, **headers)

    def ask_application(
        self, path: str, method: str = "GET", body: bytes = b"", **headers: str
    ) -> Answer:
        """Send a request to the application directly, without nginx."""
        return Nginx(self.server.server_port, self.var).ask(path, method, body, **headers)

    def stop_application(self) -> None:
        """Stop the application, so that nginx cannot connect to its upstream."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def portal(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Portal]:
    settings.PAGESTORE = True
    settings.PAGESTORE_ROOT = tmp_path / "store"
    process = Process()
    requests: list[str] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        requests.append(environ["PATH_INFO"])
        try:
            response = process.store(environ, start_response)
            try:
                yield from response
            finally:
                getattr(response, "close", lambda: None)()
        finally:
            connections.close_all()

    with override_settings(VAR_DIR=tmp_path):
        configuring.write_unavailable_page()
    with _serving(application) as server:
        upstream = f"127.0.0.1:{server.server_port}"
        with running(tmp_path / "nginx", var=tmp_path, upstream=upstream) as nginx:
            yield Portal(nginx, requests, server, tmp_path, process)
    process.store.stop()


@contextmanager
def _serving(application: Any) -> Iterator[_Server]:
    server = make_server("127.0.0.1", 0, application, _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
