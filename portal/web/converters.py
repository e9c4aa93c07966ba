"""URL path converters."""

from __future__ import annotations

from django.urls.converters import IntConverter


class NumberConverter(IntConverter):
    """A converter for decimal integers without leading zeros.

    Otherwise /1/ and /001/ would be two URLs of one page, and the page store would keep a copy of
    every spelling that is requested.
    """

    regex = "0|[1-9][0-9]*"
