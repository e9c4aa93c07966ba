"""A parser for the form of an admin page, which reads fields in the same way as a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class EditPage:
    """The field values of the form ``content-form``, and the text of the section ``conflict``."""

    fields: dict[str, str] = field(default_factory=dict)
    conflict: str = ""

    @classmethod
    def read(cls, html: str) -> EditPage:
        reader = _Reader()
        reader.feed(html)
        reader.close()
        return cls(reader.fields, "".join(reader.conflict))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, str] = {}
        self.conflict: list[str] = []
        self._in_form = False
        # Nesting depth of <template> elements; browsers do not send the fields inside them.
        self._templates = 0
        self._sections: list[bool] = []
        self._textarea: str | None = None
        self._select: str | None = None
        self._textarea_parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "section":
            self._sections.append(given.get("id") == "conflict")
        if tag == "form":
            self._in_form = given.get("id") == "content-form"
        if tag == "template":
            self._templates += 1
        if not self._in_form or self._templates:
            return
        name = given.get("name", "")
        if tag == "textarea":
            self._textarea, self._textarea_parts = name, []
        elif tag == "select":
            self._select = name
            if "multiple" not in given:
                self.fields.setdefault(name, "")
        elif tag == "option" and self._select and "selected" in given:
            self.fields[self._select] = given.get("value", "")
        elif tag == "input" and name and _is_sent(given):
            self.fields[name] = given.get("value", "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "section" and self._sections:
            self._sections.pop()
        elif tag == "form":
            self._in_form = False
        elif tag == "template":
            self._templates -= 1
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._textarea is not None:
            # HTML ignores the first line break in a textarea, so it is not part of the value.
            self.fields[self._textarea] = "".join(self._textarea_parts).removeprefix("\n")
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea_parts.append(data)
        if any(self._sections):
            self.conflict.append(data)


def _is_sent(given: dict[str, str]) -> bool:
    kind = given.get("type", "")
    return kind not in {"submit", "button"} and (kind != "checkbox" or "checked" in given)
