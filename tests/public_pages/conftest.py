"""Fixtures for tests of public pages in a browser, with or without JavaScript, at any width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import TIMEOUT_MS, RunningServer
from tests.factories import Newsroom

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 1000}

Reader = Callable[..., Page]


@pytest.fixture
def newsroom(server: RunningServer) -> Newsroom:
    """Create a newsroom in the database of the running server."""
    return Newsroom()


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    """Yield a function that opens a tab in a new browser context.

    The keyword arguments are preferences of the browser, such as the colour scheme.
    """
    opened: list[BrowserContext] = []

    def open_tab(
        viewport: dict[str, int] = DESK, *, script: bool = True, **preferences: Any
    ) -> Page:
        context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            locale="zh-CN",
            java_script_enabled=script,
            **preferences,
        )
        context.set_default_timeout(TIMEOUT_MS)
        opened.append(context)
        return context.new_page()

    yield open_tab
    for context in opened:
        context.close()
