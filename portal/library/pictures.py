"""Uploaded pictures: what is read, what is refused, what is kept, and the sizes made of it.

Nothing of an upload reaches a reader as it came: it is decoded, turned upright, brought to sRGB
and encoded anew, which leaves every kind of metadata and everything hidden in the file behind.
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

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE = 30_000
# No WebP is larger, and no JPEG of a long picture is of use to anybody.
MAX_RENDITION_HEIGHT = 16_000
#: 320 is a picture in a list; 560 one of the carousel, and 720 the whole column, on a usual phone
#: (of 412 px, 1.75 dots each): what is larger than need be is what its reader waits for.
WIDTHS = (320, 560, 720, 960, 1600)

# What is tried, by content; the file's name says nothing. An MPO is a phone's JPEG with a second
# picture behind it, and Pillow finds it by way of JPEG.
READ = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
_MAY_MOVE = {"PNG", "WEBP", "AVIF", "GIF"}
# Drawings and screenshots come in these, and stay sharp as PNG.
_LOSSLESS = {"PNG", "GIF"}

_BROKEN = (
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
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|script|svg|iframe|\?php)[\s>/]", re.IGNORECASE)
_MARKUP = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:[!?a-z])", re.IGNORECASE)
_SVG = re.compile(rb"<svg[\s>]|<!doctype\s+svg", re.IGNORECASE)


@dataclass(frozen=True)
class Picture:
    """A picture fit to be kept: its pixels, and its bytes as they will be stored."""

    pixels: Image.Image
    format: str
    data: bytes

    @property
    def suffix(self) -> str:
        return {"jpeg": "jpg", "png": "png"}[self.format]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def read(data: bytes) -> Picture:
    """Decode an upload; refuse whatever is not one still picture, whole and of bearable size."""
    if len(data) > MAX_BYTES:
        raise ValidationError(
            _("The picture is larger than 20 MB. Save it smaller, then upload it again."),
            code="too_large",
        )
    _refuse_documents(data)
    try:
        with Image.open(io.BytesIO(data), formats=READ) as source:
            _refuse_size(source)
            _refuse_moving(source)
            _refuse_polyglot(data)
            source.load()
            lossless = source.format in _LOSSLESS
            pixels = _upright(source)
            pixels = _plain(pixels, source.info.get("icc_profile"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise ValidationError(
            _("This is not a picture. Choose a JPEG, PNG, WebP, AVIF or GIF file."),
            code="not_a_picture",
        ) from error
    except _BROKEN as error:
        raise ValidationError(
            _("The picture is damaged or incomplete. Fetch it from its source once more."),
            code="damaged",
        ) from error
    return _encoded(pixels, lossless)


def widths(width: int, height: int) -> list[int]:
    """The widths of the renditions of a picture; never wider than it is itself."""
    widest = min(WIDTHS[-1], width, max(1, width * MAX_RENDITION_HEIGHT // height))
    return [each for each in WIDTHS if each < widest] + [widest]


def renditions(picture: Picture) -> Iterator[tuple[int, str, bytes]]:
    """Yield (width, suffix, bytes) of every size and format that pages use."""
    pixels = picture.pixels
    for width in widths(pixels.width, pixels.height):
        height = max(1, round(pixels.height * width / pixels.width))
        small = pixels.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        # Speed 8 of 10: a tenth of the default's time for some percent of size.
        yield width, "avif", _bytes(small, "AVIF", quality=60, speed=8)
        yield width, "webp", _bytes(small, "WEBP", quality=80, method=4)
        flat = _on_white(small)
        yield width, "jpg", _bytes(flat, "JPEG", quality=82, optimize=True, progressive=True)


# --- refusing ----------------------------------------------------------------------------------


def _refuse_documents(data: bytes) -> None:
    """Text that calls itself a picture: SVG can hold a script, HTML is a page."""
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
    """Ask the header, before a single pixel is decoded."""
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


def _refuse_moving(source: Image.Image) -> None:
    if source.format in _MAY_MOVE and getattr(source, "n_frames", 1) > 1:
        raise ValidationError(
            _("Moving pictures are not accepted. Save one frame as a picture and upload that."),
            code="animated",
        )


def _refuse_polyglot(data: bytes) -> None:
    """Files that are a picture and something else; encoding anew would disarm them, but nobody
    makes one by accident."""
    if b"%PDF-" in data[:1024] or _PAGE.search(data) or zipfile.is_zipfile(io.BytesIO(data)):
        raise ValidationError(
            _(
                "Something else is hidden in this picture: a page, a script or an archive. Open it "
                "in a picture program, save it anew, then upload that."
            ),
            code="polyglot",
        )


# --- keeping -----------------------------------------------------------------------------------


def _upright(source: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(source)
    except _BROKEN:  # broken metadata: the pixels as they lie
        return source


def _plain(pixels: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB or, where something shows through, RGBA; in sRGB, since the profile is not kept."""
    if pixels.mode.startswith(("I", "F")):  # 16 bits and more
        pixels = pixels.point(lambda value: value * (1 / 256)).convert("L")
    alpha = None
    if pixels.has_transparency_data:
        pixels = pixels.convert("RGBA")
        alpha = pixels.getchannel("A")
        if alpha.getextrema() == (255, 255):
            alpha = None
        pixels = pixels.convert("RGB")
    if profile:
        pixels = _in_srgb(pixels, profile)
    pixels = pixels.convert("RGB")
    if alpha is not None:
        pixels.putalpha(alpha)
    # A new image: not even an attribute of the upload comes along.
    return Image.frombytes(pixels.mode, pixels.size, pixels.tobytes())


def _in_srgb(pixels: Image.Image, profile: bytes) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            pixels,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, *_BROKEN):  # a broken profile: the colours as they are
        return pixels
    return converted or pixels


def _encoded(pixels: Image.Image, lossless: bool) -> Picture:
    if pixels.mode == "RGBA" or (lossless and pixels.getcolors(256) is not None):
        return Picture(pixels, "png", _bytes(pixels, "PNG", optimize=True))
    return Picture(pixels, "jpeg", _bytes(pixels, "JPEG", quality=90, optimize=True))


def _on_white(pixels: Image.Image) -> Image.Image:
    if pixels.mode != "RGBA":
        return pixels
    page = Image.new("RGB", pixels.size, "white")
    page.paste(pixels, mask=pixels.getchannel("A"))
    return page


def _bytes(pixels: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    pixels.save(buffer, format, **options)
    return buffer.getvalue()
