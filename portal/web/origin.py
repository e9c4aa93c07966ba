"""Where this site stands, as stored pages, feeds and maps name it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from portal.site.models import SiteSettings


def origin(site: SiteSettings) -> str:
    """Scheme and host, never those of a request: a stored page is the same for all who ask."""
    return f"{'https' if settings.HTTPS else 'http'}://{site.domain or _first_host()}"


def absolute_url(path: str, site: SiteSettings) -> str:
    """The one absolute address of a path of this site; an address elsewhere stays as it is."""
    return path if urlsplit(path).netloc else origin(site) + path


def _first_host() -> str:
    """What the site is called while nobody has said so: the first name that it answers to."""
    named = (host.lstrip(".") for host in settings.ALLOWED_HOSTS if host.strip(".*"))
    return next(named, "localhost")
