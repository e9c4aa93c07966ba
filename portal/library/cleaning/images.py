"""Conversion of images and figures in rich text."""

from __future__ import annotations

import base64
import re
import struct
from urllib.parse import urlsplit

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
_PENDING_NUMBER = re.compile(r"[0-9]{1,4}")
#: Attributes in which WeChat and other pages keep the address until a reader scrolls to the image.
_LAZY_SOURCES = ("data-src", "data-original", "data-croporisrc")
#: Pages put images of up to this many pixels in each direction where the real one is loaded later.
_PLACEHOLDER_PIXELS = 2
_DATA_URL = re.compile(r"data:image/(gif|png);base64,([A-Za-z0-9+/]{4,64})", re.IGNORECASE)


def convert_image(node: Element) -> list[Node]:
    """Return an image that the reader has kept, with its alternative text and its classes."""
    alt = WHITESPACE.sub(" ", node.attrs.get("alt", "")).strip()
    name = "data-pending" if "data-pending" in node.attrs else "data-image"
    image = Element("img", {name: node.attrs[name], "alt": alt})
    set_classes(image, allowed_classes(node, "align-left", "align-right", *WIDTHS))
    return [image]


def is_pending(node: Element) -> bool:
    """Return whether the browser holds the image's file and will upload it after the cleaning."""
    return bool(_PENDING_NUMBER.fullmatch(node.attrs.get("data-pending", "")))


def is_placeholder(node: Element) -> bool:
    """Return whether an image shows nothing: a point of one pixel, or no address at all."""
    if any(node.attrs.get(name, "").strip() for name in _LAZY_SOURCES):
        return False
    source = node.attrs.get("src", "").strip()
    if not source:
        return "data-image" not in node.attrs
    sizes = [node.attrs.get(name, "") for name in ("width", "height")]
    if all(re.fullmatch(r"[012](px)?", each) for each in sizes):
        return True
    match = _DATA_URL.match(source)
    if match is None:
        return False
    head = base64.b64decode(match[2][: len(match[2]) // 4 * 4])
    if match[1].lower() == "gif":
        size: tuple[int, ...] = struct.unpack("<HH", head[6:10]) if len(head) >= 10 else ()
    else:
        size = struct.unpack(">II", head[16:24]) if len(head) >= 24 else ()
    return bool(size) and max(size) <= _PLACEHOLDER_PIXELS


def origin(node: Element) -> str:
    """Return where an image comes from, for a person: its host, or its file name."""
    sources = (node.attrs.get(name, "").strip() for name in (*_LAZY_SOURCES, "src"))
    source = next((each for each in sources if each and not each.startswith("data:")), "")
    try:
        parts = urlsplit(source)
    except ValueError:
        return ""
    return parts.netloc or source.rpartition("/")[2]


def image_id(node: Element) -> int | None:
    """Return the id of the library's image that an ``<img>`` shows; None if it shows no such image.

    The URL, if there is one, takes precedence over the other attributes: the editor's image dialog
    changes the URL only.
    """
    source = node.attrs.get("src", "").strip()
    if source:
        number = file_urls.signed_image_id(source)
        if number is None and (digest := file_urls.public_image_digest(source)):
            number = Image.objects.filter(digest=digest).values_list("pk", flat=True).first()
        return number or None
    text = node.attrs.get("data-image", "")
    return int(text) if _IMAGE_ID.fullmatch(text) else None


def convert_figure(node: Element, children: list[Node]) -> list[Node]:
    """Return an image with a caption as a figure, an image without a caption as a paragraph.

    ``children`` are the converted children of the figure.
    """
    captions = [e for e in children if isinstance(e, Element) and e.tag == "figcaption"]
    rest = to_blocks(
        [e for e in children if not (isinstance(e, Element) and e.tag == "figcaption")]
    )
    image_or_link = _only_image(rest[0]) if rest else None
    caption = next((each for each in captions if has_content(each.children)), None)
    others: list[Node] = [*rest[1:], *(each for each in captions if each is not caption)]
    if image_or_link is None or caption is None:
        blocks = to_blocks([*rest, *captions])
        if alignments := allowed_classes(node, *ALIGNMENTS[:3]):
            for block in blocks:
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
