"""The outermost layer of the application: stored pages, before Django's own stack begins.

A page that is missing is rendered once, by asking Django for it as nobody in particular: without
query, cookie or condition. It is filed if the database's number stood still meanwhile.
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

from . import generations, sync
from .paths import content_type, file_name

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Encodings = tuple[tuple[str, str], ...]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

#: So long a reader waits while the page is rendered for another one; then he renders his own.
PATIENCE_SECONDS = 10
RETRY_AFTER_SECONDS = 30
CACHE_CONTROL = "no-cache"
#: So much of the pages each process keeps in memory.
MEMORY_BYTES = 32 * 1024 * 1024
MOST_NO_PAGES = 10_000
ENCODINGS: Encodings = (("br", ".br"), ("gzip", ".gz"))
#: What the layer says itself, of the file.
OWN = {"content-length", "content-type", "etag", "last-modified", "vary", "cache-control"}


class Stored(NamedTuple):
    """An answer from a file, in an encoding that was asked for."""

    status: str
    headers: list[tuple[str, str]]
    headers_of_304: list[tuple[str, str]]
    body: bytes
    etag: str
    modified: int
    #: Whether it may be given again while the same generation is served.
    lasts: bool


class Answer(NamedTuple):
    """What Django said."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def is_page(self) -> bool:
        return self.status.startswith("200")


class PageStore:
    """Wraps Django's application. ``headers``: what every stored page carries; ``language``: of
    the page at a path; ``unavailable``: the page to show when there is nothing else; ``before``:
    see ``following.Preparation``."""

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
        self._remembered = _Memory("", b"")
        self._follower: sync.GenerationWatcher | None = None
        self._starting = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        if method not in ("GET", "HEAD") or (settings.HTTPS and not _is_secure(environ)):
            return self.inner(environ, start_response)
        accepted = _accepted(environ.get("HTTP_ACCEPT_ENCODING", ""))
        memory = self._memory()
        stored = memory.pages.get((path, accepted))
        if stored is None:
            if content_type(path) is None or path in memory.no_pages:
                return self.inner(environ, start_response)
            self.start()
            found = self._found_or_rendered(path, accepted)
            if isinstance(found, Answer):
                if memory is self._memory():
                    memory.note(path, found)
                if not (found.is_page and self._may_be_filed(path, found)) and _asks_more(environ):
                    # An address of the former site, say, known by its query alone.
                    return self.inner(environ, start_response)
                start_response(found.status, found.headers)
                return [b"" if method == "HEAD" else found.body]
            stored = found
            # Of this generation for certain: none began while the page was found or rendered.
            if memory.generation and memory is self._memory():
                memory.keep((path, accepted), stored)
        if _has_it(environ, stored):
            start_response("304 Not Modified", stored.headers_of_304)
            return [b""]
        start_response(stored.status, stored.headers)
        return [b"" if method == "HEAD" else stored.body]

    def _found_or_rendered(self, path: str, accepted: Encodings) -> Stored | Answer:
        """The stored page if there is one, or will be in a moment; else what Django said."""
        answer: Answer | None = None
        while answer is None:
            if found := self.find(path, accepted):
                return found
            try:
                answer = self.fill(path)
            except Error as error:
                log.warning("%s can't be rendered: %s", path, error)
                return self.find(path, accepted, link="last") or self._nothing(path)
            except OSError:  # a full disk, say: the reader gets his page all the same
                log.exception("%s can't be stored", path)
                return self._ask(path)
        return (answer.is_page and self.find(path, accepted)) or answer

    def _memory(self) -> _Memory:
        """What this process remembers of the generation that is being served."""
        here = sync.store()
        if here.is_disabled:
            return _Memory("", b"")
        memory, counter = self._remembered, here.counter.read()
        if not counter or memory.counter != counter:
            name = here.current_name()
            if counter or memory.generation != name:
                memory = self._remembered = _Memory(name, counter)
        return memory

    def start(self) -> None:
        """Follow the turns from now on, in the process that serves."""
        if self._follower is not None and self._follower.is_alive():
            return
        with self._starting:
            if self._follower is None or not self._follower.is_alive():
                for step in (sync.take_ownership, partial(sync.sync_store, self.prepare)):
                    with suppress(Error, OSError):  # the follower tries again
                        step()
                self._follower = sync.GenerationWatcher(self.prepare)
                self._follower.start()

    def stop(self) -> None:
        """End what ``start`` began; for tests."""
        if self._follower is not None:
            self._follower.stopped.set()
            self._follower.join()
            self._follower = None

    # --- finding and filling --------------------------------------------------------------------

    def find(self, path: str, accepted: Encodings = (), link: str = "current") -> Stored | None:
        """The page as this node serves it now, in the best form that the reader takes."""
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
            except OSError as error:  # unreadable, for whatever reason: Django is asked
                log.warning("%s can't be read: %s", path, error)
                continue
            # A better form may still come; an older copy lasts as long as the database is away.
            lasts = link == "current" and (not accepted or encoding == accepted[0][0])
            return self._stored(path, body, encoding, modified, lasts)
        return None

    def _stored(self, path: str, body: bytes, encoding: str, modified: int, lasts: bool) -> Stored:
        # As nginx makes it: the same file has the same tag, whoever serves it.
        etag = f'"{modified:x}-{len(body):x}"'
        headers = [
            *self.headers,
            ("Content-Language", self.language(path)),
            ("ETag", etag),
            ("Last-Modified", http_date(modified)),
            ("Vary", "Accept-Encoding"),
        ]
        of_body = [
            ("Content-Type", content_type(path) or ""),
            ("Content-Length", str(len(body))),
            *([("Content-Encoding", encoding)] if encoding else []),
        ]
        return Stored("200 OK", [*headers, *of_body], headers, body, etag, modified, lasts)

    def _nothing(self, path: str) -> Answer:
        """The database is away, and no copy may be shown."""
        status = HTTPStatus.SERVICE_UNAVAILABLE
        body = self.unavailable()
        headers = [
            *self.headers,
            ("Content-Language", self.language(path)),
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Retry-After", str(RETRY_AFTER_SECONDS)),
        ]
        return Answer(f"{status.value} {status.phrase}", headers, body)

    def fill(self, path: str) -> Answer | None:
        """Render the page, and file it if it may be; None if somebody else has just done so.

        Raises ``django.db.Error`` while the database is away.
        """
        here = sync.store()
        with here.claimed(path, time.monotonic() + PATIENCE_SECONDS) as is_mine:
            if is_mine and self.find(path):
                return None
            close_old_connections()
            generation = sync.sync_store(self.prepare)
            answer = self._ask(path)
            stood_still = (
                generations.current_state() == generation.state
            )  # raises if the database is away
            if (
                is_mine
                and stood_still
                and self._may_be_filed(path, answer)
                and sync.may_store(generation)
            ):
                here.put(generation, file_name(path), answer.body)
            return answer

    def get_page(self, path: str) -> bytes | None:
        """The page as everybody gets it now, rendered if need be; None where there is none.

        Raises ``django.db.Error`` while the database is away: a copy of before is not good enough.
        """
        answer: Answer | None = None
        while answer is None:
            if found := self.find(path):
                return found.body
            answer = self.fill(path)
        return answer.body if self._may_be_filed(path, answer) else None

    def warm(self, path: str) -> bool:
        """Render the page ahead of anybody's asking, and pack it well; whether it is stored."""
        if content_type(path) is None:
            return False
        here = sync.store()
        if not self.find(path):
            self.fill(path)
        generation = sync.sync_store(self.prepare)
        with here.claimed(path, time.monotonic() + PATIENCE_SECONDS) as is_mine:
            if is_mine:
                here.pack(generation, file_name(path))
        return self.find(path) is not None

    def _ask(self, path: str) -> Answer:
        """What Django answers nobody in particular."""
        begun: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            begun[:] = [status, headers]

        response = self.inner(_environ(path), start_response)
        try:
            body = b"".join(response)
        finally:
            getattr(response, "close", lambda: None)()
        return Answer(begun[0], begun[1], body)

    def _may_be_filed(self, path: str, answer: Answer) -> bool:
        """Whether it is a public page, and says exactly what the layer will say of its file."""
        said = {name.lower(): value for name, value in answer.headers}
        meant = {name.lower(): value for name, value in self.headers}
        meant["content-language"] = self.language(path)
        return (
            answer.is_page
            and said.get("content-type") == content_type(path)
            and said.get("cache-control", CACHE_CONTROL) == CACHE_CONTROL
            and "cookie" not in said.get("vary", "").lower()
            and {name: value for name, value in said.items() if name not in OWN}
            == {name: value for name, value in meant.items() if name not in OWN}
        )


