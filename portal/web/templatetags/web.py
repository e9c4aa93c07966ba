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

from portal.web.origin import absolute

register = template.Library()


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def stamp(value: datetime | None) -> str:
    """A time as standards T3 and P1 want it: YYYY-MM-DD HH:MM, in the court's time."""
    return f"{_local(value):%Y-%m-%d %H:%M}" if value else ""


@register.simple_tag
def moment(value: datetime | None) -> SafeString | str:
    """``<time>`` to the minute."""
    if not value:
        return ""
    at = _local(value)
    return format_html('<time datetime="{}">{}</time>', at.isoformat("T", "minutes"), stamp(at))


@register.simple_tag
def day(value: datetime | date | None) -> SafeString | str:
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
def here(context: Context, column: Any) -> bool:
    """Whether this page lies in that top-level column."""
    article = context.get("article")
    if getattr(column, "page", "") and "request" in context:
        return context["request"].path.startswith(column.get_absolute_url())
    at = article.column if article else context.get("column")
    return at is not None and column.pk in (at.pk, at.parent_id)


@register.simple_tag(takes_context=True)
def canonical(context: Context, path: str = "") -> str:
    """The one absolute address of this page: on the site's own domain, never on whatever name
    the request used, since the page is stored and served to all."""
    site = context.get("site")
    path = path or (context["request"].path if "request" in context else "")
    return absolute(path, site) if site and path else path


_QUOTED = re.compile(r"([“《「])([^“”《》「」]{1,7}[”》」])")


@register.filter
def headline(title: str) -> SafeString:
    """A large headline whose short quoted names are never broken across lines: browsers break
    Chinese between any two characters, and “全 / 国优秀法院” reads badly."""
    # Safe: the title is escaped first, and only whole spans are put around parts of it.
    return mark_safe(_QUOTED.sub(r'\1<span class="whole">\2</span>', escape(title)))


@register.simple_tag
def external(url: str, text: str, rel: str = "noopener") -> SafeString:
    """A link to another site, which says so to eye and ear (standard P2)."""
    return format_html(
        '<a class="external" href="{}" rel="{}">{}<span class="visually-hidden">{}</span></a>',
        url,
        rel,
        text,
        _("(external site)"),
    )


_DIALLED = re.compile(r"\+?[0-9][0-9 ()-]*")


@register.filter
def dialable(number: str) -> str:
    """What a telephone can dial of a number as people write it; "" where there is nothing."""
    found = _DIALLED.match(number.strip())
    digits = re.sub(r"[^0-9+]", "", found[0]) if found else ""
    return digits if len(digits) > 2 else ""


@register.filter
def host(url: str) -> str:
    """The name of the site a link leads to."""
    return urlsplit(url).hostname or url
