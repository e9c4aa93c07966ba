"""The public pages of news, for the cache warm-up, the sitemap and the export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse

from portal.library.renditions import largest_jpeg_url
from portal.publishing import list_counts
from portal.publishing.public import visible_pictures
from portal.web.languages import is_english, localized
from portal.web.pages import (
    Picture,
    PublicPage,
    batches_by_id,
    flatten,
    further_pages,
    in_batches,
    unlisted_page,
)

from .models import Article, Column, Topic, TopicEntry
from .querysets import ArticleQuerySet
from .views import PER_PAGE

#: Maximum number of images that the sitemap lists for an article.
MAX_PICTURES = 10


def top_pages() -> Iterator[PublicPage]:
    """Yield the index of all columns and the first page of each column's list."""
    yield PublicPage(reverse("news:index"))
    visible = visible_columns()
    for column in visible:
        yield PublicPage(column.list_url, title=localized(column, "name"))
    for column in Column.objects.in_order().with_articles_of_any_language() if is_english() else ():
        if column not in visible:  # the page only says that all texts are in Chinese
            yield unlisted_page(column.list_url)


def visible_columns() -> list[Column]:
    """Return the columns with articles in the current language, in the order of the navigation."""
    return list(Column.objects.in_order().with_articles())


def lists() -> Iterator[PublicPage]:
    """Yield page 2 and later of each column's list."""
    keys = {column.list_key: column for column in visible_columns()}
    totals = dict.fromkeys(keys, 0)
    for (key, _year), count in list_counts.totals_by_year(keys).items():
        totals[key] += count
    for key, column in keys.items():
        yield from further_pages(column.list_url, totals[key], PER_PAGE)


def feeds() -> Iterator[PublicPage]:
    """Yield the feed of all columns in each format, and the feed of each column."""
    for kind in ("atom", "rss", "json"):
        yield unlisted_page(reverse(f"news-{kind}"))
    for column in visible_columns():
        yield unlisted_page(reverse("column-atom", args=[column.slug]))


def topics() -> Iterator[PublicPage]:
    """Yield the pages of the topics with public articles."""
    visible = visible_topics()
    for topic in visible:
        yield PublicPage(topic.get_absolute_url(), title=localized(topic, "name"))
    for topic in _topics(Article.objects.public()) if is_english() else ():
        if topic not in visible:
            yield unlisted_page(topic.get_absolute_url())


def visible_topics() -> list[Topic]:
    """Return the topics with public articles in the language of the current page."""
    return _topics(Article.objects.public().in_page_language())


def _topics(articles: ArticleQuerySet) -> list[Topic]:
    entries = TopicEntry.objects.filter(article__in=articles)
    return list(Topic.objects.filter(pk__in=entries.values("topic")).order_by("position", "pk"))


def articles(ids: range | None = None) -> Iterator[PublicPage]:
    """Yield the pages of all public articles, newest first, or of a range of ids, ordered by id.

    Only for a range, which is a section of the sitemap, the pages contain their images.
    """
    rows = Article.objects.public().only("pk", "title", "published_at", "released_at", "language")
    if ids is None:
        return _pages(flatten(in_batches(rows.of_all_columns().newest_first(), _older)))
    within = rows.filter(pk__gte=ids.start, pk__lt=ids.stop)
    return _pages(
        flatten(batches_by_id(within.prefetch_related("picture_rows__image"))), with_pictures=True
    )


def _older(rows: ArticleQuerySet, last: Any) -> ArticleQuerySet:
    return rows.after(last.published_at, last.pk)


def _pages(rows: Iterable[Any], *, with_pictures: bool = False) -> Iterator[PublicPage]:
    for article in rows:
        yield PublicPage(
            article.get_absolute_url(),
            changed=article.released_at,
            title=article.title,
            published=article.published_at,
            language=article.language,
            images=_pictures(article) if with_pictures else (),
            is_news=True,
        )


def _pictures(article: Article) -> tuple[Picture, ...]:
    rows = visible_pictures(article)[:MAX_PICTURES]
    return tuple(Picture(largest_jpeg_url(row.image), row.caption or row.alt) for row in rows)
