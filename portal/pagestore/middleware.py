"""The WSGI middleware around Django that responds with stored pages and stores missing pages.

A missing page is rendered one time, by an anonymous request to Django without query string, cookie
or conditional headers. The page is stored if the database's generation did not change meanwhile.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from http import HTTPStatus
from io import BytesIO
from typing import Any, NamedTuple

from django.conf import settings
from django.db import Error, close_old_connections
from django.utils.http import http_date, parse_http_date_safe

from portal.http import media_types

from . import generations, sync
from .paths import content_type, file_name

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Encodings = tuple[tuple[str, str], ...]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

#: A request waits this long while another thread renders the same page; then it renders the page
#: itself.
RENDER_WAIT_SECONDS = 10
RETRY_AFTER_SECONDS = 30
CACHE_CONTROL = "no-cache"
#: The maximum total size of the pages that each process caches in memory.
MAX_MEMORY_BYTES = 32 * 1024 * 1024
MAX_MISSING_PATHS = 10_000
ENCODINGS: Encodings = (("br", ".br"), ("gzip", ".gz"))
#: Names of the headers that the middleware derives from the stored file.
FILE_HEADERS = {
    "content-length",
    "content-type",
    "etag",
    "last-modified",
    "vary",
    "cache-control",
}


class StoredPage(NamedTuple):
    """A response from a stored file, in an encoding that the browser accepts."""

    status: str
    headers: list[tuple[str, str]]
    not_modified_headers: list[tuple[str, str]]
    body: bytes
    etag: str
    modified: int
    #: Whether the memory cache may keep this response while the store serves the same generation.
    is_cacheable: bool


class Answer(NamedTuple):
    """A response that Django rendered."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def is_page(self) -> bool:
        return self.status.startswith("200")


