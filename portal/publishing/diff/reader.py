"""A parser that splits field values into blocks (paragraphs, headings, table cells) of words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.utils.translation import gettext as _

#: A Latin word or number, a run of spaces, or one other character (such as a Chinese one).
WORD = re.compile(r"[A-Za-z0-9_.%+-]+|\s+|.", re.DOTALL)
BLOCK_TAGS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "td",
        "th",
        "caption",
        "figcaption",
        "blockquote",
        "pre",
        "hr",
        "figure",
        "div",
    ]
)
LIST_TAGS = frozenset(["ul", "ol"])
FORMAT_TAGS = frozenset(
    ["strong", "b", "em", "i", "u", "s", "sub", "sup", "a", "mark", "small", "code", "span"]
)


@dataclass(frozen=True)
class Word:
    """A word or an image, with the names of the formats (such as ``strong``) applied to it."""

    text: str
    formats: frozenset[str] = frozenset()
    is_picture: bool = False

    @property
    def key(self) -> tuple[str, bool]:
        """The part of a word that the comparison uses: the text without its formats."""
        return self.text, self.is_picture


@dataclass
class Block:
    """A paragraph, heading, list item or table cell; ``tag`` includes the HTML attributes."""

    tag: str
    words: list[Word] = field(default_factory=list)

    @property
    def key(self) -> tuple:
        return self.tag, tuple(self.words)

    @property
    def is_cell(self) -> bool:
        return self.tag[:2] in {"td", "th"}


class _BlockParser(HTMLParser):
    """A parser that collects the blocks of sanitised HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = [Block("p")]
        self.formats: list[str] = []
        self.lists: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            name = _("[picture %(id)s: %(alt)s]") % {
                "id": values.get("data-image", ""),
                "alt": values.get("alt", ""),
            }
            formats = frozenset([*self.formats, *values.get("class", "").split()])
            self.blocks[-1].words.append(Word(name, formats, is_picture=True))
        elif tag == "br":
            self.blocks[-1].words.append(Word("↵"))
        elif tag in LIST_TAGS:
            self.lists.append(" ".join([tag, *(f"{k}={v}" for k, v in sorted(values.items()))]))
        elif tag in BLOCK_TAGS:
            list_tag = self.lists[-1:] if tag == "li" else []
            attributes = [f"{name}={value}" for name, value in sorted(values.items()) if value]
            self.blocks.append(Block(" ".join([*list_tag, tag, *attributes])))
        elif tag in FORMAT_TAGS:
            self.formats.append(f"{tag} {values['href']}" if values.get("href") else tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in LIST_TAGS:
            del self.lists[-1:]
        elif tag in BLOCK_TAGS:
            self.blocks.append(Block("p"))
        elif tag in FORMAT_TAGS:
            for index in range(len(self.formats) - 1, -1, -1):
                if self.formats[index].split(" ")[0] == tag:
                    del self.formats[index]
                    break

    def handle_data(self, data: str) -> None:
        formats = frozenset(self.formats)
        self.blocks[-1].words += [Word(text, formats) for text in WORD.findall(data)]


def read_rich(html: str) -> list[Block]:
    """Parse sanitised HTML into blocks; leave out empty blocks."""
    parser = _BlockParser()
    parser.feed(html)
    parser.close()
    return [
        block
        for block in parser.blocks
        if block.tag == "hr" or any(word.is_picture or word.text.strip() for word in block.words)
    ]


def read_plain(text: str) -> list[Block]:
    """Parse plain text into one block for each non-empty line."""
    lines = [line for line in text.split("\n") if line]
    return [Block("p", [Word(word) for word in WORD.findall(line)]) for line in lines]
