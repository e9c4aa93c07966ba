"""The style sheets that Word, WPS and Excel put on the clipboard: simple rules and list levels.

Only selectors of a tag, classes and an id are read (``p.MsoNormal``, ``.xl65``, ``#x``), which is
what office programs write; the cleaning looks for what hides text, not for the look of a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.library.markup import Element

#: Limits for the style sheets of one text. Word's own are below 100 KB.
MAX_CHARACTERS = 1_000_000
MAX_RULES = 5000

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SELECTOR = re.compile(r"([a-z][\w-]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
# ``str.lower`` changes the length of some texts.
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_LIST_LEVEL = re.compile(r"@list\s+l(\d+):level(\d)", re.IGNORECASE)


@dataclass
class StyleSheet:
    """Declarations by selector, and those of the levels of Word's lists by (list, level)."""

    rules: dict[str, list[tuple[frozenset[str], dict[str, str]]]] = field(default_factory=dict)
    list_levels: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, html: str) -> StyleSheet:
        """Read all ``<style>`` elements of an HTML text."""
        sheet = cls()
        text = "".join(_style_texts(html))[:MAX_CHARACTERS]
        text = _COMMENT.sub("", text).replace("<!--", "").replace("-->", "")
        for number, (selectors, body) in enumerate(_blocks(text)):
            if number == MAX_RULES:
                break
            declarations = parse_declarations(body)
            if match := _LIST_LEVEL.match(selectors):
                sheet.list_levels[match[1], match[2]] = declarations
            elif not selectors.startswith("@") and declarations:
                for selector in selectors.split(","):
                    sheet._add(selector.strip(), declarations)
        return sheet

    def style_of(self, element: Element) -> dict[str, str]:
        """Return the declarations that apply to an element; its own style attribute has priority.

        Rules for classes have priority over rules for tags.
        """
        own = parse_declarations(element.attrs.get("style", ""))
        if not self.rules:
            return own
        names = ["*", element.tag, *(f".{name.lower()}" for name in element.classes)]
        if "id" in element.attrs:
            names.append(f"#{element.attrs['id'].lower()}")
        found: dict[str, str] = {}
        for name in names:
            for needed, declarations in self.rules.get(name, ()):
                if needed.issubset(names):
                    found |= declarations
        return found | own

    def _add(self, selector: str, declarations: dict[str, str]) -> None:
        match = _SELECTOR.fullmatch(selector)
        if match is None or not selector:
            return
        names = re.findall(r"[.#][\w-]+", match[2].lower())
        if match[1] and match[1] != "*":
            names.append(match[1].lower())
        key = names[0] if names else "*"
        self.rules.setdefault(key, []).append((frozenset(names), declarations))


def parse_declarations(text: str) -> dict[str, str]:
    """Return declarations as {lower-case property: value without ``!important``}."""
    parts = (each.partition(":") for each in text.split(";"))
    return {
        name.strip().lower(): value.replace("!important", "").strip().lower()
        for name, colon, value in parts
        if colon
    }


def _style_texts(html: str) -> Iterator[str]:
    lower = html.translate(_ASCII_LOWER)
    end = 0
    while (start := lower.find("<style", end)) >= 0:
        start = lower.find(">", start) + 1
        end = lower.find("</style", start)
        if not start or end < 0:
            return
        yield html[start:end] + "\n"


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
