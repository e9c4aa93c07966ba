"""Feeds of articles: one feed of all columns, and one feed of each column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from portal.http import media_types
from portal.library.renditions import largest_jpeg_size, largest_jpeg_url
from portal.publishing.public import visible_pictures
from portal.site.models import SiteSettings
from portal.web import feeds
from portal.web.feeds import MAX_ENTRIES, Entry, EntryImage, Feed
from portal.web.languages import localized

from .models import Article, Column
from .querysets import ArticleQuerySet


def atom(request: HttpRequest) -> HttpResponse:
    return _of_all(request, feeds.atom)


def rss(request: HttpRequest) -> HttpResponse:
    return _of_all(request, feeds.rss)


def json(request: HttpRequest) -> HttpResponse:
    return _of_all(request, feeds.json_feed)


def _of_all(request: HttpRequest, write: Callable[..., HttpResponse]) -> HttpResponse:
    site = SiteSettings.load()
    entries = _entries(Article.objects.public().of_all_columns())
    feed = Feed(
        localized(site, "name"), reverse("news:index"), localized(site, "description"), entries
    )
    return write(feed, site, request.path)


def column(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the Atom feed of a column and its child columns; 404 if they have no articles."""
    here = get_object_or_404(Column.objects.select_related("parent"), slug=slug)
    entries = _entries(Article.objects.public().in_section(here))
    if not entries:
        raise Http404
    site = SiteSettings.load()
    name = localized(here, "name")
    title = " - ".join(filter(None, (name, localized(site, "name"))))
    return feeds.atom(
        Feed(title, here.list_url, localized(here, "description") or name, entries),
        site,
        request.path,
    )


def _entries(rows: ArticleQuerySet) -> list[Entry]:
    # The query loads the bodies, because the first paragraph describes an article without a
    # summary.
    newest = (
        rows.in_page_language().newest_first().select_related("column", "section")[:MAX_ENTRIES]
    )
    return [_entry(article) for article in newest.prefetch_related("picture_rows__image")]


def _entry(article: Article) -> Entry:
    names = [localized(column, "name") for column in (article.section, article.column) if column]
    return Entry(
        path=article.get_absolute_url(),
        title=article.title,
        summary=article.description,
        published=cast(datetime, article.published_at),
        updated=cast(datetime, article.released_at),
        author=article.author or article.source,
        language=article.language,
        categories=list(dict.fromkeys(names)),
        picture=_picture(article),
    )


def _picture(article: Article) -> EntryImage | None:
    for row in visible_pictures(article)[:1]:
        return EntryImage(
            largest_jpeg_url(row.image), largest_jpeg_size(row.image), media_types.JPEG
        )
    return None
