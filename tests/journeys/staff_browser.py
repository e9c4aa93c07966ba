"""Browsers in which staff are signed in; the tests find elements by their visible labels."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from portal.accounts.models import User
from tests.browser import TIMEOUT_MS, RunningServer, click_to_close
from tests.factories import PASSWORD

PHONE = {"width": 390, "height": 844}
#: Milliseconds without input after which the form is saved: ``static/js/admin/autosave.js``.
AUTOSAVE_MS = 4000


class StaffBrowser:
    """A browser context in which one user is signed in."""

    def __init__(
        self, browser: Browser, server: RunningServer, user: User, viewport: dict | None = None
    ) -> None:
        self.server = server
        self.user = user
        self.context = browser.new_context(
            viewport=viewport or {"width": 1440, "height": 1000},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        self.context.set_default_timeout(TIMEOUT_MS)
        self.problems: list[str] = []
        self.context.on("weberror", lambda event: self.problems.append(str(event.error)))
        self.page: Page = self.context.new_page()
        self.sign_in()

    def sign_in(self) -> None:
        self.page.goto(f"{self.server.url}/admin/login/?next=/admin/")
        self.fill_sign_in()
        expect(self.page.get_by_role("heading", name="工作台")).to_be_visible()

    def fill_sign_in(self) -> None:
        self.page.fill("#id_username", self.user.username)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("form [type=submit]")

    def close(self) -> None:
        self.context.close()
        assert not self.problems

    def control_clock(self) -> None:
        """Make ``pass_idle_time`` possible on the pages that are opened from now on."""
        self.context.clock.install()

    def pass_idle_time(self) -> None:
        """Advance the clock of the page until the form is saved automatically."""
        self.page.clock.fast_forward(AUTOSAVE_MS)

    def new_article(self) -> None:
        self.page.goto(f"{self.server.url}/admin/news/article/add/")
        self.ready()

    def open(self, pk: int, page: str = "change") -> None:
        self.page.goto(f"{self.server.url}/admin/news/article/{pk}/{page}/")

    def ready(self) -> None:
        """Wait until the rich-text editor has loaded."""
        self.editor.wait_for()

    @property
    def editor(self):
        return self.page.locator(".cke_wysiwyg_div")

    def add_picture(self, file: Path, alt: str, caption: str) -> None:
        """Upload an image in the library's popup window, choose it, and fill in its row."""
        with self.page.expect_popup() as opened:
            self.page.locator("#pictures").get_by_role("button", name="添加图片").click()
        chooser = opened.value
        chooser.set_input_files("#upload", file)
        chooser.locator("[data-upload] [type=submit]").click()
        click_to_close(chooser, chooser.locator("[data-item]").first)
        row = self.page.locator("#pictures [data-list] [data-row]").last
        expect(row.locator("img")).to_be_visible()
        row.locator("[name$='-alt']").fill(alt)
        row.locator("[name$='-caption']").fill(caption)

    def add_table(self) -> None:
        """Insert a table with the default settings of the rich-text editor."""
        self.page.click(".cke_button__table")
        self.page.locator(".cke_dialog_ui_button_ok").last.click()
        expect(self.editor.locator("table")).to_be_visible()

    def click_button(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def expect_message(self, text: str) -> None:
        expect(self.page.locator(".messagelist")).to_contain_text(text)

    def approve(self, pk: int) -> None:
        self.open(pk)
        self.page.get_by_label("我已审核内容").check()
        self.page.get_by_label("我已校对文字").check()
        self.click_button("审核通过")
        self.expect_message("您的审核意见已记录")

    def return_text(self, pk: int, comment: str) -> None:
        self.open(pk)
        self.page.locator("details.action-return summary").click()
        self.page.get_by_label("修改意见").fill(comment)
        self.click_button("退回")
        self.expect_message("已退回作者")

    def release(self, pk: int) -> None:
        self.open(pk)
        self.click_button("发布")
        self.expect_message("已发布")

    def withdraw(self, pk: int, reason: str) -> None:
        self.open(pk)
        self.page.locator("details.action-withdraw summary").click()
        self.page.get_by_label("原因（读者可见）").fill(reason)
        self.click_button("撤稿")
        self.expect_message("已撤稿")


def article_id(url: str) -> int:
    """Return the article id that the URL of an admin page contains."""
    found = re.search(r"/article/(\d+)/", url)
    assert found, url
    return int(found[1])
