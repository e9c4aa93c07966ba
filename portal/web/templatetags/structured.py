"""What a page says to machines: its structured data, and the head that others show of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from portal.site.page_info import PageInfo
from portal.web.languages import localized
from portal.web.structured import block, iso_datetime

register = template.Library()
register.filter("timestamp", iso_datetime)


@register.simple_tag(takes_context=True)
def structured(context: Context) -> SafeString | str:
    """The data block of a page that everybody may read; nothing for previews and excuses."""
    says = context.get("structured")
    if says is None or context.get("preview") or context.get("hidden"):
        return ""
    return block(says(context["site"]))


@dataclass(frozen=True)
class Text:
    """A page that holds one text, as T3 and link previews want it named."""

    title: str
    source: str
    author: str
    keywords: str
    tags: list[str]
    published_at: Any
    released_at: Any


@dataclass(frozen=True)
class Shelf:
    """The column that the page is, acts as, or lies in (T2)."""

    name: str
    description: str
    keywords: str
    column_type: str


@dataclass(frozen=True)
class Head:
    title: str
    description: str
    keywords: str
    shelf: Shelf | None
    text: Text | None
    #: The picture that stands for the page, as it is used there.
    cover: Any


@register.simple_tag(takes_context=True)
def head(context: Context) -> Head:
    """What the head says of the page at hand.

    A page may set ``column`` or ``place``, ``heading`` (what it is called, where that is not the
    column's name) and ``description``; an article and an honour bring their own.
    """
    site, article, honor = (context.get(name) for name in ("site", "article", "honor"))
    shelf = _shelf(context.get("column") or context.get("page_info"), site)
    house = localized(site, "name")
    text = _article(article) if article else _honor(honor, house) if honor else None
    title = text.title if text else context.get("heading") or (shelf.name if shelf else house)
    described = (
        article.description if article else "",
        context.get("description"),
        shelf.description if shelf else localized(site, "description"),
        title,
    )
    keywords = (
        text.keywords if text else "",
        shelf.keywords if shelf else getattr(site, "keywords", ""),
        title,
    )
    whose = article or honor or context.get("lead")
    return Head(
        title=str(title),
        description=str(_first(described)),
        keywords=str(_first(keywords)),
        shelf=shelf,
        text=text,
        cover=getattr(whose, "cover", None),
    )


def _first(values: tuple[Any, ...]) -> Any:
    return next((value for value in values if value), "")


def _shelf(column: Any, site: Any) -> Shelf | None:
    if not column:
        return None
    name, description, keywords = (
        localized(column, "name"),
        localized(column, "description"),
        column.keywords,
    )
    if isinstance(column, PageInfo) and not description:
        description, keywords = localized(site, "description"), site.keywords
    return Shelf(
        name=str(name),
        description=str(description or name),
        keywords=str(keywords or name),
        column_type=column.column_type,
    )


def _article(article: Any) -> Text:
    return Text(
        title=article.title,
        source=article.source,
        author=article.author or article.source,
        keywords=article.keywords,
        tags=article.keyword_list,
        published_at=article.published_at,
        released_at=article.released_at,
    )


def _honor(honor: Any, house: str) -> Text:
    """The ledger is the court's own: there is no other source of its pages."""
    return Text(
        title=localized(honor, "name"),
        source=house,
        author=house,
        keywords="",
        tags=[],
        published_at=honor.published_at,
        released_at=honor.released_at,
    )
