"""A minimal tree of HTML elements, with a parser and a serialiser.

The parser neither sanitises nor repairs HTML: it expects balanced tags, as nh3 writes them.
``cleaning`` passes the serialised result through nh3 again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from itertools import groupby
from typing import TypeAlias


def tag_names(text: str) -> frozenset[str]:
    """Return the set of the tag names in a blank-separated list."""
    return frozenset(text.split())


VOID = frozenset({"br", "hr", "img", "col"})
# Maximum depth of the tree. Deeper elements are dropped; their content moves up to this depth.
MAX_DEPTH = 60

# The tokens of HTML as nh3 writes it: a text, a tag, or "<" that begins neither.
_TOKEN = re.compile(r'([^<]+)|<(/?)([a-z][^\s/>]*)((?: [^\s=>"/]+="[^"]*")*)>|(<)')
_ATTRIBUTE = re.compile(r' ([^\s=>"/]+)="([^"]*)"')


@dataclass
class Element:
    """An HTML element; ``children`` are elements, unescaped texts and trusted HTML (``Raw``)."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """The class names in the ``class`` attribute."""
        return self.attrs.get("class", "").split()

    def walk(self) -> Iterator[Element]:
        """Yield all descendant elements in document order."""
        waiting = self.children[::-1]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Element):
                yield node
                waiting += node.children[::-1]

    @property
    def text(self) -> str:
        """The text of the element and of its descendants."""
        return "".join(
            child if isinstance(child, str) else child.text
            for child in self.children
            if isinstance(child, str | Element)
        )


@dataclass(frozen=True)
class Raw:
    """Trusted HTML, which is written without escaping."""

    html: str


Node: TypeAlias = Element | Raw | str


class TreeBuilder(HTMLParser):
    """Parser that builds the tree; ``open`` is the stack of open elements, with the root first.

    ``read`` parses HTML in the form in which nh3 writes it with few steps for each tag, and calls
    the same methods as ``HTMLParser``, to which it leaves all other HTML.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]
        # Lists of children with adjacent texts, by identity; the texts are joined at the end.
        self._split_texts: dict[int, list[Node]] = {}

    def read(self, html: str) -> None:
        """Parse a whole text."""
        tokens = _TOKEN.findall(html)
        if any(other for *_token, other in tokens):
            self.feed(html)
        else:
            self._read_tokens(tokens)
        self.close()

    def _read_tokens(self, tokens: list[tuple[str, str, str, str, str]]) -> None:
        parsed: dict[str, dict[str, str]] = {"": {}}
        for text, end, tag, attrs, _other in tokens:
            if text:
                self.handle_data(unescape(text) if "&" in text else text)
            elif end:
                self.handle_endtag(tag)
            else:
                if attrs not in parsed:
                    parsed[attrs] = {name: unescape(v) for name, v in _ATTRIBUTE.findall(attrs)}
                self.start_element(Element(tag, dict(parsed[attrs])))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.start_element(Element(tag, {name: value or "" for name, value in attrs}))

    def start_element(self, element: Element) -> None:
        """Add an element to the open element, and open it unless it is void."""
        if element.tag in VOID:
            self.open[-1].children.append(element)
        elif len(self.open) <= MAX_DEPTH:
            self.open[-1].children.append(element)
            self.open.append(element)
        else:  # keep the element on the stack for its end tag, but add it to no parent
            self.open.append(Element(element.tag, children=self.open[-1].children))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and len(self.open) > 1:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        children = self.open[-1].children
        if children and isinstance(children[-1], str):
            self._split_texts[id(children)] = children
        children.append(data)

    def close(self) -> None:
        super().close()
        for children in self._split_texts.values():
            children[:] = join_texts(children)


def join_texts(nodes: list[Node]) -> list[Node]:
    """Return the nodes with each run of adjacent texts as one text."""
    joined: list[Node] = []
    for is_text, run in groupby(nodes, key=lambda node: isinstance(node, str)):
        if is_text:
            joined.append("".join(map(str, run)))
        else:
            joined.extend(run)
    return joined


def parse(html: str) -> Element:
    """Parse HTML with balanced tags, as nh3 writes it; return a root element without a tag."""
    reader = TreeBuilder()
    reader.read(html)
    return reader.root


def write(nodes: list[Node]) -> str:
    """Return the nodes as HTML, with text and attribute values escaped."""
    pieces: list[str] = []
    _write(nodes, pieces)
    return "".join(pieces)


def _write(nodes: list[Node], pieces: list[str]) -> None:
    for node in nodes:
        if isinstance(node, str):
            pieces.append(escape(node, quote=False))
        elif isinstance(node, Raw):
            pieces.append(node.html)
        else:
            attrs = "".join(f' {name}="{escape(value)}"' for name, value in node.attrs.items())
            pieces.append(f"<{node.tag}{attrs}>")
            if node.tag not in VOID:
                _write(node.children, pieces)
                pieces.append(f"</{node.tag}>")