class PageStore:
    """The middleware around Django's application ``inner``.

    ``headers``: the headers of every stored page; ``language``: a function that returns the
    language of a path; ``unavailable``: a function that renders the error page for a request
    while the database is down and no copy may be served; ``before``: a function that is called
    before the store switches to a new generation, see ``sync.Preparation``.
    """

    def __init__(
        self,
        inner: Application,
        *,
        headers: Mapping[str, str],
        language: Callable[[str], str],
        unavailable: Callable[[], bytes],
        before: Callable[[], object] = lambda: None,
    ) -> None:
        self.inner = inner
        self.headers = [*headers.items(), ("Cache-Control", CACHE_CONTROL)]
        self.language = language
        self.unavailable = unavailable
        self.prepare = sync.Preparation(before)
        self._cache = _MemoryCache("", b"")
        self._watcher: sync.GenerationWatcher | None = None
        self._start_lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Respond from the memory cache, from the store or from Django, in this order."""
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        if method not in ("GET", "HEAD") or (settings.HTTPS and not _is_secure(environ)):
            return self.inner(environ, start_response)
        accepted = _accepted_encodings(environ.get("HTTP_ACCEPT_ENCODING", ""))
        cache = self._memory_cache()
        stored = cache.pages.get((path, accepted))
        if stored is None:
            if content_type(path) is None or path in cache.missing:
                return self.inner(environ, start_response)
            self.start()
            found = self._find_or_render(path, accepted)
            if isinstance(found, Answer):
                if cache is self._memory_cache():
                    cache.add_missing(path, found)
                is_storable = found.is_page and self._is_storable(path, found)
                if not is_storable and _may_vary(environ):
                    # Django may respond differently to the complete request: for example, a URL of
                    # the former site may be redirected by its query string.
                    return self.inner(environ, start_response)
                start_response(found.status, found.headers)
                return [b"" if method == "HEAD" else found.body]
            stored = found
            # The page belongs to the cached generation: no other generation began while the page
            # was found or rendered.
            if cache.generation and cache is self._memory_cache():
                cache.add_page((path, accepted), stored)
        if _is_not_modified(environ, stored):
            start_response("304 Not Modified", stored.not_modified_headers)
            return [b""]
        start_response(stored.status, stored.headers)
        return [b"" if method == "HEAD" else stored.body]

    def _find_or_render(self, path: str, accepted: Encodings) -> StoredPage | Answer:
        """Return the stored page, or store it first; if it cannot be stored, Django's response."""
        answer: Answer | None = None
        while answer is None:
            if found := self.find(path, accepted):
                return found
            try:
                answer = self.render_and_store(path)
            except Error as error:
                log.warning("%s can't be rendered: %s", path, error)
                return self.find(path, accepted, link="fallback") or self._unavailable_answer(path)
            except OSError:  # for example a full disk: respond without storing
                log.exception("%s can't be stored", path)
                return self._render(path)
        return (answer.is_page and self.find(path, accepted)) or answer

    def _memory_cache(self) -> _MemoryCache:
        """Return this process's memory cache; an empty cache if the served generation changed."""
        node_store = sync.store()
        if node_store.is_disabled:
            return _MemoryCache("", b"")
        cache, counter = self._cache, node_store.counter.read()
        if not counter or cache.counter != counter:
            name = node_store.current_name()
            if counter or cache.generation != name:
                cache = self._cache = _MemoryCache(name, counter)
        return cache

    def start(self) -> None:
        """Start this process's generation watcher if it is not running.

        Call it in the serving process itself, because threads do not survive a fork.
        """
        if self._watcher is not None and self._watcher.is_alive():
            return
        with self._start_lock:
            if self._watcher is None or not self._watcher.is_alive():
                for step in (sync.take_ownership, partial(sync.sync_store, self.prepare)):
                    with suppress(Error, OSError):  # the watcher will try again
                        step()
                self._watcher = sync.GenerationWatcher(self.prepare)
                self._watcher.start()

    def stop(self) -> None:
        """Stop the generation watcher; used by tests."""
        if self._watcher is not None:
            self._watcher.stopped.set()
            self._watcher.join()
            self._watcher = None

    # Methods that find, render and store pages

    def find(self, path: str, accepted: Encodings = (), link: str = "current") -> StoredPage | None:
        """Return the stored page in the folder of ``link``, in the smallest accepted encoding.

        The link is "current" or "fallback". Return None if no page is stored.
        """
        if sync.store().is_disabled:
            return None
        name = f"{settings.PAGESTORE_ROOT}/{link}/{file_name(path)}"
        for encoding, suffix in (*accepted, ("", "")):
            try:
                with open(f"{name}{suffix}", "rb", buffering=0) as file:
                    modified = int(os.fstat(file.fileno()).st_mtime)
                    body = file.readall()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
            except OSError as error:  # unreadable for another reason: Django renders the page
                log.warning("%s can't be read: %s", path, error)
                continue
            # Two kinds of pages are not cached in memory: fallback copies, and pages whose
            # smallest encoding has not been stored yet.
            is_cacheable = link == "current" and (not accepted or encoding == accepted[0][0])
            return self._stored_page(path, body, encoding, modified, is_cacheable)
        return None

    def _stored_page(
        self, path: str, body: bytes, encoding: str, modified: int, is_cacheable: bool
    ) -> StoredPage:
        """Build the response for the body of a stored file, with its headers."""
        # This is nginx's format, so that a page has the same ETag from nginx and from here.
        etag = f'"{modified:x}-{len(body):x}"'
        headers = [
            *self.headers,
            ("Content-Language", self.language(path)),
            ("ETag", etag),
            ("Last-Modified", http_date(modified)),
            ("Vary", "Accept-Encoding"),
        ]
        body_headers = [
            ("Content-Type", content_type(path) or ""),
            ("Content-Length", str(len(body))),
            *([("Content-Encoding", encoding)] if encoding else []),
        ]
        return StoredPage(
            "200 OK", [*headers, *body_headers], headers, body, etag, modified, is_cacheable
        )

    def _unavailable_answer(self, path: str) -> Answer:
        """Return the 503 response for a page that has no copy while the database is down."""
        status = HTTPStatus.SERVICE_UNAVAILABLE
        body = self.unavailable()
        headers = [
            *self.headers,
            ("Content-Language", self.language(path)),
            ("Content-Type", media_types.utf8(media_types.HTML)),
            ("Content-Length", str(len(body))),
            ("Retry-After", str(RETRY_AFTER_SECONDS)),
        ]
        return Answer(f"{status.value} {status.phrase}", headers, body)

    def render_and_store(self, path: str) -> Answer | None:
        """Render the page, store it if possible and return Django's response.

        Return None if another thread has just stored the page. Raises ``django.db.Error`` while
        the database is down.
        """
        node_store = sync.store()
        with node_store.lock_page(path, time.monotonic() + RENDER_WAIT_SECONDS) as has_lock:
            if has_lock and self.find(path):
                return None
            close_old_connections()
            generation = sync.sync_store(self.prepare)
            answer = self._render(path)
            # This query raises an error if the database went down during the rendering.
            is_unchanged = generations.current_state() == generation.state
            if (
                has_lock
                and is_unchanged
                and self._is_storable(path, answer)
                and sync.may_store(generation)
            ):
                node_store.put(generation, file_name(path), answer.body)
            return answer

    def get_page(self, path: str) -> bytes | None:
        """Return the body of the stored page; render the page first if it is not stored.

        Return None if the path has no public page. Raises ``django.db.Error`` while the database
        is down: fallback copies are not used.
        """
        answer: Answer | None = None
        while answer is None:
            if found := self.find(path):
                return found.body
            answer = self.render_and_store(path)
        return answer.body if self._is_storable(path, answer) else None

    def warm(self, path: str) -> bool:
        """Render, store and compress the page before any request; return whether it is stored."""
        if content_type(path) is None:
            return False
        node_store = sync.store()
        if not self.find(path):
            self.render_and_store(path)
        generation = sync.sync_store(self.prepare)
        with node_store.lock_page(path, time.monotonic() + RENDER_WAIT_SECONDS) as has_lock:
            if has_lock:
                node_store.compress(generation, file_name(path))
        return self.find(path) is not None

    def _render(self, path: str) -> Answer:
        """Return Django's response to an anonymous request for the path."""
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started[:] = [status, headers]

        response = self.inner(_environ(path), start_response)
        try:
            body = b"".join(response)
        finally:
            getattr(response, "close", lambda: None)()
        return Answer(started[0], started[1], body)

    def _is_storable(self, path: str, answer: Answer) -> bool:
        """Return whether the response is a public page that can be served from a file.

        Its headers must equal the headers that a response from the stored file would have.
        """
        actual = {name.lower(): value for name, value in answer.headers}
        expected = {name.lower(): value for name, value in self.headers}
        expected["content-language"] = self.language(path)
        return (
            answer.is_page
            and actual.get("content-type") == content_type(path)
            and actual.get("cache-control", CACHE_CONTROL) == CACHE_CONTROL
            and "cookie" not in actual.get("vary", "").lower()
            and {name: value for name, value in actual.items() if name not in FILE_HEADERS}
            == {name: value for name, value in expected.items() if name not in FILE_HEADERS}
        )


