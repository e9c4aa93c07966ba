"""A visitor can send a letter and read its answer without JavaScript and by keyboard only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal.letters import actions
from portal.letters.models import Letter
from tests.browser import RunningServer

from .build import WORDS, Office

#: Milliseconds to wait before sending: a form sent sooner is refused (``MIN_FILL_SECONDS``).
SOONEST_MS = 3_600


@pytest.fixture
def plain(browser: Browser) -> Iterator[BrowserContext]:
    """Open a browser context with a small screen and JavaScript disabled."""
    opened = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=False, locale="zh-CN"
    )
    yield opened
    assert opened.cookies() == []
    opened.close()


def number_on(page: Page) -> str:
    return page.locator(".receipt-number").inner_text()


def test_a_letter_is_sent_and_answered_without_javascript(
    server: RunningServer, plain: BrowserContext
) -> None:
    office = Office()
    page = plain.new_page()
    page.goto(f"{server.url}/feedback/?page=/news/12/")
    expect(page.locator("#id_page")).to_have_value("/news/12/")
    expect(page.locator("#id_kind_0")).to_be_checked()
    page.click("#letter button")
    # The error summary names the missing field and links to the field.
    expect(page.locator("#problems")).to_be_focused()
    page.click("#problems a")
    expect(page).to_have_url(f"{server.url}/feedback/#id_text")
    page.fill("#id_text", WORDS)
    expect(page.locator("#homepage")).to_be_hidden()
    page.wait_for_timeout(SOONEST_MS)
    page.click("#letter button")
    number = number_on(page)
    assert Letter.objects.get().receipt == number
    page.reload()
    assert number_on(page) == number
    found = Letter.objects.get()
    actions.answer(letter=found, by=office.admin, version=0, answer="已经更正，谢谢。")
    page.goto(f"{server.url}/feedback/answer/")
    page.fill("#id_number", number)
    page.click("#asking button")
    expect(page.locator("#found")).to_be_focused()
    expect(page.locator("#found .answer")).to_have_text("已经更正，谢谢。")
    assert number not in page.url


def test_a_letter_is_sent_by_keyboard_only(server: RunningServer, page: Page) -> None:
    page.goto(f"{server.url}/feedback/")
    reach(page, "id_kind_0")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#id_kind_1")).to_be_checked()
    reach(page, "id_text")
    page.keyboard.type(WORDS)
    reach(page, "id_email")
    page.keyboard.type("reader")
    # Tab skips the honeypot field and moves the focus to the button.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "submit"
    page.keyboard.press("Enter")
    expect(page.locator("#problems")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#id_email")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("reader@court.example")
    page.wait_for_timeout(SOONEST_MS)
    page.keyboard.press("Enter")
    number = number_on(page)
    found = Letter.objects.get()
    assert (found.receipt, found.kind, found.text) == (number, "question", WORDS)
    page.evaluate("window.print = () => (document.title = 'printed')")
    page.get_by_role("button", name="打印本页").click()
    expect(page).to_have_title("printed")
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def reach(page: Page, wanted: str) -> None:
    """Press Tab until the field ``wanted`` (id) has the focus; assert that the focus is visible."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == wanted:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
            return
    pytest.fail(f"{wanted} is not reached by Tab")


@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize("elder", [False, True])
def test_pages_fit_the_screen_with_large_targets(
    server: RunningServer, page: Page, width: int, elder: bool
) -> None:
    """Every page must fit the screen's width, and every target must be large enough for touch."""
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/feedback/?page=/news/12/", "/feedback/answer/", "/feedback/receipt/"):
        page.goto(server.url + path)
        if elder:
            page.check("#elder")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = page.locator("form.letter :is(.choice, button, input[type=text], textarea)")
        for box in boxes.all():
            assert box.bounding_box()["height"] >= 44
