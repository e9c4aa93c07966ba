"""Tags of every page: times, places, links that leave the site."""

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
    """The attribute that marks an element with this text in it, where no span may stand."""
    return format_html(' lang="{}"', language_tag(None)) if is_foreign(text) else ""


@register.filter
def link_lang_attr(there: Any) -> SafeString | str:
    """The attribute that marks a link to a text in the other language: an article, or its path."""
    language = language_of_path(there) if isinstance(there, str) else getattr(there, "language", "")
    is_own = not language or (language == ENGLISH) == is_english()
    return "" if is_own else format_html(' lang="{}"', language_tag(language))


@register.simple_tag(name="localized")
def localized_tag(obj: Any, name: str) -> SafeString | str:
    """What the page at hand shows of an object's column, marked where it is in Chinese."""
    return lang_span(localized(obj, name))


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def format_datetime(value: datetime | None) -> str:
    """A time as standards T3 and P1 want it: YYYY-MM-DD HH:MM, in the court's time."""
    return f"{_local(value):%Y-%m-%d %H:%M}" if value else ""


@register.simple_tag
def time_tag(value: datetime | None) -> SafeString | str:
    """``<time>`` to the minute."""
    if not value:
        return ""
    at = _local(value)
    return format_html(
        '<time datetime="{}">{}</time>', at.isoformat("T", "minutes"), format_datetime(at)
    )


@register.simple_tag
def date_tag(value: datetime | date | None) -> SafeString | str:
    """``<time>`` to the day, for lists."""
    if not value:
        return ""
    on = _local(value).date() if isinstance(value, datetime) else value
    return format_html('<time datetime="{0}">{0}</time>', on.isoformat())


@register.simple_tag
def language_tag(code: str | None) -> str:
    """A language code as HTML wants it: zh-hans becomes zh-Hans."""
    language, _dash, script = (code or settings.LANGUAGE_CODE).partition("-")
    return f"{language}-{script.title()}" if script else language


@register.simple_tag(takes_context=True)
def is_current_column(context: Context, column: Any) -> bool:
    """Whether this page lies in that top-level column."""
    article = context.get("article")
    if getattr(column, "page", "") and "request" in context:
        return context["request"].path.startswith(column.get_absolute_url())
    at = article.column if article else context.get("column")
    return at is not None and column.pk in (at.pk, at.parent_id)


@register.simple_tag(takes_context=True)
def canonical_url(context: Context, path: str = "") -> str:
    """The one absolute address of this page: on the site's own domain, never on whatever name
    the request used, since the page is stored and served to all."""
    site = context.get("site")
    path = path or (context["request"].path if "request" in context else "")
    return absolute_url(path, site) if site and path else path


@register.simple_tag(takes_context=True)
def other_language(context: Context) -> dict[str, str]:
    """Where this page's readers go on in the other language: to the same page, or from an article
    or a preview, which there is in one language only, to the front page."""
    code = settings.LANGUAGE_CODE if is_english() else ENGLISH
    home = alternate_path(PREFIX if is_english() else "/")
    alone = context.get("article") or context.get("preview") or "request" not in context
    url = home if alone else alternate_path(context["request"].path)
    if context.get("keeps_query") and (query := context["request"].META.get("QUERY_STRING")):
        url += f"?{query}"
    return {"tag": language_tag(code), "url": url, "name": "English" if code == ENGLISH else "中文"}


@register.simple_tag(takes_context=True)
def alternate_languages(context: Context) -> list[tuple[str, str]]:
    """(language, path) of a page that says the same in both languages: not lists of articles."""
    if any(context.get(name) for name in ("article", "column", "topic", "preview", "hidden")):
        return []
    path = context["request"].path
    other = alternate_path(path)
    if alternate_path(other) != path:  # a further page of a list
        return []
    chinese, english = (other, path) if is_english() else (path, other)
    return [(language_tag(None), chinese), (ENGLISH, english), ("x-default", chinese)]


_QUOTED = re.compile(r"([“《「])([^“”《》「」]{1,7}[”》」])")


@register.filter
def headline(title: str) -> SafeString:
    """A large headline whose short quoted names are never broken across lines: browsers break
    Chinese between any two characters, and “全 / 国优秀法院” reads badly."""
    # Safe: the title is escaped first, and only whole spans are put around parts of it.
    return mark_safe(_QUOTED.sub(r'\1<span class="whole">\2</span>', escape(title)))


@register.simple_tag
def external_link(url: str, text: str, rel: str = "noopener") -> SafeString:
    """A link to another site, which says so to eye and ear (standard P2)."""
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
    """What a telephone can dial of a number as people write it; "" where there is nothing."""
    found = _DIALLED.match(number.strip())
    digits = re.sub(r"[^0-9+]", "", found[0]) if found else ""
    return digits if len(digits) > 2 else ""


@register.simple_tag
def qr_code(address: str) -> Code:
    """The QR code of an address, for ``includes/qr.html``."""
    return code(address)


@register.filter
def hostname(url: str) -> str:
    """The name of the site a link leads to."""
    return urlsplit(url).hostname or url
