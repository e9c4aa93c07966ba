"""Forms of HTML pages, which tests read and send in the same way as a browser."""

import re
from html.parser import HTMLParser
from typing import Any


class HtmlForm(HTMLParser):
    """The form with this id or CSS class, and its values.

    Fields inside a ``template`` element are ignored.
    """

    def __init__(self, page: bytes, name: str) -> None:
        super().__init__()
        self.name = name
        self.action = ""
        self.method = "get"
        self.submit_buttons = 0
        self.values: list[tuple[str, str]] = []
        self.found = self.inside = False
        self.templates = 0
        self.select: str | None = None
        self.textarea: str | None = None
        self.options: list[str] = []
        self.chosen: list[str] = []
        # The HTML parser of a browser converts CRLF to LF before it reads a form.
        self.feed(page.decode().replace("\r\n", "\n").replace("\r", "\n"))
        assert self.found, f"no form {name}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and self.name in [found.get("id"), *found.get("class", "").split()]:
            self.found = self.inside = True
            self.action = found.get("action", "")
            self.method = found.get("method", "get")
        self.templates += tag == "template"
        if not self.inside or self.templates or "disabled" in found:
            return
        name, value = found.get("name", ""), found.get("value", "")
        kind = found.get("type", "text")
        self.submit_buttons += tag in {"input", "button"} and kind == "submit"
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
            # HTML ignores the first line break in a textarea, so it is not part of the value.
            self.values.append((self.textarea, self.text.removeprefix("\n")))
            self.textarea = None
        elif tag == "form":
            self.inside = False

    def data(self, **changes: Any) -> dict[str, Any]:
        """Return the data that a browser would send, with the given changes.

        Line breaks are sent as CRLF; a change to None removes a field.
        """
        data: dict[str, Any] = {}
        for name, value in self.values:
            data.setdefault(name, []).append(re.sub(r"\r\n|\r|\n", "\r\n", value))
        return {name: value for name, value in {**data, **changes}.items() if value is not None}


def form_data(response: Any, **changes: Any) -> dict[str, Any]:
    """Return the data of the form ``content-form`` on a page, with the given changes."""
    return HtmlForm(response.content, "content-form").data(**changes)
