"""Redirects from URLs of the former site to pages of this site."""

from __future__ import annotations

from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from portal.site import legacy_urls
from portal.site.models import Redirect, validate_site_path

#: Time in seconds for which browsers may cache a redirect. Without this limit they would cache it
#: for ever, and would not notice that it was corrected.
CACHE_SECONDS = 3600
#: Path prefixes without redirects: the former site had no pages there, and bots request them often.
EXCLUDED_PREFIXES = ("/admin/", "/static/", "/media/")


def find_redirect(request: HttpRequest) -> HttpResponse | None:
    """Return the redirect response for a URL that no view handles; None if it has no redirect.

    The function makes at most one database query.
    """
    if request.method not in {"GET", "HEAD"} or request.path_info.startswith(EXCLUDED_PREFIXES):
        return None
    address = requested_address(request)
    found = Redirect.objects.for_path(address)
    if found is None or legacy_urls.lookup_key(found.new_path) in legacy_urls.lookup_keys(address):
        return None
    try:
        validate_site_path(found.new_path)  # a row may have been written without validation
    except ValidationError:
        return None
    response = HttpResponsePermanentRedirect(found.new_path)
    response.headers["Cache-Control"] = f"max-age={CACHE_SECONDS}"
    return response


def requested_address(request: HttpRequest) -> str:
    """Return the path and the query string of the request as text, whatever their encoding."""
    path = request.path_info.replace("?", "%3F")
    # WSGI passes the bytes of the query string decoded as Latin-1.
    query = quote(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"), safe="%&=+")
    return f"{path}?{query}" if query else path
