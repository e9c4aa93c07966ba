"""Tests of the honours ledger: an honour from its scan to the public page, and an import."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Browser, Page, expect

from honors.models import Honor
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.publishing.models import Revision
from tests import factories
from tests.browser import RunningServer
from tests.factories import Newsroom
from tests.honors import build
from tests.honors.build import MERIT

from .staff_browser import StaffBrowser


class LedgerBrowser(StaffBrowser):
    """A browser on the pages of the honours ledger."""

    def open(self, pk: int, page: str = "change") -> None:
        self.page.goto(f"{self.server.url}/admin/honors/honor/{pk}/{page}/")

    def open_ledger(self, page: str = "") -> None:
        self.page.goto(f"{self.server.url}/admin/honors/honor/{page}")

    def titles(self) -> list[str]:
        return self.page.locator("#result_list .field-headline").all_inner_texts()

    def upload(self, file: Path) -> None:
        self.open_ledger("import/")
        self.page.set_input_files("#id_file", file)
        self.page.click("#upload [type=submit]")
        self.page.locator("#plan").wait_for()

    def outcomes(self) -> list[str]:
        rows = self.page.locator("#plan tbody tr").all()
        return [f"{row.locator('td').first.inner_text()} {row.get_attribute('class')}"
                for row in rows]  # fmt: skip


@pytest.fixture
def open_ledger_browser(
    browser: Browser, server: RunningServer
) -> Iterator[Callable[[User], LedgerBrowser]]:
    opened: list[LedgerBrowser] = []

    def open_for(user: User) -> LedgerBrowser:
        opened.append(LedgerBrowser(browser, server, user))
        return opened[-1]

    yield open_for
    for each in opened:
        each.close()


@pytest.fixture
def clerk(transactional_db: None) -> User:
    return factories.user(Role.HONORS)


def test_an_honour_is_entered_reviewed_and_released(
    newsroom: Newsroom,
    clerk: User,
    open_ledger_browser: Callable[..., LedgerBrowser],
    server: RunningServer,
    page: Page,
    tmp_path: Path,
) -> None:
    scan = tmp_path / "scan.png"
    PIL.Image.new("RGB", (900, 600), "#e8dcc0").save(scan)
    writer = open_ledger_browser(clerk)
    writer.open_ledger("add/")
    form = writer.page
    form.fill("#id_name", "集体二等功")
    form.select_option("#id_kind", "merit")
    form.check("input[name=levels][value=provincial]")
    form.fill("#id_awarding_body", "省法院")
    form.fill("#id_awarded", "2018年")
    form.select_option("[name=recipients-0-kind]", "court")
    writer.add_picture(scan, "集体二等功奖状的扫描件", "奖状")
    writer.click_button("保存并送审")
    writer.expect_message("已保存并送审")
    found = re.search(r"/honor/(\d+)/", form.url)
    assert found
    pk = int(found[1])

    # The author has no button for the review, so another user approves the entry.
    expect(form.get_by_role("button", name="审核通过", exact=True)).to_have_count(0)
    public = f"{server.url}/honors/{pk}/"
    assert page.goto(public).status == 404
    open_ledger_browser(newsroom.reviewer1).approve(pk)
    assert page.goto(public).status == 404
    open_ledger_browser(newsroom.publisher).release(pk)

    assert page.goto(public).status == 200
    expect(page.get_by_role("heading", level=1)).to_contain_text("集体二等功")
    main = page.locator("main")
    for words in ("省法院", "2018年"):
        expect(main).to_contain_text(words)
    picture = main.get_by_role("img", name="集体二等功奖状的扫描件").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    page.goto(f"{server.url}/honors/")
    expect(page.locator("main").get_by_role("link", name="集体二等功").first).to_be_visible()


def test_a_sheet_is_imported_after_its_errors_are_corrected(
    clerk: User, open_ledger_browser: Callable[..., LedgerBrowser], tmp_path: Path
) -> None:
    table = [
        MERIT,
        {**MERIT, "name": "先进集体", "levels": "部级"},
        {**MERIT, "name": "文明单位", "recipients": "张某"},
    ]
    file = tmp_path / "台账.xlsx"
    file.write_bytes(build.xlsx(table))
    writer = open_ledger_browser(clerk)
    writer.upload(file)
    assert writer.outcomes() == ["3 plan-error", "4 plan-error", "2 plan-new"]
    places = writer.page.locator("#plan .blocking .cell").all_inner_texts()
    assert places == ["C3", "H4"]
    expect(writer.page.locator("#plan")).to_contain_text("部级")
    expect(writer.page.locator("#confirm")).to_have_count(0)
    assert Honor.objects.count() == 0

    table[1]["levels"], table[2]["recipients"] = "省级", "个人:张某"
    file.write_bytes(build.xlsx(table))
    writer.upload(file)
    assert writer.outcomes() == ["2 plan-new", "3 plan-new", "4 plan-new"]
    assert Honor.objects.count() == 0
    # Two clicks in the time before the server responds.
    writer.page.locator("#confirm [type=submit]").dblclick()
    writer.page.locator(".verdict .primary").wait_for()
    expect(writer.page.locator("#confirm")).to_have_count(0)
    writer.page.locator(".verdict .primary").click()
    expect(writer.page.locator("#result_list")).to_be_visible()
    assert sorted(writer.titles()) == sorted(["集体二等功", "先进集体", "文明单位"])
    assert {*Revision.objects.values_list("state", flat=True)} == {"draft"}
    assert Honor.objects.count() == 3

    # Select all entries of the filtered list, and submit them.
    writer.page.check("#action-toggle")
    writer.page.select_option("select[name=action]", "submit_selected")
    writer.page.locator(".actions [type=submit]").first.click()
    writer.page.locator(".messagelist .success").wait_for()
    assert {*Revision.objects.values_list("state", flat=True)} == {"in_review"}
