"""Convert the colours of a picture to sRGB, strip by strip, so that little memory is needed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from PIL import Image, ImageCms

#: Pixels that are converted at a time.
_STRIP_PIXELS = 500_000
_MODES_BY_PROFILE_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_GREY_MODES = {"1", "L", "LA", "La"}
_INVALID_PROFILE = (ImageCms.PyCMSError, OSError, ValueError, TypeError, KeyError, SyntaxError)

Convert = Callable[[Image.Image], Image.Image]


def to_srgb(source: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an image in RGB, or in RGBA if any pixel is transparent, without metadata.

    Colours are converted to sRGB, because the colour profile is not stored. The image is
    ``source`` itself if it has the right mode already.
    """
    mode = "RGBA" if _has_transparent_pixels(source) else "RGB"
    plain = _plain_mode(source)
    convert = _converter(plain, profile) if profile else None
    if source.mode == mode and convert is None and "transparency" not in source.info:
        target = source
    else:
        is_same = source.mode == mode and "transparency" not in source.info
        target = source if is_same else Image.new(mode, source.size)
        for top, strip in _strips(source):
            target.paste(_convert_strip(strip, plain, mode, convert), (0, top))
    target.info.clear()
    return target


def _strips(source: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    rows = max(1, _STRIP_PIXELS // source.width)
    for top in range(0, source.height, rows):
        yield top, source.crop((0, top, source.width, min(top + rows, source.height)))


def _plain_mode(source: Image.Image) -> str:
    """Return the mode of the colours without palette and alpha."""
    if source.mode in _GREY_MODES or source.mode.startswith(("I", "F")):
        return "L"
    return source.mode if source.mode in {"CMYK", "LAB"} else "RGB"


def _has_transparent_pixels(source: Image.Image) -> bool:
    if not source.has_transparency_data:
        return False
    return any(
        _with_alpha(strip).getchannel("A").getextrema() != (255, 255)
        for _top, strip in _strips(source)
    )


def _with_alpha(strip: Image.Image) -> Image.Image:
    mode = "LA" if strip.mode in _GREY_MODES else "RGBA"
    return strip if strip.mode == mode else strip.convert(mode)


def _convert_strip(
    strip: Image.Image, plain: str, mode: str, convert: Convert | None
) -> Image.Image:
    alpha = _with_alpha(strip).getchannel("A") if mode == "RGBA" else None
    colours = _without_alpha(strip, plain)
    if convert is not None:
        colours = convert(colours)
    if colours.mode == "LAB":
        colours = _from_lab(colours)
    colours = colours.convert("RGB")
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _without_alpha(strip: Image.Image, plain: str) -> Image.Image:
    if strip.mode.startswith(("I", "F")):  # the image has 16 or more bits per channel
        wide = strip if strip.mode in {"I;16", "I", "F"} else strip.convert("I")
        return wide.point(lambda value: value * (1 / 256)).convert("L")
    if strip.mode == plain:
        return strip
    if strip.has_transparency_data:
        strip = _with_alpha(strip)
    return strip.convert(plain)


def _converter(plain: str, profile: bytes) -> Convert | None:
    """Return a function that converts colours to sRGB; None if the profile does not fit them."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES_BY_PROFILE_SPACE.get(source.profile.xcolor_space.strip())
        if mode is None or (plain != mode and (plain, mode) != ("L", "RGB")):
            return None
        srgb = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, srgb, mode, "RGB")
    except _INVALID_PROFILE:  # invalid profile: keep the colour values
        return None
    return lambda colours: transform.apply(
        colours if colours.mode == mode else colours.convert(mode)
    )


def _from_lab(colours: Image.Image) -> Image.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB").apply(colours)
