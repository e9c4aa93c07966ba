"""Writers of feeds in the formats Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1.

The modules ``news/feeds.py`` and ``honors/feeds.py`` supply the entries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed
from django.utils.html import escape
from django.utils.translation import get_language

from portal.http import media_types
from portal.site.models import SiteSettings

from .origin import absolute_url, origin
from .templatetags.web import language_tag
from .xml import strip_forbidden

#: Maximum number of entries of a feed, which contains the newest ones.
MAX_ENTRIES = 50
#: The date in the tag URIs of the feeds: RFC 4151 requires a date on which the site owned its
#: domain.
TAG_DATE = date(2026, 1, 1)


@dataclass(frozen=True)
class EntryImage:
    """The image of a feed entry; ``size`` is in bytes."""

    path: str
    size: int
    media_type: str


@dataclass(frozen=True)
class Entry:
    """An entry of a feed.

    ``published`` never changes and is part of the entry's id; ``updated`` is the time of the latest
    release.
    """

    path: str
    title: str
    summary: str
    published: datetime
    updated: datetime
    author: str
    language: str = ""
    categories: Sequence[str] = ()
    picture: EntryImage | None = None


@dataclass(frozen=True)
class Feed:
    """A feed; ``path`` is the path of the HTML page with the same content."""

    title: str
    path: str
    description: str
    entries: Sequence[Entry]


def tag_uri(site: SiteSettings, path: str, day: date) -> str:
    """Return a tag URI (RFC 4151), which depends on the domain but not on http or https."""
    return f"tag:{urlsplit(origin(site)).hostname},{day.isoformat()}:{path}"


def atom(feed: Feed, site: SiteSettings, own_path: str) -> HttpResponse:
    return _xml(_Atom, media_types.ATOM, feed, site, own_path)


def rss(feed: Feed, site: SiteSettings, own_path: str) -> HttpResponse:
    return _xml(Rss201rev2Feed, media_types.RSS, feed, site, own_path)


def json_feed(feed: Feed, site: SiteSettings, own_path: str) -> HttpResponse:
    content = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": absolute_url(feed.path, site),
        "feed_url": absolute_url(own_path, site),
        "description": feed.description,
        "language": language_tag(get_language()),
        "authors": [{"name": _author_name(site), "url": absolute_url("/", site)}],
        "items": [_item(entry, site) for entry in feed.entries],
    }
    written = json.dumps(content, ensure_ascii=False, indent=1)
    return HttpResponse(written, content_type=media_types.JSON_FEED)


def _item(entry: Entry, site: SiteSettings) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": _id(entry, site),
        "url": absolute_url(entry.path, site),
        "title": entry.title,
        "content_text": entry.summary,
        "date_published": timezone.localtime(entry.published).isoformat("T", "seconds"),
        "date_modified": timezone.localtime(entry.updated).isoformat("T", "seconds"),
        "authors": [{"name": entry.author or _author_name(site)}],
        "language": language_tag(entry.language),
        "tags": list(entry.categories),
    }
    if entry.picture:
        item["image"] = absolute_url(entry.picture.path, site)
        item["attachments"] = [
            {
                "url": item["image"],
                "mime_type": entry.picture.media_type,
                "size_in_bytes": entry.picture.size,
            }
        ]
    return item


def _id(entry: Entry, site: SiteSettings) -> str:
    return tag_uri(site, entry.path, timezone.localdate(entry.published))


def _author_name(site: SiteSettings) -> str:
    """Return the site's name or, if it is empty, its host name: Atom requires an author."""
    return site.name or str(urlsplit(origin(site)).hostname)


class _Atom(Atom1Feed):
    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {**super().item_attributes(item), "xml:lang": item["language"]}


def _xml(
    generator: Callable[..., Any], media_type: str, feed: Feed, site: SiteSettings, own_path: str
) -> HttpResponse:
    writer = generator(
        title=strip_forbidden(feed.title) or _author_name(site),
        link=absolute_url(feed.path, site),
        description=strip_forbidden(feed.description),
        subtitle=strip_forbidden(feed.description),
        language=language_tag(get_language()),
        author_name=strip_forbidden(_author_name(site)),
        author_link=absolute_url("/", site),
        feed_url=absolute_url(own_path, site),
        feed_guid=tag_uri(site, own_path, TAG_DATE),
    )
    for entry in feed.entries:
        writer.add_item(
            title=strip_forbidden(entry.title),
            link=absolute_url(entry.path, site),
            # Feed readers interpret the summary as HTML, so it is escaped one more time.
            description=escape(strip_forbidden(entry.summary)),
            unique_id=_id(entry, site),
            unique_id_is_permalink=False,
            author_name=strip_forbidden(entry.author or _author_name(site)),
            pubdate=timezone.localtime(entry.published),
            updateddate=timezone.localtime(entry.updated),
            categories=[strip_forbidden(name) for name in entry.categories],
            enclosures=_enclosures(entry, site),
            language=language_tag(entry.language),
        )
    content_type = media_types.utf8(media_type)
    return HttpResponse(writer.writeString("utf-8"), content_type=content_type)


def _enclosures(entry: Entry, site: SiteSettings) -> list[Enclosure]:
    if entry.picture is None:
        return []
    picture = entry.picture
    return [Enclosure(absolute_url(picture.path, site), str(picture.size), picture.media_type)]
