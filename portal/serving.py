"""How the rooms make up what is served: the page store, what it wraps, and what keeps it true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.template import loader
from django.utils import translation

from portal import addresses
from portal.library import media_sync
from portal.pagestore.fingerprint import fingerprint
from portal.pagestore.middleware import PageStore
from portal.pagestore.sync import GenerationWatcher, Warmer
from portal.web.headers import page_headers
from portal.web.languages import language_of_path


def build_page_store(inner: Any) -> PageStore | None:
    """The outermost layer, or None where the store is off."""
    return wrap_application(inner) if settings.PAGESTORE else None


def wrap_application(inner: Any) -> PageStore:
    """The store in front of Django, and what the rooms say of its pages."""
    fingerprint()  # of the files as this process has read them, not as they are later
    return PageStore(
        inner,
        headers=page_headers(),
        language=language_of_path,
        unavailable=unavailable,
        before=media_sync.process_sync_tasks,
    )


def unavailable() -> bytes:
    """The page that needs no database."""
    with translation.override(settings.LANGUAGE_CODE):
        return loader.get_template("503.html").render().encode()


def public_paths() -> Iterator[str]:
    """Every public address, the most important first."""
    for page in addresses.pages():
        yield page.path


@contextmanager
def page_store_kept_current() -> Iterator[None]:
    """Keep this node's store at the database's number, warm and swept, while this lasts."""
    store = build_page_store(get_wsgi_application())
    if store is None:
        yield
        return
    threads = (GenerationWatcher(store.prepare), Warmer(public_paths, store.warm))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.stopped.set()
        for thread in threads:
            thread.join()
