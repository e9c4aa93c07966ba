"""The desk's forms as a browser reads and sends them."""

import re
from html.parser import HTMLParser
from typing import Any


class HtmlForm(HTMLParser):
    """The form with this id (or class), filled in as the page has it. ``template`` is not of it."""

    def __init__(self, page: bytes, name: str) -> None:
        super().__init__()
        self.name = name
        self.action = ""
        self.values: list[tuple[str, str]] = []
        self.found = self.inside = False
        self.templates = 0
        self.select: str | None = None
        self.textarea: str | None = None
        self.options: list[str] = []
        self.chosen: list[str] = []
        # A browser's parser turns CRLF into LF before anything else.
        self.feed(page.decode().replace("\r\n", "\n").replace("\r", "\n"))
        assert self.found, f"no form {name}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and self.name in [found.get("id"), *found.get("class", "").split()]:
            self.found = self.inside = True
            self.action = found.get("action", "")
        self.templates += tag == "template"
        if not self.inside or self.templates or "disabled" in found:
            return
        name, value = found.get("name", ""), found.get("value", "")
        kind = found.get("type", "text")
        if tag == "input" and name and kind not in {"submit", "button", "file", "image"}:
            if kind not in {"checkbox", "radio"}:
                self.values.append((name, value))
            elif "checked" in found:
                self.values.append((name, value or "on"))
        elif tag == "select":
            self.select, self.options, self.chosen = name, [], []
            self.many = "multiple" in found
        elif tag == "option" and self.select:
            self.options.append(value)
            if "selected" in found:
                self.chosen.append(value)
        elif tag == "textarea":
            self.textarea, self.text = name, ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.templates -= 1
        elif tag == "select" and self.select:
            chosen = self.chosen or ([] if self.many else self.options[:1])
            self.values += [(self.select, value) for value in chosen]
            self.select = None
        elif tag == "textarea" and self.textarea:
            # The first line break of a text area belongs to the tag.
            self.values.append((self.textarea, self.text.removeprefix("\n")))
            self.textarea = None
        elif tag == "form":
            self.inside = False

    def data(self, **changes: Any) -> dict[str, Any]:
        """What is sent: every line break becomes CRLF. ``None`` leaves a field out."""
        data: dict[str, Any] = {}
        for name, value in self.values:
            data.setdefault(name, []).append(re.sub(r"\r\n|\r|\n", "\r\n", value))
        return {name: value for name, value in {**data, **changes}.items() if value is not None}


def form_data(response: Any, **changes: Any) -> dict[str, Any]:
    """The form of an article's page, with these fields typed anew."""
    return HtmlForm(response.content, "content-form").data(**changes)
