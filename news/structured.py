"""What the pages of news say to machines; see ``portal.web.structured``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from portal.library.renditions import picture_sources
from portal.publishing.attached import AttachedPicture
from portal.site.models import SiteSettings
from portal.site.places import Place
from portal.web.languages import told
from portal.web.origin import absolute
from portal.web.structured import (
    Link,
    Node,
    breadcrumb,
    corrections,
    court,
    house,
    listed,
    node,
    page,
    when,
)
from portal.web.templatetags.web import language_tag

from .models import Article, Column, Topic


def index(site: SiteSettings, *, place: Place, columns: Iterable[Column], path: str) -> list[Node]:
    rows = [(told(each, "name"), each.list_url) for each in columns]
    return [
        page(
            "CollectionPage",
            place.name,
            path,
            site,
            description=str(place.description),
            mainEntity=listed(site, rows),
        ),
        breadcrumb(site, (place.name, "")),
        *house(site),
    ]


def column(
    site: SiteSettings,
    *,
    column: Column,
    articles: Iterable[Article],
    path: str,
) -> list[Node]:
    """An article that is pinned above the first page stands there once."""
    above = [(told(column.parent, "name"), column.parent.list_url)] if column.parent else []
    return [
        page(
            "CollectionPage",
            told(column, "name"),
            path,
            site,
            description=told(column, "description"),
            mainEntity=listed(site, _rows(dict.fromkeys(articles))),
        ),
        breadcrumb(site, *above, (told(column, "name"), "")),
        *house(site),
    ]


def topic(
    site: SiteSettings, *, topic: Topic, articles: Iterable[Article], path: str
) -> list[Node]:
    name = told(topic, "name")
    return [
        page(
            "CollectionPage",
            name,
            path,
            site,
            description=told(topic, "description"),
            mainEntity=listed(site, _rows(articles)),
        ),
        breadcrumb(site, (name, "")),
        *house(site),
    ]


def _rows(articles: Iterable[Article]) -> list[Link]:
    return [(article.title, article.get_absolute_url()) for article in articles]


def article(
    site: SiteSettings, *, article: Article, steps: Iterable[Link], corrected: Iterable[Any]
) -> list[Node]:
    """The source is an organisation, this court or the medium of a reprint: its author. Who wrote
    the text is printed as people write it (“本院编写”), person or not: that is its credit.
    """
    address = absolute(article.get_absolute_url(), site)
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
            datePublished=when(article.published_at),
            dateModified=when(article.released_at),
            expires=when(article.expires_at),
            author=court(site) if own else node("Organization", name=article.source),
            creditText=article.author,
            publisher=court(site),
            articleSection=told(article.column, "name") if article.column else "",
            keywords=article.keyword_list,
            image=_pictures(article, site),
            isBasedOn=article.source_url,
            correction=corrections(corrected),
        ),
        breadcrumb(site, *steps),
        *house(site),
    ]


def _pictures(article: Article, site: SiteSettings) -> list[Node]:
    """The one that stands for it, and those beside its text; those inside it are its own matter."""
    first = [article.cover] if article.cover else []
    return [
        _picture(each, site)
        for each in dict.fromkeys([*first, *article.gallery])
        if not each.image.hidden
    ]


def _picture(shown: AttachedPicture, site: SiteSettings) -> Node:
    largest = picture_sources(shown.image)
    return node(
        "ImageObject",
        url=absolute(largest.src, site),
        width=f"{largest.width} px",
        height=f"{largest.height} px",
        caption=shown.caption,
        creditText=shown.credit,
    )
