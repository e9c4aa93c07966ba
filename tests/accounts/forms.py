"""A form of a page as a browser understands and sends it."""

import re
from html.parser import HTMLParser


class PageForm(HTMLParser):
    """The form with this id: where it goes, and its inputs' names and values."""

    def __init__(self, page: bytes, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.attributes: dict[str, str] = {}
        self.inputs: list[tuple[str, str]] = []
        self.buttons = 0
        # A browser's parser turns CRLF into LF before anything else.
        self.feed(page.decode().replace("\r\n", "\n").replace("\r", "\n"))
        assert self.attributes, f"no form {form_id}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("id") == self.form_id:
            self.inside, self.attributes = True, found
        elif tag == "input" and self.inside and found.get("type") == "submit":
            self.buttons += 1
        elif tag == "input" and self.inside and "name" in found:
            self.inputs.append((found["name"], found.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False

    def data(self, **typed: str) -> dict[str, list[str]]:
        """Return what is sent: every line break becomes CRLF."""
        data: dict[str, list[str]] = {}
        for name, value in [*self.inputs, *typed.items()]:
            if name in typed:
                data[name] = [typed[name]]
            else:
                data.setdefault(name, []).append(re.sub(r"\r\n|\r|\n", "\r\n", value))
        return data
