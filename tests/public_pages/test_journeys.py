"""Visitors can use the home page and an article with the mouse and with the keyboard.

Some tests run without JavaScript.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import RunningServer
from tests.factories import Newsroom

from . import scene
from .conftest import DESK, PHONE, Reader


def scrolled(row: Locator) -> float:
    return row.evaluate("each => each.scrollLeft")


def test_the_picture_row_works_by_keyboard_without_script(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    articles = scene.home(newsroom)
    page = reader(PHONE, script=False)
    page.goto(server.url)
    row = page.locator(".pictures")
    expect(page.locator(".carousel-controls")).to_be_hidden()
    assert scrolled(row) == 0
    links = row.get_by_role("link")
    links.first.focus()
    for _ in articles[1:]:
        page.keyboard.press("Tab")
    expect(links.last).to_be_focused()
    expect(links.last).to_be_in_viewport()
    assert scrolled(row) > 0
    page.keyboard.press("Enter")
    page.wait_for_url(server.url + articles[0].get_absolute_url())


def test_the_buttons_scroll_the_row_and_announce_the_position(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    page = reader(PHONE, reduced_motion="reduce")
    page.goto(server.url)
    place, row = page.locator(".carousel-place"), page.locator(".pictures")
    on, back = page.locator(".carousel [data-on]"), page.locator(".carousel [data-back]")
    expect(place).to_have_text("1 / 4")
    for button, at in ((on, 2), (on, 3), (on, 4), (on, 1), (back, 4), (back, 3)):
        button.click()
        expect(place).to_have_text(f"{at} / 4")
    assert scrolled(row) > 0


def test_a_wide_screen_shows_several_pictures_at_once(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    page = reader(DESK)
    page.goto(server.url)
    expect(page.locator(".carousel-place")).to_have_text("1–3 / 4")


def test_the_row_only_moves_once_started_and_can_be_paused(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    page = reader(PHONE)
    page.clock.install()
    page.goto(server.url)
    row, play = page.locator(".pictures"), page.locator("[data-play]")
    page.clock.fast_forward(60_000)
    assert scrolled(row) == 0
    still = play.text_content()
    play.click()
    assert play.text_content() == play.get_attribute("data-pause") != still
    page.clock.run_for(7_000)
    place = page.locator(".carousel-place")
    expect(place).to_have_text("2 / 4")
    play.click()
    assert play.text_content() == still
    page.clock.run_for(60_000)
    expect(place).to_have_text("2 / 4")


def test_the_row_does_not_move_while_it_has_the_focus(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    page = reader(PHONE)
    page.clock.install()
    page.goto(server.url)
    row = page.locator(".pictures")
    page.locator("[data-play]").click()
    for stay in (lambda: row.hover(), lambda: row.get_by_role("link").first.focus()):
        page.mouse.move(0, 0)
        stay()
        page.clock.run_for(30_000)
        assert scrolled(row) == 0


def test_reduced_motion_hides_the_play_button(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    page = reader(reduced_motion="reduce")
    page.goto(server.url)
    expect(page.locator(".carousel [data-on]")).to_be_visible()
    expect(page.locator("[data-play]")).to_be_hidden()
    assert page.locator(".pictures").evaluate("e => getComputedStyle(e).scrollBehavior") == "auto"


def test_the_lightbox_works_by_keyboard(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    article = scene.article(newsroom)
    page = reader()
    page.goto(server.url + article.get_absolute_url())
    links, box = page.locator(".plate-link"), page.locator("#lightbox")
    expect(box).to_be_hidden()
    links.nth(1).focus()
    page.keyboard.press("Enter")
    expect(box).to_be_visible()
    picture = box.get_by_role("img")
    expect(picture).to_have_attribute("alt", "第2幅图")
    expect(box.locator("figcaption")).to_have_text("图注2")
    expect(box.locator(".lightbox-place")).to_have_text("2 / 3")
    assert box.evaluate("each => each.contains(document.activeElement)")
    for key, alt in (
        ("ArrowRight", "第3幅图"),
        ("ArrowRight", "第1幅图"),
        ("ArrowLeft", "第3幅图"),
    ):
        page.keyboard.press(key)
        expect(picture).to_have_attribute("alt", alt)
    assert page.evaluate("location.pathname") == article.get_absolute_url()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    # The focus must return to the link of the image that was shown last.
    expect(links.nth(2)).to_be_focused()


def test_the_lightbox_has_large_buttons_and_closes(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    page = reader(PHONE)
    page.goto(server.url + scene.article(newsroom).get_absolute_url())
    page.locator(".plate-link").first.click()
    box = page.locator("#lightbox")
    box.locator("[data-on]").click()
    expect(box.get_by_role("img")).to_have_attribute("alt", "第2幅图")
    box.locator("[data-back]").click()
    expect(box.get_by_role("img")).to_have_attribute("alt", "第1幅图")
    low = box.get_by_role("button").evaluate_all(
        "all => all.filter((each) => each.getBoundingClientRect().height < 44)"
    )
    assert low == []
    box.locator("[data-close]").click()
    expect(box).to_be_hidden()


def test_a_single_picture_has_no_next_button(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    page = reader()
    page.goto(server.url + scene.article(newsroom, pictures=1).get_absolute_url())
    page.locator(".plate-link").click()
    box = page.locator("#lightbox")
    expect(box.get_by_role("img")).to_be_visible()
    expect(box.locator("[data-on]")).to_be_hidden()
    expect(box.locator("[data-close]")).to_be_visible()


def test_the_link_of_a_picture_leads_to_its_file(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    page = reader(script=False)
    page.goto(server.url + scene.article(newsroom).get_absolute_url())
    for link in page.locator(".plate-link").all():
        # The test requests the file instead of opening the link, because Chromium displays an
        # opened image in a generated page, and the Content-Security-Policy blocks inline styles.
        answer = page.request.get(server.url + link.get_attribute("href"))
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_share_box_opens_by_keyboard_without_layout_shift(
    server: RunningServer, newsroom: Newsroom, reader: Reader, script: bool
) -> None:
    page = reader(PHONE, script=script)
    page.goto(server.url + scene.article(newsroom).get_absolute_url())
    summary = page.locator("#share summary")
    before = summary.bounding_box()
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#share svg")).to_be_visible()
    expect(page.locator("#share [data-copy]")).to_be_visible(visible=script)
    assert summary.bounding_box() == before


def test_the_address_is_copied_or_selected(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    article = scene.article(newsroom)
    address = f"http://court.example{article.get_absolute_url()}"
    page = reader()
    page.add_init_script("navigator.clipboard.writeText = async (text) => { window.kept = text; }")
    page.goto(server.url + article.get_absolute_url())
    page.locator("#share summary").click()
    said = page.locator("[data-said]")
    page.locator("[data-copy]").click()
    expect(said).to_have_text(said.get_attribute("data-copied"))
    assert page.evaluate("window.kept") == address

    other = reader()
    other.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    other.goto(server.url + article.get_absolute_url())
    other.locator("#share summary").click()
    other.locator("[data-copy]").click()
    said = other.locator("[data-said]")
    expect(said).to_have_text(said.get_attribute("data-chosen"))
    assert other.evaluate("getSelection().toString()").strip() == address


def test_the_focus_is_visible_and_never_covered(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    article = scene.article(newsroom)
    page = reader(PHONE, reduced_motion="reduce")
    for address in ("/", article.get_absolute_url()):
        page.goto(server.url + address)
        walked = 0
        while walked < 80:
            page.keyboard.press("Tab")
            focused = page.evaluate(
                """() => {
                  const at = document.activeElement;
                  if (at === document.body) return null;
                  const box = at.getClientRects()[0];
                  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
                  const on_top = document.elementFromPoint(x, y);
                  return {
                    name: at.outerHTML.slice(0, 60),
                    outline: getComputedStyle(at).outlineStyle,
                    free: Boolean(on_top) && (at.contains(on_top) || on_top.contains(at)),
                  };
                }"""
            )
            if focused is None:
                break
            walked += 1
            assert (focused["outline"], focused["free"]) == ("solid", True), focused["name"]
        assert walked > 15, address


def test_large_screens_get_larger_type_and_no_longer_lines(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    article = scene.article(newsroom)
    characters = {}
    for width in (1440, 2560, 3840):
        page = reader({"width": width, "height": 1400})
        page.goto(server.url + article.get_absolute_url())
        size, length = page.locator(".prose p").first.evaluate(
            "each => [parseFloat(getComputedStyle(each).fontSize), each.clientWidth]"
        )
        assert 34 <= length / size <= 38
        characters[width] = size
    assert characters == {1440: 18, 2560: 22.5, 3840: 31.5}
