"""The language of a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from .languages import language_of_path


class PathLanguageMiddleware:
    """One address, one language, whatever the reader's browser prefers.

    Django's own LocaleMiddleware asks cookie and header and answers ``Vary: Accept-Language``,
    which would split every stored page by reader.
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
