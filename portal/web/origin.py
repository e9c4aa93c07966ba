"""Absolute URLs of this site, for stored pages, feeds and sitemaps."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from portal.site.models import SiteSettings


def origin(site: SiteSettings) -> str:
    """Return the scheme and the host name of this site according to the settings.

    The host of the request is not used, because the page store serves the page to every visitor.
    """
    return f"{'https' if settings.HTTPS else 'http'}://{site.domain or _first_host()}"


def absolute_url(path: str, site: SiteSettings) -> str:
    """Return the absolute URL of a path of this site; return absolute URLs unchanged."""
    return path if urlsplit(path).netloc else origin(site) + path


def _first_host() -> str:
    """Return the first host of ALLOWED_HOSTS without wildcard, for a site without a set domain."""
    hosts = (host.lstrip(".") for host in settings.ALLOWED_HOSTS if host.strip(".*"))
    return next(hosts, "localhost")
