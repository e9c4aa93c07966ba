"""A printed article contains its text, its source, its URL and a QR code, but no controls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.browser import RunningServer
from tests.factories import Newsroom

from . import scene
from .conftest import Reader

GONE = [
    ".search",
    ".tools",
    ".aids",
    ".navigation ul",
    ".breadcrumb",
    ".article-tools",
    ".report",
    ".footer",
    ".skip",
]


@contextmanager
def on_paper(page: Page) -> Iterator[list[str]]:
    """Print the page to a PDF file and yield the text of each sheet."""
    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True, format="A4"))
    yield [sheet.get_textpage().get_text_range() for sheet in document]
    document.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_content_of_the_printed_sheet(
    server: RunningServer, newsroom: Newsroom, reader: Reader, scheme: str
) -> None:
    scene.home(newsroom)
    article = scene.article(newsroom, pictures=0)
    page = reader(color_scheme=scheme)
    page.goto(server.url + article.get_absolute_url())
    expect(page.locator(".on-paper")).to_be_hidden()
    with on_paper(page) as sheets:
        words = "".join(sheets).replace("\r\n", "")
    for said in ("梨树区人民法院", "本院举行挂牌仪式", "本院宣传处", "第二段讲荣誉的由来"):
        assert said in words, said
    assert f"http://court.example{article.get_absolute_url()}" in words
    assert len(sheets) == 1
    page.emulate_media(media="print")
    for selector in GONE:
        for each in page.locator(selector).all():
            expect(each).to_be_hidden()
    code = page.locator(".on-paper .qr")
    expect(code).to_be_visible()
    box = code.bounding_box()
    assert box
    assert box["width"] == pytest.approx(box["height"], abs=1)
    assert box["width"] > 90  # The QR code must be wider than about one inch (96 CSS pixels).
    # The QR code must be printed although the share box that contains its drawing is closed.
    assert code.evaluate("svg => svg.getBBox().width") > 20
    colours = page.evaluate(
        "() => [...document.querySelectorAll('h1, .prose p, .on-paper p')]"
        ".map((each) => getComputedStyle(each).color)"
    )
    assert set(colours) == {"rgb(0, 0, 0)"}


def test_the_elder_version_prints_in_large_type(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    page = reader()
    page.goto(server.url + scene.article(newsroom).get_absolute_url())
    sizes = {}
    for elder in (False, True):
        page.locator("#elder").set_checked(elder)
        page.emulate_media(media="print")
        sizes[elder] = page.locator(".prose p").first.evaluate(
            "each => parseFloat(getComputedStyle(each).fontSize)"
        )
        page.emulate_media(media="screen")
    assert sizes[False] == pytest.approx(11 * 96 / 72, abs=0.1)
    assert sizes[True] == pytest.approx(15 * 96 / 72, abs=0.1)


def test_every_picture_of_the_row_is_printed(
    server: RunningServer, newsroom: Newsroom, reader: Reader
) -> None:
    scene.home(newsroom)
    page = reader()
    page.goto(server.url)
    page.emulate_media(media="print")
    row = page.locator(".pictures")
    edge = row.evaluate("each => each.getBoundingClientRect().right")
    rights = row.locator("li").evaluate_all(
        "all => all.map((li) => li.getBoundingClientRect().right)"
    )
    assert len(rights) == 4
    assert [right for right in rights if right > edge + 1] == []
