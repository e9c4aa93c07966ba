"""Nothing that has been painted moves, neither after loading nor while a page arrives in parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page

from tests.browser import RunningServer
from tests.factories import Newsroom

from . import scene
from .conftest import DESK, PHONE, Reader

AFTER_A_PAINT = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => done()));
})"""

both_widths = pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])


def shifts(page: Page) -> list[str]:
    """Return the elements that moved since the page was opened, each with its way in pixels."""
    return page.evaluate(
        """() => new Promise((done) => {
          const moved = [];
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              if (entry.hadRecentInput) continue;
              for (const { node, previousRect: from, currentRect: to } of entry.sources) {
                moved.push(`${node?.outerHTML?.slice(0, 80)}: ${to.x - from.x}, ${to.y - from.y}`);
              }
            }
          }).observe({ type: "layout-shift", buffered: true });
          requestAnimationFrame(() => requestAnimationFrame(() => done(moved)));
        })"""
    )


@both_widths
def test_a_page_loads_without_layout_shift(
    server: RunningServer, newsroom: Newsroom, reader: Reader, viewport: dict[str, int]
) -> None:
    scene.home(newsroom)
    article = scene.article(newsroom)
    page = reader(viewport)
    for address in ("/", article.get_absolute_url(), newsroom.column.list_url):
        page.goto(server.url + address)
        assert shifts(page) == [], address
    page.locator("#elder").check()
    for address in ("/", article.get_absolute_url()):
        page.goto(server.url + address)
        assert shifts(page) == [], address


@both_widths
def test_nothing_moves_while_a_page_arrives_in_parts(
    server: RunningServer, newsroom: Newsroom, reader: Reader, viewport: dict[str, int]
) -> None:
    # As on a slow line: the browser paints what it has after each tag of the masthead and of the
    # beginning of the content.
    scene.home(newsroom)
    address = scene.article(newsroom).get_absolute_url()
    page = reader(viewport)
    parts: SimpleQueue[bytes | None] = SimpleQueue()
    with slow_line(server.url, address, parts) as url:
        for is_elder in (False, True):
            head, *tags, rest = in_parts(server.url + address)
            parts.put(head)
            page.goto(url + address, wait_until="commit")
            for tag in tags:
                parts.put(tag)
                page.evaluate(AFTER_A_PAINT)
            parts.put(rest)
            parts.put(None)
            page.wait_for_load_state()
            assert shifts(page) == [], is_elder
            page.locator("#elder").check()
        page.close()  # before the server, which the browser may still ask for the icon


def in_parts(url: str) -> list[bytes]:
    """Return the page at ``url`` up to its body, then each tag with its text, then the rest."""
    with urlopen(url) as response:
        html = response.read()
    head, body = html.split(b"<body>")
    start, rest = body.split(b"<h1", 1)
    return [head + b"<body>", *re.findall(rb"[^<]*<[^>]*>", start), b"<h1" + rest]


@contextmanager
def slow_line(origin: str, slow_path: str, parts: SimpleQueue[bytes | None]) -> Iterator[str]:
    """Yield the URL of a server that answers ``slow_path`` with ``parts`` until one is None.

    Every other path is answered as ``origin`` answers it.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == slow_path:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                while (part := parts.get()) is not None:
                    self.wfile.write(part)
                return
            with urlopen(origin + self.path) as response:
                self.send_response(200)
                self.send_header("Content-Type", response.headers["Content-Type"])
                self.end_headers()
                self.wfile.write(response.read())

        def log_message(self, *arguments: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as line:
        Thread(target=line.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{line.server_port}"
        finally:
            parts.put(None)
            line.shutdown()