class _Memory:
    """Answers of one generation that this process need not read again. A turn ends it: the beat of
    before it, which each request compares, is no longer that of the store."""

    def __init__(self, generation: str, counter: bytes) -> None:
        self.generation = generation
        self.counter = counter
        self.pages: dict[tuple[str, Encodings], Stored] = {}
        self.room = MEMORY_BYTES
        #: Addresses without a page: nobody waits until somebody else has found that out again.
        self.no_pages: set[str] = set()

    def keep(self, key: tuple[str, Encodings], stored: Stored) -> None:
        if stored.lasts and self.room > 0:
            self.room -= len(stored.body)
            self.pages[key] = stored

    def note(self, path: str, answer: Answer) -> None:
        if answer.status.startswith(("3", "4")) and len(self.no_pages) < MOST_NO_PAGES:
            self.no_pages.add(path)


def _has_it(environ: Environ, stored: Stored) -> bool:
    """Whether the reader has this very file already."""
    if tags := environ.get("HTTP_IF_NONE_MATCH"):
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return stored.etag in known or "*" in known
    if since := environ.get("HTTP_IF_MODIFIED_SINCE"):
        # Exactly, as nginx has it: a date between two renderings is no reader's.
        return parse_http_date_safe(since) == stored.modified
    return False


_NO_WEIGHT = re.compile(r"\s*q\s*=\s*0(?:\.0*)?\s*")


@lru_cache(maxsize=1000)
def _accepted(header: str) -> Encodings:
    """The encodings that the reader takes and files may have, the smallest first."""
    named = {}
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        named[name.strip()] = not _NO_WEIGHT.fullmatch(weight)
    return tuple(pair for pair in ENCODINGS if named.get(pair[0]))


def _asks_more(environ: Environ) -> bool:
    """Whether Django may answer this reader otherwise than it answers everybody."""
    return bool(environ.get("QUERY_STRING") or environ.get("HTTP_COOKIE"))


def _is_secure(environ: Environ) -> bool:
    return environ.get("HTTP_X_FORWARDED_PROTO") == "https"


def _environ(path: str) -> Environ:
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
