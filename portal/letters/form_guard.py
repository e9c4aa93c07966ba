"""What a public form lets in, before anything is read into it. There is no cookie to check: a
browser says itself where a post comes from, and the form's token says the rest (``tokens``)."""

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

#: As much as nginx lets through: whoever pastes far too much has it given back to shorten.
MAX_POST_BYTES = 1 << 20
FORM = "application/x-www-form-urlencoded"

PostData = dict[str, str]
View = Callable[[HttpRequest, PostData | None], HttpResponse]


class FormRejected(Exception):
    """No form of this site sends this."""

    def __init__(self, status: int) -> None:
        self.status = status


def public_form(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """A form that anybody may post: the view gets what was typed, None where nothing was."""

    # No visitor has a cookie, nor a session to abuse: ``is_from_here`` and the form's signed token
    # refuse what another site sends.
    @csrf_exempt
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            return view(request, clean_post(request) if request.method == "POST" else None)
        except FormRejected as shut:
            context = {"status": shut.status, "hidden": True}
            return render(request, "feedback/refused.html", context, status=shut.status)

    return guarded


def clean_post(request: HttpRequest) -> PostData:
    """The fields of a post, each once, without what no keyboard types."""
    if not is_from_here(request):
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
    return {name: plain(str(value)) for name, (value,) in fields.items()}


def is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that one of this site's pages sent it; older ones say nothing."""
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


_UNTYPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def plain(text: str) -> str:
    """Without control characters and halves of characters; lines end as on the desk."""
    return _UNTYPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
