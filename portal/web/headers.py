"""Security headers of every response, errors and static files included.

A page that needs exceptions from the policy names them (``editor``, ``framed``, ``framing``).
``EXCEPTIONS`` lists what each name allows, so that the whole policy can be audited here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

CACHE_CONTROL = "no-cache"

#: Browser features that no page of this site uses. The features in use (fullscreen,
#: clipboard-write, web-share) are left out, and so are names that some browsers do not know:
#: each of them would print a warning to the browser's console.
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
    # Scripts of the admin fetch and upload; inspection tools fetch robots.txt from within a page.
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

EXCEPTIONS = {
    # CKEditor 4 writes style and event attributes into its own toolbar.
    "editor": {
        "script-src-attr": "'unsafe-inline'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
    },
    # "framed": a preview, shown in a frame of the admin. "framing": the admin page with the frame.
    "framed": {"frame-ancestors": "'self'"},
    "framing": {"frame-src": "'self'"},
}


def policy(*exceptions: str) -> str:
    """Return the content security policy with the named exceptions."""
    directives = dict(POLICY)
    for name in exceptions:
        directives |= EXCEPTIONS[name]
    return "; ".join(f"{directive} {sources}" for directive, sources in directives.items())


def headers(*exceptions: str) -> dict[str, str]:
    """Return the security headers of a response, with the named policy exceptions."""
    found = HEADERS | {"Content-Security-Policy": policy(*exceptions)}
    if "framed" in exceptions:
        found["X-Frame-Options"] = "SAMEORIGIN"
    return found


def page_headers() -> dict[str, str]:
    """Return the headers of a public page, for the page store and the nginx configuration.

    Left out are those that differ by page: language, type, length and validators.
    """
    found = headers()
    if settings.HTTPS:
        found["Strict-Transport-Security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        )
    return found


class HeadersMiddleware:
    """Middleware that sets the security headers on each response.

    A view requests policy exceptions by ``response.csp = "editor framing"`` (names separated by
    spaces) or by the decorators below.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        exceptions = getattr(response, "csp", "").split()
        for name, value in headers(*exceptions).items():
            response.headers[name] = value
        # Browsers revalidate their copies on each request, so that a withdrawn page disappears.
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
    """Mark a view whose page contains the rich-text editor."""
    return _with_exception(view, "editor")


def framed_by_self(view: View) -> View:
    """Mark a view whose page may be shown in a frame of this site (previews only)."""
    return _with_exception(view, "framed")


def frames_self(view: View) -> View:
    """Mark a view whose page contains a frame with another page of this site."""
    return _with_exception(view, "framing")
