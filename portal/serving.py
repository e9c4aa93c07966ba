"""The assembly of the page store: its middleware around Django, and its background threads."""

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
    """Return the page store around Django's application; None if the setting PAGESTORE is off."""
    return wrap_application(inner) if settings.PAGESTORE else None


def wrap_application(inner: Any) -> PageStore:
    """Return the page store around Django's application, even if the setting PAGESTORE is off."""
    fingerprint()  # computed and cached now, before the source files can change
    return PageStore(
        inner,
        headers=page_headers(),
        language=language_of_path,
        unavailable=render_unavailable_page,
        before=media_sync.process_sync_tasks,
    )


def render_unavailable_page() -> bytes:
    """Render the error page for a request while the database is down, without a database query."""
    with translation.override(settings.LANGUAGE_CODE):
        return loader.get_template("503.html").render().encode()


def public_paths() -> Iterator[str]:
    """Yield the path of every public page, the most important first."""
    for page in addresses.pages():
        yield page.path


@contextmanager
def page_store_kept_current() -> Iterator[None]:
    """Run the threads that sync, warm and prune this node's page store inside the context."""
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
