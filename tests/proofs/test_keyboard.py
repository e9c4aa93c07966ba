"""A visitor without a mouse: home, column, article, gallery, search, letter."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from portal.letters.tokens import MIN_FILL_SECONDS

from .reader import Reader

KEYS = Path(__file__).with_name("keys.js").read_text()
#: Where the keyboard is: in that box, or out of the page.
INSIDE = "(box) => document.activeElement.matches(`body, ${box}, ${box} *`)"
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1440, "height": 900}


def walk(reader: Reader) -> tuple[list[str], list[dict[str, Any]]]:
    """Tab through the whole page: where it should stop, and where it does."""
    wanted = reader.tab.evaluate(f"{KEYS}.stops()")
    met = []
    for _press in range(len(wanted) + 5):
        reader.tab.keyboard.press("Tab")
        if (here := reader.tab.evaluate(f"{KEYS}.here()")) is None:
            break  # out of the page, at the browser's own
        met.append(here)
    return wanted, met


@pytest.mark.parametrize(
    ("viewport", "elder"),
    [(PHONE, False), (PHONE, True), (DESK, False)],
    ids=["phone", "phone-elder", "desk"],
)
@pytest.mark.parametrize(
    "name", ["home", "column-deep", "article-everything", "data", "search-found", "feedback"]
)
def test_tab_stops_at_everything_once_and_it_shows(
    reader: Reader, name: str, viewport: Any, elder: bool
) -> None:
    reader.tab.set_viewport_size(viewport)
    reader.open(name)
    if elder:
        reader.tab.locator("#elder").evaluate("box => box.click()")
        reader.tab.reload()
    wanted, met = walk(reader)
    assert [int(here["stop"]) for here in met] == list(range(len(wanted)))
    faults = [f"{here['tag']} {here['words']}: {fault}" for here in met for fault in here["faults"]]
    problems = "\n".join(faults)
    assert not problems, problems


def test_a_visit_by_keyboard_alone(reader: Reader) -> None:
    tab, press = reader.tab, reader.tab.keyboard.press
    reader.open("home")
    # Over the masthead at once.
    press("Tab")
    expect(tab.locator(".skip")).to_be_focused()
    expect(tab.locator(".skip")).to_be_in_viewport()
    press("Enter")
    expect(tab.locator("#content")).to_be_focused()

    # A column, an article in it.
    tab.locator(".bar a").nth(1).focus()
    press("Enter")
    tab.wait_for_url(re.compile(r"/(court|news)/"))
    reader.open("column")
    tab.locator(".entry-title a").first.focus()
    press("Enter")
    tab.wait_for_url(re.compile(r"/news/\d+/"))

    # Its pictures: in a box over the page, out of it by Escape, back where one was.
    reader.open("article-everything")
    first = tab.locator(".plate-link").first
    first.focus()
    press("Enter")
    box = tab.locator("#lightbox")
    expect(box).to_be_visible()
    expect(box.locator(".lightbox-place")).to_have_text("1 / 3")
    press("ArrowRight")
    expect(box.locator(".lightbox-place")).to_have_text("2 / 3")
    for _press in range(8):  # between its buttons and the browser's own, never to the page below
        press("Tab")
        assert tab.evaluate(INSIDE, "#lightbox")
    press("Escape")
    expect(box).to_be_hidden()
    expect(tab.locator(".plate-link").nth(1)).to_be_focused()

    # A search, from where the visitor is.
    tab.locator("#q").focus()
    tab.keyboard.type("法院")
    press("Enter")
    tab.wait_for_url("**/search/?q=*")
    expect(tab.locator(".hit").first).to_be_visible()
    tab.locator(".search-filters summary").focus()
    press("Enter")
    expect(tab.locator("#column")).to_be_visible()
    tab.locator(".hit-title a").first.focus()
    press("Enter")
    tab.wait_for_url(re.compile(r"/(news|honors|court|data)/"))

    # A letter: what is missing is said, and the keyboard is led there; then it arrives.
    reader.open("feedback")
    tab.locator("#letter [type=submit]").focus()
    press("Enter")
    expect(tab.locator("[aria-invalid=true], .wrong").first).to_be_visible()
    assert tab.locator(":focus").evaluate("led => led.matches('.problems, [autofocus], .wrong *')")
    tab.locator("input[name=kind]").first.focus()
    press("Space")
    tab.locator("textarea[name=text]").focus()
    tab.keyboard.type("首页的日期有误。")
    tab.locator("#letter [type=submit]").focus()
    # Nobody writes a letter in less; a program would.
    tab.wait_for_function(f"() => performance.now() > {MIN_FILL_SECONDS + 1}e3")
    press("Enter")
    expect(tab.locator(".receipt-number")).to_have_text(re.compile(r"\d"))


def test_the_menu_of_a_telephone(reader: Reader) -> None:
    reader.tab.set_viewport_size(PHONE)
    reader.open("home")
    summary = reader.tab.locator(".menu summary")
    links = reader.tab.locator(".menu .menu-top")
    expect(links.first).to_be_hidden()
    summary.focus()
    reader.tab.keyboard.press("Enter")
    expect(links.first).to_be_visible()
    reader.tab.keyboard.press("Tab")
    expect(links.first).to_be_focused()
    reader.tab.keyboard.press("Shift+Tab")
    reader.tab.keyboard.press("Enter")
    expect(links.first).to_be_hidden()


def test_without_script_everything_is_there(reader: Reader) -> None:
    """The elder version, the menu, the pictures: by HTML and CSS alone."""
    assert reader.tab.context.browser is not None
    plain = reader.tab.context.browser.new_context(java_script_enabled=False, viewport=PHONE)
    tab = plain.new_page()
    tab.goto(reader.url + reader.pages["article-everything"].address)
    expect(tab.locator(".needs-script").first).to_be_hidden()
    before = tab.locator(".prose p").first.evaluate("p => parseFloat(getComputedStyle(p).fontSize)")
    tab.locator("#elder").check()
    after = tab.locator(".prose p").first.evaluate("p => parseFloat(getComputedStyle(p).fontSize)")
    assert after > before
    tab.locator(".menu summary").click()
    expect(tab.locator(".menu .menu-top").first).to_be_visible()
    expect(tab.locator(".plate-link").first).to_have_attribute("href", re.compile("^/media/"))
    plain.close()
