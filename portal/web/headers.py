"""The security headers: one list, on every answer, errors and static files included.

A page that needs more than the list allows says so by name (``editor``, ``framed``, ``framing``);
what each name opens stands in ``OPENINGS``, so that an auditor reads the whole policy here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

CACHE_CONTROL = "no-cache"

#: What no page of this site ever asks a browser for. What the pages do use (fullscreen,
#: clipboard-write, web-share) is not among them, nor what a browser in use may not know yet: each
#: unknown name is a message in its console.
UNUSED = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "display-capture",
    "encrypted-media",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED),
}

POLICY = {
    "default-src": "'none'",
    "img-src": "'self' data:",
    "style-src": "'self'",
    "script-src": "'self'",
    # The desk's own scripts fetch and upload; inspectors fetch robots.txt out of the page.
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

OPENINGS = {
    # CKEditor 4 writes style attributes and event attributes into its own toolbar.
    "editor": {
        "script-src-attr": "'unsafe-inline'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
    },
    # A preview is shown in a frame of the desk; the desk's page holds that frame.
    "framed": {"frame-ancestors": "'self'"},
    "framing": {"frame-src": "'self'"},
}


def policy(*openings: str) -> str:
    """Return the content security policy, opened by the names given."""
    directives = dict(POLICY)
    for name in openings:
        directives |= OPENINGS[name]
    return "; ".join(f"{directive} {sources}" for directive, sources in directives.items())


def headers(*openings: str) -> dict[str, str]:
    """Return every security header of an answer; also for pages served outside Django."""
    found = HEADERS | {"Content-Security-Policy": policy(*openings)}
    if "framed" in openings:
        found["X-Frame-Options"] = "SAMEORIGIN"
    return found


def page_headers() -> dict[str, str]:
    """Every header of a public page but its language and what its file says: the page store and
    nginx's configuration are made from it, and answer as the application does."""
    found = headers()
    if settings.HTTPS:
        found["Strict-Transport-Security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        )
    return found


class HeadersMiddleware:
    """Set the headers on each answer. A view opens its policy by ``response.csp = "editor"``
    (several names are parted by blanks) or by the decorators below."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        openings = getattr(response, "csp", "").split()
        for name, value in headers(*openings).items():
            response.headers[name] = value
        # Readers keep copies and ask whether they are still good: what is taken back is gone.
        response.headers.setdefault("Cache-Control", CACHE_CONTROL)
        return response


View = Callable[..., HttpResponseBase]


def _opened(view: View, name: str) -> View:
    @wraps(view)
    def opened(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.csp = f"{getattr(response, 'csp', '')} {name}"  # type: ignore[attr-defined]
        return response

    return opened


def editor_page(view: View) -> View:
    """The page holds the rich-text editor."""
    return _opened(view, "editor")


def framed_by_self(view: View) -> View:
    """The page may be shown in a frame of this site: previews, nothing else."""
    return _opened(view, "framed")


def frames_self(view: View) -> View:
    """The page frames another page of this site: where a preview is looked at."""
    return _opened(view, "framing")
