"""Template tags for the structured data and the meta elements of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from portal.site.page_info import PageInfo
from portal.web.languages import localized
from portal.web.structured import iso_datetime, json_ld_script

register = template.Library()
register.filter("timestamp", iso_datetime)


@register.simple_tag(takes_context=True)
def structured(context: Context) -> SafeString | str:
    """Return the data block of a public page; "" for previews and pages with ``hidden`` set."""
    build_nodes = context.get("structured")
    if build_nodes is None or context.get("preview") or context.get("hidden"):
        return ""
    return json_ld_script(build_nodes(context["site"]))


@dataclass(frozen=True)
class TextInfo:
    """Facts of a page with a single text, for standard T3 and for link previews."""

    title: str
    source: str
    author: str
    keywords: str
    tags: list[str]
    published_at: Any
    released_at: Any


@dataclass(frozen=True)
class ColumnInfo:
    """The column that the page shows or that contains the page's text (standard T2)."""

    name: str
    description: str
    keywords: str
    column_type: str


@dataclass(frozen=True)
class Head:
    """The values of the meta elements of a page."""

    title: str
    description: str
    keywords: str
    column: ColumnInfo | None
    text: TextInfo | None
    #: The image (``AttachedPicture``) that represents the page in link previews, or None.
    cover: Any


@register.simple_tag(takes_context=True)
def head(context: Context) -> Head:
    """Return the values of the meta elements of the current page.

    A view may set ``column`` or ``page_info``, ``heading`` (a title other than the column's name)
    and ``description`` in the context; articles and honours have values of their own.
    """
    site, article, honor = (context.get(name) for name in ("site", "article", "honor"))
    column = _column_info(context.get("column") or context.get("page_info"), site)
    site_name = localized(site, "name")
    text = _article_info(article) if article else _honor_info(honor, site_name) if honor else None
    title = text.title if text else context.get("heading") or (column.name if column else site_name)
    descriptions = (
        article.description if article else "",
        context.get("description"),
        column.description if column else localized(site, "description"),
        title,
    )
    keywords = (
        text.keywords if text else "",
        column.keywords if column else getattr(site, "keywords", ""),
        title,
    )
    illustrated = article or honor or context.get("lead")
    return Head(
        title=str(title),
        description=str(_first_non_empty(descriptions)),
        keywords=str(_first_non_empty(keywords)),
        column=column,
        text=text,
        cover=getattr(illustrated, "cover", None),
    )


def _first_non_empty(values: tuple[Any, ...]) -> Any:
    return next((value for value in values if value), "")


def _column_info(column: Any, site: Any) -> ColumnInfo | None:
    """Return the column data of a ``Column`` or ``PageInfo``.

    A ``PageInfo`` without a description has the description and the keywords of the site.
    """
    if not column:
        return None
    name, description, keywords = (
        localized(column, "name"),
        localized(column, "description"),
        column.keywords,
    )
    if isinstance(column, PageInfo) and not description:
        description, keywords = localized(site, "description"), site.keywords
    return ColumnInfo(
        name=str(name),
        description=str(description or name),
        keywords=str(keywords or name),
        column_type=column.column_type,
    )


def _article_info(article: Any) -> TextInfo:
    return TextInfo(
        title=article.title,
        source=article.source,
        author=article.author or article.source,
        keywords=article.keywords,
        tags=article.keyword_list,
        published_at=article.published_at,
        released_at=article.released_at,
    )


def _honor_info(honor: Any, site_name: str) -> TextInfo:
    """Return the facts of an honour. Its source is the court itself, which keeps the list."""
    return TextInfo(
        title=localized(honor, "name"),
        source=site_name,
        author=site_name,
        keywords="",
        tags=[],
        published_at=honor.published_at,
        released_at=honor.released_at,
    )
