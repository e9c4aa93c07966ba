"""Conversion of images and figures in rich text."""

from __future__ import annotations

import re

from portal.library import file_urls
from portal.library.cleaning.allowlists import STORED_CLASSES
from portal.library.cleaning.blocks import WHITESPACE, has_content, to_blocks
from portal.library.cleaning.styles import (
    ALIGNMENTS,
    WIDTHS,
    allowed_classes,
    normalize_classes,
    set_classes,
)
from portal.library.markup import Element, Node
from portal.library.models import Image

_IMAGE_ID = re.compile(r"[1-9][0-9]{0,17}")


def convert_image(node: Element) -> list[Node]:
    """Return the image as a reference to an image of the library; nothing for any other image."""
    image_id = _image_id(node)
    if image_id is None:
        return []
    alt = WHITESPACE.sub(" ", node.attrs.get("alt", "")).strip()
    image = Element("img", {"data-image": str(image_id), "alt": alt})
    set_classes(image, allowed_classes(node, "align-left", "align-right", *WIDTHS))
    return [image]


def _image_id(node: Element) -> int | None:
    """Return the id of the library's image that an ``<img>`` shows; None if it shows no such image.

    The URL, if there is one, takes precedence over the other attributes: the editor's image dialog
    changes the URL only.
    """
    source = node.attrs.get("src", "").strip()
    if source:
        image_id = file_urls.signed_image_id(source)
        if image_id is None and (digest := file_urls.public_image_digest(source)):
            image_id = Image.objects.filter(digest=digest).values_list("pk", flat=True).first()
        return image_id or None
    text = node.attrs.get("data-image", "")
    return int(text) if _IMAGE_ID.fullmatch(text) else None


def convert_figure(node: Element, children: list[Node]) -> list[Node]:
    """Return an image with a caption as a figure, an image without a caption as a paragraph.

    ``children`` are the converted children of the figure.
    """
    captions = [e for e in children if isinstance(e, Element) and e.tag == "figcaption"]
    rest = to_blocks([each for each in children if each not in captions])
    image_or_link = _only_image(rest[0]) if rest else None
    caption = next((each for each in captions if has_content(each.children)), None)
    others: list[Node] = [*rest[1:], *(each for each in captions if each is not caption)]
    if image_or_link is None or caption is None:
        blocks = to_blocks([*rest, *captions])
        for block in blocks:
            if alignments := allowed_classes(node, *ALIGNMENTS[:3]):
                _add_image_classes(block, alignments)
        for block in blocks[:1]:
            _add_image_classes(block, allowed_classes(node, *WIDTHS))
        return list(blocks)
    image = image_or_link if image_or_link.tag == "img" else image_or_link.children[0]
    assert isinstance(image, Element)  # noqa: S101  (guaranteed by _only_image)
    classes = allowed_classes(node, *ALIGNMENTS[:3], *WIDTHS)
    classes += [each for each in [*image.classes, *rest[0].classes] if each not in classes]
    image.attrs.pop("class", None)
    figure = Element("figure", {}, [image_or_link, caption])
    allowed = [name for name in classes if name in STORED_CLASSES["figure"]]
    set_classes(figure, ["image", *normalize_classes(allowed)])
    return [figure, *to_blocks(others)]


def _only_image(block: Node) -> Element | None:
    """Return the image, or the link around an image, if a paragraph contains nothing else."""
    if not isinstance(block, Element) or block.tag != "p":
        return None
    children = [each for each in block.children if not (isinstance(each, str) and not each.strip())]
    if len(children) != 1 or not isinstance(children[0], Element):
        return None
    child = children[0]
    if child.tag == "img":
        return child
    only = child.children[0] if len(child.children) == 1 else None
    is_linked = child.tag == "a" and isinstance(only, Element) and only.tag == "img"
    return child if is_linked else None


def _add_image_classes(block: Element, classes: list[str]) -> None:
    """Move a dropped figure's classes: centring to the image's paragraph, others to the image."""
    image_or_link = _only_image(block)
    if image_or_link is None:
        return
    image = image_or_link if image_or_link.tag == "img" else image_or_link.children[0]
    for name in classes:
        target = block if name == "align-center" else image
        if isinstance(target, Element):
            set_classes(target, normalize_classes([*target.classes, name]))
