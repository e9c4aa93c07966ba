"""Visitors can use the public pages with the keyboard alone: home, column,
article, search, letter.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from portal.letters.tokens import MIN_FILL_SECONDS

from .reader import Reader

KEYS = Path(__file__).with_name("keys.js").read_text()
#: Script that returns whether the focus is inside the element `box`, or not on the page (on the
#: body).
INSIDE = "(box) => document.activeElement.matches(`body, ${box}, ${box} *`)"
PHONE, DESKTOP = {"width": 320, "height": 640}, {"width": 1440, "height": 900}


def walk(reader: Reader) -> tuple[list[str], list[dict[str, Any]]]:
    """Press Tab through the whole page; return the expected focus stops and the actual stops."""
    wanted = reader.tab.evaluate(f"{KEYS}.stops()")
    met = []
    for _ in range(len(wanted) + 5):
        reader.tab.keyboard.press("Tab")
        if (here := reader.tab.evaluate(f"{KEYS}.here()")) is None:
            break  # The focus has left the page.
        met.append(here)
    return wanted, met


@pytest.mark.parametrize(
    ("viewport", "elder"),
    [(PHONE, False), (PHONE, True), (DESKTOP, False)],
    ids=["phone", "phone-elder", "desktop"],
)
@pytest.mark.parametrize(
    "name", ["home", "column-deep", "article-everything", "data", "search-found", "feedback"]
)
def test_tab_stops_once_at_every_target_and_shows_the_focus(
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


def skip_to_content(tab: Tab) -> None:
    """Follow the skip link, the first link of the page, past the header to the content."""
    tab.keyboard.press("Tab")
    expect(tab.locator(".skip")).to_be_focused()
    expect(tab.locator(".skip")).to_be_in_viewport()
    tab.keyboard.press("Enter")
    expect(tab.locator("#content")).to_be_focused()


def walk_through_lightbox(tab: Tab) -> None:
    """Open an image in the lightbox, show the next image, and close the lightbox.

    The focus must then be on the link of the image that was shown last.
    """
    first = tab.locator(".plate-link").first
    first.focus()
    tab.keyboard.press("Enter")
    box = tab.locator("#lightbox")
    expect(box).to_be_visible()
    expect(box.locator(".lightbox-place")).to_have_text("1 / 3")
    tab.keyboard.press("ArrowRight")
    expect(box.locator(".lightbox-place")).to_have_text("2 / 3")
    # Tab must move the focus among the buttons of the lightbox and of the browser only.
    for _ in range(8):
        tab.keyboard.press("Tab")
        assert tab.evaluate(INSIDE, "#lightbox")
    tab.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(tab.locator(".plate-link").nth(1)).to_be_focused()


def search_and_open_a_hit(tab: Tab) -> None:
    """Search from the open page, show the search filters, and open the first result."""
    tab.locator("#q").focus()
    tab.keyboard.type("法院")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search/?q=*")
    expect(tab.locator(".hit").first).to_be_visible()
    tab.locator(".search-filters summary").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#column")).to_be_visible()
    tab.locator(".hit-title a").first.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url(re.compile(r"/(news|honors|court|data)/"))


def write_a_letter(tab: Tab) -> None:
    """Send the empty form, then fill it in and send it.

    After the empty form, the focus must be on the list of problems or on a field with a problem.
    """
    tab.locator("#letter [type=submit]").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("[aria-invalid=true], .wrong").first).to_be_visible()
    assert tab.locator(":focus").evaluate("led => led.matches('.problems, [autofocus], .wrong *')")
    tab.locator("input[name=kind]").first.focus()
    tab.keyboard.press("Space")
    tab.locator("textarea[name=text]").focus()
    tab.keyboard.type("首页的日期有误。")
    tab.locator("#letter [type=submit]").focus()
    # The server refuses a form that is sent sooner, because only a program fills in a form so fast.
    tab.wait_for_function(f"() => performance.now() > {MIN_FILL_SECONDS + 1}e3")
    tab.keyboard.press("Enter")
    expect(tab.locator(".receipt-number")).to_have_text(re.compile(r"\d"))


def test_a_visit_by_keyboard_alone(reader: Reader) -> None:
    tab = reader.tab
    reader.open("home")
    skip_to_content(tab)
    tab.locator(".bar a").nth(1).focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url(re.compile(r"/(court|news)/"))
    reader.open("column")
    tab.locator(".entry-title a").first.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url(re.compile(r"/news/\d+/"))
    reader.open("article-everything")
    walk_through_lightbox(tab)
    search_and_open_a_hit(tab)
    reader.open("feedback")
    write_a_letter(tab)


def test_the_menu_on_a_phone_opens_by_keyboard(reader: Reader) -> None:
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


def test_everything_works_without_script(reader: Reader) -> None:
    """The switch to the elder version, the menu and the images must need only HTML and CSS."""
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
