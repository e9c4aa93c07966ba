"""The scale at which a JPEG is decoded: 1, 1/2, 1/4 or 1/8."""

from __future__ import annotations

import mmap
from typing import Any

from PIL import Image

from . import limits
from .refusals import Code, Refusal

_SCALES = (1, 2, 4, 8)
_ROTATED = range(5, 9)
_ORIENTATION = 0x0112
_BYTES_PER_COEFFICIENT = 2


def reduce_jpeg(source: Any, content: mmap.mmap, budget: int) -> int:
    """Choose the largest scale at which a JPEG fits; return the bytes of memory it then needs.

    A JPEG fits if its pixels are at most ``MAX_PIXELS`` and need at most ``budget`` bytes. Raises
    ``Refusal`` if no scale suffices, as for progressive files of very many pixels, of which the
    decoder holds all coefficients.
    """
    coefficients = _coefficient_bytes(source, content)
    per_pixel = 1 if source.mode == "L" else 4
    if source.mode == "CMYK" or _is_rotated(source):  # the pixels are copied
        per_pixel *= 2
    width, height = source.size
    for scale in _SCALES:
        pixels = -(-width // scale) * -(-height // scale)
        needed = coefficients + pixels * per_pixel
        if pixels <= limits.MAX_PIXELS and needed <= budget:
            if scale > 1:
                source.draft(None, (width // scale, height // scale))
            return needed
    raise Refusal(Code.TOO_COSTLY)


def _coefficient_bytes(source: Any, content: mmap.mmap) -> int:
    """Return the size of the coefficients if the decoder holds them all, otherwise 0.

    It does so if the file has several scans: a progressive file, or one scan for each component.
    """
    if not source.info.get("progressive") and not _has_scan_per_component(source, content):
        return 0
    factors = [(horizontal, vertical) for _id, horizontal, vertical, _table in source.layer]
    widest, highest = (max(pair[axis] for pair in factors) for axis in (0, 1))
    share = sum(horizontal * vertical for horizontal, vertical in factors) / (widest * highest)
    return int(source.width * source.height * share * _BYTES_PER_COEFFICIENT)


def _has_scan_per_component(source: Any, content: mmap.mmap) -> bool:
    """Return whether the first scan, whose header Pillow has just read, lacks a component."""
    end = source.fp.tell()
    for count in range(1, len(source.layer)):
        start = end - (8 + 2 * count)
        if content[start : start + 2] == b"\xff\xda" and content[start + 4] == count:
            return True
    return False


def _is_rotated(source: Image.Image) -> bool:
    """Return whether the metadata say that the picture stands on its side."""
    try:
        return source.getexif().get(_ORIENTATION) in _ROTATED
    except (SyntaxError, ValueError, OSError, KeyError, TypeError, IndexError, EOFError):
        return False
