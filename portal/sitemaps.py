"""Views of the XML sitemap (sitemaps.org), the HTML site map and robots.txt.

The module ``addresses`` lists the pages of the XML sitemap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from honors import sitemaps as honors
from news import sitemaps as news
from news.models import Column
from portal.court import sitemaps as court
from portal.http import media_types
from portal.site.models import SiteSettings
from portal.web.languages import localized
from portal.web.origin import absolute_url
from portal.web.pages import PublicPage
from portal.web.templatetags.web import language_tag
from portal.web.xml import escape_text

from . import addresses, pages, structured
from .context import navigation

#: After this many bytes, entries are written without images: a sitemap has at most 50 MB, and
#: 50,000 entries without images need less than the remaining bytes.
MAX_BYTES_WITH_PICTURES = 25_000_000
#: Maximum age of an article with an element of the Google News extension.
NEWS_AGE = timedelta(days=2)

NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)


# Views of the XML sitemap and robots.txt


def sitemap(request: HttpRequest) -> HttpResponse:
    """Return the sitemap with all URLs, or the index of sections if there are too many URLs."""
    site = SiteSettings.load()
    found = addresses.parts()
    if not found:
        return _map(addresses.sitemap_pages(), site)
    entries = (_loc(part.path, site) + _lastmod(part.changed) for part in found)
    return _xml(
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        (f"<sitemap>{each}</sitemap>".encode() for each in entries),
        "</sitemapindex>",
    )


def sitemap_part(request: HttpRequest, number: int) -> HttpResponse:
    """Return a sitemap section; raise 404 if there are no sections or if this section is empty."""
    if not addresses.is_part(number):
        raise Http404
    return _map(addresses.sitemap_pages(number), SiteSettings.load())


def _map(pages: Iterable[PublicPage], site: SiteSettings) -> HttpResponse:
    return _xml(f"<urlset {NAMESPACES}>", _entries(pages, site), "</urlset>")


def _entries(pages: Iterable[PublicPage], site: SiteSettings) -> Iterator[bytes]:
    now, size = timezone.now(), 0
    for page in pages:
        pictures = _pictures(page, site) if size < MAX_BYTES_WITH_PICTURES else ""
        entry = (
            f"<url>{_loc(page.path, site)}{_lastmod(page.changed)}"
            f"{_news(page, site, now)}{pictures}</url>"
        ).encode()
        size += len(entry)
        yield entry


def _loc(path: str, site: SiteSettings) -> str:
    return f"<loc>{escape_text(absolute_url(path, site))}</loc>"


def _lastmod(changed: datetime | None) -> str:
    if changed is None:
        return ""
    return f"<lastmod>{timezone.localtime(changed).isoformat('T', 'seconds')}</lastmod>"


def _news(page: PublicPage, site: SiteSettings, now: datetime) -> str:
    """Return the element of the Google News extension for a recent article; "" for other pages.

    A stored sitemap may still contain the element days later, but search engines check its date.
    """
    is_recent = page.published and page.published > now - NEWS_AGE
    if not (page.is_news and page.published and is_recent and site.name):
        return ""
    # The Google News extension requires the code zh-cn for simplified Chinese.
    language = "zh-cn" if language_tag(page.language) == "zh-Hans" else language_tag(page.language)
    published = timezone.localtime(page.published).isoformat("T", "seconds")
    return (
        f"<news:news><news:publication><news:name>{escape_text(site.name)}</news:name>"
        f"<news:language>{language}</news:language></news:publication>"
        f"<news:publication_date>{published}</news:publication_date>"
        f"<news:title>{escape_text(page.title)}</news:title></news:news>"
    )


def _pictures(page: PublicPage, site: SiteSettings) -> str:
    return "".join(
        f"<image:image><image:loc>{escape_text(absolute_url(picture.path, site))}</image:loc>"
        + (
            f"<image:caption>{escape_text(picture.caption)}</image:caption>"
            if picture.caption
            else ""
        )
        + "</image:image>"
        for picture in page.images
    )


def _xml(head: str, entries: Iterable[bytes], foot: str) -> HttpResponse:
    # The response is not streamed, because the page store needs the complete content.
    content = bytearray(f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n'.encode())
    for entry in entries:
        content += entry + b"\n"
    content += foot.encode() + b"\n"
    return HttpResponse(bytes(content), content_type=media_types.utf8(media_types.XML))


def robots(request: HttpRequest) -> HttpResponse:
    lines = (
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /search/",
        "",
        f"Sitemap: {absolute_url(reverse('sitemap'), SiteSettings.load())}",
        "",
    )
    return HttpResponse("\n".join(lines), content_type=media_types.utf8(media_types.TEXT))


# View of the HTML site map

#: A link of the HTML site map: (text, URL).
Link = tuple[str, str]


@dataclass
class Section:
    """A section of the HTML site map; ``url`` is "" if the heading is no link."""

    name: str
    url: str
    links: list[Link]


def site_map(request: HttpRequest) -> HttpResponse:
    """Show links to all columns, generated pages and feeds, each URL one time."""
    sections: list[Section] = []
    seen: set[str] = set()
    for section in (*_columns(), *_generated_pages(), _site_pages(), _feeds()):
        links = [(name, url) for name, url in section.links if url and url not in seen]
        # If a column links to a generated page, the links of that page are merged into the
        # section of the column.
        same = [each for each in sections if section.url and each.url == section.url]
        if same:
            same[0].links += links
        elif links or (section.url and section.url not in seen):
            sections.append(Section(section.name, section.url, links))
        seen |= {section.url, *(url for _name, url in links)}
    nodes = partial(structured.simple_page, page_info=pages.SITE_MAP, path=request.path)
    context = {"page_info": pages.SITE_MAP, "sections": sections, "structured": nodes}
    return render(request, "site_map.html", context)


def _columns() -> Iterator[Section]:
    """Yield a section for each column of the navigation, which has no empty columns."""
    for column in navigation():
        below: list[Column] = getattr(column, "visible_children", [])
        links = [(localized(child, "name"), child.get_absolute_url()) for child in below]
        yield Section(localized(column, "name"), column.get_absolute_url(), links)


def _generated_pages() -> Iterator[Section]:
    """Yield the sections of topics, the court, honours and judicial data."""
    topics = [
        (localized(topic, "name"), topic.get_absolute_url()) for topic in news.visible_topics()
    ]
    yield Section(_("Topics"), "", topics)
    places = [
        (str(page_info.name), reverse(page_info.route)) for page_info in court.places_with_content()
    ]
    yield Section(_("The court"), "", places)
    levels, years = honors.nonempty_lists()
    if levels or years:
        lists = [(title or _("Year unstated"), url) for url, title, _count in (*levels, *years)]
        yield Section(_("Honours"), reverse("honors:wall"), lists)
    if datasets := court.public_datasets():
        files = [
            (f"{dataset.label} ({kind.upper()})", reverse(f"data:{kind}", args=[dataset.value]))
            for dataset in datasets
            for kind in ("csv", "json")
        ]
        yield Section(_("Judicial data"), reverse("data:index"), files)


def _site_pages() -> Section:
    links = [
        (_("Front page"), reverse("home")),
        (_("All columns"), reverse("news:index")),
        (_("Search"), _address("search")),
        (_("Corrections and withdrawals"), reverse("corrections")),
        (_("Report an error on this site"), _address("feedback")),
    ]
    return Section(_("This site"), "", links)


def _feeds() -> Section:
    links = [
        (_("All news (%(format)s)") % {"format": name}, reverse(f"news-{name.lower()}"))
        for name in ("Atom", "RSS", "JSON")
    ]
    links += [(_("Honours"), page.path) for page in honors.feeds()]
    links += [
        (localized(each, "name"), reverse("column-atom", args=[each.slug]))
        for each in news.visible_columns()
    ]
    return Section(_("Feeds"), "", links)


def _address(name: str) -> str:
    """Return the URL with this name; "" if the URL configuration (of a test) lacks the name."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
