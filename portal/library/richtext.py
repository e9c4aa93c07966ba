"""Rich text: extraction of its images and quotes, rendering for readers, and the form field.

Only this module and ``ckeditor_config`` depend on the editor, so that another editor can be used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ckeditor.widgets import CKEditorWidget
from django import forms
from django.db import models
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.http.parameters import parse_number
from portal.library import file_urls
from portal.library.cleaning import clean, clean_with_report
from portal.library.cleaning.limits import TooComplex
from portal.library.cleaning.reading import count_missing_pictures
from portal.library.cleaning.styles import WIDTHS
from portal.library.markup import Element, Node, Raw, parse, tag_names, write
from portal.library.models import Image
from portal.library.renditions import picture_html, withdrawal_notice

__all__ = [
    "RichText",
    "RichTextField",
    "RichTextFormField",
    "alternative_texts",
    "clean",
    "clean_pasted",
    "count_missing_pictures",
    "image_ids",
    "missing_alt",
    "plain_text",
    "quotes",
    "render",
    "replace_alternative_texts",
]

_BLOCKS = tag_names("p h2 h3 h4 li td th caption figcaption blockquote figure hr tr")
_DROPPED_WITHOUT_IMAGE = tag_names("a p figure strong em u s sub sup")
# Width of the text column in CSS pixels, by which browsers choose the rendition of an image.
_TEXT_WIDTH_PIXELS = 684
_WIDTH_FRACTIONS = dict(zip(WIDTHS, (0.25, 0.5, 0.75), strict=True))


# Extraction from stored HTML


@dataclass(frozen=True)
class RichText:
    """The images and quotes of a text, found in a single pass of the parser."""

    #: Ids of the images in document order, without repetition.
    image_ids: tuple[int, ...]
    #: Ids of the images without alternative text, repeated for each occurrence.
    missing_alt: tuple[int, ...]
    #: (quoted object such as "court.observation:12", quoted words) in document order.
    quotes: tuple[tuple[str, str], ...]
    #: Number of places that say that a picture of another site is missing.
    missing_pictures: int = 0

    @classmethod
    def parse(cls, html: str) -> RichText:
        root = parse(html or "")
        images = list(_images(root))
        return cls(
            image_ids=tuple(dict.fromkeys(_number(image) for image in images)),
            missing_alt=tuple(
                _number(image) for image in images if not image.attrs.get("alt", "").strip()
            ),
            quotes=tuple(
                (each.attrs["data-quote"], each.text)
                for each in root.walk()
                if each.tag == "span" and "data-quote" in each.attrs
            ),
            missing_pictures=count_missing_pictures(root.text),
        )


def image_ids(html: str) -> list[int]:
    """Return the ids of a text's images in document order, without repetition."""
    return list(RichText.parse(html).image_ids)


def missing_alt(html: str) -> list[int]:
    """Return the ids of the images without alternative text, repeated for each occurrence."""
    return list(RichText.parse(html).missing_alt)


def alternative_texts(html: str) -> list[tuple[int, str]]:
    """Return (image id, alternative text) of each image in a text, in document order."""
    return [(_number(image), image.attrs.get("alt", "")) for image in _images(parse(html))]


def replace_alternative_texts(html: str, number: int, outdated: Collection[str], now: str) -> str:
    """Replace outdated alternative texts of an image; return the text."""
    root = parse(html)
    for image in _images(root):
        if _number(image) == number and image.attrs.get("alt", "") in outdated:
            image.attrs["alt"] = now
    return write(root.children)


def quotes(html: str) -> list[tuple[str, str]]:
    """Return (quoted object, quoted words) of each quote in a text, in document order."""
    return list(RichText.parse(html).quotes)


def plain_text(html: str) -> str:
    """Return the text without markup, with one line for each block."""
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
    return parse_number(image.attrs.get("data-image", "")) or 0


# Rendering for readers


def render(html: str, *, private: bool = False, own_host: str = "") -> SafeString:
    """Return stored rich text as HTML for a page: images with renditions, external links marked.

    In place of an image that was withdrawn stands a notice, without the caption. Images that do not
    exist are left out, and so are elements that become empty. A single query reads all images. The
    text must have been cleaned by ``clean`` before it was stored.
    """
    root = parse(html or "")
    wanted = {_number(image) for image in _images(root)}
    images = Image.objects.in_bulk(wanted) if wanted else {}
    render_node = partial(_render_node, images=images, private=private, own_host=own_host)
    # The result is safe: write() escapes texts, and the template of images escapes their values.
    return SafeString(
        write([rendered for child in root.children for rendered in render_node(child)])
    )


def _render_node(
    node: Node, *, images: dict[int, Image], private: bool, own_host: str
) -> list[Node]:
    if not isinstance(node, Element):
        return [node]
    node = _paragraph_to_figure(node)
    if node.tag == "img":
        return _render_image(node, images, private)
    if node.tag == "span" and "data-quote" in node.attrs:
        return [Element("span", {"class": "quoted"}, list(node.children))]
    had_image = any(each.tag == "img" for each in node.walk())
    render_node = partial(_render_node, images=images, private=private, own_host=own_host)
    width = _width_class(node)
    if width and node.tag == "figure":
        for image in node.walk():
            if image.tag == "img":
                image.attrs["class"] = width
    children = [rendered for child in node.children for rendered in render_node(child)]
    if (
        had_image
        and node.tag in _DROPPED_WITHOUT_IMAGE
        and not _has_visible_content(node.tag, children)
    ):
        return []
    if node.tag == "figure" and _is_withdrawn(node, images):
        children = [child for child in children if not _is_caption(child)]
    rendered_node = Element(node.tag, dict(node.attrs), children)
    if node.tag == "a":
        _mark_external_link(rendered_node, own_host)
    return [rendered_node]


