"""Feeds: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1; one content, three ways to write it.

Rooms say what stands in their feeds; ``news/feeds.py`` and ``honors/feeds.py``.
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
from .xml import printable

#: So many entries stand in a feed, the newest.
MAX_ENTRIES = 50
#: The day from which the addresses of feeds are this site's, for their ids (RFC 4151).
SINCE = date(2026, 1, 1)


@dataclass(frozen=True)
class EntryImage:
    """A picture that comes with an entry."""

    path: str
    size: int
    media_type: str


@dataclass(frozen=True)
class Entry:
    """``published`` never changes, and the entry's id stands on it; ``updated`` is its last
    release."""

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
    """``path``: where its page for people stands."""

    title: str
    path: str
    description: str
    entries: Sequence[Entry]


def tag(site: SiteSettings, path: str, day: date) -> str:
    """An id that stays while the site keeps its domain, over http and https alike (RFC 4151)."""
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
        "authors": [{"name": _house(site), "url": absolute_url("/", site)}],
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
        "authors": [{"name": entry.author or _house(site)}],
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
    return tag(site, entry.path, timezone.localdate(entry.published))


def _house(site: SiteSettings) -> str:
    """Who speaks; Atom wants a name, also of a site that has none yet."""
    return site.name or str(urlsplit(origin(site)).hostname)


class _Atom(Atom1Feed):
    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {**super().item_attributes(item), "xml:lang": item["language"]}


def _xml(
    generator: Callable[..., Any], media_type: str, feed: Feed, site: SiteSettings, own_path: str
) -> HttpResponse:
    made = generator(
        title=printable(feed.title) or _house(site),
        link=absolute_url(feed.path, site),
        description=printable(feed.description),
        subtitle=printable(feed.description),
        language=language_tag(get_language()),
        author_name=printable(_house(site)),
        author_link=absolute_url("/", site),
        feed_url=absolute_url(own_path, site),
        feed_guid=tag(site, own_path, SINCE),
    )
    for entry in feed.entries:
        made.add_item(
            title=printable(entry.title),
            link=absolute_url(entry.path, site),
            # Both formats read a summary as HTML.
            description=escape(printable(entry.summary)),
            unique_id=_id(entry, site),
            unique_id_is_permalink=False,
            author_name=printable(entry.author or _house(site)),
            pubdate=timezone.localtime(entry.published),
            updateddate=timezone.localtime(entry.updated),
            categories=[printable(name) for name in entry.categories],
            enclosures=_enclosures(entry, site),
            language=language_tag(entry.language),
        )
    content_type = media_types.utf8(media_type)
    return HttpResponse(made.writeString("utf-8"), content_type=content_type)


def _enclosures(entry: Entry, site: SiteSettings) -> list[Enclosure]:
    if entry.picture is None:
        return []
    picture = entry.picture
    return [Enclosure(absolute_url(picture.path, site), str(picture.size), picture.media_type)]
