"""Conversion of inline styles and presentational attributes to classes of a fixed list."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portal.library.cleaning.style_sheets import parse_declarations
from portal.library.markup import Element

ALIGNMENTS = ("align-left", "align-center", "align-right", "align-justify")
INDENTS = ("indent-1", "indent-2", "indent-3")
WIDTHS = ("w-25", "w-50", "w-75")

_LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)(px|pt|em|rem|cm|mm|in|pc|%)?$")
_PIXELS_PER_UNIT = {
    "px": 1,
    "pt": 4 / 3,
    "em": 16,
    "rem": 16,
    "cm": 37.8,
    "mm": 3.78,
    "in": 96,
    "pc": 16,
}
_PIXELS_PER_INDENT = 40


def parse_style(node: Element) -> Mapping[str, str]:
    """Return the declarations of the style attribute as {lower-case property: value}."""
    return parse_declarations(node.attrs.get("style", ""))


def allowed_classes(node: Element, *allowed: str) -> list[str]:
    """Return which of the allowed classes a node has or expresses by its style or attributes."""
    if not node.attrs:
        return []
    style = parse_style(node)
    align = style.get("text-align") or node.attrs.get("align", "").lower()
    if node.tag in {"img", "figure"}:
        align = style.get("float") or node.attrs.get("align", "").lower()
    found = [
        *node.classes,
        {"start": "align-left", "end": "align-right"}.get(align, f"align-{align}"),
        _indent_class(style),
        _width_class(node, style),
    ]
    return normalize_classes([name for name in found if name in allowed])


def normalize_classes(classes: list[str]) -> list[str]:
    """Return the classes in a fixed order, with at most one alignment, one indent and one width."""
    if not classes:
        return []
    normalized = [name for name in ("image",) if name in classes]
    for group in (ALIGNMENTS, INDENTS, WIDTHS):
        normalized += [name for name in classes if name in group][:1]
    return normalized


def _indent_class(style: Mapping[str, str]) -> str:
    pixels = _pixels(style.get("margin-left", "")) or _pixels(style.get("padding-left", ""))
    step = round(min(len(INDENTS), pixels / _PIXELS_PER_INDENT))
    return INDENTS[step - 1] if step > 0 else ""


def _pixels(length: str) -> float:
    match = _LENGTH.match(length)
    return float(match[1]) * _PIXELS_PER_UNIT.get(match[2] or "", 0) if match else 0


def _width_class(node: Element, style: Mapping[str, str]) -> str:
    match = _LENGTH.match(style.get("width") or node.attrs.get("width", "").strip())
    if match is None or match[2] != "%":
        return ""
    step = round(min(len(WIDTHS) + 1, float(match[1]) / 25))
    return WIDTHS[step - 1] if 1 <= step <= len(WIDTHS) else ""


def set_classes(element: Element, classes: list[str]) -> None:
    """Set the class attribute to the normalised classes; remove the attribute if there are none."""
    element.attrs.pop("class", None)
    if classes := normalize_classes(classes):
        element.attrs["class"] = " ".join(classes)
