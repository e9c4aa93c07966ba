"""The lists of the admin on a laptop screen: no column of a table is cut off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser import RunningServer
from tests.factories import Newsroom
from tests.journeys.staff_browser import StaffBrowser

from . import scene


@pytest.mark.parametrize("width", [1024, 1280])
def test_the_last_column_of_the_article_list_is_visible(
    server: RunningServer, newsroom: Newsroom, browser: Browser, width: int
) -> None:
    scene.home(newsroom)
    scene.article(
        newsroom, title="大学习、大研讨：把学习落到支部和党员，以党建带队建、以队建促审判"
    )
    staff = StaffBrowser(browser, server, newsroom.editor, {"width": width, "height": 900})
    staff.page.goto(f"{server.url}/admin/news/article/")
    frame = staff.page.locator("#changelist .results")
    assert frame.locator("thead th").last.is_visible()
    inner, outer = frame.evaluate("each => [each.scrollWidth, each.clientWidth]")
    assert inner == outer
    assert staff.page.evaluate("document.documentElement.scrollWidth") == width
    staff.close()
