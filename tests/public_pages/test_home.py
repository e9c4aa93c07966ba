"""The home page: no element moves by itself, and a first visit transfers few bytes."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client

from tests.factories import Newsroom

from . import scene

pytestmark = pytest.mark.django_db

#: Limits of a first visit in bytes, compressed with gzip, without images.
HOME = 120_000
ARTICLE = 80_000


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def section(page: str) -> str:
    found = re.search(r'<section class="band carousel".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def test_picture_news_is_a_row_of_links_without_script(client: Client, newsroom: Newsroom) -> None:
    articles = scene.home(newsroom)
    html = section(read(client, "/"))
    links = re.findall(r'<h3><a href="([^"]+)">([^<]+)</a></h3>', html)
    newest_first = [(a.get_absolute_url(), a.title) for a in reversed(articles)]
    assert links == newest_first
    assert html.count("<picture>") == len(articles)
    # Buttons that need JavaScript must be marked with a class and have a name for screen readers.
    controls, row = html.split('<ul class="pictures">')
    assert 'class="carousel-controls needs-script"' in controls
    buttons = re.findall(r"<button ([^>]*)>(.*?)</button>", controls)
    assert [re.findall(r"data-(\w+)", attributes)[0] for attributes, _words in buttons] == [
        "play",  # The pause button must be the first button.
        "back",
        "on",
    ]
    assert [a for a, words in buttons if "aria-label" not in a and "<" in words] == []
    assert "<button" not in row


def test_nothing_on_the_site_moves_by_itself() -> None:
    sheets = "".join(path.read_text() for path in (settings.BASE_DIR / "static/css").glob("*.css"))
    assert (
        re.findall(r"@keyframes|animation:(?! none)|animation-name|transition:(?! none)", sheets)
        == []
    )
    pages = [path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html")]
    assert [
        page for page in pages if re.search(r"<marquee|autoplay|http-equiv=.refresh", page)
    ] == []


def test_no_carousel_without_picture_news(client: Client, newsroom: Newsroom) -> None:
    page = read(client, "/")
    assert [word for word in ("carousel.js", 'id="carousel"') if word in page] == []


def weight(page: str) -> dict[str, int]:
    """Return the sizes in bytes of the page, its style sheets and its scripts, compressed with
    gzip.
    """
    files = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    files += re.findall(r'<script[^>]* src="([^"]+)"', page)
    packed = {"page": len(gzip.compress(page.encode()))}
    for file in files:
        path = finders.find(file.removeprefix(settings.STATIC_URL))
        assert path, file
        packed[file] = len(gzip.compress(Path(path).read_bytes()))
    return packed


def test_a_first_visit_transfers_few_bytes(client: Client, newsroom: Newsroom) -> None:
    scene.home(newsroom)
    article = scene.article(newsroom)
    home = weight(read(client, "/"))
    text = weight(read(client, article.get_absolute_url()))
    common = {"page", *map(static, ("css/site.css", "css/print.css", "js/theme.js"))}
    # Both pages must include the common style sheets and scripts, among other files.
    assert common < home.keys() & text.keys()
    assert sum(home.values()) < HOME, home
    assert sum(text.values()) < ARTICLE, text
