"""Reasons for which a picture is refused, without Django: ``messages`` has their sentences."""

from __future__ import annotations

from enum import Enum


class Code(Enum):
    """The reason for which a picture is refused."""

    TOO_LARGE = "too_large"
    SVG = "svg"
    PAGE = "page"
    NOT_A_PICTURE = "not_a_picture"
    HEIC = "heic"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_JPEG_PIXELS = "too_many_jpeg_pixels"
    TOO_MANY_COSTLY_PIXELS = "too_many_costly_pixels"
    TOO_LONG = "too_long"
    ANIMATED = "animated"
    PAGES = "pages"
    POLYGLOT = "polyglot"
    DAMAGED = "damaged"
    TOO_COSTLY = "too_costly"
    BUSY = "busy"


class Refusal(Exception):
    """A picture that is not accepted."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.value)
        self.code = code


class MoreMemoryNeeded(Exception):
    """A picture that may be decoded with a larger limit of memory."""
