"""Security headers of every response, including error pages and static files.

A page that needs exceptions from the content security policy names them (``editor``, ``framed``,
``framing``). ``EXCEPTIONS`` lists the directives of each name, so that this module shows the whole
policy.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

CACHE_CONTROL = "no-cache"

#: Browser features that no page of this site uses. The list omits the features in use (fullscreen,
#: clipboard-write, web-share), and also names that some browsers do not know, for which they would
#: print a warning to the console.
DISABLED_FEATURES = (
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
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in DISABLED_FEATURES),
}

POLICY = {
    "default-src": "'none'",
    "img-src": "'self' data:",
    "style-src": "'self'",
    "script-src": "'self'",
    # Scripts of the admin fetch and upload; inspection tools fetch robots.txt from a page's
    # script.
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

EXCEPTIONS = {
    # CKEditor 4 writes style and event attributes into the HTML of its toolbar.
    "editor": {
        "script-src-attr": "'unsafe-inline'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
    },
    # "framed" is for a preview that the admin shows in a frame, "framing" for the admin page that
    # contains the frame.
    "framed": {"frame-ancestors": "'self'"},
    "framing": {"frame-src": "'self'"},
}


def policy(*exceptions: str) -> str:
    """Return the content security policy with the named exceptions (keys of ``EXCEPTIONS``)."""
    directives = dict(POLICY)
    for name in exceptions:
        directives |= EXCEPTIONS[name]
    return "; ".join(f"{directive} {sources}" for directive, sources in directives.items())


def headers(*exceptions: str) -> dict[str, str]:
    """Return the security headers of a response; ``exceptions`` are keys of ``EXCEPTIONS``."""
    found = HEADERS | {"Content-Security-Policy": policy(*exceptions)}
    if "framed" in exceptions:
        found["X-Frame-Options"] = "SAMEORIGIN"
    return found


def page_headers() -> dict[str, str]:
    """Return the headers that all public pages share, for the page store and nginx.

    Headers that differ between pages are not included: language, type, length and validators.
    """
    found = headers()
    if settings.HTTPS:
        found["Strict-Transport-Security"] = _strict_transport_security()
    return found


def _strict_transport_security() -> str:
    """Return the value that Django's SecurityMiddleware sends by the same settings."""
    value = f"max-age={settings.SECURE_HSTS_SECONDS}"
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        value += "; includeSubDomains"
    if settings.SECURE_HSTS_PRELOAD:
        value += "; preload"
    return value


class HeadersMiddleware:
    """Middleware that sets the security headers of each response.

    A view requests exceptions from the policy by ``response.csp = "editor framing"`` (names
    separated by spaces) or by one of the decorators below.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        exceptions = getattr(response, "csp", "").split()
        for name, value in headers(*exceptions).items():
            response.headers[name] = value
        # Browsers must revalidate their copy on each request, so that a withdrawn page disappears.
        response.headers.setdefault("Cache-Control", CACHE_CONTROL)
        return response


View = Callable[..., HttpResponseBase]


def _with_exception(view: View, name: str) -> View:
    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.csp = f"{getattr(response, 'csp', '')} {name}"  # type: ignore[attr-defined]
        return response

    return wrapped


def editor_page(view: View) -> View:
    """Decorate a view whose page contains the rich-text editor."""
    return _with_exception(view, "editor")


def framed_by_self(view: View) -> View:
    """Decorate a view whose page may be shown in a frame of this site (previews only)."""
    return _with_exception(view, "framed")


def frames_self(view: View) -> View:
    """Decorate a view whose page contains a frame with another page of this site."""
    return _with_exception(view, "framing")
