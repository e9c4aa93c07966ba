"""The text of an article looks in the admin as on its public page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page as Tab

from tests.sample import Page

from .reader import Reader, article_in_admin

#: Returns the indents (in em) and the markers of the elements that Django's style sheet changes, by
#: tag name and properties. The argument is the selector of the text.
STYLES = """(text) => {
  const found = new Set();
  const changed = "ul, ol, li, blockquote, blockquote p";
  for (const element of document.querySelector(text).querySelectorAll(changed)) {
    const style = getComputedStyle(element);
    const em = (name) => (parseFloat(style[name]) / parseFloat(style.fontSize)).toFixed(1);
    const { listStyleType, fontStyle, textTransform } = style;
    found.add([
      element.localName, listStyleType, fontStyle, textTransform,
      em("marginLeft"), em("paddingLeft"), em("textIndent"),
    ].join(" "));
  }
  return [...found].sort();
}"""


@pytest.mark.parametrize(
    ("page", "text"),
    [("change", ".cke_wysiwyg_div.prose"), ("approval-form", "section.prose")],
)
def test_lists_and_quotations_look_as_on_the_public_page(
    reader: Reader,
    sign_in: Callable[[str], Tab],
    pages: dict[str, Page],
    page: str,
    text: str,
) -> None:
    reader.tab.set_viewport_size({"width": 1440, "height": 900})
    reader.open("article-everything")
    public = reader.tab.evaluate(STYLES, ".prose")
    assert {each.split()[0] for each in public} == {"ul", "ol", "li", "blockquote", "p"}
    tab = sign_in("editor")
    tab.goto(f"{article_in_admin(pages)}{page}/")
    tab.locator(text).wait_for()
    assert tab.evaluate(STYLES, text) == public
