"""Shapes of a slide that no reader sees: hidden ones, and those that lie beside the slide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from .findings import Kind, Obstacle, Report
from .shapes import remove_hidden_shapes, remove_paths
from .xml_tree import Node, attribute

Size = tuple[int, int]
#: Width and height of a slide in EMU (1/360,000 cm) if a presentation does not state them.
DEFAULT_SIZE: Size = (9_144_000, 6_858_000)
_AUTOFIT = {"a:spAutoFit", "a:normAutofit"}


def slide_size(presentation: Node) -> Size:
    """Return the width and the height of the slides in EMU."""
    node = presentation.child("p:sldSz")
    size = (_number(node, "cx"), _number(node, "cy")) if node else (0, 0)
    return size if all(size) else DEFAULT_SIZE


def remove_invisible_shapes(root: Node, size: Size, report: Report) -> bool:
    """Remove the hidden shapes of a slide, layout or master, those beside it, and paths.

    Returns whether there were any. The animations of the removed shapes are removed, too.
    """
    before = _shape_ids(root)
    found = sum(report.found.values())
    remove_hidden_shapes(root, report)
    remove_paths(root, report)
    tree = _shape_tree(root)
    beside = list(shapes_beside(root, size))
    for shape in beside:
        report.add(Kind.BESIDE_SLIDES)
        if _may_reach_slide(shape, size):
            report.block(Obstacle.BESIDE_SLIDES)
    if tree is not None:
        tree.remove(beside)
    _remove_animations(root, before - _shape_ids(root))
    return sum(report.found.values()) > found


def shapes_beside(root: Node, size: Size) -> Iterator[Node]:
    """Yield the shapes with text or pictures that lie wholly beside the slide.

    A shape that an animation moves may come in, so it is not among them.
    """
    tree = _shape_tree(root)
    moved = _targets(node for node in root.descendants() if node.key == "p:animMotion")
    for shape in tree.elements() if tree else ():
        box = _box(shape)
        is_prompt = root.key != "p:sld" and any(e.key == "p:ph" for e in shape.descendants())
        if box is None or is_prompt or not _has_content(shape) or _shape_ids(shape) & moved:
            continue
        left, top, right, bottom = box
        if right <= 0 or bottom <= 0 or left >= size[0] or top >= size[1]:
            yield shape


def _shape_tree(root: Node) -> Node | None:
    slide = root.child("p:cSld")
    return slide.child("p:spTree") if slide else None


def _shape_ids(node: Node) -> set[str]:
    return {
        attribute(each.attributes, "id")
        for each in node.descendants()
        if each.local_name == "cNvPr"
    }


def _has_content(shape: Node) -> bool:
    """Return whether a shape has text, or is or contains a picture, a table or a diagram."""
    return bool(_text(shape)) or any(
        each.local_name in {"pic", "graphicFrame", "blip", "contentPart"}
        for each in (shape, *shape.descendants())
    )


def _text(shape: Node) -> str:
    return "".join(each.text() for each in shape.descendants() if each.key == "a:t").strip()


def _box(shape: Node) -> tuple[float, float, float, float] | None:
    """Return left, top, right and bottom of a shape; None if it does not state its place."""
    if shape.local_name == "AlternateContent":
        inner = [_box(each) for choice in shape.elements() for each in choice.elements()]
        boxes = [box for box in inner if box is not None]
        if not boxes or len(boxes) < len(inner):
            return None
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)
    holders = (shape, *(e for e in shape.elements() if e.local_name in {"spPr", "grpSpPr"}))
    place = next(
        (each for holder in holders for each in holder.elements() if each.local_name == "xfrm"),
        None,
    )
    offset, extent = (place.child("a:off"), place.child("a:ext")) if place else (None, None)
    if place is None or offset is None or extent is None:
        return None
    left, top = _number(offset, "x"), _number(offset, "y")
    width, height = _number(extent, "cx"), _number(extent, "cy")
    if _number(place, "rot"):  # whatever the angle, the shape stays inside this circle
        middle = (left + width / 2, top + height / 2)
        radius = math.hypot(width, height) / 2
        return middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius
    return left, top, left + width, top + height


def _may_reach_slide(shape: Node, size: Size) -> bool:
    """Return whether the text of a shape beside the slide may be so long that it reaches into it.

    Text that is wrapped grows downwards only; a shape that fits its text has none outside.
    """
    box = _box(shape)
    is_left_or_right = box is not None and (box[2] <= 0 or box[0] >= size[0])
    for each in shape.descendants():
        if each.local_name == "txBody" and _text(each):
            properties = each.child("a:bodyPr")
            fits = properties is not None and any(e.key in _AUTOFIT for e in properties.elements())
            is_wrapped = properties is None or properties.attributes.get("wrap") != "none"
            if not fits and not (is_wrapped and is_left_or_right):
                return True
    return False


def _targets(nodes: Iterable[Node]) -> set[str]:
    """Return the ids of the shapes that these elements of animations refer to."""
    return {
        each.attributes.get("spid", "")
        for node in nodes
        for each in (node, *node.descendants())
        if each.local_name in {"spTgt", "inkTgt", "bldP", "bldGraphic", "bldDgm", "bldOleChart"}
    }


def _remove_animations(root: Node, ids: set[str]) -> None:
    """Remove the steps of animations that concern these shapes only."""
    timing = root.child("p:timing")
    if timing is None or not _targets([timing]) & ids:
        return
    pending = [timing]
    while pending:
        node = pending.pop()
        is_list = node.local_name in {"childTnLst", "bldLst"}
        node.remove([e for e in node.elements() if is_list and (t := _targets([e])) and t <= ids])
        pending += list(node.elements())
    for node in (timing, *timing.descendants()):
        emptied = {"childTnLst", "bldLst"}
        node.remove(
            [e for e in node.elements() if e.local_name in emptied and not any(e.elements())]
        )
    if _targets([timing]) & ids or not _targets([timing]):
        root.remove([timing])


def _number(node: Node | None, name: str) -> int:
    value = node.attributes.get(name, "") if node else ""
    try:
        return int(value)
    except ValueError:
        return 0
