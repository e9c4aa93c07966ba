"""Redirect addresses of the former site to pages of this one."""

from __future__ import annotations

from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from portal.site import legacy_urls
from portal.site.models import Redirect, validate_site_path

#: Browsers cache a permanent redirect without limit otherwise, and would not see a correction.
CACHE_SECONDS = 3600
#: The former site had no pages below these prefixes, which bots request often.
EXCLUDED_PREFIXES = ("/admin/", "/static/", "/media/")


def find_redirect(request: HttpRequest) -> HttpResponse | None:
    """Return the redirect of an address that no view answers, or None. One query at most."""
    if request.method not in {"GET", "HEAD"} or request.path_info.startswith(EXCLUDED_PREFIXES):
        return None
    address = requested_address(request)
    found = Redirect.objects.for_path(address)
    if found is None or legacy_urls.lookup_key(found.new_path) in legacy_urls.lookup_keys(address):
        return None
    try:
        validate_site_path(found.new_path)  # rows may be written without the form's validation
    except ValidationError:
        return None
    response = HttpResponsePermanentRedirect(found.new_path)
    response.headers["Cache-Control"] = f"max-age={CACHE_SECONDS}"
    return response


def requested_address(request: HttpRequest) -> str:
    """Return path and query as requested, whatever their encoding."""
    path = request.path_info.replace("?", "%3F")
    # WSGI passes bytes as Latin-1.
    query = quote(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"), safe="%&=+")
    return f"{path}?{query}" if query else path
