"""Conversion of lists and tables in rich text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from portal.library.cleaning.allowlists import STORED_VALUES
from portal.library.cleaning.blocks import (
    BLOCKS,
    LISTS,
    has_content,
    to_blocks,
    to_inline,
    trim,
)
from portal.library.cleaning.styles import ALIGNMENTS, allowed_classes, set_classes
from portal.library.cleaning.word_lists import LIST_ITEM
from portal.library.markup import Element, Node

# A function that converts child nodes: ``conversion.convert_nodes`` with its formats bound.
Convert = Callable[[Iterable[Node]], list[Node]]


def convert_list(node: Element, convert: Convert) -> list[Node]:
    """Return the list with its non-empty items; nothing if all items are empty."""
    items: list[Node] = []
    for child in node.children:
        if isinstance(child, Element) and child.tag == "li":
            if item := _convert_item(child, convert):
                items.append(item)
        elif isinstance(child, Element) and child.tag in LISTS:
            # Word and old pages put a list directly into a list. It is moved into the preceding
            # item.
            inner = convert_list(child, convert)
            if items and isinstance(items[-1], Element):
                items[-1].children += inner
            else:
                items += [Element("li", {}, [each]) for each in inner]
        elif item := _convert_item(Element("li", {}, [child]), convert):
            items.append(item)
    if not items:
        return []
    attrs = {}
    start = node.attrs.get("start", "")
    if node.tag == "ol" and re.fullmatch(r"[0-9]{1,4}", start) and int(start) != 1:
        attrs["start"] = str(int(start))
    return [Element(node.tag, attrs, items)]


def _convert_item(node: Element, convert: Convert) -> Element | None:
    children, classes = _cell_content(node, convert)
    if not has_content(children):
        return None
    item = Element("li", {}, children)
    set_classes(item, classes)
    return item


def _cell_content(node: Element, convert: Convert) -> tuple[list[Node], list[str]]:
    """Return the content and the classes of a list item or a table cell.

    A single paragraph is returned as inline content, without its ``<p>``.
    """
    nodes = convert(node.children)
    classes = allowed_classes(node, *ALIGNMENTS)
    blocks = [each for each in nodes if isinstance(each, Element) and each.tag in BLOCKS]
    if not blocks:
        return trim(nodes), classes
    texts = [each for each in blocks if each.tag in {"p", "figcaption", LIST_ITEM}]
    if all(each.tag in LISTS for each in blocks):
        return trim(nodes), classes
    content = to_blocks(nodes)
    paragraphs = [each for each in content if each.tag == "p"]
    others = [each for each in content if each.tag not in {"p", *LISTS}]
    if texts and len(paragraphs) == 1 and not others and content[0] is paragraphs[0]:
        classes = classes or [name for name in content[0].classes if name in ALIGNMENTS]
        return [*content[0].children, *content[1:]], classes
    return list(content), classes


def convert_table(node: Element, convert: Convert) -> list[Node]:
    """Return the table with its caption and its non-empty rows; nothing if all rows are empty."""
    parts: list[Node] = []
    rows_outside_parts: list[Node] = []
    for child in node.children:
        if not isinstance(child, Element):
            continue
        if child.tag == "caption":
            text = trim(to_inline(convert(child.children)))
            if has_content(text):
                parts.append(Element("caption", {}, text))
        elif child.tag in {"thead", "tbody", "tfoot"}:
            if rows := _convert_rows(child, convert):
                parts.append(Element(child.tag, {}, rows))
        elif child.tag == "tr":
            rows_outside_parts += _convert_rows(Element("tbody", {}, [child]), convert)
    if rows_outside_parts:
        parts.append(Element("tbody", {}, rows_outside_parts))
    if not any(isinstance(part, Element) and part.tag != "caption" for part in parts):
        return []
    return [Element("table", {}, parts)]


def _convert_rows(node: Element, convert: Convert) -> list[Node]:
    rows: list[Node] = []
    for row in node.children:
        if not isinstance(row, Element) or row.tag != "tr":
            continue
        cells: list[Node] = [
            _convert_cell(cell, convert)
            for cell in row.children
            if isinstance(cell, Element) and cell.tag in {"td", "th"}
        ]
        if cells:
            rows.append(Element("tr", {}, cells))
    return rows


def _convert_cell(cell: Element, convert: Convert) -> Element:
    children, classes = _cell_content(cell, convert)
    attrs: dict[str, str] = {
        name: str(int(value))
        for name in ("colspan", "rowspan")
        if name in cell.attrs
        and re.fullmatch(r"[0-9]{1,3}", value := cell.attrs[name])
        and int(value) > 1
    }
    if cell.attrs.get("scope") in STORED_VALUES["th"]["scope"]:
        attrs["scope"] = cell.attrs["scope"]
    converted = Element(cell.tag, attrs, children)
    set_classes(converted, classes)
    return converted
