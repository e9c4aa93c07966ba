"""All public URLs of the site, for the cache warm-up, the sitemap and the export.

Every page that is reachable by links must be listed; ``tests/portal/test_addresses.py`` crawls the
site to verify it.

A sitemap holds up to 50,000 URLs. If the site has more, ``/sitemap.xml`` is an index of parts: the
first part holds everything except articles and honours, and each other part a fixed range of ids of
one of these models. A URL therefore never moves to another part, and a release changes one part.
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

#: Maximum number of URLs of a sitemap (sitemaps.org).
MAX_SITEMAP_URLS = 50_000
#: Number of ids that a part covers.
IDS_PER_PART = 25_000


def pages() -> Iterator[PublicPage]:
    """Yield all public pages, the most visited kinds first."""
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
    """Yield the same pages below ``/en/``; not used for articles, which exist in one language."""
    for each in series:
        with translation.override(ENGLISH):  # a list: the caller must not run in this language
            found = list(each())
        yield from found


def _honors(ids: range) -> Iterator[PublicPage]:
    """Yield the pages of a range of honours in both languages."""
    return chain(honors.honors(ids), _in_english(partial(honors.honors, ids)))


#: URL names of public pages that depend on a query or a form, and are in no sitemap. Reversed
#: leniently, because test configurations lack some of them.
QUERY_PAGES = ("search", "feedback")


def public_among(paths: set[str]) -> set[str]:
    """Return those of the paths that belong to a public page."""
    return {page.path for page in pages() if page.path in paths} | (paths & set(query_paths()))


def query_paths() -> Iterator[str]:
    """Yield the paths of ``QUERY_PAGES`` in each language."""
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
    """Yield the paths of the sitemap, its parts and robots.txt."""
    yield reverse("sitemap")
    yield from (part.path for part in parts())
    yield reverse("robots")


# Parts of the sitemap


@dataclass(frozen=True)
class Series:
    """A model whose pages are divided into parts by id; ``pages_each`` is the number per object."""

    model: type[Publishable]
    pages: Callable[[range], Iterator[PublicPage]]
    pages_each: int = 1


#: Part numbers alternate between the series, from 2 on. A third series would renumber all parts.
SERIES = (Series(Article, news.articles), Series(Honor, _honors, pages_each=2))


@dataclass(frozen=True)
class Part:
    """A numbered part of the sitemap."""

    number: int
    #: Time of the last release in this part. Withdrawals do not count: their URLs answer 410.
    changed: datetime | None = None

    @property
    def path(self) -> str:
        return reverse("sitemap-part", args=[self.number])


def parts() -> list[Part]:
    """Return the parts of the sitemap; an empty list if a single sitemap holds all URLs."""
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
    """Return whether ``parts`` contains this number.

    The indexed lookup comes first: any number may be requested.
    """
    if number > 1:
        series, ids = _range(number)
        rows = series.model._default_manager.public()
        if not rows.filter(pk__gte=ids.start, pk__lt=ids.stop).exists():
            return False
    return number >= 1 and is_parted()


def is_parted() -> bool:
    """Return whether the sitemap needs parts, by the stored list counts."""
    count = sum(
        list_counts.total(list_counts.make_key(series.model, "all")) * series.pages_each
        for series in SERIES
    )
    if count > MAX_SITEMAP_URLS:
        return True
    return count + sum(page.in_sitemap for page in single_pages()) > MAX_SITEMAP_URLS


def sitemap_pages(part: int | None = None) -> Iterator[PublicPage]:
    """Yield the pages of the whole sitemap or of a part, with their pictures."""
    if part == 1:
        return _single_sitemap_pages()
    if part is not None:
        series, ids = _range(part)
        return series.pages(ids)
    return chain(_single_sitemap_pages(), *map(_all_pages, SERIES))


def _range(part: int) -> tuple[Series, range]:
    """Return the series and the range of ids of a part with number 2 or higher."""
    nth, index = divmod(part - 2, len(SERIES))
    return SERIES[index], range(nth * IDS_PER_PART, (nth + 1) * IDS_PER_PART)


def _single_sitemap_pages() -> Iterator[PublicPage]:
    return (page for page in single_pages() if page.in_sitemap)


def _all_pages(series: Series) -> Iterator[PublicPage]:
    for newest in series.model._default_manager.public().order_by("-pk").values("pk")[:1]:
        yield from series.pages(range(newest["pk"] + 1))
