"""URL path converters."""

from __future__ import annotations

from django.urls.converters import IntConverter


class NumberConverter(IntConverter):
    """A URL converter for decimal integers without leading zeros.

    If leading zeros were accepted, /1/ and /001/ would be two URLs of one page, and the page store
    would store a copy for every spelling that is requested.
    """

    regex = "0|[1-9][0-9]*"
