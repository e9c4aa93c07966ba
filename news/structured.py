"""Structured data (JSON-LD) of the news pages; see ``portal.web.structured``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from portal.library.renditions import picture_sources
from portal.publishing.attached import AttachedPicture
from portal.site.models import SiteSettings
from portal.site.page_info import PageInfo
from portal.web.languages import localized
from portal.web.origin import absolute_url
from portal.web.structured import (
    Link,
    Node,
    breadcrumb,
    corrections,
    court,
    iso_datetime,
    item_list,
    node,
    page,
    site_nodes,
)
from portal.web.templatetags.web import language_tag

from .models import Article, Column, Topic


def index(
    site: SiteSettings, *, page_info: PageInfo, columns: Iterable[Column], path: str
) -> list[Node]:
    rows = [(localized(each, "name"), each.list_url) for each in columns]
    return [
        page(
            "CollectionPage",
            page_info.name,
            path,
            site,
            description=str(page_info.description),
            mainEntity=item_list(site, rows),
        ),
        breadcrumb(site, (page_info.name, "")),
        *site_nodes(site),
    ]


def column(
    site: SiteSettings,
    *,
    column: Column,
    articles: Iterable[Article],
    path: str,
) -> list[Node]:
    """Return the nodes of a column page; a pinned article in the list appears one time only."""
    above = [(localized(column.parent, "name"), column.parent.list_url)] if column.parent else []
    return [
        page(
            "CollectionPage",
            localized(column, "name"),
            path,
            site,
            description=localized(column, "description"),
            mainEntity=item_list(site, _rows(dict.fromkeys(articles))),
        ),
        breadcrumb(site, *above, (localized(column, "name"), "")),
        *site_nodes(site),
    ]


def topic(
    site: SiteSettings, *, topic: Topic, articles: Iterable[Article], path: str
) -> list[Node]:
    name = localized(topic, "name")
    return [
        page(
            "CollectionPage",
            name,
            path,
            site,
            description=localized(topic, "description"),
            mainEntity=item_list(site, _rows(articles)),
        ),
        breadcrumb(site, (name, "")),
        *site_nodes(site),
    ]


def _rows(articles: Iterable[Article]) -> list[Link]:
    return [(article.title, article.get_absolute_url()) for article in articles]


def article(
    site: SiteSettings, *, article: Article, steps: Iterable[Link], corrected: Iterable[Any]
) -> list[Node]:
    """Return the nodes of an article page.

    The property ``author`` is the article's source, which is always an organisation: this
    court, or the medium whose article is reprinted. The printed author (“本院编写”) need not
    be a person and is therefore the property ``creditText``.
    """
    address = absolute_url(article.get_absolute_url(), site)
    own = article.source == gettext("This court") or site.is_ours(article.source)
    return [
        node(
            "NewsArticle",
            at=f"{address}#article",
            mainEntityOfPage=address,
            url=address,
            headline=article.title,
            alternativeHeadline=article.subtitle,
            description=article.description,
            inLanguage=language_tag(article.language),
            datePublished=iso_datetime(article.published_at),
            dateModified=iso_datetime(article.released_at),
            expires=iso_datetime(article.expires_at),
            author=court(site) if own else node("Organization", name=article.source),
            creditText=article.author,
            publisher=court(site),
            articleSection=localized(article.column, "name") if article.column else "",
            keywords=article.keyword_list,
            image=_pictures(article, site),
            isBasedOn=article.source_url,
            correction=corrections(corrected),
        ),
        breadcrumb(site, *steps),
        *site_nodes(site),
    ]


def _pictures(article: Article, site: SiteSettings) -> list[Node]:
    """Return the nodes of the cover and the gallery; images embedded in the text are left out."""
    first = [article.cover] if article.cover else []
    return [
        _picture(each, site)
        for each in dict.fromkeys([*first, *article.gallery])
        if not each.image.is_withdrawn
    ]


def _picture(picture: AttachedPicture, site: SiteSettings) -> Node:
    largest = picture_sources(picture.image)
    return node(
        "ImageObject",
        url=absolute_url(largest.src, site),
        width=f"{largest.width} px",
        height=f"{largest.height} px",
        caption=picture.caption,
        creditText=picture.credit,
    )
