"""Fixtures: the sample portal, served as in production, and a browser tab that opens its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.sample import Page
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
