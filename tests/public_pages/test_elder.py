"""The elder version and the reading aids in a browser, with JavaScript and without."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import RunningServer
from tests.factories import Newsroom
from tests.page_audits.reader import ALL_SLIDES

from . import scene
from .conftest import PHONE, Reader

#: Script that returns the links, buttons and fields smaller than the 44 pixels that the elder
#: version guarantees. A link inside running text may be smaller, because the link is only as high
#: as its line.
SMALL = """() => [...document.querySelectorAll("a, button, summary, input, label")]
  .filter((each) => each.checkVisibility({visibilityProperty: true}))
  .filter((each) => !each.closest(".prose, .skip, .visually-hidden"))
  .filter((each) => each.type !== "checkbox" || !each.closest("label"))
  .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.9 || box.width < 43.9)
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""

#: Script that returns pairs of elements in the page header that overlap each other.
ONE_OVER_ANOTHER = """() => {
  const boxes = [".brand", ".search", ".menu summary", ".language", ".switch", ".aids"]
    .map((name) => [name, document.querySelector(name)])
    .filter(([, part]) => part.checkVisibility())
    .map(([name, part]) => [name, part.getBoundingClientRect()]);
  return boxes.flatMap(([one, a], place) => boxes.slice(place + 1)
    .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5)
    .map(([other]) => `${one} ${other}`));
}"""

#: Script that replaces the browser's speech synthesis. Its voices are silent, and each utterance
#: ends when the test calls `speechSynthesis.end()`.
VOICES = """(() => {
  const voices = %s;
  window.spoken = [];
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  Object.defineProperty(window, "speechSynthesis", { value: {
    getVoices: () => voices,
    addEventListener: () => {},
    speak(said) { window.spoken.push(said.text); this.now = said; },
    cancel() { window.spoken.push(null); this.now = null; },
    end() { const said = this.now; this.now = null; said.onend(); },
  } });
})()"""
OWN = '[{"lang": "zh-CN", "localService": true}]'


def style(page: Page, selector: str, name: str) -> str:
    return page.locator(selector).first.evaluate(
        "(element, name) => getComputedStyle(element)[name]", name
    )


def look(page: Page) -> dict[str, str]:
    return {
        "paper": style(page, "body", "backgroundColor"),
        "ink": style(page, "body", "color"),
        "root": style(page, "html", "fontSize"),
        "links": style(page, "main a", "textDecorationLine"),
    }


PLAIN = {
    "paper": "rgb(255, 255, 255)",
    "ink": "rgb(29, 37, 48)",
    "root": "16px",
    "links": "none",
}
ELDER = {
    "paper": "rgb(255, 255, 255)",
    "ink": "rgb(0, 0, 0)",
    "root": "20px",
    "links": "underline",
}


