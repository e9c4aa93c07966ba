"""What a page needs to show a picture: addresses by format and width."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from portal.library import links, names
from portal.library.models import Image

MEDIA_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
# The style sheet has a class for each tenth: a style attribute would need a weaker policy.
FOCAL_STEP = 10


@dataclass(frozen=True)
class PictureSource:
    """One format in all its widths, as ``<source>`` wants it."""

    media_type: str
    srcset: str


@dataclass(frozen=True)
class PictureSources:
    """Everything ``includes/picture.html`` shows, best format first."""

    modern: list[PictureSource]
    srcset: str
    src: str
    width: int
    height: int


def picture_sources(image: Image, *, private: bool = False) -> PictureSources:
    """The renditions of an image, at public addresses or, for the desk, at signed ones."""
    srcsets = {
        suffix: ", ".join(
            f"{_url(image, width, suffix, private)} {width}w" for width in image.widths
        )
        for suffix in names.RENDITION_SUFFIXES
    }
    *modern, plain = names.RENDITION_SUFFIXES
    widest = max(image.widths)
    return PictureSources(
        modern=[PictureSource(MEDIA_TYPES[suffix], srcsets[suffix]) for suffix in modern],
        srcset=srcsets[plain],
        src=_url(image, widest, plain, private),
        width=widest,
        height=max(1, round(image.height * widest / image.width)),
    )


def picture_html(
    image: Image | None,
    *,
    alt: str,
    private: bool = False,
    sizes: str = "100vw",
    classes: str = "",
    eager: bool = False,
) -> SafeString:
    """``<picture>`` for an image; nothing for one that is gone or out of use."""
    if image is None or image.hidden:
        return SafeString("")
    return SafeString(
        render_to_string(
            "includes/picture.html",
            {
                "sources": picture_sources(image, private=private),
                "alt": alt,
                "sizes": sizes,
                "classes": classes,
                "eager": eager,
            },
        ).strip()
    )


def largest_jpeg_url(image: Image) -> str:
    """The public address of the largest JPEG, for feeds and maps."""
    return links.public_url(_largest_name(image))


def largest_jpeg_size(image: Image) -> int:
    """How many bytes the largest JPEG has; 0, which a feed may say, where it is missing."""
    try:
        return default_storage.size(_largest_name(image))
    except FileNotFoundError:
        return 0


def _largest_name(image: Image) -> str:
    return names.rendition(image.digest, max(image.widths), "jpg")


def focal_classes(x: int, y: int) -> str:
    """The classes that keep the focal point in sight where a picture is cropped."""
    return " ".join(
        f"focal-{axis}-{min(100, max(0, round(value / FOCAL_STEP) * FOCAL_STEP))}"
        for axis, value in (("x", x), ("y", y))
    )


def _url(image: Image, width: int, suffix: str, private: bool) -> str:
    name = names.rendition(image.digest, width, suffix)
    return links.private_url(name, image.pk) if private else links.public_url(name)
