"""Limits of the bytes that a first visit transfers, without images."""

from __future__ import annotations

from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Response

from tests.sample import Page

KB = 1000


@pytest.mark.parametrize(
    ("name", "limit"),
    [("home", 120 * KB), ("article", 80 * KB), ("article-pictures", 80 * KB)],
)
def test_the_first_visit_is_small(
    browser: Browser, url: str, pages: dict[str, Page], name: str, limit: int
) -> None:
    context = browser.new_context()
    responses: list[Response] = []
    context.on("response", lambda response: responses.append(response))
    tab = context.new_page()
    tab.goto(url + pages[name].address, wait_until="networkidle")
    addresses = {each.url for each in responses if each.request.resource_type != "image"}
    context.close()
    assert {address.removeprefix(url).split("/")[1] for address in addresses} >= {"static"}
    sizes = {address: transferred(address) for address in addresses}
    assert sum(sizes.values()) <= limit, sizes


def transferred(address: str) -> int:
    """Return the size of the response with gzip, which every browser accepts.

    Brotli responses are smaller.
    """
    request = Request(address, headers={"Accept-Encoding": "gzip"})
    with urlopen(request, timeout=300) as response:
        return len(response.read())
