"""A minimal tree of HTML elements, with a parser and a serialiser.

The parser neither sanitises nor repairs HTML: it expects balanced tags, as nh3 writes them.
``cleaning`` passes the serialised result through nh3 again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import TypeAlias


def tag_names(text: str) -> frozenset[str]:
    """Return the set of the tag names in a blank-separated list."""
    return frozenset(text.split())


VOID = frozenset({"br", "hr", "img", "col"})
# Maximum depth of the tree. Deeper elements are dropped; their content moves up to this depth.
MAX_DEPTH = 60


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
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

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
    """Parser that builds the tree; ``open`` is the stack of open elements, with the root first."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.open[-1].children.append(element)
            return
        if len(self.open) <= MAX_DEPTH:
            self.open[-1].children.append(element)
            self.open.append(element)
        else:  # keep the element on the stack for its end tag, but add it to no parent
            self.open.append(Element(tag, children=self.open[-1].children))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and len(self.open) > 1:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        children = self.open[-1].children
        if children and isinstance(children[-1], str):
            children[-1] += data
        else:
            children.append(data)


def parse(html: str) -> Element:
    """Parse HTML with balanced tags, as nh3 writes it; return a root element without a tag."""
    reader = TreeBuilder()
    reader.feed(html)
    reader.close()
    return reader.root


def write(nodes: list[Node]) -> str:
    """Return the nodes as HTML, with text and attribute values escaped."""
    return "".join(_write(nodes))


def _write(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield escape(node, quote=False)
        elif isinstance(node, Raw):
            yield node.html
        else:
            attrs = "".join(f' {name}="{escape(value)}"' for name, value in node.attrs.items())
            yield f"<{node.tag}{attrs}>"
            if node.tag not in VOID:
                yield from _write(node.children)
                yield f"</{node.tag}>"
