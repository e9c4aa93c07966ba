"""Checks of requests to the public forms, which run before the form itself is validated.

Public pages set no cookies, so there is no CSRF token. Posts from other sites are refused by the
Sec-Fetch-Site or the Origin header, and by the form's signed token (``tokens``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.http.parameters import parse_number

#: Equal to the limit of the nginx configuration. Smaller posts with a text that is too long get
#: the form back, so that the sender can shorten the text.
MAX_POST_BYTES = 1 << 20
FORM = "application/x-www-form-urlencoded"

PostData = dict[str, str]
View = Callable[[HttpRequest, PostData | None], HttpResponse]


class FormRejected(Exception):
    """Raised if no form of this site can have sent the request; ``status`` is the HTTP status."""

    def __init__(self, status: int) -> None:
        self.status = status


def public_form(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Decorate a view of a public form.

    The view receives the cleaned POST data as second argument, or None for GET and HEAD.
    """

    # Django's CSRF protection needs a cookie and protects a session; visitors have neither.
    # ``is_same_site`` and the form's signed token refuse posts from other sites.
    @csrf_exempt
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            return view(request, clean_post(request) if request.method == "POST" else None)
        except FormRejected as error:
            context = {"status": error.status, "hidden": True}
            return render(request, "feedback/refused.html", context, status=error.status)

    return guarded


def clean_post(request: HttpRequest) -> PostData:
    """Return the fields of a POST request, each with a single value cleaned by ``clean_text``.

    Raises ``FormRejected`` for requests from other sites (403), other content types (415),
    excessive length (413), and malformed or repeated fields (400).
    """
    if not is_same_site(request):
        raise FormRejected(403)
    if request.content_type != FORM:
        raise FormRejected(415)
    length = parse_number(request.META.get("CONTENT_LENGTH") or "0")
    if length is None or length > MAX_POST_BYTES:
        raise FormRejected(413)
    try:
        fields = dict(request.POST.lists())
    except (BadRequest, SuspiciousOperation, UnreadablePostError) as error:
        raise FormRejected(400) from error
    if any(len(values) != 1 for values in fields.values()):
        raise FormRejected(400)
    return {name: clean_text(str(value)) for name, (value,) in fields.items()}


def is_same_site(request: HttpRequest) -> bool:
    """Return False if a header set by the browser shows that another site sent the request.

    Old browsers send neither header; their requests are accepted.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).hostname == urlsplit(f"//{request.get_host()}").hostname
    except ValueError:
        return False


_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Remove control characters and lone surrogates; convert line breaks to line feeds."""
    return _CONTROL_CHARACTERS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
