"""Template tags of all public pages: languages, times, URLs and links to other sites."""

import re
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.template import Context
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from portal.web.languages import (
    ENGLISH,
    PREFIX,
    alternate_path,
    is_english,
    is_foreign,
    lang_span,
    language_of_path,
    localized,
)
from portal.web.origin import absolute_url
from portal.web.qr import Code, code

register = template.Library()
register.filter(localized)
register.filter(lang_span)


@register.filter
def lang_attr(text: Any) -> SafeString | str:
    """Return a ``lang`` attribute for Chinese text on an English page, where no span is allowed."""
    return format_html(' lang="{}"', language_tag(None)) if is_foreign(text) else ""


@register.filter
def link_lang_attr(target: Any) -> SafeString | str:
    """Return a ``lang`` attribute for a link to a page in the other language; "" for other links.

    ``target`` is a path, or an object with the attribute ``language``, such as an article.
    """
    is_path = isinstance(target, str)
    language = language_of_path(target) if is_path else getattr(target, "language", "")
    is_own = not language or (language == ENGLISH) == is_english()
    return "" if is_own else format_html(' lang="{}"', language_tag(language))


@register.simple_tag(name="localized")
def localized_tag(obj: Any, name: str) -> SafeString | str:
    """Return ``localized(obj, name)`` wrapped by ``lang_span``."""
    return lang_span(localized(obj, name))


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def format_datetime(value: datetime | None) -> str:
    """Return a time as YYYY-MM-DD HH:MM in the court's time zone (standards T3 and P1)."""
    return f"{_local(value):%Y-%m-%d %H:%M}" if value else ""


@register.simple_tag
def time_tag(value: datetime | None) -> SafeString | str:
    """Return a ``<time>`` element with date, hour and minute."""
    if not value:
        return ""
    at = _local(value)
    return format_html(
        '<time datetime="{}">{}</time>', at.isoformat("T", "minutes"), format_datetime(at)
    )


@register.simple_tag
def date_tag(value: datetime | date | None) -> SafeString | str:
    """Return a ``<time>`` element with the date only, as lists show it."""
    if not value:
        return ""
    on = _local(value).date() if isinstance(value, datetime) else value
    return format_html('<time datetime="{0}">{0}</time>', on.isoformat())


@register.simple_tag
def language_tag(code: str | None) -> str:
    """Return a language code as a BCP 47 tag: zh-hans becomes zh-Hans."""
    language, _dash, script = (code or settings.LANGUAGE_CODE).partition("-")
    return f"{language}-{script.title()}" if script else language


@register.simple_tag(takes_context=True)
def is_current_column(context: Context, column: Any) -> bool:
    """Return whether the current page belongs to the given top-level column of the navigation."""
    article = context.get("article")
    if getattr(column, "page", "") and "request" in context:
        return context["request"].path.startswith(column.get_absolute_url())
    at = article.column if article else context.get("column")
    return at is not None and column.pk in (at.pk, at.parent_id)


@register.simple_tag(takes_context=True)
def canonical_url(context: Context, path: str = "") -> str:
    """Return the absolute URL of the current page, or of ``path``, on the site's own domain.

    The host of the request is not used, because the page store serves the page to every visitor.
    """
    site = context.get("site")
    path = path or (context["request"].path if "request" in context else "")
    return absolute_url(path, site) if site and path else path


@register.simple_tag(takes_context=True)
def other_language(context: Context) -> dict[str, str]:
    """Return language tag, URL and name of the link to the other language.

    The link leads to the same page in the other language. Articles and previews exist in one
    language only; their link leads to the front page.
    """
    code = settings.LANGUAGE_CODE if is_english() else ENGLISH
    home = alternate_path(PREFIX if is_english() else "/")
    has_one_language = context.get("article") or context.get("preview") or "request" not in context
    url = home if has_one_language else alternate_path(context["request"].path)
    if context.get("keeps_query") and (query := context["request"].META.get("QUERY_STRING")):
        url += f"?{query}"
    return {"tag": language_tag(code), "url": url, "name": "English" if code == ENGLISH else "中文"}


@register.simple_tag(takes_context=True)
def alternate_languages(context: Context) -> list[tuple[str, str]]:
    """Return (language tag, path) of each translation of the current page, for hreflang links.

    The list is empty for articles and lists of articles, whose content differs by language.
    """
    if any(context.get(name) for name in ("article", "column", "topic", "preview", "hidden")):
        return []
    path = context["request"].path
    other = alternate_path(path)
    if alternate_path(other) != path:  # on page 2 or later of a list
        return []
    chinese, english = (other, path) if is_english() else (path, other)
    return [(language_tag(None), chinese), (ENGLISH, english), ("x-default", chinese)]


_QUOTED = re.compile(r"([“《「])([^“”《》「」]{1,7}[”》」])")


@register.filter
def headline(title: str) -> SafeString:
    """Return a headline as HTML in which short quoted names are not broken across lines.

    Browsers break Chinese text between any two characters: “全 / 国优秀法院” reads badly.
    """
    # The result is safe: the title is escaped before spans are added.
    return mark_safe(_QUOTED.sub(r'\1<span class="whole">\2</span>', escape(title)))


@register.simple_tag
def external_link(url: str, text: str, rel: str = "noopener") -> SafeString:
    """Return a link to another site, marked visibly and for screen readers (standard P2)."""
    return format_html(
        '<a class="external" href="{}" rel="{}">{}<span class="visually-hidden">{}</span></a>',
        url,
        rel,
        lang_span(text),
        _("(external site)"),
    )


_DIALLED = re.compile(r"\+?[0-9][0-9 ()-]*")


@register.filter
def dialable(number: str) -> str:
    """Return the part of a written telephone number that can be dialled; "" if there is none."""
    found = _DIALLED.match(number.strip())
    digits = re.sub(r"[^0-9+]", "", found[0]) if found else ""
    return digits if len(digits) > 2 else ""


@register.simple_tag
def qr_code(address: str) -> Code:
    """Return the QR code of a URL, for the template ``includes/qr.html``."""
    return code(address)


@register.filter
def hostname(url: str) -> str:
    """Return the host name of a URL, or the URL itself if it contains none."""
    return urlsplit(url).hostname or url
