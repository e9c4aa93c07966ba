"""Decode uploaded images, refuse unsafe images, and encode images for storage and for pages.

The uploaded bytes are never published: the image is decoded, rotated upright, converted to sRGB and
encoded again, which drops all metadata and anything else that the file contained.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

MAX_UPLOAD_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE = 30_000
# Maximum height of a rendition in pixels. The WebP format allows 16,383.
MAX_RENDITION_HEIGHT = 16_000
#: Widths of renditions (scaled versions of an image) in pixels. On a common phone (412 CSS pixels,
#: 1.75 device pixels each), 320 suits an image in a list, 560 an image in the carousel, and 720 an
#: image as wide as the text column.
RENDITION_WIDTHS = (320, 560, 720, 960, 1600)
#: Options of the encoders of renditions, by file name suffix. AVIF at speed 8 of 10 takes a tenth
#: of the time of the default; files are a few percent larger.
RENDITION_OPTIONS: dict[str, dict[str, Any]] = {
    "avif": {"quality": 60, "speed": 8},
    "webp": {"quality": 80, "method": 4},
    "jpg": {"quality": 82, "optimize": True, "progressive": True},
}

# Formats are detected by content, not by file name. An MPO file (a phone's JPEG followed by a
# second image) is read as JPEG.
READ_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
_ANIMATED_FORMATS = {"PNG", "WEBP", "AVIF", "GIF"}
# Formats of drawings and screenshots, which are stored as PNG to remain sharp.
_LOSSLESS_FORMATS = {"PNG", "GIF"}

_JPEG_FORMATS = {"JPEG", "MPO"}
_JPEG_END = b"\xff\xd9"
#: More than the largest block of pixels (MCU) needs, so that the decoder notices missing pixels.
_PADDING_BYTES = 4096

_DECODING_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
)
_MODES_BY_PROFILE_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_EMBEDDED_PAGE = re.compile(
    rb"<(?:!doctype\s+html|html|script|svg|iframe|\?php)[\s>/]", re.IGNORECASE
)
_MARKUP = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:[!?a-z])", re.IGNORECASE)
_SVG = re.compile(rb"<svg[\s>]|<!doctype\s+svg", re.IGNORECASE)


@dataclass(frozen=True)
class DecodedImage:
    """An accepted image: its pixels, and the encoded bytes that are stored as the original."""

    pixels: Image.Image
    format: str
    data: bytes

    @property
    def suffix(self) -> str:
        """The suffix of the file name for this format."""
        return {"jpeg": "jpg", "png": "png"}[self.format]

    @property
    def digest(self) -> str:
        """The SHA-256 digest (hex) of the encoded bytes."""
        return hashlib.sha256(self.data).hexdigest()


def decode(data: bytes) -> DecodedImage:
    """Decode an upload and encode it again.

    Raises ``ValidationError`` with one sentence for the user if the upload is not a single,
    complete image without animation and within the limits of size.
    """
    if len(data) > MAX_UPLOAD_BYTES:
        raise ValidationError(
            _("The picture is larger than 20 MB. Save it smaller, then upload it again."),
            code="too_large",
        )
    _refuse_markup(data)
    try:
        with Image.open(io.BytesIO(data), formats=READ_FORMATS) as source:
            _refuse_size(source)
            _refuse_animation(source)
            _refuse_polyglot(data)
            lossless = source.format in _LOSSLESS_FORMATS
            pixels = _rotate_upright(_load(source, data))
            pixels = _to_srgb_pixels(pixels, source.info.get("icc_profile"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise ValidationError(
            _("This is not a picture. Choose a JPEG, PNG, WebP, AVIF or GIF file."),
            code="not_a_picture",
        ) from error
    except _DECODING_ERRORS as error:
        raise ValidationError(
            _("The picture is damaged or incomplete. Fetch it from its source once more."),
            code="damaged",
        ) from error
    return _encode_original(pixels, lossless)


def widths(width: int, height: int) -> list[int]:
    """Return the widths of an image's renditions in ascending order, none wider than the image."""
    widest = min(RENDITION_WIDTHS[-1], width, max(1, width * MAX_RENDITION_HEIGHT // height))
    return [each for each in RENDITION_WIDTHS if each < widest] + [widest]


def encode_renditions(image: DecodedImage) -> Iterator[tuple[int, str, bytes]]:
    """Yield (width, suffix, bytes) of the image's rendition in each width and format."""
    pixels = image.pixels
    for width in widths(pixels.width, pixels.height):
        height = max(1, round(pixels.height * width / pixels.width))
        small = pixels.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        yield width, "avif", _encode(small, "AVIF", **RENDITION_OPTIONS["avif"])
        yield width, "webp", _encode(small, "WEBP", **RENDITION_OPTIONS["webp"])
        opaque = _flatten_on_white(small)
        yield width, "jpg", _encode(opaque, "JPEG", **RENDITION_OPTIONS["jpg"])


# Validation


def _refuse_markup(data: bytes) -> None:
    """Raise ValidationError for SVG, which can contain scripts, and for HTML."""
    if not _MARKUP.match(data[:512]):
        return
    if _SVG.search(data[:4096]):
        raise ValidationError(
            _("SVG drawings are not accepted, as they may hold scripts. Export it as PNG."),
            code="svg",
        )
    raise ValidationError(
        _("This is a page of text, not a picture. Save the picture itself, then upload that."),
        code="page",
    )


def _refuse_size(source: Image.Image) -> None:
    """Check the size that the header declares, before any pixel is decoded."""
    width, height = source.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if max(width, height) > MAX_SIDE:
        raise ValidationError(
            _("The picture is longer than 30,000 pixels. Cut it into parts, then upload those."),
            code="too_long",
        )


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("The picture has more than 40 million pixels. Save it smaller, then upload it again."),
        code="too_many_pixels",
    )


def _refuse_animation(source: Image.Image) -> None:
    if source.format in _ANIMATED_FORMATS and getattr(source, "n_frames", 1) > 1:
        raise ValidationError(
            _("Moving pictures are not accepted. Save one frame as a picture and upload that."),
            code="animated",
        )


def _refuse_polyglot(data: bytes) -> None:
    """Raise ValidationError for a file that is an image and also a PDF, a web page or an archive.

    Encoding the image again would drop the other content, but such files are only made on purpose.
    """
    if (
        b"%PDF-" in data[:1024]
        or _EMBEDDED_PAGE.search(data)
        or zipfile.is_zipfile(io.BytesIO(data))
    ):
        raise ValidationError(
            _(
                "Something else is hidden in this picture: a page, a script or an archive. Open it "
                "in a picture program, save it anew, then upload that."
            ),
            code="polyglot",
        )


# Decoding


def _load(source: Image.Image, data: bytes) -> Image.Image:
    """Return the image with its pixels; accept a JPEG without its end mark if no pixel is missing.

    Some cameras and programs omit the two bytes of the end mark, and viewers show such files.
    """
    try:
        source.load()
    except OSError:
        if source.format not in _JPEG_FORMATS or not _has_all_pixels(data):
            raise
        source = Image.open(io.BytesIO(data + _JPEG_END), formats=READ_FORMATS)
        source.load()
    return source


def _has_all_pixels(data: bytes) -> bool:
    """Return whether a JPEG without its end mark has the data of every pixel.

    The decoder reads bytes that are appended to incomplete data as pixels, so that different bytes
    give different pixels; after complete data it ignores them.
    """
    digests = set()
    for byte in (b"\x00", b"\x55"):
        padded = data + byte * _PADDING_BYTES + _JPEG_END
        with Image.open(io.BytesIO(padded), formats=READ_FORMATS) as image:
            digests.add(hashlib.sha256(image.tobytes()).digest())
    return len(digests) == 1


# Conversion and encoding


def _rotate_upright(source: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(source)
    except _DECODING_ERRORS:  # if the metadata are invalid, keep the orientation of the pixels
        return source


def _to_srgb_pixels(pixels: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a new image in RGB, or in RGBA if any pixel is transparent.

    Colours are converted to sRGB, because the colour profile is not stored.
    """
    if pixels.mode.startswith(("I", "F")):  # the image has 16 or more bits per channel
        pixels = pixels.point(lambda value: value * (1 / 256)).convert("L")
    pixels, alpha = _split_alpha(pixels)
    if profile:
        pixels = _convert_profile(pixels, profile)
    pixels = pixels.convert("RGB")
    if alpha is not None:
        pixels.putalpha(alpha)
    # This creates a new image object without the attributes (metadata) of the upload.
    return Image.frombytes(pixels.mode, pixels.size, pixels.tobytes())


def _split_alpha(pixels: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours in a mode without palette and alpha; the alpha channel, None if opaque."""
    is_grey = pixels.mode in {"1", "L", "LA", "La"}
    alpha = None
    if pixels.has_transparency_data:
        pixels = pixels.convert("LA" if is_grey else "RGBA")
        alpha = pixels.getchannel("A")
        if alpha.getextrema() == (255, 255):
            alpha = None
    if is_grey:
        return pixels.convert("L"), alpha
    return pixels if pixels.mode == "CMYK" else pixels.convert("RGB"), alpha


def _convert_profile(pixels: Image.Image, profile: bytes) -> Image.Image:
    """Convert colours from a profile to sRGB; keep them if the profile does not fit the image."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES_BY_PROFILE_SPACE.get(source.profile.xcolor_space.strip())
        if pixels.mode == "L" and mode == "RGB":
            pixels = pixels.convert("RGB")
        if pixels.mode != mode:
            return pixels
        converted = ImageCms.profileToProfile(
            pixels, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, *_DECODING_ERRORS):  # invalid profile: keep the colour values
        return pixels
    return converted or pixels


def _encode_original(pixels: Image.Image, lossless: bool) -> DecodedImage:
    if pixels.mode == "RGBA" or (lossless and pixels.getcolors(256) is not None):
        return DecodedImage(pixels, "png", _encode(pixels, "PNG", optimize=True))
    return DecodedImage(pixels, "jpeg", _encode(pixels, "JPEG", quality=90, optimize=True))


def _flatten_on_white(pixels: Image.Image) -> Image.Image:
    if pixels.mode != "RGBA":
        return pixels
    page = Image.new("RGB", pixels.size, "white")
    page.paste(pixels, mask=pixels.getchannel("A"))
    return page


def _encode(pixels: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    pixels.save(buffer, format, **options)
    return buffer.getvalue()
