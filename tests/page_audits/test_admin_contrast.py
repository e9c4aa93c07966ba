"""Text of the admin must have enough contrast in the light theme and in the dark theme."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests.sample import Page

from .reader import article_in_admin

CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
#: The contrast ratio that WCAG 2.2 requires for text (success criterion 1.4.3, level AA).
WANTED = 4.5
#: Script that waits for the end of all transitions, because the colours of links change gradually.
TRANSITIONS_ENDED = "() => Promise.all(document.getAnimations().map((each) => each.finished))"
ARTICLES = "/admin/news/article/"
SHEET = "名称,级别,获得者\n新的荣誉,院级,本院\n没有级别的荣誉,,本院\n"

#: Name of a page -> the user who opens the page, the target for ``go`` (a URL path or a keyword),
#: and the selector of an element that only this page has.
PAGES = {
    "index": ("editor", "/admin/", ".waiting"),
    "list": ("editor", ARTICLES, "#result_list .state"),
    "change form": ("editor", "change", ".workflow-main"),
    "check results": ("editor", "saved", ".check-results li"),
    "review sheet": ("editor", "approval-form", ".approval-form"),
    "diff": ("editor", "diff", ".diff"),
    "history": ("editor", "history", ".log"),
    "letters": ("publisher", "/admin/letters/letter/", "#changelist"),
    "import of honours": ("honors", "imported", ".plan"),
}


def go(tab: Tab, target: str, article: str) -> None:
    """Open a URL path, a page of an article, or the page that follows after sending a form.

    ``article`` is the URL path of the article in the admin. The keywords "saved", "imported" and
    "diff" send a form first; other keywords name a page of the article.
    """
    if target == "saved":
        tab.goto(f"{ARTICLES}add/")
        tab.locator(".cke_wysiwyg_div").wait_for()
        tab.fill("#id_title", "没有正文的稿件")
        tab.locator(".submit-row [type=submit]").first.click()
        tab.wait_for_url("**/change/**")
    elif target == "imported":
        tab.goto("/admin/honors/honor/import/")
        file = {"name": "台账.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}
        tab.set_input_files("input[type=file]", [file])
        tab.locator("#content form:has(input[type=file]) [type=submit]").click()
    elif target == "diff":
        tab.goto(f"{article}change/")
        tab.locator(".cke_wysiwyg_div").wait_for()
        tab.fill("#id_title", "另一个标题")
        tab.locator(".submit-row [type=submit]").first.click()
        tab.locator(".messagelist").wait_for()
        tab.goto(tab.url.replace("/change/", "/diff/"))
    elif target.startswith("/"):
        tab.goto(target)
    else:
        tab.goto(f"{article}{target}/")


@pytest.mark.parametrize(("user", "target", "content"), PAGES.values(), ids=PAGES)
def test_text_has_enough_contrast(
    sign_in, pages: dict[str, Page], user: str, target: str, content: str
) -> None:
    tab: Tab = sign_in(user)
    go(tab, target, article_in_admin(pages))
    tab.locator(content).first.wait_for()
    found = {}
    for theme in ("light", "dark"):
        tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
        tab.evaluate(TRANSITIONS_ENDED)
        ground = tab.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 30)"}[theme]
        found[theme] = tab.evaluate(CONTRAST, WANTED)
    assert found == {"light": [], "dark": []}


def test_the_measurement_reports_low_contrast(browser: Browser) -> None:
    """The script reports text, a pseudo-element and a field one time each, and no text with enough
    contrast.
    """
    context = browser.new_context()
    tab = context.new_page()
    tab.set_content(
        "<style>.mark::before { content: '●'; color: #bbb }</style><body style='background:#fff'>"
        "<p style='color:#999'>a</p><p class=mark>b</p><input style='color:#aaa' value=c>"
        "<p style='color:#767676'>d</p>"
    )
    assert len(tab.evaluate(CONTRAST, WANTED)) == 3
    context.close()
