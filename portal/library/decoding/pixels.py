"""Decode an uploaded picture within limits of pixels and memory; refuse unsafe pictures.

The uploaded bytes are never published: the picture is decoded, rotated upright and converted to
sRGB, and ``encoding`` encodes it again, which drops all metadata and anything else that the file
contained. Nothing here imports Django: ``program`` runs it in a process of its own.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from typing import IO

import pi_heif
from PIL import AvifImagePlugin, Image, ImageOps, UnidentifiedImageError

from . import limits
from .colour_spaces import named_profile
from .colours import to_srgb
from .refusals import Code, MoreMemoryNeeded, Refusal
from .scaling import reduce_jpeg

# Formats are detected by content, not by file name. An MPO file (a phone's JPEG followed by a
# second image) is read as JPEG.
READ_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "HEIF")
_ANIMATED_FORMATS = {"PNG", "WEBP", "AVIF", "GIF"}
# Formats of drawings, screenshots and scans, which are stored as PNG to remain sharp.
_LOSSLESS_FORMATS = {"PNG", "GIF", "TIFF", "BMP"}
#: Formats whose decoders hold the pixels several times, and the bytes of memory for each pixel.
_COSTLY_FORMATS = {"WEBP": 16, "AVIF": 16, "HEIF": 12}

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_JPEG_FORMATS = {"JPEG", "MPO"}
_JPEG_END = b"\xff\xd9"
#: More than the largest block of pixels (MCU) needs, so that the decoder notices missing pixels.
_PADDING_BYTES = 4096
_HASHED_ROWS = 64
#: A failure to decode fewer pixels than this is not caused by the limit of memory.
_FEW_PIXELS = 4_000_000

DECODING_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_EMBEDDED_PAGE = re.compile(
    rb"<(?:!doctype\s+html|html|script|svg|iframe|\?php)[\s>/]", re.IGNORECASE
)
_MARKUP = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:[!?a-z])", re.IGNORECASE)
_SVG = re.compile(rb"<svg[\s>]|<!doctype\s+svg", re.IGNORECASE)

Image.MAX_IMAGE_PIXELS = None  # _refuse_size and the limit of memory apply instead
# Each thread of the decoder would have buffers of its own.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pi_heif.register_heif_opener(
    decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
)


@dataclass
class DecodedPicture:
    """The pixels of an accepted picture, and whether its format was lossless."""

    pixels: Image.Image
    is_lossless: bool


def decode(file: IO[bytes], memory_bytes: int = limits.LARGE_MEMORY_BYTES) -> DecodedPicture:
    """Decode a file on disk (it needs a file descriptor) with at most so much memory.

    Raises ``Refusal`` if the file is not a single, complete picture without animation and within
    the limits of size; ``MoreMemoryNeeded`` if it may be decoded with ``LARGE_MEMORY_BYTES``.
    """
    pixels_declared, is_heic = 0, False
    try:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            _refuse_start(content[:4096])
            is_heic = _is_heic(content[:64])
            _require_memory_of_webp(content[:32], memory_bytes)
            source = Image.open(file, formats=READ_FORMATS)
            pixels_declared = source.width * source.height
            _refuse_size(source)
            _refuse_several(source)
            _refuse_polyglot(file, content)
            _require_memory(source, content, memory_bytes)
            profile = named_profile(source, content)
        is_lossless = source.format in _LOSSLESS_FORMATS
        pixels = to_srgb(_rotate_upright(_load(source, file)), profile)
    except UnidentifiedImageError as error:
        raise Refusal(Code.HEIC if is_heic else Code.NOT_A_PICTURE) from error
    except MemoryError as error:
        raise _out_of_memory(memory_bytes) from error
    except DECODING_ERRORS as error:
        # Some decoders report a lack of memory as an error of the file.
        if pixels_declared > _FEW_PIXELS and memory_bytes < limits.LARGE_MEMORY_BYTES:
            raise MoreMemoryNeeded from error
        raise Refusal(Code.HEIC if is_heic else Code.DAMAGED) from error
    return DecodedPicture(pixels, is_lossless)


# Validation


def _refuse_start(start: bytes) -> None:
    """Refuse SVG, which can contain scripts, and HTML."""
    if _MARKUP.match(start[:512]):
        raise Refusal(Code.SVG if _SVG.search(start) else Code.PAGE)


def _is_heic(start: bytes) -> bool:
    return start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS and b"avif" not in start[16:]


def _refuse_size(source: Image.Image) -> None:
    """Check the size that the header declares, before any pixel is decoded."""
    maximum, code = limits.MAX_PIXELS, Code.TOO_MANY_PIXELS
    if source.format in _JPEG_FORMATS:
        maximum, code = limits.MAX_JPEG_PIXELS, Code.TOO_MANY_JPEG_PIXELS
    elif source.format == "HEIF":
        maximum, code = limits.MAX_HEIC_PIXELS, Code.HEIC
    elif source.format in _COSTLY_FORMATS:
        maximum, code = limits.MAX_COSTLY_PIXELS, Code.TOO_MANY_COSTLY_PIXELS
    if source.width * source.height > maximum:
        raise Refusal(code)
    if max(source.size) > limits.MAX_SIDE:
        raise Refusal(Code.TOO_LONG)


def _refuse_several(source: Image.Image) -> None:
    """Refuse animations, and scans with several pages."""
    if source.format in _ANIMATED_FORMATS and getattr(source, "n_frames", 1) > 1:
        raise Refusal(Code.ANIMATED)
    if source.format == "TIFF":
        try:
            source.seek(1)
        except EOFError:
            source.seek(0)
        else:
            raise Refusal(Code.PAGES)


def _refuse_polyglot(file: IO[bytes], content: mmap.mmap) -> None:
    """Refuse a file that is an image and also a PDF, a web page or an archive.

    Encoding the image again would drop the other content, but such files are only made on purpose.
    """
    position = file.tell()
    is_archive = zipfile.is_zipfile(file)
    file.seek(position)
    if b"%PDF-" in content[:1024] or _EMBEDDED_PAGE.search(content) or is_archive:
        raise Refusal(Code.POLYGLOT)


def _require_memory(source: Image.Image, content: mmap.mmap, memory_bytes: int) -> None:
    """Reduce the scale of a JPEG to what the memory allows; raise an error if it is too little.

    The scale is that of the larger limit, so that the result is always the same.
    """
    budget = int(limits.LARGE_MEMORY_BYTES * limits.PIXEL_SHARE)
    if source.format in _JPEG_FORMATS:
        needed = reduce_jpeg(source, content, budget)
    elif source.format in _COSTLY_FORMATS:
        needed = source.width * source.height * _COSTLY_FORMATS[source.format]
    else:
        needed = source.width * source.height * (1 if source.mode in {"1", "L", "P"} else 4)
    if needed > memory_bytes * limits.PIXEL_SHARE:
        raise _out_of_memory(memory_bytes)


def _require_memory_of_webp(start: bytes, memory_bytes: int) -> None:
    """Check the size of a WebP before it is opened, which already takes the memory of the pixels.

    The three kinds of headers: https://developers.google.com/speed/webp/docs/riff_container
    """
    if start[:4] != b"RIFF" or start[8:12] != b"WEBP":
        return
    little = partial(int.from_bytes, byteorder="little")
    if start[12:16] == b"VP8X":
        width, height = little(start[24:27]) + 1, little(start[27:30]) + 1
    elif start[12:16] == b"VP8L":
        bits = little(start[21:25])
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = little(start[26:28]) & 0x3FFF, little(start[28:30]) & 0x3FFF
    if width * height > limits.MAX_COSTLY_PIXELS:
        raise Refusal(Code.TOO_MANY_COSTLY_PIXELS)
    if width * height * _COSTLY_FORMATS["WEBP"] > memory_bytes * limits.PIXEL_SHARE:
        raise _out_of_memory(memory_bytes)


def _out_of_memory(memory_bytes: int) -> Exception:
    if memory_bytes < limits.LARGE_MEMORY_BYTES:
        return MoreMemoryNeeded()
    return Refusal(Code.TOO_COSTLY)


# Decoding


def _load(source: Image.Image, file: IO[bytes]) -> Image.Image:
    """Return the image with its pixels; accept a JPEG without its end mark if no pixel is missing.

    Some cameras and programs omit the two bytes of the end mark, and viewers show such files.
    """
    size = source.size
    try:
        source.load()
    except OSError:
        if source.format not in _JPEG_FORMATS:
            raise
        file.seek(0)
        data = file.read()
        if not _has_all_pixels(data, size):
            raise
        source = _open_padded(data, b"", size)
        source.load()
    return source


def _open_padded(data: bytes, padding: bytes, size: tuple[int, int]) -> Image.Image:
    image = Image.open(io.BytesIO(data + padding + _JPEG_END), formats=READ_FORMATS)
    image.draft(None, size)
    return image


def _has_all_pixels(data: bytes, size: tuple[int, int]) -> bool:
    """Return whether a JPEG without its end mark has the data of every pixel.

    The decoder reads bytes that are appended to incomplete data as pixels, so that different bytes
    give different pixels; after complete data it ignores them.
    """
    digests = set()
    for byte in (b"\x00", b"\x55"):
        with _open_padded(data, byte * _PADDING_BYTES, size) as image:
            image.load()
            digest = hashlib.sha256()
            for top in range(0, image.height, _HASHED_ROWS):
                box = (0, top, image.width, min(top + _HASHED_ROWS, image.height))
                digest.update(image.crop(box).tobytes())
            digests.add(digest.digest())
    return len(digests) == 1


def _rotate_upright(source: Image.Image) -> Image.Image:
    """Rotate the image in place, so that it is copied only if it is rotated."""
    try:
        ImageOps.exif_transpose(source, in_place=True)
    except DECODING_ERRORS:  # if the metadata are invalid, keep the orientation of the pixels
        return source
    return source
