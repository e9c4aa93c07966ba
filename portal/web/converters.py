"""Parts of addresses."""

from __future__ import annotations

from django.urls.converters import IntConverter


class NumberConverter(IntConverter):
    """A number as it is written: 1 and 001 are not two addresses of one page, of which there would
    be as many stored copies as somebody cares to ask for."""

    regex = "0|[1-9][0-9]*"
