"""Lists pasted from Word: paragraphs with an ``mso-list`` style and the item's marker as text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.library.cleaning.style_sheets import StyleSheet
from portal.library.markup import Element, Node

# Internal tag of a list item between its conversion and ``build_lists``; it is never stored.
LIST_ITEM = "list-item"

_LEVEL = re.compile(r"mso-list:\s*l(\d+)\s+level(\d)(\s+lfo\d+)?", re.IGNORECASE)
_MARKER_STYLE = re.compile(r"mso-list:\s*ignore", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,4})\s*[.．)]?$")
_CHINESE_NUMBER = re.compile(r"([（(])?[一二三四五六七八九十百零〇]{1,5}(?(1)[）)]|、)$")
_SYMBOL_FONT = re.compile(r"wingdings|webdings|symbol|zapfdingbats", re.IGNORECASE)
#: Fonts in which the standard for official documents (GB/T 9704) sets headings.
_HEADING_FONT = re.compile(r"黑体|楷体|simhei|kaiti|heiti", re.IGNORECASE)
_MAX_HEADING_LENGTH = 50
# Attributes that ``prepare`` sets; the allow-list for reading contains none of them.
_LEVEL_ATTRIBUTE, _NUMBER_ATTRIBUTE = "list-level", "list-number"
HEADING_ATTRIBUTE = "list-heading"


@dataclass
class _Numbered:
    """A paragraph with an automatic number or bullet; ``marker`` is empty for a bullet."""

    paragraph: Element
    list_name: str
    level: str
    marker: str
    marker_font: str

    @property
    def is_text(self) -> bool:
        return bool(self.marker) and _NUMBER.match(self.marker) is None


def prepare(root: Element, sheet: StyleSheet) -> None:
    """Replace the markers of Word's and WPS's lists.

    Bullets and plain numbers become attributes, from which lists are built. Numbers such as 一、 or
    （一） become text, as Chinese official documents number their sections, and with them all other
    numbers of the same list. A short line with such a number in a heading's font is a heading.
    """
    found = [each for node in root.walk() if node.tag == "p" and (each := _numbered(node, sheet))]
    text_lists = {each.list_name for each in found if each.is_text}
    for each in found:
        paragraph = each.paragraph
        if each.marker and each.list_name in text_lists:
            heading = _heading(each)
            paragraph.children = [each.marker, *_without_markers(paragraph)]
            if heading:
                paragraph.attrs[HEADING_ATTRIBUTE] = heading
        else:
            number = _NUMBER.match(each.marker)
            paragraph.children = _without_markers(paragraph)
            paragraph.attrs[_LEVEL_ATTRIBUTE] = each.level
            paragraph.attrs[_NUMBER_ATTRIBUTE] = number[1] if number else ""


def parse_list_item(node: Element) -> dict[str, str] | None:
    """Return the level and the number of a list item; None for other paragraphs."""
    if _LEVEL_ATTRIBUTE not in node.attrs:
        return None
    return {"level": node.attrs[_LEVEL_ATTRIBUTE], "number": node.attrs[_NUMBER_ATTRIBUTE]}


def _numbered(node: Element, sheet: StyleSheet) -> _Numbered | None:
    level = _LEVEL.search(node.attrs.get("style", ""))
    if level is None:
        return None
    markers: list[str] = []
    styles: list[str] = []
    for element in node.children:
        _collect_markers(element, markers, styles)
    marker, font = " ".join("".join(markers).split()), "".join(styles)
    definition = sheet.list_levels.get((level[1], level[2]), {})
    is_bullet = (
        definition.get("mso-level-number-format") == "bullet"
        or _SYMBOL_FONT.search(font)
        or (marker == "o" and "courier" in font.lower())
        or not any(character.isalnum() for character in marker)
    )
    name = f"{level[1]} {level[3] or ''}"
    return _Numbered(node, name, level[2], "" if is_bullet else marker, font)


def _collect_markers(node: Node, markers: list[str], styles: list[str]) -> bool:
    """Add the words of all markers in a node, and the styles of the elements around them.

    Returns whether there is a marker.
    """
    if not isinstance(node, Element):
        return False
    count = len(styles)
    styles.append(node.attrs.get("style", ""))
    has_marker = _is_marker(node)
    if has_marker:
        markers.append(node.text)
    for child in node.children:
        has_marker |= _collect_markers(child, markers, styles)
    if not has_marker:
        del styles[count:]
    return has_marker


def _heading(numbered: _Numbered) -> str:
    """Return the heading tag of a numbered paragraph, by its number and the font of its number."""
    match = _CHINESE_NUMBER.match(numbered.marker)
    text = "".join(
        each if isinstance(each, str) else each.text
        for each in _without_markers(numbered.paragraph)
        if isinstance(each, str | Element)
    ).strip()
    if match is None or not _HEADING_FONT.search(numbered.marker_font):
        return ""
    if not text or len(text) > _MAX_HEADING_LENGTH or text[-1] in "。；：，、.;:,":
        return ""
    return "h3" if match[1] else "h2"


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


def _without_markers(node: Element) -> list[Node]:
    """Return the children of a paragraph without the elements that contain its marker."""
    children: list[Node] = []
    for child in node.children:
        if not isinstance(child, Element):
            children.append(child)
        elif not _is_marker(child):
            children.append(Element(child.tag, child.attrs, _without_markers(child)))
    return children
