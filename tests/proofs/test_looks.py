"""Every kind of page, in every theme, at every width: axe finds nothing, and neither does the eye.

``look.js`` is the eye: no sideways scrolling, no text over text or out of its box, targets as large
as the theme promises, nothing that moves by itself.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.pages import PAGES

from .reader import SIZES, THEMES, Reader

#: Made when nothing can be relied on: without the switch of the elder version.
BARE = {"feedback-away", "unintelligible", "broken", "busy", "down"}
#: What is closed at first: the page, what opens it, what is seen then.
OPENED = [
    ("home", ".menu summary", ".menu-top"),
    ("article-everything", "#share summary", ".share-panel"),
    ("article-everything", ".plate-link", "#lightbox"),
    ("search", ".search-filters summary", "#column"),
]
CLOSE = "document.querySelectorAll('details').forEach((each) => (each.open = false))"


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wrong_with_the_page(reader: Reader, name: str) -> None:
    reader.open(name)
    found = {look: reader.faults(*look) for look in reader.looks()}
    themes = [theme for theme in THEMES if theme != "elder" or name not in BARE]
    assert list(found) == [(theme, width) for theme in themes for width in SIZES]
    problems = told(found)
    assert not problems, problems


@pytest.mark.parametrize(("name", "opener", "seen"), OPENED)
def test_nothing_is_wrong_with_what_opens(
    reader: Reader, name: str, opener: str, seen: str
) -> None:
    reader.open(name)
    found = {}
    for look in reader.looks():
        if reader.tab.locator(opener).first.is_visible():  # wide screens have no menu to open
            reader.tab.locator(opener).first.evaluate("opener => opener.click()")
            reader.tab.locator(seen).first.wait_for()
            found[look] = reader.faults(*look)
            reader.tab.keyboard.press("Escape")
            reader.tab.evaluate(CLOSE)
    assert {theme for theme, _width in found} == set(THEMES)
    problems = told(found)
    assert not problems, problems


def told(found: dict[tuple[str, int], list[str]]) -> str:
    """Each fault once, with the looks that have it."""
    looks = defaultdict(list)
    for (theme, width), faults in found.items():
        for fault in faults:
            looks[fault].append(f"{theme} {width}")
    return "\n".join(f"{fault} [{', '.join(where)}]" for fault, where in looks.items())
