"""Neither axe nor ``look.js`` finds a problem on any kind of page, in any theme and width.

``look.js`` measures problems that axe does not detect: horizontal scrolling, text that overlaps
other text or exceeds its box, targets that are smaller than the theme guarantees, and elements that
move by themselves.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.pages import PAGES

from .reader import SIZES, THEMES, Reader

#: Emergency pages, which lack the switch of the elder version.
BARE = {"feedback-away", "unintelligible", "broken", "busy", "full", "down"}
#: Elements that are closed at first: the page, the selector of the control that opens the element,
#: and the selector of the opened element.
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
        # On wide screens, the menu has no button.
        if reader.tab.locator(opener).first.is_visible():
            reader.tab.locator(opener).first.evaluate("opener => opener.click()")
            reader.tab.locator(seen).first.wait_for()
            found[look] = reader.faults(*look)
            reader.tab.keyboard.press("Escape")
            reader.tab.evaluate(CLOSE)
    assert {theme for theme, _width in found} == set(THEMES)
    problems = summary(found)
    assert not problems, problems


def summary(found: dict[tuple[str, int], list[str]]) -> str:
    """Return each problem one time, with the themes and widths in which it occurs."""
    looks = defaultdict(list)
    for (theme, width), faults in found.items():
        for fault in faults:
            looks[fault].append(f"{theme} {width}")
    return "\n".join(f"{fault} [{', '.join(where)}]" for fault, where in looks.items())
