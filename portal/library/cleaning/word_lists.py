"""Lists pasted from Word: paragraphs with an ``mso-list`` style and the item's marker as text."""

from __future__ import annotations

import re

from portal.library.markup import Element, Node

# Internal tag of a list item between its conversion and ``build_lists``; it is never stored.
LIST_ITEM = "list-item"

_LEVEL = re.compile(r"mso-list:\s*l\d+\s+level(\d)", re.IGNORECASE)
_MARKER_STYLE = re.compile(r"mso-list:\s*ignore", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,4})\s*[.．)]?$")


def parse_list_item(node: Element) -> tuple[Element, dict[str, str] | None]:
    """Return a list item without its marker, and its level and number; other paragraphs with None.

    A paragraph with a marker such as 一、 or （一） is not a list item, and the marker stays in its
    text: Chinese official documents number their sections by such markers.
    """
    level = _LEVEL.search(node.attrs.get("style", ""))
    if level is None:
        return node, None
    marker = " ".join(each.text for each in node.walk() if _is_marker(each)).strip()
    number = _NUMBER.match(marker)
    if marker and number is None and any(character.isalnum() for character in marker):
        return _with_marker(node, marker), None
    attrs = {"level": level[1], "number": number[1] if number else ""}
    return _with_marker(node, ""), attrs


def build_lists(blocks: list[Element]) -> list[Element]:
    """Group consecutive list items into lists, nested by the levels of the items."""
    result: list[Element] = []
    open_lists: list[tuple[int, Element]] = []
    for block in blocks:
        if block.tag != LIST_ITEM:
            open_lists = []
            result.append(block)
            continue
        level = int(block.attrs["level"])
        tag = "ol" if block.attrs["number"] else "ul"
        while open_lists and (
            open_lists[-1][0] > level
            or (open_lists[-1][0] == level and open_lists[-1][1].tag != tag)
        ):
            open_lists.pop()
        if not open_lists or open_lists[-1][0] < level:
            start = block.attrs["number"]
            new_list = Element(tag, {"start": start} if start not in {"", "1"} else {})
            if open_lists and open_lists[-1][1].children:
                last = open_lists[-1][1].children[-1]
                assert isinstance(last, Element)  # noqa: S101  (lists are filled with items below)
                last.children.append(new_list)
            else:
                result.append(new_list)
            open_lists.append((level, new_list))
        open_lists[-1][1].children.append(Element("li", {}, block.children))
    return result


def _is_marker(element: Element) -> bool:
    return bool(_MARKER_STYLE.search(element.attrs.get("style", "")))


def _with_marker(node: Element, marker: str) -> Element:
    """Return a copy of the paragraph in which the text ``marker`` replaces the marker elements."""
    children: list[Node] = [marker] if marker else []
    for child in node.children:
        if not isinstance(child, Element):
            children.append(child)
        elif not _is_marker(child):
            children.append(_with_marker(child, ""))
    return Element(node.tag, node.attrs, children)
