"""The style sheets that Word, WPS and Excel put on the clipboard: simple rules and list levels.

Only selectors of a tag, classes and an id are read (``p.MsoNormal``, ``.xl65``, ``#x``), which is
what office programs write; the cleaning looks for what hides text, not for the look of a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from portal.library.cleaning.limits import TooComplex
from portal.library.markup import Element

#: Limits for the style sheets of one text; above them the text is refused, because a rule that is
#: not read might hide words. Word's and Excel's own are below 200 KB. A step is a rule that is read
#: or compared with an element, or a declaration that applies to one; elements with the same
#: attributes count once.
MAX_CHARACTERS = 1_000_000
MAX_RULES = 10_000
MAX_STEPS = 1_000_000
# Maximum length of a style attribute whose declarations are remembered.
_MAX_REMEMBERED = 300
_NO_DECLARATIONS: Mapping[str, str] = {}

_SELECTOR = re.compile(r"([a-z][\w-]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_STYLE_START = re.compile(r"<style", re.ASCII | re.IGNORECASE)
_STYLE_END = re.compile(r"</style", re.ASCII | re.IGNORECASE)
_LIST_LEVEL = re.compile(r"@list\s+l(\d+):level(\d)", re.IGNORECASE)


@dataclass
class StyleSheet:
    """Declarations by selector, and those of the levels of Word's lists by (list, level)."""

    rules: dict[str, list[tuple[frozenset[str], Mapping[str, str]]]] = field(default_factory=dict)
    list_levels: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    _styles: dict[tuple[str | None, ...], Mapping[str, str]] = field(default_factory=dict)
    _steps: int = 0

    @classmethod
    def of(cls, html: str) -> StyleSheet:
        """Read all ``<style>`` elements of an HTML text."""
        sheet = cls()
        text = "".join(_style_texts(html))
        if len(text) > MAX_CHARACTERS:
            raise TooComplex
        text = _without_comments(text).replace("<!--", "").replace("-->", "")
        for selectors, body in _blocks(text):
            declarations = parse_declarations(body)
            if match := _LIST_LEVEL.match(selectors):
                sheet.list_levels[match[1], match[2]] = declarations
            elif not selectors.startswith("@") and declarations:
                for selector in selectors.split(","):
                    sheet._add(selector.strip(), declarations)
            sheet._steps += 1 + selectors.count(",")
            if sheet._steps > MAX_RULES:
                raise TooComplex
        return sheet

    def style_of(self, element: Element) -> Mapping[str, str]:
        """Return the declarations that apply to an element; its own style attribute has priority.

        Rules for classes have priority over rules for tags.
        """
        attrs = element.attrs
        if not self.rules:
            return parse_declarations(attrs.get("style", ""))
        key = (element.tag, attrs.get("class"), attrs.get("id"), attrs.get("style"))
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._cascade(element)
        return style

    def _cascade(self, element: Element) -> Mapping[str, str]:
        names = ["*", element.tag, *(f".{name.lower()}" for name in element.classes)]
        if "id" in element.attrs:
            names.append(f"#{element.attrs['id'].lower()}")
        present = frozenset(names)
        found: dict[str, str] = {}
        for name in reversed(dict.fromkeys(reversed(names))):  # a repeated class counts last
            for needed, declarations in self.rules.get(name, ()):
                self._steps += 1
                if needed <= present:
                    self._steps += len(declarations)
                    found.update(declarations)
            if self._steps > MAX_STEPS:
                raise TooComplex
        found.update(parse_declarations(element.attrs.get("style", "")))
        return found

    def _add(self, selector: str, declarations: Mapping[str, str]) -> None:
        match = _SELECTOR.fullmatch(selector)
        if match is None or not selector:
            return
        names = re.findall(r"[.#][\w-]+", match[2].lower())
        if match[1] and match[1] != "*":
            names.append(match[1].lower())
        key = names[0] if names else "*"
        self.rules.setdefault(key, []).append((frozenset(names), declarations))


def parse_declarations(text: str) -> Mapping[str, str]:
    """Return declarations as {lower-case property: value without ``!important``}."""
    if not text:
        return _NO_DECLARATIONS
    return _parse_often(text) if len(text) <= _MAX_REMEMBERED else _parse(text)


def _parse(text: str) -> dict[str, str]:
    parts = (each.partition(":") for each in text.split(";"))
    return {
        name.strip().lower(): value.replace("!important", "").strip().lower()
        for name, colon, value in parts
        if colon
    }


#: The same short styles occur thousands of times in a text.
_parse_often = lru_cache(maxsize=1024)(_parse)


def _style_texts(html: str) -> Iterator[str]:
    position = 0
    while match := _STYLE_START.search(html, position):
        start = html.find(">", match.end()) + 1
        end = _STYLE_END.search(html, start) if start else None
        if end is None:
            return
        yield html[start : end.start()] + "\n"
        position = end.start()


def _without_comments(text: str) -> str:
    pieces: list[str] = []
    position = 0
    while (start := text.find("/*", position)) >= 0 and (end := text.find("*/", start + 2)) >= 0:
        pieces.append(text[position:start])
        position = end + 2
    return "".join([*pieces, text[position:]])


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield (selectors, declarations) of each innermost pair of braces."""
    position = 0
    while (end := text.find("}", position)) >= 0:
        start = text.rfind("{", position, end)
        if start >= 0:
            before = text[position:start]
            yield (
                before[max(before.rfind("{"), before.rfind(";")) + 1 :].strip(),
                text[start + 1 : end],
            )
        position = end + 1
