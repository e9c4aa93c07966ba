"""Rich text: the field, what is in a body, and how readers see it.

The editor is named here and in ``editor`` alone, so that another one can take its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ckeditor.widgets import CKEditorWidget
from django import forms
from django.db import models
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.library import links
from portal.library.cleaning import clean
from portal.library.markup import Element, Node, Raw, parse, words, write
from portal.library.models import Image
from portal.library.renditions import picture_html
from portal.library.styles import WIDTHS

__all__ = [
    "RichTextField",
    "RichTextFormField",
    "clean",
    "dead_images",
    "image_ids",
    "missing_alt",
    "plain_text",
    "quotes",
    "render",
]

_BLOCKS = words("p h2 h3 h4 li td th caption figcaption blockquote figure hr tr")
_NEEDLESS_WITHOUT_PICTURE = words("a p figure strong em u s sub sup")
# How wide a picture in the text is, for the browser's choice of a file; as the text's own width.
_TEXT_WIDTH = 684
_SHARES = dict(zip(WIDTHS, (0.25, 0.5, 0.75), strict=True))


# --- what is in a body ---------------------------------------------------------------------------


def image_ids(html: str) -> list[int]:
    """The pictures of a body, in their order, each once."""
    return list(dict.fromkeys(_number(image) for image in _images(parse(html or ""))))


def missing_alt(html: str) -> list[int]:
    """The pictures that say nothing to those who can't see them, as often as they stand there."""
    return [
        _number(image)
        for image in _images(parse(html or ""))
        if not image.attrs.get("alt", "").strip()
    ]


def quotes(html: str) -> list[tuple[str, str]]:
    """What a body quotes from records of the house: (record, words) in their order."""
    return [
        (each.attrs["data-quote"], each.text)
        for each in parse(html or "").walk()
        if each.tag == "span" and "data-quote" in each.attrs
    ]


def dead_images(html: str) -> list[int]:
    """The pictures of a body that the library no longer has, or has taken out of use."""
    wanted = image_ids(html)
    alive = set(Image.objects.available().filter(pk__in=wanted).values_list("pk", flat=True))
    return [number for number in wanted if number not in alive]


def plain_text(html: str) -> str:
    """The words of a body, a block to a line."""
    pieces: list[str] = []

    def walk(nodes: list[Node]) -> None:
        for node in nodes:
            if isinstance(node, str):
                pieces.append(node.replace("\n", " "))
            elif isinstance(node, Element):
                is_block = node.tag in _BLOCKS
                if is_block or node.tag == "br":
                    pieces.append("\n")
                walk(node.children)
                if is_block:
                    pieces.append("\n")

    walk(parse(html or "").children)
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _images(root: Element) -> Iterator[Element]:
    return (each for each in root.walk() if each.tag == "img" and _number(each))


