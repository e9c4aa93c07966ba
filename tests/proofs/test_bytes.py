"""What the first visit costs, without pictures, as it comes over the line."""

from __future__ import annotations

from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Response

from tests.sample import Page

KB = 1000


@pytest.mark.parametrize(
    ("name", "most"),
    [("home", 120 * KB), ("article", 80 * KB), ("article-pictures", 80 * KB)],
)
def test_the_first_visit_is_small(
    browser: Browser, url: str, pages: dict[str, Page], name: str, most: int
) -> None:
    context = browser.new_context()
    asked: list[Response] = []
    context.on("response", lambda response: asked.append(response))
    tab = context.new_page()
    tab.goto(url + pages[name].address, wait_until="networkidle")
    addresses = {each.url for each in asked if each.request.resource_type != "image"}
    context.close()
    assert {address.removeprefix(url).split("/")[1] for address in addresses} >= {"static"}
    sizes = {address: sent(address) for address in addresses}
    assert sum(sizes.values()) <= most, sizes


def sent(address: str) -> int:
    """With gzip, which every browser takes; brotli is smaller."""
    request = Request(address, headers={"Accept-Encoding": "gzip"})
    with urlopen(request, timeout=300) as response:
        return len(response.read())
