"""Absolute URLs of this site, for stored pages, feeds and sitemaps."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from portal.site.models import SiteSettings


def origin(site: SiteSettings) -> str:
    """Return scheme and host from the settings.

    The request's host is not used: a stored page is served to every visitor.
    """
    return f"{'https' if settings.HTTPS else 'http'}://{site.domain or _first_host()}"


def absolute_url(path: str, site: SiteSettings) -> str:
    """Return the absolute URL of a path of this site; return other absolute URLs unchanged."""
    return path if urlsplit(path).netloc else origin(site) + path


def _first_host() -> str:
    """Return the first concrete host of ALLOWED_HOSTS, for a site without a configured domain."""
    hosts = (host.lstrip(".") for host in settings.ALLOWED_HOSTS if host.strip(".*"))
    return next(hosts, "localhost")