def test_the_checkbox_works_without_script_and_names_its_limits(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    page = reader(script=False, color_scheme="dark")
    page.goto(server.url)
    honest = page.locator(".aids noscript")
    expect(honest).to_be_hidden()
    page.locator("#elder").check()
    assert look(page) == ELDER
    expect(honest).to_be_visible()
    expect(page.locator(".aids .phone")).to_have_attribute("href", "tel:12368")
    expect(page.locator(".needs-script")).to_have_count(page.locator(".needs-script").count())
    for each in page.locator(".needs-script").all():
        expect(each).to_be_hidden()
    page.reload()
    assert not page.locator("#elder").is_checked()


def test_the_choice_is_remembered_and_can_be_undone_on_every_page(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    article = scene.article(newsroom)
    page = reader()
    page.goto(server.url + article.get_absolute_url())
    assert look(page) == PLAIN
    page.locator("#elder").check()
    assert look(page) == ELDER
    for address in ("/", newsroom.column.list_url, article.get_absolute_url()):
        page.goto(server.url + address)
        assert look(page) == ELDER, address
        expect(page.locator("#elder")).to_be_checked()
    page.locator("#elder").uncheck()
    page.goto(server.url)
    assert style(page, "body", "color") == PLAIN["ink"]


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desk"])
def test_every_target_has_the_promised_size(
    server: RunningServer, newsroom: Newsroom, reader: Reader, viewport: dict[str, int]
) -> None:
    scene.home(newsroom)
    article = scene.article(newsroom)
    page = reader(viewport)
    page.goto(server.url)
    page.locator("#elder").check()
    for address in (
        "/",
        "/news/",
        newsroom.column.list_url,
        article.get_absolute_url(),
        "/search/",
    ):
        page.goto(server.url + address)
        page.evaluate(ALL_SLIDES)
        assert page.evaluate(SMALL) == [], address


@pytest.mark.parametrize("elder", [False, True], ids=["plain", "elder"])
@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_no_page_is_wider_than_the_narrowest_screen(
    server: RunningServer, newsroom: Newsroom, reader: Reader, elder: bool, size: str
) -> None:
    scene.home(newsroom)
    article = scene.article(newsroom, title="本院举行“全国优秀人民法院”挂牌仪式")
    page = reader({"width": 320, "height": 600})
    page.goto(server.url + article.get_absolute_url())
    page.locator("#elder").set_checked(elder)
    page.locator(f"[data-size={size}]").click()
    for address in ("/", article.get_absolute_url(), "/search/", "/news/", "/corrections/"):
        page.goto(server.url + address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide == 320, (address, wide)
    for width in (320, 360, 390, 470):
        page.set_viewport_size({"width": width, "height": 600})
        assert page.evaluate(ONE_OVER_ANOTHER) == [], width


def test_the_size_of_the_text_is_remembered(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    article = scene.article(newsroom)
    page = reader()
    page.goto(server.url + article.get_absolute_url())

    def sizes() -> tuple[str, str, str]:
        pressed = page.locator("[data-size][aria-pressed=true]").get_attribute("data-size")
        return pressed, style(page, ".prose", "fontSize"), style(page, "html", "fontSize")

    assert sizes() == ("medium", "18px", "16px")
    page.locator("[data-size=large]").click()
    assert sizes() == ("large", "22.5px", "16px")
    page.reload()
    assert sizes() == ("large", "22.5px", "16px")
    # In the elder version, the selected size applies to the whole page, not only to the article's
    # text.
    page.locator("#elder").check()
    assert sizes() == ("large", "27px", "24px")
    page.locator("[data-size=medium]").click()
    assert sizes() == ("medium", "22.5px", "20px")


@pytest.mark.parametrize(
    "voices",
    [
        "[]",
        '[{"lang": "en-US", "localService": true}]',
        # A remote voice would send the text of the page to another server.
        '[{"lang": "zh-CN", "localService": false}]',
    ],
    ids=["none", "english", "not the device's own"],
)
def test_reading_aloud_is_offered_only_with_a_local_voice(
    server: RunningServer, newsroom: Newsroom, reader: Reader, voices: str
) -> None:
    page = reader()
    page.add_init_script(VOICES % voices)
    page.goto(server.url + scene.article(newsroom).get_absolute_url())
    expect(page.locator("[data-size=large]")).to_be_visible()
    for each in page.locator(".aloud").all():
        expect(each).to_be_hidden()


def spoken(page: Page) -> list[Any]:
    return page.evaluate("window.spoken")


def test_title_and_text_are_read_sentence_by_sentence(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    page = reader()
    page.add_init_script(VOICES % OWN)
    page.goto(server.url + scene.article(newsroom).get_absolute_url())
    button, end = page.locator("[data-aloud]"), page.locator("[data-stop]")
    still = button.text_content()
    expect(end).to_be_hidden()
    button.click()
    paused = button.text_content()
    expect(end).to_be_visible()
    marked: list[str] = []
    while page.evaluate("Boolean(speechSynthesis.now)"):
        marked.append(page.locator(".spoken").evaluate("element => element.tagName"))
        page.evaluate("speechSynthesis.end()")
    said = [text.strip() for text in spoken(page) if text]
    assert said == [
        "全国优秀法院",
        "本院举行挂牌仪式",
        "常务副院长参加",
        "图注1",
        "图注2",
        "图注3",
        "7月8日，本院举行挂牌仪式。",
        "这是第一段。",
        "一、小院里的荣誉",
        "第二段讲荣誉的由来；",
        "第三句讲以后。",
        "受理案件",
        "5177件",
    ]
    assert marked[:3] == ["P", "H1", "P"]
    assert len(marked) == len(said)
    # After the last sentence, the page must be in its initial state.
    assert button.text_content() == still != paused
    expect(end).to_be_hidden()
    expect(page.locator(".spoken")).to_have_count(0)


def test_reading_pauses_resumes_and_stops(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    page = reader()
    page.add_init_script(VOICES % OWN)
    page.goto(server.url + scene.article(newsroom).get_absolute_url())
    button, end = page.locator("[data-aloud]"), page.locator("[data-stop]")
    button.focus()
    page.keyboard.press("Enter")
    page.evaluate("speechSynthesis.end()")
    page.keyboard.press("Enter")  # Enter pauses the reading.
    page.keyboard.press("Enter")  # Enter resumes the reading with the same sentence.
    end.focus()
    page.keyboard.press("Enter")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")  # After a stop, Enter starts the reading from the beginning.
    assert spoken(page) == [
        "全国优秀法院",
        "本院举行挂牌仪式",
        None,
        "本院举行挂牌仪式",
        None,
        "全国优秀法院",
    ]
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert spoken(page)[-1] is None


def test_the_elder_version_offers_to_read_every_page_with_text(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    page = reader(PHONE)
    page.add_init_script(VOICES % OWN)
    page.goto(server.url)
    expect(page.locator("[data-aloud]")).to_be_hidden()
    page.locator("#elder").check()
    for address in ("/", "/news/", newsroom.column.list_url, "/corrections/", "/site-map/"):
        page.goto(server.url + address)
        page.locator("[data-aloud]").click()
        assert len(spoken(page)) == 1, address


def test_more_contrast_means_no_greys(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    for scheme in ("light", "dark"):
        page = reader(contrast="more", color_scheme=scheme)
        page.goto(server.url + scene.article(newsroom).get_absolute_url())
        ink = style(page, "body", "color")
        assert {style(page, each, "color") for each in (".facts", ".breadcrumb", ".kicker")} == {
            ink
        }


def test_forced_colours_keep_the_current_place_and_the_choice_visible(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    page = reader(forced_colors="active")
    page.goto(server.url)
    assert style(page, ".bar a[aria-current]", "textDecorationLine") == "underline"
    for button in (".search button", ".skip"):
        assert style(page, button, "color") != style(page, button, "backgroundColor"), button
        assert style(page, button, "color") == "rgb(0, 0, 0)", button
    page.goto(server.url + scene.article(newsroom).get_absolute_url())
    outlines = {
        pressed: style(page, f"[data-size][aria-pressed={pressed}]", "outlineStyle")
        for pressed in ("true", "false")
    }
    assert outlines == {"true": "solid", "false": "none"}
