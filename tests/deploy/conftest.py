"""Fixture ``place``: nginx with an upstream server and a page store with hand-written files.

The files are stored in the documented folder layout of the page store.
"""

import gzip
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import brotli
import pytest
from django.test import override_settings

from portal import nginx as configuring
from tests.deploy.application import Application
from tests.deploy.portal import portal
from tests.nginx import Nginx, running

__all__ = ["portal"]  # All modules of this folder use the fixture, because conftest.py imports it.

#: Modification time of all files as a Unix timestamp: 2026-01-02 03:04:05 UTC.
DATE = 1767323045
LAST_MODIFIED = "Fri, 02 Jan 2026 03:04:05 GMT"
PICTURE = f"i/aa/{'a' * 64}-640.webp"
ATTACHMENT = f"a/bb/{'b' * 64}.pdf"


def text(name: str) -> bytes:
    """Return the content of the stored file ``name``, which is long enough to be compressed."""
    return f"<p>{name} 法院 ".encode() * 100


@dataclass(frozen=True)
class Place:
    """The data folder ``PORTAL_VAR`` with nginx and its upstream server."""

    var: Path
    application: Application
    nginx: Nginx

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str):
        self.application.requests.clear()
        return self.nginx.ask(path, method, body, **headers)

    @property
    def reached(self) -> list[tuple[str, str]]:
        """Return the method and path of the requests that reached the upstream since the last
        ``ask``.
        """
        return [(method, path) for method, path, _headers in self.application.requests]


def write(path: Path, body: bytes, *, compressed: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    written = [path]
    if compressed:
        for suffix, data in ((".gz", gzip.compress(body)), (".br", brotli.compress(body))):
            other = path.with_name(path.name + suffix)
            other.write_bytes(data)
            written.append(other)
    for each in written:
        os.utime(each, (DATE, DATE))


def point(link: Path, target: str) -> None:
    """Switch the symbolic link to another target atomically, as the page store does."""
    temporary = link.with_name(f".{link.name}")
    os.symlink(target, temporary)
    os.replace(temporary, link)


GENERATION = "g-7-0123456789ab"
STORED = (
    "index.html",
    "news/index.html",
    "news/12/index.html",
    "en/index.html",
    "feeds/news.atom",
    "feeds/news.rss",
    "feeds/news.json",
    "data/cases.csv",
    "data/cases.json",
    "data/cases.csv-metadata.json",
    "sitemap.xml",
    "robots.txt",
    # The store never contains the following files; nginx must not serve them even if they exist.
    "search/index.html",
    "en/search/index.html",
    "feedback/index.html",
    "admin/index.html",
    "public/detail.php",
    "news/.secret",
    ".feeds/feeds/news.json",
)


@pytest.fixture(scope="session")
def _place() -> Iterator[Place]:
    base = Path(mkdtemp(prefix="portal-nginx-"))
    var = base / "var"
    store = var / "store"
    for name in STORED:
        write(store / GENERATION / name, text(f"current {name}"))
    for name in (*STORED, "news/5/index.html"):
        write(store / "fallbacks/3" / name, text(f"fallback {name}"))
    write(store / GENERATION / "small/index.html", b"<p>small", compressed=False)
    point(store / "current", GENERATION)
    point(store / "fallback", "fallbacks/3")
    write(var / "static/css/base.css", text("unhashed"))
    write(var / "static/css/base.0123456789ab.css", text("hashed"))
    write(var / "static/js/admin.0123456789ab.js", text("script"))
    write(var / "media/public" / PICTURE, b"picture", compressed=False)
    write(var / "media/public" / ATTACHMENT, b"attachment", compressed=False)
    write(var / "secret-key", b"secret", compressed=False)
    application = Application()
    try:
        with override_settings(VAR_DIR=var):
            configuring.write_unavailable_page()
        with running(base / "nginx", var=var, upstream=application.upstream) as nginx:
            yield Place(var, application, nginx)
    finally:
        application.stop()
        shutil.rmtree(base)


@pytest.fixture
def place(_place: Place) -> Place:
    _place.application.requests.clear()
    return _place
