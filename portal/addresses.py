"""All public URLs of the site, for the warm-up of the page store, the sitemap and the export.

Every public page that links lead to must be listed here; ``tests/portal/test_addresses.py`` crawls
the site to verify this.

A sitemap file contains at most 50,000 URLs. If the site has more, ``/sitemap.xml`` is an index of
sitemap sections. Section 1 contains all pages except articles and honours; each other section
contains the objects of one of these two models in a fixed range of ids. A URL therefore never moves
to another section, and a release changes one section only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain

from django.conf import settings
from django.db.models import F, Max
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from honors import sitemaps as honors
from honors.models import Honor
from news import sitemaps as news
from news.models import Article
from portal.court import sitemaps as court
from portal.publishing import list_counts
from portal.publishing.models import Publishable
from portal.web.languages import ENGLISH
from portal.web.pages import PublicPage, unlisted_page

#: Maximum number of URLs in a sitemap file (sitemaps.org).
MAX_SITEMAP_URLS = 50_000
#: Number of ids in the range of a sitemap section.
IDS_PER_PART = 25_000


def pages() -> Iterator[PublicPage]:
    """Yield all public pages, the most visited kinds of pages first."""
    return chain(
        _top_pages(),
        news.articles(),
        _list_pages(),
        honors.honors(),
        _other_pages(),
        _in_english(_top_pages, _list_pages, honors.honors, _other_pages),
        map(unlisted_page, map_paths()),
    )


def single_pages() -> Iterator[PublicPage]:
    """Yield all public pages except articles and honours."""
    series = (_top_pages, _list_pages, _other_pages)
    return chain(*(each() for each in series), _in_english(*series))


def _in_english(*series: Callable[[], Iterable[PublicPage]]) -> Iterator[PublicPage]:
    """Yield the pages of these functions with their URLs below ``/en/``.

    Articles are not listed by this function, because each article exists in one language only.
    """
    for each in series:
        with translation.override(
            ENGLISH
        ):  # build a list: a generator would activate English for its caller, too
            found = list(each())
        yield from found


def _honors(ids: range) -> Iterator[PublicPage]:
    """Yield the pages of the honours with these ids, in both languages."""
    return chain(honors.honors(ids), _in_english(partial(honors.honors, ids)))


#: URL names of public pages that depend on a query string or a form. No sitemap contains them. The
#: URL configuration of a test may lack some of these names.
QUERY_PAGES = ("search", "feedback")


def public_among(paths: set[str]) -> set[str]:
    """Return the subset of the given paths at which there is a public page."""
    return {page.path for page in pages() if page.path in paths} | (paths & set(query_paths()))


def query_paths() -> Iterator[str]:
    """Yield the paths of the pages in ``QUERY_PAGES`` in each language."""
    for language, _name in settings.LANGUAGES:
        for name in QUERY_PAGES:
            with suppress(NoReverseMatch):
                yield _reverse(name, language)


def _reverse(name: str, language: str) -> str:
    with translation.override(language):
        return reverse(name)


def _top_pages() -> Iterator[PublicPage]:
    yield PublicPage(reverse("home"))
    yield from chain(news.top_pages(), court.court_pages(), honors.top_pages(), court.data_pages())


def _list_pages() -> Iterator[PublicPage]:
    return chain(news.lists(), honors.lists(), court.indicator_pages(), court.download_pages())


def _other_pages() -> Iterator[PublicPage]:
    yield from news.topics()
    yield PublicPage(reverse("corrections"))
    yield PublicPage(reverse("site-map"))
    yield from chain(news.feeds(), honors.feeds())


def map_paths() -> Iterator[str]:
    """Yield the paths of the sitemap, its sections and robots.txt."""
    yield reverse("sitemap")
    yield from (part.path for part in parts())
    yield reverse("robots")


# Sitemap sections


@dataclass(frozen=True)
class Series:
    """A model whose pages are divided into sitemap sections by id.

    ``pages`` yields the pages of the objects in a range of ids; ``pages_each`` is the number of
    pages that each object has.
    """

    model: type[Publishable]
    pages: Callable[[range], Iterator[PublicPage]]
    pages_each: int = 1


#: The sections from number 2 on belong to the two series in turn: even numbers contain articles,
#: odd numbers honours. A third series would change the numbers of all sections.
SERIES = (Series(Article, news.articles), Series(Honor, _honors, pages_each=2))


@dataclass(frozen=True)
class Part:
    """A sitemap section with its number."""

    number: int
    #: Time of the last release in this section; None if unknown. Withdrawals are not considered,
    #: because the URL of a withdrawn object responds with 410.
    changed: datetime | None = None

    @property
    def path(self) -> str:
        return reverse("sitemap-part", args=[self.number])


def parts() -> list[Part]:
    """Return the sitemap sections; an empty list if a single sitemap can contain all URLs."""
    if not is_parted():
        return []
    found = [Part(1)]
    for index, series in enumerate(SERIES):
        rows = series.model._default_manager.public().order_by()
        ranges = rows.annotate(range=F("pk") / IDS_PER_PART).values("range")
        found += [
            Part(2 + index + row["range"] * len(SERIES), row["changed"])
            for row in ranges.annotate(changed=Max("released_at"))
        ]
    return sorted(found, key=lambda part: part.number)


def is_part(number: int) -> bool:
    """Return whether there is a sitemap section with this number.

    Anybody may request any number, so the fast database query by id is made first.
    """
    if number > 1:
        series, ids = _range(number)
        rows = series.model._default_manager.public()
        if not rows.filter(pk__gte=ids.start, pk__lt=ids.stop).exists():
            return False
    return number >= 1 and is_parted()


def is_parted() -> bool:
    """Return whether the sitemap needs sections, computed from the stored list counts."""
    count = sum(
        list_counts.total(list_counts.make_key(series.model, "all")) * series.pages_each
        for series in SERIES
    )
    if count > MAX_SITEMAP_URLS:
        return True
    return count + sum(page.in_sitemap for page in single_pages()) > MAX_SITEMAP_URLS


def sitemap_pages(part: int | None = None) -> Iterator[PublicPage]:
    """Yield the pages of a sitemap section, or of the whole sitemap if ``part`` is None."""
    if part == 1:
        return _single_sitemap_pages()
    if part is not None:
        series, ids = _range(part)
        return series.pages(ids)
    return chain(_single_sitemap_pages(), *map(_all_pages, SERIES))


def _range(part: int) -> tuple[Series, range]:
    """Return the series and the range of ids of the section with this number (2 or higher)."""
    nth, index = divmod(part - 2, len(SERIES))
    return SERIES[index], range(nth * IDS_PER_PART, (nth + 1) * IDS_PER_PART)


def _single_sitemap_pages() -> Iterator[PublicPage]:
    return (page for page in single_pages() if page.in_sitemap)


def _all_pages(series: Series) -> Iterator[PublicPage]:
    for newest in series.model._default_manager.public().order_by("-pk").values("pk")[:1]:
        yield from series.pages(range(newest["pk"] + 1))
