"""Parse the HTML of a page into a tree of elements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

VOID = frozenset({"meta", "link", "img", "br", "hr", "input", "source", "wbr"})
#: Elements whose text browsers do not display.
UNSEEN = frozenset({"script", "style", "head", "template", "noscript"})


@dataclass(eq=False)
class Element:
    tag: str
    attrs: dict[str, str]
    above: Element | None = None
    below: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        for each in self.below:
            if isinstance(each, Element):
                yield each
                yield from each.walk()

    def all(self, tag: str, **attrs: str) -> list[Element]:
        """Return all descendants with this tag and these attributes.

        ``class_`` is one of the classes of the element.
        """
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [each for each in self.walk() if each.tag == tag and each.has(wanted)]

    def has(self, wanted: dict[str, str]) -> bool:
        return all(
            value in self.classes if name == "class" else self.attrs.get(name) == value
            for name, value in wanted.items()
        )

    @property
    def classes(self) -> list[str]:
        return self.attrs.get("class", "").split()

    @property
    def text(self) -> str:
        """Return the text that browsers display or screen readers read aloud."""
        return " ".join("".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        for each in self.below:
            if isinstance(each, str):
                yield each
            elif each.tag not in UNSEEN:
                yield from each._words()

    def inside(self, **attrs: str) -> bool:
        """Return whether an ancestor of the element has these attributes."""
        at = self.above
        while at is not None:
            if at.has({name.rstrip("_"): value for name, value in attrs.items()}):
                return True
            at = at.above
        return False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.below.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.below.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}> at {self.getpos()}"
        assert self.at.above is not None
        self.at = self.at.above

    def handle_data(self, data: str) -> None:
        self.at.below.append(data)


@dataclass(frozen=True)
class Page:
    path: str
    source: str

    @cached_property
    def root(self) -> Element:
        reader = _Reader()
        reader.feed(self.source)
        reader.close()
        assert reader.at is reader.root, f"{self.path}: <{reader.at.tag}> is not closed"
        return reader.root

    def metas(self, name: str = "name") -> dict[str, list[str]]:
        """Return the contents of all ``meta`` elements by their ``name`` or
        ``property`` attribute.
        """
        found: dict[str, list[str]] = {}
        for meta in self.root.all("meta"):
            if name in meta.attrs:
                found.setdefault(meta.attrs[name], []).append(meta.attrs.get("content", ""))
        return found

    @property
    def blocks(self) -> list[Any]:
        """Return the parsed JSON-LD blocks of the page."""
        scripts = self.root.all("script", type_="application/ld+json")
        return [json.loads("".join(map(str, each.below))) for each in scripts]

    def spoiled(self, pattern: str, by: str) -> Page:
        """Return a copy of the page in which the first match of ``pattern`` is replaced."""
        source, count = re.subn(pattern, by, self.source, count=1, flags=re.DOTALL)
        assert count == 1, pattern
        return Page(self.path, source)
