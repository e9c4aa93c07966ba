"""Open the pages of ``tests.pages`` in each theme and width, and report the problems of a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page as Tab
from playwright.sync_api import Route

from tests import node
from tests.sample import FORM, Page

#: Width -> height of the viewport in pixels: the narrowest phone, a tablet, a desktop.
SIZES = {320: 640, 768: 1024, 1440: 900}
#: Theme -> the minimum size in pixels that the theme guarantees for links and buttons. 0 means that
#: only axe checks their size: at least 24 pixels, as WCAG requires.
THEMES = {"light": 0, "dark": 0, "elder": 44}

#: Script that makes the browser render list items outside the viewport, so that they are checked,
#: too.
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


def article_in_admin(pages: dict[str, Page]) -> str:
    """Return the URL path, in the admin, of the article that has every element."""
    return pages["article-everything"].address.replace("/news/", "/admin/news/article/")


class Reader:
    """A browser tab, with methods that open a page of ``tests.pages`` and check it."""

    def __init__(self, tab: Tab, url: str, pages: dict[str, Page]) -> None:
        self.tab = tab
        self.url = url
        self.pages = pages

    def open(self, name: str) -> None:
        """Open a page by a GET request, or by sending its form if ``page.sent`` is not empty."""
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
        """Display the open page in each theme and width; yield the theme and the width."""
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
                # A script clicks the switch, because the switch may be outside the viewport.
                self.tab.locator("#elder").evaluate(
                    "(box, on) => box.checked === on || box.click()", theme == "elder"
                )
            yield theme

    @property
    def has_switch(self) -> bool:
        """Return whether the page has the switch to the elder version; emergency pages do not have
        it.
        """
        return self.tab.locator("#elder").count() == 1

    def faults(self, theme: str, width: int) -> list[str]:
        """Return the problems that ``look.js`` and axe find in the open page."""
        seen: list[str] = self.tab.evaluate(LOOK, THEMES[theme])
        if not self.tab.evaluate("() => 'axe' in window"):
            self.tab.evaluate(node.AXE.read_text())
        found: list[str] = self.tab.evaluate(AXE)
        return seen + found
