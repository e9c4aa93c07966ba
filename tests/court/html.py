"""A strict HTML parser that reports unclosed tags, duplicate ids, dangling references and more."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input", "source", "wbr"}
#: SVG elements that end with a slash instead of a closing tag.
SELF_CLOSED = {"rect", "line", "circle", "path"}


class Page(HTMLParser):
    """A parsed page; ``problems`` contains a description of each error in its HTML."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.problems: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.levels: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        self.problems += [f"not closed: {tag}" for tag in self.open]
        self.problems += [
            f"duplicate id: {each}" for each in set(self.ids) if self.ids.count(each) > 1
        ]
        self.problems += [
            f"dangling reference: {each}" for each in self.references if each not in self.ids
        ]
        self.problems += [
            f"heading {below} below {above}"
            for above, below in zip(self.levels, self.levels[1:], strict=False)
            if below > above + 1
        ]
        if self.levels.count(1) != 1:
            self.problems.append(f"{self.levels.count(1)} headings of the first level")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add_element(tag, dict(attrs), len(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SELF_CLOSED:
            self.problems.append(f"self-closing: {tag}")
        self._add_element(tag, dict(attrs), len(attrs))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"unexpected end tag: {tag} at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"script", "style", "title", "desc"}:
            self.words.append(data)

    def _add_element(self, tag: str, attrs: dict[str, str | None], count: int) -> None:
        self.tags.append((tag, attrs))
        if len(attrs) != count:
            self.problems.append(f"duplicate attribute: {tag}")
        if {"style", "onclick"} & set(attrs):
            self.problems.append(f"inline: {tag}")
        if each := attrs.get("id"):
            self.ids.append(each)
        for name in ("aria-labelledby", "aria-describedby", "for"):
            self.references += (attrs.get(name) or "").split()
        href = attrs.get("href") or ""
        if href.startswith("#"):
            self.references.append(href[1:])
        if tag in {"h1", "h2", "h3", "h4"}:
            self.levels.append(int(tag[1]))
        if tag == "svg" and attrs.get("role") == "img" and not attrs.get("aria-labelledby"):
            self.problems.append("a drawing without an accessible name")

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())
