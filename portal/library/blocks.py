"""Pieces of text and blocks, brought into the one order that is stored: blocks alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portal.library.markup import Element, Node
from portal.library.styles import set_classes
from portal.library.wordlists import LIST_ITEM, gathered

TEXT_BLOCKS = frozenset({"p", "h2", "h3", "h4"})
LISTS = frozenset({"ul", "ol"})
BLOCKS = TEXT_BLOCKS | LISTS | {"blockquote", "table", "figure", "figcaption", "hr", LIST_ITEM}
# Formats, links, and quoted records.
INLINE = frozenset({"strong", "em", "u", "s", "sub", "sup", "a", "span"})
# What is only found inside a list or a table.
_PARTS = frozenset({"li", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"})

_SPACE = " \t\n\r\f\v\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"
BLANKS = re.compile(r"[ \t\n\r\f\v]+")


def flowed(nodes: Iterable[Node], tag: str = "p", classes: Iterable[str] = ()) -> list[Element]:
    """Blocks alone: each run of text becomes a paragraph (or heading), empty ones are left out."""
    blocks: list[Element] = []
    run: list[Node] = []

    def end_run() -> None:
        for piece in _split_at_blank_lines(run):
            text = trimmed(piece)
            if is_something(text):
                block = Element(tag, {}, text)
                set_classes(block, list(classes))
                blocks.append(block)
        run.clear()

    for node in nodes:
        if isinstance(node, Element) and node.tag in BLOCKS:
            end_run()
            if node.tag == "figcaption":
                node.tag = "p"
                if not is_something(node.children):
                    continue
            blocks.append(node)
        else:
            run.append(node)
    end_run()
    return gathered(blocks)


def _split_at_blank_lines(run: list[Node]) -> Iterable[list[Node]]:
    """Two line breaks in a row are how some write a new paragraph."""
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


def inline_only(nodes: list[Node]) -> list[Node]:
    """Text where no block may stand (captions): each block's text, a line each."""
    made: list[Node] = []
    for node in nodes:
        if isinstance(node, Element) and node.tag in BLOCKS:
            if made:
                made.append(Element("br"))
            made += inline_only(node.children)
        elif isinstance(node, Element) and node.tag in _PARTS:
            made += inline_only(node.children)
        else:
            made.append(node)
    return made


def trimmed(nodes: list[Node]) -> list[Node]:
    """Without blanks, full-width spaces and line breaks at both ends, also inside of formats."""
    return _trim(_trim(nodes, 0), -1)


def _trim(nodes: list[Node], end: int) -> list[Node]:
    nodes = list(nodes)
    while nodes:
        node = nodes[end]
        if isinstance(node, str):
            text = node.lstrip(_SPACE) if end == 0 else node.rstrip(_SPACE)
            if text:
                nodes[end] = text
                break
        elif isinstance(node, Element) and node.tag in INLINE:
            node.children = _trim(node.children, end)
            if node.children:
                break
        elif not (isinstance(node, Element) and node.tag == "br"):
            break
        del nodes[end]
    return nodes


def merged(nodes: list[Node]) -> list[Node]:
    """Pieces of the same format side by side are one piece; Word cuts words into many."""
    made: list[Node] = []
    for node in nodes:
        before = made[-1] if made else None
        if isinstance(node, str) and isinstance(before, str):
            made[-1] = BLANKS.sub(" ", before + node)
        elif (
            isinstance(node, Element)
            and isinstance(before, Element)
            and node.tag in INLINE
            and (node.tag, node.attrs) == (before.tag, before.attrs)
        ):
            before.children = merged([*before.children, *node.children])
        else:
            made.append(node)
    return made


def is_something(nodes: list[Node]) -> bool:
    """Whether there is anything to see: text, a picture, a block."""
    return any(
        bool(node.strip(_SPACE))
        if isinstance(node, str)
        else isinstance(node, Element)
        and (node.tag in {"img", "hr", "table"} or is_something(node.children))
        for node in nodes
    )
