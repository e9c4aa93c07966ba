"""Fixture: all public pages of the sample portal, parsed one time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from news.models import Article
from portal import addresses
from portal.site.models import SiteSettings
from tests.sample.fixtures import sample_in_test_database
from tests.sample.more import MANY

from . import expected
from .expected import Expected
from .html import Page

#: Number of articles of the column ``MANY`` that are requested.
KEPT = 5


@dataclass(frozen=True)
class Portal:
    """The parsed pages of the sample portal, by their URL paths.

    ``pages`` contains every public page, but only ``KEPT`` articles of the column ``MANY``, whose
    articles are alike. ``query_pages`` contains the pages that process a query string, which no
    list of public pages contains. ``expected`` contains the expected content of these pages.
    ``error_pages`` contains error pages with their status codes. ``footers`` contains the expected
    footer fields of each language.
    """

    pages: dict[str, Page]
    expected: dict[str, Expected]
    query_pages: dict[str, Page]
    error_pages: dict[str, tuple[int, Page]]
    footers: dict[str, dict[str, str]]
    site: SiteSettings

    def each(self) -> Iterator[tuple[Page, Expected]]:
        for path, page in self.pages.items():
            yield page, self.expected[path]

    def indexable(self) -> Iterator[tuple[Page, Expected]]:
        """Yield the pages that search engines may index, with their expected content."""
        return ((page, content) for page, content in self.each() if not content.hidden)


@pytest.fixture(scope="session")
def portal(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Portal:
    """Request and parse every page of the sample portal, including the objects of
    ``tests.sample.more``.
    """
    with (
        sample_in_test_database(request, django_db_blocker),
        translation.override(settings.LANGUAGE_CODE),
    ):
        return _read()


def _read() -> Portal:
    client = Client()
    site = SiteSettings.load()
    paths = [page.path for page in addresses.pages() if page.path.endswith("/")]
    # The articles that only fill the pages of a list are the same but for a number in the title.
    alike = Article.objects.filter(column__slug=MANY).order_by("pk")
    left_out = {row.get_absolute_url() for row in alike[KEPT:]}
    paths = [path for path in paths if path not in left_out]
    query_paths = list(addresses.query_paths())
    error_pages = {path: client.get(path) for path in _error_paths()}
    return Portal(
        pages={path: _page(client, path) for path in paths},
        expected={path: expected.of(path, site) for path in [*paths, *query_paths]},
        query_pages={path: _page(client, path) for path in query_paths},
        error_pages={
            path: (answer.status_code, Page(path, answer.content.decode()))
            for path, answer in error_pages.items()
        },
        footers={
            language: expected.footer(site, language) for language, _name in settings.LANGUAGES
        },
        site=site,
    )


def _error_paths() -> list[str]:
    """Return URL paths without a page, in both languages, and the paths of articles that are not
    live.
    """
    gone = Article.objects.filter(published_at__isnull=False).exclude(state="live")
    return ["/news/999999/", "/en/nowhere/", *(row.get_absolute_url() for row in gone)]


def _page(client: Client, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200, path
    return Page(path, response.content.decode())
