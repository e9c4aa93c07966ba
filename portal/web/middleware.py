"""Middleware that activates the language of the URL path."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from .languages import language_of_path


class PathLanguageMiddleware:
    """Middleware that activates the language of the URL path and ignores the browser's preference.

    Django's LocaleMiddleware also reads a cookie and Accept-Language and sends ``Vary:
    Accept-Language``, so that a stored page could not be served to every visitor.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = language_of_path(request.path_info)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
