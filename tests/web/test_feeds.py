"""Feeds remain valid if titles and summaries contain characters with a meaning in XML or HTML."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.http import HttpResponse

from portal.site.models import SiteSettings
from portal.web import feeds
from portal.web.feeds import Entry, Feed

ATOM = "{http://www.w3.org/2005/Atom}"
# 16:05 UTC is 00:05 of the next day in the court's time zone.
AT = datetime(2026, 7, 8, 16, 5, tzinfo=UTC)
LATER = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)
#: A title with characters that XML forbids, and the title as it must appear in the feed.
WRITTEN, KEPT = "甲\x0b<乙>\ufffe&“丙”\U0001f3db", "甲<乙>&“丙”\U0001f3db"


def entry(**fields: Any) -> Entry:
    return Entry(
        **{
            "path": "/news/7/",
            "title": WRITTEN,
            "summary": WRITTEN,
            "published": AT,
            "updated": LATER,
            "author": "",
            **fields,
        }
    )


def written(write: Callable[..., HttpResponse], *entries: Entry, **site: Any) -> bytes:
    feed = Feed(WRITTEN, "/news/", WRITTEN, entries)
    site = {"name": "某院", "domain": "court.example", **site}
    return write(feed, SiteSettings(**site), "/feeds/news.atom").content


def test_atom_removes_characters_that_xml_forbids() -> None:
    root = ElementTree.fromstring(written(feeds.atom, entry()))
    assert root.findtext(f"{ATOM}title") == KEPT
    assert root.findtext(f"{ATOM}subtitle") == KEPT
    found = root.find(f"{ATOM}entry")
    assert found is not None
    assert found.findtext(f"{ATOM}title") == KEPT
    # The summary is HTML, so markup in the original text is escaped.
    summary = found.find(f"{ATOM}summary")
    assert summary is not None
    assert summary.attrib == {"type": "html"}
    assert summary.text == "甲&lt;乙&gt;&amp;“丙”\U0001f3db"


def test_rss_removes_characters_that_xml_forbids() -> None:
    channel = ElementTree.fromstring(written(feeds.rss, entry())).find("channel")
    assert channel is not None
    assert channel.findtext("item/title") == KEPT
    assert channel.findtext("item/description") == "甲&lt;乙&gt;&amp;“丙”\U0001f3db"
    assert channel.findtext("item/pubDate") == "Thu, 09 Jul 2026 00:05:00 +0800"


def test_json_feed_keeps_text_unescaped() -> None:
    (item,) = json.loads(written(feeds.json_feed, entry()))["items"]
    assert item["title"] == item["content_text"] == WRITTEN
    assert item["date_published"] == "2026-07-09T00:05:00+08:00"
    assert item["date_modified"] == "2026-07-10T09:00:00+08:00"


@pytest.mark.parametrize("https", [True, False])
def test_ids_do_not_depend_on_scheme_and_update(https: bool, settings: Any) -> None:
    settings.HTTPS = https
    ids = set()
    for updated in (AT, LATER):
        root = ElementTree.fromstring(written(feeds.atom, entry(updated=updated)))
        ids.add((root.findtext(f"{ATOM}id"), root.findtext(f"{ATOM}entry/{ATOM}id")))
        (item,) = json.loads(written(feeds.json_feed, entry(updated=updated)))["items"]
        assert item["id"] == root.findtext(f"{ATOM}entry/{ATOM}id")
        rss = ElementTree.fromstring(written(feeds.rss, entry(updated=updated)))
        guid = rss.find("channel/item/guid")
        assert guid is not None
        assert (guid.text, guid.attrib) == (item["id"], {"isPermaLink": "false"})
    assert ids == {
        (
            "tag:court.example,2026-01-01:/feeds/news.atom",
            "tag:court.example,2026-07-09:/news/7/",
        )
    }


def test_host_is_the_author_of_a_site_without_a_name() -> None:
    root = ElementTree.fromstring(written(feeds.atom, entry(author=""), name=""))
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "court.example"
    assert root.findtext(f"{ATOM}entry/{ATOM}author/{ATOM}name") == "court.example"


def test_empty_feed_is_valid() -> None:
    root = ElementTree.fromstring(written(feeds.atom))
    assert root.findall(f"{ATOM}entry") == []
    assert root.findtext(f"{ATOM}updated")
    assert json.loads(written(feeds.json_feed))["items"] == []