class _MemoryCache:
    """A cache of responses of one generation, so that this process reads each file one time.

    Each request compares ``counter`` with the store's shared counter. A new generation changes the
    shared counter, and the request replaces the cache by an empty one.
    """

    def __init__(self, generation: str, counter: bytes) -> None:
        self.generation = generation
        self.counter = counter
        self.pages: dict[tuple[str, Encodings], StoredPage] = {}
        self.free_bytes = MAX_MEMORY_BYTES
        #: Paths without a public page. Without this set, many requests for the same missing path
        #: would wait for its lock one after another.
        self.missing: set[str] = set()

    def add_page(self, key: tuple[str, Encodings], stored: StoredPage) -> None:
        if stored.is_cacheable and self.free_bytes > 0:
            self.free_bytes -= len(stored.body)
            self.pages[key] = stored

    def add_missing(self, path: str, answer: Answer) -> None:
        if answer.status.startswith(("3", "4")) and len(self.missing) < MAX_MISSING_PATHS:
            self.missing.add(path)


def _is_not_modified(environ: Environ, stored: StoredPage) -> bool:
    """Return whether the conditional headers of the request match the stored page."""
    if tags := environ.get("HTTP_IF_NONE_MATCH"):
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return stored.etag in known or "*" in known
    if since := environ.get("HTTP_IF_MODIFIED_SINCE"):
        # The dates must be equal, as for nginx, because a date identifies one rendering of the
        # page.
        return parse_http_date_safe(since) == stored.modified
    return False


_ZERO_WEIGHT = re.compile(r"\s*q\s*=\s*0(?:\.0*)?\s*")


@lru_cache(maxsize=1000)
def _accepted_encodings(header: str) -> Encodings:
    """Return the encodings of an Accept-Encoding header that stored files may have.

    The encoding with the smallest files is first.
    """
    accepted = {}
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        accepted[name.strip()] = not _ZERO_WEIGHT.fullmatch(weight)
    return tuple(pair for pair in ENCODINGS if accepted.get(pair[0]))


def _may_vary(environ: Environ) -> bool:
    """Return whether Django's response may differ from its response to an anonymous request."""
    return bool(environ.get("QUERY_STRING") or environ.get("HTTP_COOKIE"))


def _is_secure(environ: Environ) -> bool:
    return environ.get("HTTP_X_FORWARDED_PROTO") == "https"


def _environ(path: str) -> Environ:
    """Return the WSGI environment of an anonymous GET request for the path."""
    host = next((name for name in settings.ALLOWED_HOSTS if name != "*"), "localhost").lstrip(".")
    scheme = "https" if settings.HTTPS else "http"
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": host,
        "SERVER_PORT": "443" if settings.HTTPS else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "HTTP_X_FORWARDED_PROTO": scheme,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