def _paragraph_to_figure(node: Element) -> Element:
    """Return a paragraph that contains only an image as a figure; other nodes unchanged.

    In contrast to a paragraph, a figure has no text indent.
    """
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


def _is_withdrawn(figure: Element, images: dict[int, Image]) -> bool:
    """Return whether every existing image of a figure is withdrawn."""
    found = [images[_number(each)] for each in _images(figure) if _number(each) in images]
    return bool(found) and all(image.is_withdrawn for image in found)


def _is_caption(node: Node) -> bool:
    return isinstance(node, Element) and node.tag == "figcaption"


def _render_image(node: Element, images: dict[int, Image], private: bool) -> list[Node]:
    image = images.get(_number(node))
    if image is not None and image.is_withdrawn:
        return [Raw(withdrawal_notice(image))]
    width = _width_class(node)
    pixels = round(_TEXT_WIDTH_PIXELS * _WIDTH_FRACTIONS.get(width, 1))
    html = picture_html(
        image,
        alt=node.attrs.get("alt", ""),
        private=private,
        sizes=f"(min-width: 48em) {pixels}px, 92vw",
        classes="" if node.attrs.get("class") == width else node.attrs.get("class", ""),
    )
    return [Raw(html)] if html else []


def _width_class(node: Element) -> str:
    return next((name for name in node.classes if name in _WIDTH_FRACTIONS), "")


def _has_visible_content(tag: str, children: list[Node]) -> bool:
    """Return whether anything except a caption remains after unavailable images were removed."""
    return any(
        isinstance(child, Raw)
        or (isinstance(child, str) and bool(child.strip()) and tag != "figure")
        or (
            isinstance(child, Element)
            and child.tag != "figcaption"
            and _has_visible_content(child.tag, child.children)
        )
        for child in children
    )


def _mark_external_link(link: Element, own_host: str) -> None:
    """Mark a link to another site by a class and by a text for screen readers (standard P2)."""
    host = urlsplit(link.attrs.get("href", "")).hostname or ""
    if not host or host == own_host.lower():
        return
    link.attrs["class"] = "external"
    link.children.append(
        Raw(f'<span class="visually-hidden">{escape(_("(external site)"))}</span>')
    )


# The editor and the form field


def to_editor_html(html: str) -> str:
    """Return HTML for the editor: images with signed URLs, centred figures in a ``<div>``.

    The HTML is cleaned first, because a value from a rejected form has not been cleaned yet. If it
    is too complex to be cleaned, its source is shown as text, so that nothing of it is lost.
    """
    try:
        return _to_editor_html(clean(html))
    except TooComplex:
        return f"<p>{escape(html)}</p>"


def clean_pasted(html: str) -> tuple[str, list[str]]:
    """Clean what the clipboard holds; return HTML for the editor and what was taken out.

    Images marked ``data-pending``, whose files the browser holds, keep the mark and have no URL.
    Raises ``TooComplex``.
    """
    cleaned, report = clean_with_report(html, is_pasted=True)
    return _to_editor_html(cleaned), report.sentences()


def _to_editor_html(cleaned: str) -> str:
    root = parse(cleaned)
    images = Image.objects.in_bulk({_number(image) for image in _images(root)})
    for image in _images(root):
        image.attrs["src"] = _editor_url(image, images)
        image.attrs.pop("data-image", None)
    return write([_wrap_centred_figure(node) for node in root.children])


def _editor_url(element: Element, images: dict[int, Image]) -> str:
    number = _number(element)
    image = images.get(number)
    if image is None:  # a URL that shows no image but preserves its id
        return file_urls.signed_url("gone", number)
    return image.editor_url


def _wrap_centred_figure(node: Node) -> Node:
    if isinstance(node, Element) and node.tag == "figure" and "align-center" in node.classes:
        node.attrs["class"] = " ".join(c for c in node.classes if c != "align-center")
        return Element("div", {"class": "align-center"}, [node])
    return node


class RichTextWidget(CKEditorWidget):
    """The editor's widget with the style sheet and the scripts for images and pasted text."""

    @property
    def media(self) -> forms.Media:
        own = forms.Media(
            css={"all": ["css/admin-library.css"]},
            # Our scripts must run after the editor's script and before the script that replaces the
            # text areas by editors.
            js=[
                "ckeditor/ckeditor/ckeditor.js",
                "js/admin/library-editor.js",
                "js/admin/library-uploads.js",
                "js/admin/library-paste.js",
            ],
        )
        return super().media + own

    def format_value(self, value: Any) -> str | None:
        return to_editor_html(value) if value else None


class RichTextFormField(forms.CharField):
    """Form field for rich text that cleans the posted HTML.

    ``changes`` says in sentences what the cleaning of the posted HTML took out or changed.
    """

    widget = RichTextWidget
    changes: Sequence[str] = ()

    def clean(self, value: Any) -> str:
        posted = forms.CharField.to_python(self, value) or ""
        cleaned, report = clean_with_report(posted)
        self.changes = report.sentences()
        return super().clean(cleaned)

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except TooComplex:
            return True


class RichTextField(models.TextField):
    """Model field for rich text: HTML in the canonical form of ``cleaning``."""

    def deconstruct(self) -> Any:
        """Deconstruct to Django's TextField, so that migrations import no code of this project."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        # The admin passes a widget for every TextField; the rich-text editor must override it.
        return super().formfield(
            **{**kwargs, "form_class": RichTextFormField, "widget": RichTextWidget}
        )
