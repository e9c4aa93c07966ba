"""Arrange text and elements: into blocks only, into inline content only, trimmed, merged."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portal.library.cleaning.styles import set_classes
from portal.library.cleaning.word_lists import LIST_ITEM, build_lists
from portal.library.markup import Element, Node

TEXT_BLOCKS = frozenset({"p", "h2", "h3", "h4"})
LISTS = frozenset({"ul", "ol"})
BLOCKS = TEXT_BLOCKS | LISTS | {"blockquote", "table", "figure", "figcaption", "hr", LIST_ITEM}
# Formats, links, and quotes of other objects.
INLINE = frozenset({"strong", "em", "u", "s", "sub", "sup", "a", "span"})
# Elements that occur only inside of lists and tables.
_LIST_AND_TABLE_PARTS = frozenset({"li", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"})

_SPACE = " \t\n\r\f\v\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"
WHITESPACE = re.compile(r"[ \t\n\r\f\v]+")


def to_blocks(nodes: Iterable[Node], tag: str = "p", classes: Iterable[str] = ()) -> list[Element]:
    """Return blocks only: each run of inline content becomes a ``tag`` block with ``classes``.

    Empty runs are dropped, list items of Word are put into lists.
    """
    blocks: list[Element] = []
    run: list[Node] = []

    def end_run() -> None:
        for piece in _split_at_blank_lines(run):
            text = trim(piece)
            if has_content(text):
                block = Element(tag, {}, text)
                set_classes(block, list(classes))
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
    """Split at two or more line breaks in a row, which authors use to begin a new paragraph."""
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
    """Return inline content only (for captions), with a line break between former blocks."""
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
    """Remove blanks, full-width spaces and line breaks at both ends, also inside of formats."""
    return _trim_end(_trim_end(nodes, 0), -1)


def _trim_end(nodes: list[Node], end: int) -> list[Node]:
    """Trim at one end; ``end`` is the index of the node there, 0 or -1."""
    nodes = list(nodes)
    while nodes:
        node = nodes[end]
        if isinstance(node, str):
            text = node.lstrip(_SPACE) if end == 0 else node.rstrip(_SPACE)
            if text:
                nodes[end] = text
                break
        elif isinstance(node, Element) and node.tag in INLINE:
            node.children = _trim_end(node.children, end)
            if node.children:
                break
        elif not (isinstance(node, Element) and node.tag == "br"):
            break
        del nodes[end]
    return nodes


def merge_adjacent(nodes: list[Node]) -> list[Node]:
    """Merge adjacent inline elements with equal tags and attributes (Word splits words)."""
    result: list[Node] = []
    for node in nodes:
        before = result[-1] if result else None
        if isinstance(node, str) and isinstance(before, str):
            result[-1] = WHITESPACE.sub(" ", before + node)
        elif (
            isinstance(node, Element)
            and isinstance(before, Element)
            and node.tag in INLINE
            and (node.tag, node.attrs) == (before.tag, before.attrs)
        ):
            before.children = merge_adjacent([*before.children, *node.children])
        else:
            result.append(node)
    return result


def has_content(nodes: list[Node]) -> bool:
    """Return whether anything is visible: text, an image, a rule or a table."""
    return any(
        bool(node.strip(_SPACE))
        if isinstance(node, str)
        else isinstance(node, Element)
        and (node.tag in {"img", "hr", "table"} or has_content(node.children))
        for node in nodes
    )
