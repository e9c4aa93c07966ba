"""Encode a decoded picture: the stored original, and the renditions that pages show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import IO

from PIL import Image

from . import limits
from .pixels import DecodedPicture

_MAX_COLOURS = 256
#: Above this number of pixels the encoders save memory and time, at a few percent of size.
_MANY_PIXELS = 4_000_000
#: The rows of a band that is scaled at a time, and the pixels that Lanczos reads on either side.
_BAND_ROWS = 128
_LANCZOS_SUPPORT = 3


@dataclass(frozen=True)
class Part:
    """Where one encoded version stands in the file of results; ``width`` 0 is the original."""

    width: int
    suffix: str
    offset: int
    size: int


def widths(width: int, height: int) -> list[int]:
    """Return the widths of an image's renditions in ascending order, none wider than the image."""
    widest = min(
        limits.RENDITION_WIDTHS[-1],
        width,
        max(1, width * limits.MAX_RENDITION_HEIGHT // height),
        max(1, math.isqrt(limits.MAX_RENDITION_PIXELS * width // height)),
    )
    return [each for each in limits.RENDITION_WIDTHS if each < widest] + [widest]


def write_versions(decoded: DecodedPicture, results: IO[bytes]) -> list[Part]:
    """Write the original and all renditions to a file, one after the other; return their places.

    Shrinks ``decoded.pixels`` to the widest rendition, which gives back the memory of the others.
    """
    pixels = decoded.pixels
    size = pixels.size
    parts = [_write_original(pixels, decoded.is_lossless, results)]
    del pixels
    for width in reversed(widths(*size)):
        height = max(1, round(size[1] * width / size[0]))
        if (width, height) != decoded.pixels.size:
            decoded.pixels = _resize(decoded.pixels, (width, height))
        decoded.pixels = _flatten_on_white(decoded.pixels)
        parts += _write_rendition(decoded.pixels, results)
    return parts


def _resize(pixels: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale an image down, a large one in bands: Pillow copies all of a transparent image."""
    if pixels.width * pixels.height <= _MANY_PIXELS:
        return pixels.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    scale = pixels.height / size[1]
    margin = math.ceil(_LANCZOS_SUPPORT * scale) + 1
    small = Image.new(pixels.mode, size)
    for top in range(0, size[1], _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, size[1])
        first = max(0, math.floor(top * scale) - margin)
        last = min(pixels.height, math.ceil(bottom * scale) + margin)
        band = pixels.crop((0, first, pixels.width, last))
        box = (0, top * scale - first, band.width, min(bottom * scale - first, band.height))
        resized = band.resize((size[0], bottom - top), Image.Resampling.LANCZOS, box=box)
        small.paste(resized, (0, top))
    return small


def _write_original(pixels: Image.Image, is_lossless: bool, results: IO[bytes]) -> Part:
    is_large = pixels.width * pixels.height > _MANY_PIXELS
    if pixels.mode == "RGBA" or (is_lossless and pixels.getcolors(_MAX_COLOURS) is not None):
        return _write(pixels, results, 0, "png", "PNG", optimize=not is_large)
    # To optimise, the encoder holds all coefficients of the picture.
    return _write(pixels, results, 0, "jpg", "JPEG", quality=90, optimize=not is_large)


def _write_rendition(pixels: Image.Image, results: IO[bytes]) -> list[Part]:
    width = pixels.width
    options = limits.RENDITION_OPTIONS
    avif = {**options["avif"], "max_threads": 1}
    if width * pixels.height > _MANY_PIXELS:
        avif["speed"] = max(avif["speed"], 9)
    return [
        _write(pixels, results, width, "avif", "AVIF", **avif),
        _write(pixels, results, width, "webp", "WEBP", **options["webp"]),
        _write(pixels, results, width, "jpg", "JPEG", **options["jpg"]),
    ]


def _write(
    pixels: Image.Image, results: IO[bytes], width: int, suffix: str, format: str, **options: object
) -> Part:
    offset = results.tell()
    pixels.save(results, format, **options)
    results.flush()
    return Part(width, suffix, offset, results.tell() - offset)


def _flatten_on_white(pixels: Image.Image) -> Image.Image:
    """Remove transparency, since dark lines would vanish on a page with a dark theme."""
    if pixels.mode != "RGBA":
        return pixels
    page = Image.new("RGB", pixels.size, "white")
    page.paste(pixels, mask=pixels.getchannel("A"))
    return page
