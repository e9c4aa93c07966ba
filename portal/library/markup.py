"""A small tree of HTML. It is read from what nh3 has put in order, and written for nh3 to judge.

Nothing here decides what is safe: ``cleaning`` passes everything through nh3 before and after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import TypeAlias


def words(text: str) -> frozenset[str]:
    """A set of tags, written as one writes words."""
    return frozenset(text.split())


VOID = frozenset({"br", "hr", "img"})
# No honest text lies deeper; what does is lifted up to here.
MAX_DEPTH = 60


@dataclass
class Element:
    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return self.attrs.get("class", "").split()

    def walk(self) -> Iterator[Element]:
        """Every element below, in the order of the text."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    @property
    def text(self) -> str:
        return "".join(
            child if isinstance(child, str) else child.text
            for child in self.children
            if isinstance(child, str | Element)
        )


@dataclass(frozen=True)
class Raw:
    """HTML of our own making, written as it is."""

    html: str


Node: TypeAlias = Element | Raw | str


class _Reader(HTMLParser):
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
        else:  # its place on the stack, but not in the tree
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
    """Read HTML whose tags are balanced, as nh3 writes it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


def write(nodes: list[Node]) -> str:
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
