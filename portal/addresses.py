"""Every public address of the site: what the warm-up renders, and what the maps name.

A page that a visitor can reach by links and that is missing here is a fault
(``tests/portal/test_addresses.py`` walks through the site to find one).

A map for machines holds up to 50,000 addresses. Where the site has more, ``/sitemap.xml`` is an
index of parts: the first part holds everything but articles and honours, each other part a fixed
range of ids of one of the two. So an address stays in its part for good, and a release changes one.
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

#: So many addresses does a map hold at most, by the protocol (sitemaps.org).
LIMIT = 50_000
#: So many ids does a part cover.
IDS = 25_000


def pages() -> Iterator[PublicPage]:
    """All of them, those first that most readers ask for."""
    return chain(
        _fronts(),
        news.articles(),
        _depths(),
        honors.honors(),
        _ends(),
        _in_english(_fronts, _depths, honors.honors, _ends),
        map(unlisted_page, map_paths()),
    )


def single_pages() -> Iterator[PublicPage]:
    """All that the maps may name but articles and honours."""
    return chain(_fronts(), _depths(), _ends(), _in_english(_fronts, _depths, _ends))


def _in_english(*series: Callable[[], Iterable[PublicPage]]) -> Iterator[PublicPage]:
    """The same pages below ``/en/``. Articles are not among them: each stands once, among the
    pages of its own language."""
    for each in series:
        with translation.override(ENGLISH):  # not while somebody looks at what was found
            found = list(each())
        yield from found


def _honors(ids: range) -> Iterator[PublicPage]:
    """Honours in both languages."""
    return chain(honors.honors(ids), _in_english(partial(honors.honors, ids)))


#: Pages that depend on what is asked: public, and in no list. A portal may lack them.
ANSWERING = ("search", "feedback")


def public_among(paths: set[str]) -> set[str]:
    """Those of the paths at which a public page stands."""
    return {page.path for page in pages() if page.path in paths} | (paths & set(query_paths()))


def query_paths() -> Iterator[str]:
    for language, _name in settings.LANGUAGES:
        for name in ANSWERING:
            with suppress(NoReverseMatch):
                yield _address(name, language)


def _address(name: str, language: str) -> str:
    with translation.override(language):
        return reverse(name)


def _fronts() -> Iterator[PublicPage]:
    yield PublicPage(reverse("home"))
    yield from chain(news.top_pages(), court.court_pages(), honors.top_pages(), court.data_pages())


def _depths() -> Iterator[PublicPage]:
    return chain(news.lists(), honors.lists(), court.indicator_pages(), court.download_pages())


def _ends() -> Iterator[PublicPage]:
    yield from news.topics()
    yield PublicPage(reverse("corrections"))
    yield PublicPage(reverse("site-map"))
    yield from chain(news.feeds(), honors.feeds())


def map_paths() -> Iterator[str]:
    """The maps for machines themselves, and what robots are told."""
    yield reverse("sitemap")
    yield from (part.path for part in parts())
    yield reverse("robots")


# --- the parts of the map ------------------------------------------------------------------------


@dataclass(frozen=True)
class Series:
    """What is parted by ids."""

    model: type[Publishable]
    pages: Callable[[range], Iterator[PublicPage]]
    pages_each: int = 1


#: Their parts are counted off in turn, from 2: another series would number all of them anew.
SERIES = (Series(Article, news.articles), Series(Honor, _honors, pages_each=2))


@dataclass(frozen=True)
class Part:
    number: int
    #: When something in it was released last. What left it is answered 410, whoever asks for it.
    changed: datetime | None = None

    @property
    def path(self) -> str:
        return reverse("sitemap-part", args=[self.number])


def parts() -> list[Part]:
    """The parts of the map; none where it is whole."""
    if not is_parted():
        return []
    found = [Part(1)]
    for place, series in enumerate(SERIES):
        rows = series.model._default_manager.public().order_by()
        ranges = rows.annotate(range=F("pk") / IDS).values("range")
        found += [
            Part(2 + place + row["range"] * len(SERIES), row["changed"])
            for row in ranges.annotate(changed=Max("released_at"))
        ]
    return sorted(found, key=lambda part: part.number)


def is_part(number: int) -> bool:
    """Whether ``parts`` has it. Anybody may ask for any number: most are refused by an index."""
    if number > 1:
        series, ids = _range(number)
        rows = series.model._default_manager.public()
        if not rows.filter(pk__gte=ids.start, pk__lt=ids.stop).exists():
            return False
    return number >= 1 and is_parted()


def is_parted() -> bool:
    """By the kept counts, without counting."""
    many = sum(
        list_counts.total(list_counts.make_key(series.model, "all")) * series.pages_each
        for series in SERIES
    )
    return many > LIMIT or many + sum(page.in_sitemap for page in single_pages()) > LIMIT


def sitemap_pages(part: int | None = None) -> Iterator[PublicPage]:
    """What the map names, or a part of it, with pictures."""
    if part == 1:
        return _mapped_single()
    if part is not None:
        series, ids = _range(part)
        return series.pages(ids)
    return chain(_mapped_single(), *map(_whole, SERIES))


def _range(part: int) -> tuple[Series, range]:
    """What a part from 2 on holds, and of which ids."""
    nth, place = divmod(part - 2, len(SERIES))
    return SERIES[place], range(nth * IDS, (nth + 1) * IDS)


def _mapped_single() -> Iterator[PublicPage]:
    return (page for page in single_pages() if page.in_sitemap)


def _whole(series: Series) -> Iterator[PublicPage]:
    for newest in series.model._default_manager.public().order_by("-pk").values("pk")[:1]:
        yield from series.pages(range(newest["pk"] + 1))
