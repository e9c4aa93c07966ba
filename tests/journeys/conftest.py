"""Fixtures for the tests in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from portal.accounts.models import User
from tests.browser import RunningServer
from tests.factories import Newsroom

from .staff_browser import StaffBrowser


@pytest.fixture
def newsroom(transactional_db: None) -> Newsroom:
    return Newsroom()


@pytest.fixture
def open_browser(browser: Browser, server: RunningServer) -> Iterator[Callable[..., StaffBrowser]]:
    """Return a function that opens a browser in which a user is signed in.

    The fixture closes all these browsers after the test.
    """
    opened: list[StaffBrowser] = []

    def open_for(user: User, viewport: dict | None = None) -> StaffBrowser:
        opened.append(StaffBrowser(browser, server, user, viewport))
        return opened[-1]

    yield open_for
    for each in opened:
        each.close()