def _number(image: Element) -> int:
    text = image.attrs.get("data-image", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


# --- as readers see it ---------------------------------------------------------------------------


def render(html: str, *, private: bool = False, own_host: str = "") -> SafeString:
    """A stored body for a page: pictures with all their files, links that say where they lead.

    The body went through ``clean`` before it was stored. A picture that is gone leaves nothing
    behind; one query answers for all of them.
    """
    root = parse(html or "")
    wanted = {_number(image) for image in _images(root)}
    images = Image.objects.available().in_bulk(wanted) if wanted else {}
    show = partial(_show, images=images, private=private, own_host=own_host)
    # Every text in it is escaped by ``write``, every picture by its template.
    return SafeString(write([shown for child in root.children for shown in show(child)]))


def _show(node: Node, *, images: dict[int, Image], private: bool, own_host: str) -> list[Node]:
    if not isinstance(node, Element):
        return [node]
    node = _as_figure(node)
    if node.tag == "img":
        return _shown_picture(node, images, private)
    if node.tag == "span":
        return [Element("span", {"class": "quoted"}, list(node.children))]
    had_picture = any(each.tag == "img" for each in node.walk())
    show = partial(_show, images=images, private=private, own_host=own_host)
    width = _width(node)
    if width and node.tag == "figure":
        for image in node.walk():
            if image.tag == "img":
                image.attrs["class"] = width
    children = [shown for child in node.children for shown in show(child)]
    if had_picture and node.tag in _NEEDLESS_WITHOUT_PICTURE and not _shows(node.tag, children):
        return []
    shown = Element(node.tag, dict(node.attrs), children)
    if node.tag == "a":
        _announce(shown, own_host)
    return [shown]


def _as_figure(node: Element) -> Element:
    """A paragraph that is a picture and nothing else is a figure, without the indent of text."""
    if node.tag != "p":
        return node
    inside = [each for each in node.children if not (isinstance(each, str) and not each.strip())]
    only = inside[0] if len(inside) == 1 else None
    if not isinstance(only, Element) or only.tag not in {"img", "a"}:
        return node
    image = only if only.tag == "img" else next(iter(only.children), None)
    if not isinstance(image, Element) or image.tag != "img" or only.text.strip():
        return node
    classes = ["image", *(c for c in [*node.classes, *image.classes] if c != "align-justify")]
    image.attrs.pop("class", None)
    return Element("figure", {"class": " ".join(dict.fromkeys(classes))}, [only])


def _shown_picture(node: Element, images: dict[int, Image], private: bool) -> list[Node]:
    width = _width(node)
    pixels = round(_TEXT_WIDTH * _SHARES.get(width, 1))
    html = picture_html(
        images.get(_number(node)),
        alt=node.attrs.get("alt", ""),
        private=private,
        sizes=f"(min-width: 48em) {pixels}px, 92vw",
        classes="" if node.attrs.get("class") == width else node.attrs.get("class", ""),
    )
    return [Raw(html)] if html else []


def _width(node: Element) -> str:
    return next((name for name in node.classes if name in _SHARES), "")


def _shows(tag: str, children: list[Node]) -> bool:
    """Whether anything is left once dead pictures are out; a caption alone says nothing."""
    return any(
        isinstance(child, Raw)
        or (isinstance(child, str) and bool(child.strip()) and tag != "figure")
        or (
            isinstance(child, Element)
            and child.tag != "figcaption"
            and _shows(child.tag, child.children)
        )
        for child in children
    )


def _announce(link: Element, own_host: str) -> None:
    """A link to another site says so, to eye and ear (standard P2)."""
    host = urlsplit(link.attrs.get("href", "")).hostname or ""
    if not host or host == own_host.lower():
        return
    link.attrs["class"] = "external"
    link.children.append(
        Raw(f'<span class="visually-hidden">{escape(_("(external site)"))}</span>')
    )


# --- as the editor has it ------------------------------------------------------------------------


def editable(html: str) -> str:
    """A body as the editor wants it: pictures with signed addresses, centred figures in a box.

    It is cleaned first: what comes back from a form that was refused has not been yet.
    """
    root = parse(clean(html))
    images = Image.objects.in_bulk({_number(image) for image in _images(root)})
    for element in root.walk():
        if element.tag == "img":
            element.attrs["src"] = _editor_address(element, images)
            element.attrs.pop("data-image", None)
    return write([_boxed(node) for node in root.children])


def _editor_address(element: Element, images: dict[int, Image]) -> str:
    number = _number(element)
    image = images.get(number)
    if image is None:  # an address that shows nothing, but keeps the picture's number
        return links.private_url("gone", number)
    return image.editor_url


def _boxed(node: Node) -> Node:
    if isinstance(node, Element) and node.tag == "figure" and "align-center" in node.classes:
        node.attrs["class"] = " ".join(c for c in node.classes if c != "align-center")
        return Element("div", {"class": "align-center"}, [node])
    return node


class RichTextWidget(CKEditorWidget):
    @property
    def media(self) -> forms.Media:
        own = forms.Media(
            css={"all": ["css/admin-library.css"]},
            # After the editor, and before it takes over the text areas.
            js=["ckeditor/ckeditor/ckeditor.js", "js/admin/library-editor.js"],
        )
        return super().media + own

    def format_value(self, value: Any) -> str | None:
        return editable(value) if value else None


class RichTextFormField(forms.CharField):
    widget = RichTextWidget

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class RichTextField(models.TextField):
    """A body. What is stored is canonical: see ``cleaning``."""

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        # The admin proposes its own text area for every TextField.
        return super().formfield(
            **{**kwargs, "form_class": RichTextFormField, "widget": RichTextWidget}
        )
