"""Conversion of the parsed input, node by node, to the elements of the canonical form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from urllib.parse import urlsplit

from portal.library.cleaning.allowlists import (
    CONTAINERS,
    FORMATS,
    HEADINGS,
    STORED_CLASSES,
)
from portal.library.cleaning.blocks import (
    BLOCKS,
    LISTS,
    TEXT_BLOCKS,
    WHITESPACE,
    has_content,
    merge_adjacent,
    to_blocks,
    to_inline,
    trim,
)
from portal.library.cleaning.images import convert_figure, convert_image
from portal.library.cleaning.styles import ALIGNMENTS, allowed_classes, parse_style, set_classes
from portal.library.cleaning.tables import convert_list, convert_table
from portal.library.cleaning.word_lists import HEADING_ATTRIBUTE, LIST_ITEM, parse_list_item
from portal.library.markup import Element, Node

_CHINESE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_LINE_BREAK_IN_CHINESE = re.compile(rf"(?<=[{_CHINESE}])[ \t\r]*\n[ \t\r\n]*(?=[{_CHINESE}])")
_HEADING_CLASS = re.compile(r"(?:Mso)?Heading\s*([1-6])$", re.IGNORECASE)
_PARAGRAPHS = frozenset({"p", *HEADINGS})
_QUOTED_OBJECT = re.compile(r"[a-z]+\.[a-z]+:[1-9][0-9]{0,17}")


def convert_nodes(nodes: Iterable[Node], formats: frozenset[str]) -> list[Node]:
    """Convert nodes; each node becomes any number of blocks, inline elements and texts.

    ``formats`` are the tags of the inline formats (and "a") in which the nodes are nested already.
    """
    converted: list[Node] = []
    for node in nodes:
        if isinstance(node, Element):
            converted += _convert_element(node, formats)
        elif isinstance(node, str) and (text := WHITESPACE.sub(" ", _join_chinese_lines(node))):
            converted.append(text)
    return merge_adjacent(converted)


def _convert_element(node: Element, formats: frozenset[str]) -> list[Node]:
    tag = node.tag
    convert = partial(convert_nodes, formats=formats)
    if tag == "img":
        return convert_image(node)
    if tag in {"br", "hr"}:
        return [Element(tag)]
    if tag in _PARAGRAPHS:
        return _convert_paragraph(node, formats)
    if tag in LISTS:
        return convert_list(node, convert)
    if tag == "table":
        return convert_table(node, convert)
    if tag == "figure":
        return convert_figure(node, convert(node.children))
    if tag == "figcaption":
        return [Element("figcaption", {}, trim(to_inline(convert(node.children))))]
    if tag == "blockquote":
        blocks = to_blocks(convert(node.children))
        return [Element("blockquote", {}, list(blocks))] if blocks else []
    if tag == "a":
        return _convert_link(node, formats)
    if tag in CONTAINERS:
        return _unwrap_container(node, formats)
    if tag == "span" and _QUOTED_OBJECT.fullmatch(node.attrs.get("data-quote", "")):
        return _convert_quote(node)
    if tag == "span" and "id" in node.attrs:
        return _convert_anchor(node, formats)
    return _convert_formats(node, formats)


def _convert_paragraph(node: Element, formats: frozenset[str]) -> list[Node]:
    tag = HEADINGS.get(node.tag) or _word_heading(node) or node.attrs.get(HEADING_ATTRIBUTE) or "p"
    list_attrs = parse_list_item(node)
    children = convert_nodes(node.children, formats)
    if list_attrs is not None and tag == "p":
        return [Element(LIST_ITEM, list_attrs, trim(to_inline(children)))]
    # A heading by its automatic number is not indented: Word indents all paragraphs of a list.
    names = ALIGNMENTS if HEADING_ATTRIBUTE in node.attrs else STORED_CLASSES["p"]
    classes = allowed_classes(node, *names)
    return list(to_blocks(children, tag, classes))


def _word_heading(node: Element) -> str | None:
    """Return the heading tag of a Word or WPS heading (by class or outline level), or None."""
    for name in node.classes:
        if match := _HEADING_CLASS.match(name):
            return HEADINGS[f"h{match[1]}"]
    level = parse_style(node).get("mso-outline-level", "")
    return HEADINGS.get(f"h{level}")


def _unwrap_container(node: Element, formats: frozenset[str]) -> list[Node]:
    """Return the converted blocks in a container element, aligned as the container was."""
    blocks = to_blocks(convert_nodes(node.children, formats))
    alignments = allowed_classes(node, *ALIGNMENTS)
    if node.tag == "center" and not alignments:
        alignments = ["align-center"]
    for block in blocks:
        if alignments and block.tag in {*TEXT_BLOCKS, "figure"}:
            _align(block, alignments[0])
    return list(blocks)


def _align(block: Element, alignment: str) -> None:
    """Add an alignment class to a block that may have one and has none yet."""
    if alignment in STORED_CLASSES[block.tag] and not set(block.classes) & set(ALIGNMENTS):
        set_classes(block, [*block.classes, alignment])


def _convert_formats(node: Element, formats: frozenset[str]) -> list[Node]:
    """Convert inline formats, set by tag or by style; replace other elements by their content."""
    added = [tag for tag in _formats_of(node) if tag not in formats]
    converted = convert_nodes(node.children, formats.union(added))
    for tag in reversed(added):
        converted = _wrap(Element(tag), converted)
    return converted


def _convert_quote(node: Element) -> list[Node]:
    """Return the span for text quoted from another object; nothing if the quote has no text."""
    text = WHITESPACE.sub(" ", node.text).strip()
    return [Element("span", {"data-quote": node.attrs["data-quote"]}, [text])] if text else []


def _convert_anchor(node: Element, formats: frozenset[str]) -> list[Node]:
    """Return the span to which a link of the same text leads."""
    return _wrap(Element("span", {"id": node.attrs["id"]}), convert_nodes(node.children, formats))


def _formats_of(node: Element) -> list[str]:
    """Return the tags of the inline formats that an element has by its tag or its style."""
    style = parse_style(node)
    by_tag = FORMATS.get(node.tag)
    if not style:
        return [by_tag] if by_tag else []
    weight = style.get("font-weight", "")
    line = style.get("text-decoration", "") + " " + style.get("text-decoration-line", "")
    by_style = {
        "strong": weight in {"bold", "bolder", "600", "700", "800", "900"},
        "em": style.get("font-style") in {"italic", "oblique"},
        "u": "underline" in line,
        "s": "line-through" in line,
        "sub": style.get("vertical-align") == "sub",
        "sup": style.get("vertical-align") == "super",
    }
    # Some editors wrap all copied text in <b style="font-weight:normal">, which is not bold.
    if by_tag == "strong" and weight in {"normal", "400", "lighter"}:
        by_tag = None
    return [tag for tag, is_set in by_style.items() if is_set or tag == by_tag]


def _wrap(wrapper: Element, nodes: list[Node]) -> list[Node]:
    """Wrap inline nodes in ``wrapper``; of blocks, wrap the content of each text block instead."""
    wrapped: list[Node] = []
    run: list[Node] = []
    for node in [*nodes, None]:
        is_block = isinstance(node, Element) and node.tag in BLOCKS
        if node is not None and not is_block:
            run.append(node)
            continue
        if has_content(run):
            wrapped.append(Element(wrapper.tag, dict(wrapper.attrs), run))
        else:
            wrapped += run
        run = []
        if isinstance(node, Element):
            if node.tag in {*TEXT_BLOCKS, LIST_ITEM} and has_content(node.children):
                node.children = [Element(wrapper.tag, dict(wrapper.attrs), node.children)]
            wrapped.append(node)
    return wrapped


def _convert_link(node: Element, formats: frozenset[str]) -> list[Node]:
    children = convert_nodes(node.children, formats | {"a"})
    url = node.attrs.get("href", "")  # the reader has checked it
    if not url or "a" in formats:
        return children
    attrs = {"href": url}
    if title := node.attrs.get("title", "").strip():
        attrs["title"] = title
    if urlsplit(url).netloc:
        attrs["rel"] = "noopener"
    return _wrap(Element("a", attrs), children)


def _join_chinese_lines(text: str) -> str:
    """Remove line breaks between Chinese characters: Word wraps the lines of its HTML there."""
    return _LINE_BREAK_IN_CHINESE.sub("", text) if "\n" in text else text
