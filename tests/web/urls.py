"""URL configuration of the tests of headers: one view for each kind of response."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path

from portal.web.headers import editor_page, framed_by_self, frames_self


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def named(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("ok")
    response.csp = "editor"
    return response


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("as it happens")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def answer(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return a plain-text error response, so that the tests need no database."""
    return HttpResponse("error", status=500 if exception is None else 404)


urlpatterns = [
    path("", plain),
    path("named/", named),
    path("broken/", broken),
    path("forbidden/", forbidden),
    path("moved/", lambda request: HttpResponseRedirect("/")),
    path("stream/", lambda request: StreamingHttpResponse([b"ok"])),
    path("preview/", framed_by_self(plain)),
    path("admin/", plain),
    path("admin/write/", editor_page(plain)),
    path("admin/look/", frames_self(plain)),
    path("admin/both/", editor_page(frames_self(plain))),
]
handler403 = handler404 = handler500 = answer
