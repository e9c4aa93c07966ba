"""Every kind of page in every theme and width: neither axe nor ``look.js`` finds a problem.

``look.js`` measures what axe does not: no sideways scrolling, no text over text or out of its box,
targets as large as the theme promises, nothing that moves by itself.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.pages import PAGES

from .reader import SIZES, THEMES, Reader

#: Emergency pages, without the switch of the elder version.
BARE = {"feedback-away", "unintelligible", "broken", "busy", "down"}
#: Parts that are closed at first: the page, what opens the part, the part.
OPENED = [
    ("home", ".menu summary", ".menu-top"),
    ("article-everything", "#share summary", ".share-panel"),
    ("article-everything", ".plate-link", "#lightbox"),
    ("search", ".search-filters summary", "#column"),
]
CLOSE = "document.querySelectorAll('details').forEach((each) => (each.open = false))"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_problem(reader: Reader, name: str) -> None:
    reader.open(name)
    found = {look: reader.faults(*look) for look in reader.looks()}
    themes = [theme for theme in THEMES if theme != "elder" or name not in BARE]
    assert list(found) == [(theme, width) for theme in themes for width in SIZES]
    problems = summary(found)
    assert not problems, problems


@pytest.mark.parametrize(("name", "opener", "seen"), OPENED)
def test_an_opened_part_has_no_problem(reader: Reader, name: str, opener: str, seen: str) -> None:
    reader.open(name)
    found = {}
    for look in reader.looks():
        if reader.tab.locator(opener).first.is_visible():  # wide screens have no menu button
            reader.tab.locator(opener).first.evaluate("opener => opener.click()")
            reader.tab.locator(seen).first.wait_for()
            found[look] = reader.faults(*look)
            reader.tab.keyboard.press("Escape")
            reader.tab.evaluate(CLOSE)
    assert {theme for theme, _width in found} == set(THEMES)
    problems = summary(found)
    assert not problems, problems


def summary(found: dict[tuple[str, int], list[str]]) -> str:
    """Return each problem once, with the themes and widths that have it."""
    looks = defaultdict(list)
    for (theme, width), faults in found.items():
        for fault in faults:
            looks[fault].append(f"{theme} {width}")
    return "\n".join(f"{fault} [{', '.join(where)}]" for fault, where in looks.items())
