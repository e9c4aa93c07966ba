"""Template tags for images, rich text and attachments.

In a preview (``preview`` is true in the context) all URLs are signed, because the files may not be
public yet.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from portal.library import file_names, file_urls
from portal.library import richtext as rich
from portal.library.models import Attachment, Image, MediaFile
from portal.library.renditions import (
    PictureSources,
    focal_classes,
    picture_html,
    picture_sources,
    withdrawal_notice,
)

register = template.Library()


def _is_preview(context: Context) -> bool:
    return bool(context.get("preview"))


@register.simple_tag(takes_context=True)
def picture(
    context: Context,
    image: Image | None,
    alt: str,
    sizes: str = "100vw",
    focal_x: int = 50,
    focal_y: int = 50,
    eager: bool = False,
) -> SafeString | str:
    """Return a ``<picture>`` element with every format and width of an image.

    ``alt=""`` marks a decorative image. The alternative text and the focal point come from the
    released content: what the library says of the image is a proposal only.
    """
    if not isinstance(image, Image):
        return ""
    return picture_html(
        image,
        alt=alt,
        private=_is_preview(context),
        sizes=sizes,
        classes=focal_classes(focal_x, focal_y),
        eager=eager,
    )


@register.simple_tag(takes_context=True)
def largest_picture(context: Context, image: Image | None) -> PictureSources | None:
    """Return the largest JPEG file (``src``, ``width``, ``height``) for the metadata of a page."""
    if not isinstance(image, Image) or image.is_withdrawn:
        return None
    return picture_sources(image, private=_is_preview(context))


@register.simple_tag
def withdrawn_media(media_file: MediaFile) -> SafeString:
    """Return the notice that readers see in place of a withdrawn file."""
    return withdrawal_notice(media_file)


@register.simple_tag(takes_context=True)
def attachment_url(context: Context, attachment: Attachment) -> str:
    """Return the URL at which readers can download an attachment."""
    if _is_preview(context):
        return attachment.private_url
    return file_urls.public_url(file_names.attachment(attachment.digest, attachment.kind))


@register.simple_tag(takes_context=True)
def richtext(context: Context, html: str) -> SafeString:
    """Return stored rich text as HTML for readers."""
    site: Any = context.get("site")
    return rich.render(
        html or "", private=_is_preview(context), own_host=getattr(site, "domain", "") or ""
    )
