"""A tree of an XML part that keeps prefixes, namespace declarations and the order of attributes.

The standard library's ElementTree renames prefixes and drops declarations, to which the attribute
``mc:Ignorable`` of Office files refers by prefix: Word refuses a file after that.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

from . import limits
from .findings import UnreadableDocument

#: The canonical prefix of each namespace. Office files come in a transitional and a strict form.
PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "x",
    "http://purl.oclc.org/ooxml/spreadsheetml/main": "x",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p",
    "http://purl.oclc.org/ooxml/presentationml/main": "p",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "urn:schemas-microsoft-com:vml": "v",
}

Attributes = dict[str, str]
StartHandler = Callable[[str, str, Attributes], None]


class Node:
    """An element: its name as written, its canonical name (``w:del``), attributes and children."""

    __slots__ = ("attributes", "children", "key", "name")

    def __init__(self, name: str, key: str, attributes: Attributes) -> None:
        self.name = name
        self.key = key
        self.attributes = attributes
        self.children: list[Node | str] = []

    @property
    def local_name(self) -> str:
        return local_name(self.name)

    def elements(self) -> Iterator[Node]:
        """Yield the child elements."""
        return (child for child in self.children if isinstance(child, Node))

    def child(self, key: str) -> Node | None:
        """Return the first child element with this canonical name, or None."""
        return next((child for child in self.elements() if child.key == key), None)

    def descendants(self) -> Iterator[Node]:
        """Yield all elements below this one, in document order."""
        pending = list(self.elements())[::-1]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(list(node.elements())[::-1])

    def text(self) -> str:
        """Return the character data of the element and of all elements below it."""
        pieces = [child for child in self.children if isinstance(child, str)]
        for node in self.descendants():
            pieces += [child for child in node.children if isinstance(child, str)]
        return "".join(pieces)

    def remove(self, unwanted: Iterable[Node]) -> None:
        """Remove these child elements."""
        ids = {id(node) for node in unwanted}
        self.children = [child for child in self.children if id(child) not in ids]


def local_name(name: str) -> str:
    return name.rpartition(":")[2]


def attribute(attributes: Attributes, name: str, default: str = "") -> str:
    """Return the attribute with this local name, whatever its prefix."""
    for key, value in attributes.items():
        if local_name(key) == name and not key.startswith("xmlns"):
            return value
    return default


def relationship_id(attributes: Attributes) -> str:
    """Return the attribute ``r:id``, which is always written with a prefix."""
    return next((v for k, v in attributes.items() if ":" in k and local_name(k) == "id"), "")


def is_on(value: str) -> bool:
    """Return whether a boolean attribute is true."""
    return value.strip().lower() in {"1", "true", "on"}


def parse_events(
    chunks: Iterable[bytes],
    *,
    start: StartHandler,
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Parse XML and pass its events to the handlers.

    ``start`` receives (name as written, canonical name, attributes). Raises ``UnreadableDocument``
    for XML that is not well formed, has a document type, or exceeds a limit.
    """
    names: dict[str, str] = {}
    parser = ParserCreate(None, None, names)
    parser.buffer_text = True
    resolver = _NamespaceResolver(start, end)
    parser.StartElementHandler = resolver.start
    parser.EndElementHandler = resolver.end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    fed = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            fed += len(chunk)
            if (
                len(names) > limits.MAX_NAMES
                or fed - parser.CurrentByteIndex > limits.MAX_TOKEN_BYTES
            ):
                raise UnreadableDocument("XML beyond the limits")
        parser.Parse(b"", True)
    except (ExpatError, ValueError, LookupError) as error:
        raise UnreadableDocument(f"XML: {error}") from error


class _NamespaceResolver:
    """Handler of expat's events that adds the canonical names and counts the events."""

    def __init__(self, start: StartHandler, end: Callable[[str], None]) -> None:
        self._start, self._end = start, end
        self._prefixes: list[dict[str, str]] = [{}]
        self._events = 0

    def start(self, name: str, attributes: Attributes) -> None:
        self._events += 1
        if self._events > limits.MAX_EVENTS or len(self._prefixes) > limits.MAX_DEPTH:
            raise UnreadableDocument("XML beyond the limits")
        prefixes = self._prefixes[-1]
        for key, value in attributes.items():
            if key.startswith("xmlns"):
                if prefixes is self._prefixes[-1]:
                    prefixes = dict(prefixes)
                prefixes[key[6:]] = PREFIXES.get(value, "")
        self._prefixes.append(prefixes)
        prefix, _colon, local = name.rpartition(":")
        canonical = prefixes.get(prefix, "")
        self._start(name, f"{canonical}:{local}" if canonical else local, attributes)

    def end(self, name: str) -> None:
        self._prefixes.pop()
        self._end(name)


def parse(data: bytes) -> Node:
    """Parse a whole part; return its root element. Comments are dropped."""
    document = Node("", "", {})
    stack = [document]
    count = 0

    def start(name: str, key: str, attributes: Attributes) -> None:
        nonlocal count
        count += 1
        if count > limits.MAX_NODES:
            raise UnreadableDocument("too many elements")
        node = Node(name, key, attributes)
        stack[-1].children.append(node)
        stack.append(node)

    def end(_name: str) -> None:
        stack.pop()

    def text(words: str) -> None:
        stack[-1].children.append(words)

    parse_events([data], start=start, end=end, text=text)
    return next(document.elements())


def serialise(root: Node) -> bytes:
    """Return a part with this root element, in UTF-8."""
    pieces = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n']
    _write(root, pieces)
    return "".join(pieces).encode("utf-8", "surrogatepass")


def _write(node: Node, pieces: list[str]) -> None:
    if not node.children:
        pieces.append(start_tag(node.name, node.attributes, is_empty=True))
        return
    pieces.append(start_tag(node.name, node.attributes))
    for child in node.children:
        if isinstance(child, str):
            pieces.append(escape_text(child))
        else:
            _write(child, pieces)
    pieces.append(f"</{node.name}>")


def start_tag(name: str, attributes: Attributes, *, is_empty: bool = False) -> str:
    """Return a start tag, or the tag of an empty element."""
    written = "".join(f' {key}="{_escape_attribute(value)}"' for key, value in attributes.items())
    return f"<{name}{written}{'/' if is_empty else ''}>"


def escape_text(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _escape_attribute(value: str) -> str:
    return escape(value, {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def is_utf8(data: bytes) -> bool:
    """Return whether XML is in UTF-8 or ASCII, so that its markup can be searched as bytes."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data[:200]:
        return False
    declared = re.match(
        rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)", data.lstrip(b"\xef\xbb\xbf")
    )
    return declared is None or declared[1].lower() in {b"utf-8", b"utf8", b"us-ascii", b"ascii"}


def _refuse_doctype(*_declaration: Any) -> None:
    raise UnreadableDocument("a document type declaration")
