"""A reader: opens pages of the table, in any theme and at any width, and says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page as Tab
from playwright.sync_api import Route

from tests import node
from tests.sample import FORM, Page

#: The narrowest screen, a tablet, a desk.
SIZES = {320: 640, 768: 1024, 1440: 900}
#: And the smallest target in each, in pixels: what the elder version promises. axe looks for WCAG's
#: 24, or room around what is smaller.
THEMES = {"light": 0, "dark": 0, "elder": 44}

#: What a browser leaves out while it is far away is judged, too.
ALL_SLIDES = """document.querySelectorAll(".pictures li")
  .forEach((slide) => { slide.style.contentVisibility = "visible"; })"""
LOOK = Path(__file__).with_name("look.js").read_text()
AXE = """async () => {
  const { violations } = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id} (${help}): ${node.target.join(" ")} ${node.html.slice(0, 160)}`));
}"""


class Reader:
    def __init__(self, tab: Tab, url: str, pages: dict[str, Page]) -> None:
        self.tab = tab
        self.url = url
        self.pages = pages

    def open(self, name: str) -> None:
        """By its address; where a form was sent, by sending it."""
        page = self.pages[name]
        address = self.url + page.address

        def send(route: Route) -> None:
            headers = {**route.request.headers, "content-type": FORM}
            route.continue_(method="POST", headers=headers, post_data=page.sent)

        if page.sent:
            self.tab.route(address, send, times=1)
        response = self.tab.goto(address)
        assert response is not None
        assert response.status == page.status
        self.tab.evaluate(ALL_SLIDES)

    def looks(self) -> Iterator[tuple[str, int]]:
        """The page in one theme after the other, at each width."""
        for theme in self.themes():
            for width, height in SIZES.items():
                self.tab.set_viewport_size({"width": width, "height": height})
                yield theme, width

    def themes(self) -> Iterator[str]:
        for theme in THEMES:
            if theme == "elder" and not self.has_switch:
                continue
            self.tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            if self.has_switch:
                # A reader's own click: the switch may stand anywhere.
                self.tab.locator("#elder").evaluate(
                    "(box, on) => box.checked === on || box.click()", theme == "elder"
                )
            yield theme

    @property
    def has_switch(self) -> bool:
        """The pages made when nothing can be relied on have neither switch nor script."""
        return self.tab.locator("#elder").count() == 1

    def faults(self, theme: str, width: int) -> list[str]:
        """What a person sees to be wrong, then what axe finds."""
        seen: list[str] = self.tab.evaluate(LOOK, THEMES[theme])
        if not self.tab.evaluate("() => 'axe' in window"):
            self.tab.evaluate(node.AXE.read_text())
        found: list[str] = self.tab.evaluate(AXE)
        return seen + found
