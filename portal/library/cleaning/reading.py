"""Read pasted HTML into a tree that contains only what its author sees.

The reader removes hidden, deleted and commented content while it builds the tree, so that neither
the depth of an element nor a broken structure can bring it back. It also decides which addresses of
links and which images are kept, and notes in a report what it took out or changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

from portal.library.cleaning import hidden_cells, images, links, word_lists
from portal.library.cleaning.report import Kind, Report
from portal.library.cleaning.style_sheets import StyleSheet
from portal.library.cleaning.visibility import Visibility, is_hidden_box
from portal.library.markup import MAX_DEPTH, VOID, Element, Node, TreeBuilder, tag_names

_OFFICE = re.compile(
    r"urn:schemas-microsoft-com:office|<w:worddocument|<o:p\b|class=[\"']?mso[a-z]|[\"';\s]mso-[a-z]"
    r"|content=[\"']?(word|excel|powerpoint|wps|et)\.(document|sheet)"
    r"|content=[\"']?microsoft (word|excel|powerpoint|outlook)"
    r"|content=[\"']?(wps|kingsoft|libreoffice|openoffice)",
    re.IGNORECASE,
)
# One of these words is in each match of ``_OFFICE``; they are found much faster.
_OFFICE_WORDS = ("mso", "urn:schemas-microsoft-com", "<w:worddocument", "<o:p", "content=")
_EMBEDDED = re.compile(r"<(iframe|frame|video|audio|embed|object)\b", re.IGNORECASE)
_ANCHOR_LINK = re.compile(r'href="#([^"]+)"')
_TABLE_PARTS = tag_names("tr td th col colgroup thead tbody tfoot")
#: Stands in a pasted text where a picture was that could not be taken along. The text is Chinese
#: in every language of the interface, because it becomes part of the article until it is replaced.
MISSING_PICTURE = "【此处缺图】"
_MISSING_PICTURE = re.compile(r"【\s*此\s*处\s*缺\s*图\s*】")


def count_missing_pictures(text: str) -> int:
    """Return how many places of a text without markup still say that a picture is missing."""
    return len(_MISSING_PICTURE.findall(text))


def is_office_text(html: str) -> bool:
    """Return whether an office program has written a text."""
    lower = html.lower()
    return any(word in lower for word in _OFFICE_WORDS) and bool(_OFFICE.search(html))


@dataclass
class Source:
    """A text that comes in, and what the reader knows of it besides its elements."""

    html: str
    report: Report
    #: The browser puts the images marked ``data-pending`` back after the cleaning.
    is_pasted: bool = False
    sheet: StyleSheet = field(init=False)
    is_office: bool = field(init=False)

    def __post_init__(self) -> None:
        self.sheet = StyleSheet.of(self.html)
        self.is_office = is_office_text(self.html)
        if embedded := len(_EMBEDDED.findall(self.html)):
            self.report.add(Kind.EMBEDDED, count=embedded)

    def read(self, readable: str) -> list[Node]:
        """Parse the source as nh3 has written it; return what its author sees."""
        reader = _Reader(self, frozenset(map(unescape, _ANCHOR_LINK.findall(readable))))
        reader.read(readable)
        hidden_cells.remove(reader.root, self.report)
        word_lists.prepare(reader.root, self.sheet)
        return reader.root.children


@dataclass
class _Passage:
    """Content that is being taken out: its reason, its words, and whether it shows anything."""

    kind: Kind
    pieces: list[str] = field(default_factory=list)
    has_image: bool = False


class _Reader(TreeBuilder):
    def __init__(self, source: Source, anchors: frozenset[str]) -> None:
        super().__init__()
        self.source = source
        self.states = [Visibility()]
        self.known: dict[tuple[object, ...], tuple[bool, Visibility]] = {}
        self.passage: _Passage | None = None
        self.anchors = anchors
        self.used_anchors: set[str] = set()
        self.waiting_anchor = ""

    def start_element(self, element: Element) -> None:
        tag = element.tag
        is_hidden_part, state = self._visibility_of(element)
        if is_hidden_part:
            # Removed by hidden_cells, which needs its place in the table.
            element.attrs["hidden"] = ""
        if state.taken_out or (state.is_hidden and tag == "img"):
            self._take_out(state.taken_out or Kind.HIDDEN, is_image=tag == "img")
            if tag not in VOID:
                self.open.append(Element(tag))
                self.states.append(state)
            return
        self._end_passage(state)
        self._note_anchor(element)
        if tag == "img":
            self._read_image(element)
            return
        if tag == "a":
            self._read_link(element)
        super().start_element(element)
        if tag not in VOID:
            self.states.append(state)

    def _visibility_of(self, element: Element) -> tuple[bool, Visibility]:
        """Return whether an element is a hidden part of a table, and what becomes of its content.

        The result is remembered, because most elements of a text have the attributes of another.
        """
        is_table_part = element.tag in _TABLE_PARTS and len(self.open) <= MAX_DEPTH
        state = self.states[-1]  # which the values of ``known`` keep alive, and so its id
        key = (id(state), is_table_part, element.tag, *element.attrs.items())
        if key not in self.known:
            style = self.source.sheet.style_of(element)
            is_hidden_part = is_table_part and is_hidden_box(element, style)
            if not is_hidden_part:
                state = state.inside(element, style, is_office=self.source.is_office)
            self.known[key] = is_hidden_part, state
        return self.known[key]

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        if tag not in VOID and len(self.states) > 1:
            self.states.pop()

    def handle_data(self, data: str) -> None:
        state = self.states[-1]
        if state.taken_out or state.is_text_unseen:
            self._take_out(state.taken_out or Kind.HIDDEN, data)
            return
        if data.strip():
            self._end_passage(state)
        if self.waiting_anchor and data.strip():
            target = Element("span", {"id": self.waiting_anchor}, [data])
            self.open[-1].children.append(target)
            self.waiting_anchor = ""
        else:
            super().handle_data(data)

    def close(self) -> None:
        super().close()
        self._end_passage(Visibility())

    # What is taken out

    def _take_out(self, kind: Kind, text: str = "", *, is_image: bool = False) -> None:
        """Add to the passage that is being taken out."""
        if self.passage is None or self.passage.kind is not kind:
            self._end_passage(Visibility())
            self.passage = _Passage(kind)
        self.passage.pieces.append(text)
        self.passage.has_image |= is_image

    def _end_passage(self, state: Visibility) -> None:
        """Report the passage before content that stays."""
        passage, self.passage = self.passage, None
        if passage is None:
            return
        words = "".join(passage.pieces).strip()
        if words or passage.has_image:
            self.source.report.add(passage.kind, words)

    # Links, anchors and images

    def _read_link(self, element: Element) -> None:
        href = element.attrs.pop("href", "")
        if not href.strip():
            return
        url = links.allowed_url(href)
        if url is None:
            self.source.report.add(Kind.LINK_REMOVED, href)
            return
        if links.is_completed(href, url):
            self.source.report.add(Kind.LINK_COMPLETED, url)
        element.attrs["href"] = url

    def _note_anchor(self, element: Element) -> None:
        """Remember that a link of this text leads to the element; its next words get the id."""
        for name in (element.attrs.pop("id", ""), element.attrs.pop("name", "")):
            if name in self.anchors and name not in self.used_anchors:
                self.waiting_anchor = name
                self.used_anchors.add(name)

    def _read_image(self, element: Element) -> None:
        """Add an image of the library, or one that the browser will upload; report any other."""
        if self.source.is_pasted and images.is_pending(element):
            self.open[-1].children.append(element)
        elif (image_id := images.image_id(element)) is not None:
            element.attrs["data-image"] = str(image_id)
            element.attrs.pop("src", None)
            self.open[-1].children.append(element)
        elif not images.is_placeholder(element):
            self.source.report.add(Kind.PICTURE, images.origin(element))
            if self.source.is_pasted:
                super().handle_data(MISSING_PICTURE)
