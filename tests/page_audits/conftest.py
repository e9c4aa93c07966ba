"""Fixtures: the sample portal, served as in production, and a browser tab that opens its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests.browser import TIMEOUT_MS
from tests.sample import PASSWORD, Page
from tests.sample.fixtures import SharedSample

from .reader import Reader


@pytest.fixture(scope="session")
def sample(shared_sample: SharedSample) -> SharedSample:
    return shared_sample


@pytest.fixture(scope="session")
def pages(sample: SharedSample) -> dict[str, Page]:
    return sample.pages


@pytest.fixture(scope="session")
def url(sample: SharedSample) -> Iterator[str]:
    with sample.sample.served() as url:
        yield url


@pytest.fixture
def reader(browser: Browser, url: str, pages: dict[str, Page]) -> Iterator[Reader]:
    """Yield a reader whose browser requests reduced motion, so that nothing moves during
    measurements.
    """
    context = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    )
    yield Reader(context.new_page(), url, pages)
    context.close()


@pytest.fixture
def sign_in(browser: Browser, url: str) -> Iterator[Callable[[str], Tab]]:
    """Yield a function that signs in a demo account in a new tab and returns the tab."""
    opened = []

    def open_tab(username: str) -> Tab:
        context = browser.new_context(
            base_url=url, viewport={"width": 1440, "height": 900}, locale="zh-CN"
        )
        context.set_default_timeout(TIMEOUT_MS)
        opened.append(context)
        tab = context.new_page()
        tab.goto("/admin/login/?next=/admin/")
        tab.fill("#id_username", username)
        tab.fill("#id_password", PASSWORD)
        tab.click("form [type=submit]")
        tab.locator("#site-name").wait_for()
        return tab

    yield open_tab
    for context in opened:
        context.close()
