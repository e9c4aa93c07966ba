"""Word's lists: paragraphs that carry ``mso-list`` and their number or bullet as text."""

from __future__ import annotations

import re

from portal.library.markup import Element, Node

# A tag of our own, between the reading of a paragraph and the gathering of a list; never stored.
LIST_ITEM = "list-item"

_LEVEL = re.compile(r"mso-list:\s*l\d+\s+level(\d)", re.IGNORECASE)
_MARKER = re.compile(r"mso-list:\s*ignore", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,4})\s*[.．)]?$")


def list_item(node: Element) -> tuple[Element, dict[str, str] | None]:
    """Return the paragraph without its marker, and what kind of list item it is.

    A marker such as 一、 or （一） is how Chinese official papers number their parts: that is no
    list, and the marker stays in the text.
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


def gathered(blocks: list[Element]) -> list[Element]:
    """Put list items that follow each other into lists, by their levels."""
    made: list[Element] = []
    open_lists: list[tuple[int, Element]] = []
    for block in blocks:
        if block.tag != LIST_ITEM:
            open_lists = []
            made.append(block)
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
            fresh = Element(tag, {"start": start} if start not in {"", "1"} else {})
            if open_lists and open_lists[-1][1].children:
                last = open_lists[-1][1].children[-1]
                assert isinstance(last, Element)  # noqa: S101  (lists are made of items below)
                last.children.append(fresh)
            else:
                made.append(fresh)
            open_lists.append((level, fresh))
        open_lists[-1][1].children.append(Element("li", {}, block.children))
    return made


def _is_marker(element: Element) -> bool:
    return bool(_MARKER.search(element.attrs.get("style", "")))


def _with_marker(node: Element, marker: str) -> Element:
    """A copy of the paragraph whose marker is this text."""
    children: list[Node] = [marker] if marker else []
    for child in node.children:
        if not isinstance(child, Element):
            children.append(child)
        elif not _is_marker(child):
            children.append(_with_marker(child, ""))
    return Element(node.tag, node.attrs, children)
