"""URLs and HTML of an image's renditions (scaled versions) in each format and width."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from portal.http import media_types
from portal.library import file_names, file_urls
from portal.library.models import Image, MediaFile

_MEDIA_TYPES = {
    "avif": media_types.AVIF,
    "webp": media_types.WEBP,
    "jpg": media_types.JPEG,
}
# The style sheet has a class for each step of ten per cent, because a style attribute would violate
# the content security policy.
FOCAL_STEP_PERCENT = 10


@dataclass(frozen=True)
class PictureSource:
    """The attributes of a ``<source>`` element: one image format in all widths."""

    media_type: str
    srcset: str


@dataclass(frozen=True)
class PictureSources:
    """The values of ``includes/picture.html``: ``<source>`` elements and a fallback ``<img>``."""

    alternatives: list[PictureSource]
    srcset: str
    src: str
    width: int
    height: int


def picture_sources(image: Image, *, private: bool = False) -> PictureSources:
    """Return the renditions of an image, with public URLs or, if ``private``, with signed URLs."""
    srcsets = {
        suffix: ", ".join(
            f"{_rendition_url(image, width, suffix, private)} {width}w" for width in image.widths
        )
        for suffix in file_names.RENDITION_SUFFIXES
    }
    *alternatives, fallback = file_names.RENDITION_SUFFIXES
    max_width = max(image.widths)
    return PictureSources(
        alternatives=[
            PictureSource(_MEDIA_TYPES[suffix], srcsets[suffix]) for suffix in alternatives
        ],
        srcset=srcsets[fallback],
        src=_rendition_url(image, max_width, fallback, private),
        width=max_width,
        height=max(1, round(image.height * max_width / image.width)),
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
    """Return a ``<picture>`` element for an image; "" if the image is None or withdrawn."""
    if image is None or image.is_withdrawn:
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


def withdrawal_notice(media_file: MediaFile) -> SafeString:
    """Return the notice that readers see in place of a withdrawn file."""
    context = {"media_file": media_file, "is_picture": isinstance(media_file, Image)}
    return SafeString(render_to_string("includes/withdrawn_media.html", context).strip())


def largest_jpeg_url(image: Image) -> str:
    """Return the public URL of the image's largest JPEG file, for feeds and sitemaps."""
    return file_urls.public_url(_largest_jpeg_name(image))


def largest_jpeg_size(image: Image) -> int:
    """Return the size in bytes of the image's largest JPEG file.

    Returns 0, which feeds allow, if the file is missing.
    """
    try:
        return default_storage.size(_largest_jpeg_name(image))
    except FileNotFoundError:
        return 0


def _largest_jpeg_name(image: Image) -> str:
    return file_names.rendition(image.digest, max(image.widths), "jpg")


def focal_classes(x: int, y: int) -> str:
    """Return the CSS classes that keep the focal point visible where an image is cropped.

    ``x`` and ``y`` are the position of the focal point in per cent from the left and from the top.
    """
    return " ".join(
        f"focal-{axis}-{min(100, max(0, round(value / FOCAL_STEP_PERCENT) * FOCAL_STEP_PERCENT))}"
        for axis, value in (("x", x), ("y", y))
    )


def _rendition_url(image: Image, width: int, suffix: str, private: bool) -> str:
    name = file_names.rendition(image.digest, width, suffix)
    return file_urls.signed_url(name, image.pk) if private else file_urls.public_url(name)
