"""WSGI middleware outside Django's own: answers from stored pages, and stores missing ones.

A missing page is rendered once, by an anonymous request to Django without query, cookie or
conditional headers. It is stored if the database's generation did not change meanwhile.
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

#: A reader waits this long for another thread's rendering, then renders the page again.
RENDER_WAIT_SECONDS = 10
RETRY_AFTER_SECONDS = 30
CACHE_CONTROL = "no-cache"
#: The size of the pages that each process caches in memory.
MAX_MEMORY_BYTES = 32 * 1024 * 1024
MAX_MISSING_PATHS = 10_000
ENCODINGS: Encodings = (("br", ".br"), ("gzip", ".gz"))
#: Headers that the middleware itself derives from the file.
FILE_HEADERS = {
    "content-length",
    "content-type",
    "etag",
    "last-modified",
    "vary",
    "cache-control",
}


class StoredPage(NamedTuple):
    """An answer from a file, in one of the encodings that the reader accepts."""

    status: str
    headers: list[tuple[str, str]]
    not_modified_headers: list[tuple[str, str]]
    body: bytes
    etag: str
    modified: int
    #: Whether the memory cache may keep it while the same generation is served.
    is_cacheable: bool


class Answer(NamedTuple):
    """An answer rendered by Django."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def is_page(self) -> bool:
        return self.status.startswith("200")


class PageStore:
    """The middleware around Django's application ``inner``.

    ``headers``: headers of every stored page; ``language``: returns the language of a path;
    ``unavailable``: renders the page for when the database is down and no copy may be served;
    ``before``: work to be done before a switch, see ``sync.Preparation``.
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
        """Answer from memory, from the store or from Django, in this order."""
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
                    # For example an address of the former site, identified by its query string
                    # alone.
                    return self.inner(environ, start_response)
                start_response(found.status, found.headers)
                return [b"" if method == "HEAD" else found.body]
            stored = found
            # The page is of this generation: no other one began while it was found or rendered.
            if cache.generation and cache is self._memory_cache():
                cache.add_page((path, accepted), stored)
        if _is_not_modified(environ, stored):
            start_response("304 Not Modified", stored.not_modified_headers)
            return [b""]
        start_response(stored.status, stored.headers)
        return [b"" if method == "HEAD" else stored.body]

    def _find_or_render(self, path: str, accepted: Encodings) -> StoredPage | Answer:
        """Return the stored page, storing it first if need be; else Django's answer."""
        answer: Answer | None = None
        while answer is None:
            if found := self.find(path, accepted):
                return found
            try:
                answer = self.render_and_store(path)
            except Error as error:
                log.warning("%s can't be rendered: %s", path, error)
                return self.find(path, accepted, link="fallback") or self._unavailable_answer(path)
            except OSError:  # for example a full disk: the reader gets the page all the same
                log.exception("%s can't be stored", path)
                return self._render(path)
        return (answer.is_page and self.find(path, accepted)) or answer

    def _memory_cache(self) -> _MemoryCache:
        """Return this process's memory cache of the served generation."""
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
        """Start this process's watcher, if it does not run; called in the process that serves."""
        if self._watcher is not None and self._watcher.is_alive():
            return
        with self._start_lock:
            if self._watcher is None or not self._watcher.is_alive():
                for step in (sync.take_ownership, partial(sync.sync_store, self.prepare)):
                    with suppress(Error, OSError):  # the watcher tries again
                        step()
                self._watcher = sync.GenerationWatcher(self.prepare)
                self._watcher.start()

    def stop(self) -> None:
        """Stop the watcher; for tests."""
        if self._watcher is not None:
            self._watcher.stopped.set()
            self._watcher.join()
            self._watcher = None

    # Finding and rendering

    def find(self, path: str, accepted: Encodings = (), link: str = "current") -> StoredPage | None:
        """Return the stored page below this link, in the smallest accepted encoding."""
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
            except OSError as error:  # unreadable for another reason: Django renders it
                log.warning("%s can't be read: %s", path, error)
                continue
            # Not cached: a page whose smaller form is still to come, and a fallback copy.
            is_cacheable = link == "current" and (not accepted or encoding == accepted[0][0])
            return self._stored_page(path, body, encoding, modified, is_cacheable)
        return None

    def _stored_page(
        self, path: str, body: bytes, encoding: str, modified: int, is_cacheable: bool
    ) -> StoredPage:
        """Build the answer with its headers."""
        # The format of nginx: a file has the same ETag whichever of the two serves it.
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
        """Return the answer for when the database is down and no copy may be served."""
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
        """Render the page and store it if possible; None if another thread has just stored it.

        Raises ``django.db.Error`` while the database is down.
        """
        node_store = sync.store()
        with node_store.lock_page(path, time.monotonic() + RENDER_WAIT_SECONDS) as has_lock:
            if has_lock and self.find(path):
                return None
            close_old_connections()
            generation = sync.sync_store(self.prepare)
            answer = self._render(path)
            # Raises if the database went down meanwhile.
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
        """Return the current page, rendered if need be; None if there is none.

        Raises ``django.db.Error`` while the database is down: fallback copies are not used.
        """
        answer: Answer | None = None
        while answer is None:
            if found := self.find(path):
                return found.body
            answer = self.render_and_store(path)
        return answer.body if self._is_storable(path, answer) else None

    def warm(self, path: str) -> bool:
        """Render and compress the page ahead of requests; return whether it is stored."""
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
        """Return Django's answer to an anonymous request for the path."""
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
        """Return whether it is a public page with exactly the headers that its file would get."""
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
    """Answers of one generation that this process need not read from disk again.

    Each request compares ``counter`` with the store's shared counter: a new generation changes
    that one, and the cache is replaced.
    """

    def __init__(self, generation: str, counter: bytes) -> None:
        self.generation = generation
        self.counter = counter
        self.pages: dict[tuple[str, Encodings], StoredPage] = {}
        self.free_bytes = MAX_MEMORY_BYTES
        #: Paths without a page: many requests for one would otherwise wait for its lock one after
        #: another.
        self.missing: set[str] = set()

    def add_page(self, key: tuple[str, Encodings], stored: StoredPage) -> None:
        if stored.is_cacheable and self.free_bytes > 0:
            self.free_bytes -= len(stored.body)
            self.pages[key] = stored

    def add_missing(self, path: str, answer: Answer) -> None:
        if answer.status.startswith(("3", "4")) and len(self.missing) < MAX_MISSING_PATHS:
            self.missing.add(path)


def _is_not_modified(environ: Environ, stored: StoredPage) -> bool:
    """Return whether the reader's conditional headers name this very file."""
    if tags := environ.get("HTTP_IF_NONE_MATCH"):
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return stored.etag in known or "*" in known
    if since := environ.get("HTTP_IF_MODIFIED_SINCE"):
        # Compared for equality, as by nginx: a date identifies one rendering of the page.
        return parse_http_date_safe(since) == stored.modified
    return False


_ZERO_WEIGHT = re.compile(r"\s*q\s*=\s*0(?:\.0*)?\s*")


@lru_cache(maxsize=1000)
def _accepted_encodings(header: str) -> Encodings:
    """Return the encodings of an Accept-Encoding header that files may have, smallest first."""
    accepted = {}
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        accepted[name.strip()] = not _ZERO_WEIGHT.fullmatch(weight)
    return tuple(pair for pair in ENCODINGS if accepted.get(pair[0]))


def _may_vary(environ: Environ) -> bool:
    """Return whether Django may answer this request differently from an anonymous one."""
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
