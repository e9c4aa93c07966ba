"""Rearrange nodes: group them into blocks, flatten blocks to inline content, trim, merge."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from portal.library.cleaning.styles import set_classes
from portal.library.cleaning.word_lists import LIST_ITEM, build_lists
from portal.library.markup import Element, Node

TEXT_BLOCKS = frozenset({"p", "h2", "h3", "h4"})
LISTS = frozenset({"ul", "ol"})
BLOCKS = TEXT_BLOCKS | LISTS | {"blockquote", "table", "figure", "figcaption", "hr", LIST_ITEM}
# Tags of inline elements: formats, links, and text quoted from other objects.
INLINE = frozenset({"strong", "em", "u", "s", "sub", "sup", "a", "span"})
# Tags of elements that occur only inside of lists and tables.
_LIST_AND_TABLE_PARTS = frozenset({"li", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"})

_SPACE = " \t\n\r\f\v\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"
WHITESPACE = re.compile(r"[ \t\n\r\f\v]+")


def to_blocks(nodes: Iterable[Node], tag: str = "p", classes: Iterable[str] = ()) -> list[Element]:
    """Return only blocks: each run of inline content becomes a ``tag`` block with ``classes``.

    Runs without visible content are dropped; list items pasted from Word are grouped into lists.
    """
    blocks: list[Element] = []
    run: list[Node] = []
    class_names = list(classes)

    def end_run() -> None:
        if not run:
            return
        for piece in _split_at_blank_lines(run):
            text = trim(piece)
            if has_content(text):
                block = Element(tag, {}, text)
                set_classes(block, class_names)
                blocks.append(block)
        run.clear()

    for node in nodes:
        if isinstance(node, Element) and node.tag in BLOCKS:
            end_run()
            if node.tag == "figcaption":
                node.tag = "p"
                if not has_content(node.children):
                    continue
            blocks.append(node)
        else:
            run.append(node)
    end_run()
    return build_lists(blocks)


def _split_at_blank_lines(run: list[Node]) -> Iterable[list[Node]]:
    """Split a run at two or more consecutive line breaks, by which authors begin a paragraph."""
    if len(run) == 1:
        yield run[:]
        return
    piece: list[Node] = []
    breaks: list[Node] = []
    for node in run:
        if isinstance(node, Element) and node.tag == "br":
            breaks.append(node)
        elif breaks and isinstance(node, str) and not node.strip(_SPACE):
            continue
        else:
            if len(breaks) > 1:
                yield piece
                piece = []
            else:
                piece += breaks
            breaks = []
            piece.append(node)
    yield piece


def to_inline(nodes: list[Node]) -> list[Node]:
    """Return only inline content (for captions), with line breaks in place of block boundaries."""
    result: list[Node] = []
    for node in nodes:
        if isinstance(node, Element) and node.tag in BLOCKS:
            if result:
                result.append(Element("br"))
            result += to_inline(node.children)
        elif isinstance(node, Element) and node.tag in _LIST_AND_TABLE_PARTS:
            result += to_inline(node.children)
        else:
            result.append(node)
    return result


def trim(nodes: list[Node]) -> list[Node]:
    """Remove blanks, full-width spaces and line breaks at the start and the end of the nodes.

    Spaces at the edges inside of inline formats are removed too.
    """
    return _trim_end(_trim_end(nodes, 0), -1)


def _trim_end(nodes: list[Node], end: int) -> list[Node]:
    """Trim the nodes at one end: at the start if ``end`` is 0, at the end if it is -1."""
    remaining = nodes[::-1] if end == 0 else nodes[:]
    while remaining:
        node = remaining[-1]
        if isinstance(node, str):
            text = node.lstrip(_SPACE) if end == 0 else node.rstrip(_SPACE)
            if text:
                remaining[-1] = text
                break
        elif isinstance(node, Element) and node.tag in INLINE:
            node.children = _trim_end(node.children, end)
            if node.children:
                break
        elif not (isinstance(node, Element) and node.tag == "br"):
            break
        remaining.pop()
    return remaining[::-1] if end == 0 else remaining


def merge_adjacent(nodes: list[Node]) -> list[Node]:
    """Merge adjacent inline elements with equal tags and attributes:

    Word splits words into several.
    """
    if len(nodes) < 2:
        return list(nodes)
    result: list[Node] = []
    run: list[Node] = []
    for node in [*nodes, None]:
        if run and node is not None and _can_merge(run[0], node):
            run.append(node)
            continue
        result += [_merge(run)] if len(run) > 1 else run
        run = [] if node is None else [node]
    return result


def _can_merge(first: Node, second: Node) -> bool:
    if isinstance(first, str):
        return isinstance(second, str)
    return (
        isinstance(first, Element)
        and isinstance(second, Element)
        and first.tag in INLINE
        and (first.tag, first.attrs) == (second.tag, second.attrs)
    )


def _merge(run: list[Node]) -> Node:
    """Return one node with the content of all nodes, which are texts or equal inline elements."""
    first = run[0]
    if not isinstance(first, Element):
        return WHITESPACE.sub(" ", "".join(map(str, run)))
    parts = (node.children for node in run if isinstance(node, Element))
    first.children = merge_adjacent(list(chain.from_iterable(parts)))
    return first


def has_content(nodes: list[Node]) -> bool:
    """Return whether the nodes show anything: text, an image, a horizontal rule or a table."""
    for node in nodes:
        if isinstance(node, str):
            if node.strip(_SPACE):
                return True
        elif isinstance(node, Element) and (
            node.tag in {"img", "hr", "table"} or has_content(node.children)
        ):
            return True
    return False
