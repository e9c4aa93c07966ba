"""Tests that quote a figure in an article and parse source values while they are typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from news.models import Article
from portal.accounts.models import User
from portal.court.models import Indicator, Observation
from portal.publishing.models import Revision
from portal.source_values.quantities import parse_quantity
from tests.browser import RunningServer, click_to_close
from tests.factories import Newsroom, Records

from .staff_browser import StaffBrowser


@pytest.fixture
def figure(newsroom: Newsroom) -> Observation:
    records = Records(newsroom)
    indicator = records.live(Indicator(), name="受理", code="accepted", unit="件")
    return records.live(Observation(), indicator=indicator.pk, value=parse_quantity("5177件"))


def test_a_figure_is_quoted_in_an_article(
    newsroom: Newsroom,
    figure: Observation,
    open_browser: Callable[[User], StaffBrowser],
    server: RunningServer,
    page: Page,
) -> None:
    article = newsroom.draft(body="<p>两年来共受理</p>").target
    editor = open_browser(newsroom.editor)
    editor.open(article.pk)
    editor.ready()
    editor.editor.locator("p").click()
    editor.page.keyboard.press("End")
    with editor.page.expect_popup() as opened:
        editor.page.click(".cke_button__quote")
    chooser = opened.value
    chooser.get_by_label("查找数据").fill("受理")
    chooser.get_by_role("button", name="搜索").click()
    click_to_close(chooser, chooser.get_by_role("button", name="5177件"))
    expect(editor.editor.locator("[data-quote]")).to_have_text("5177件")
    # Text that is typed after the quote must not become part of it.
    editor.page.keyboard.type("。")
    editor.click_button("保存")
    editor.expect_message("已保存")
    body = Article.objects.get(pk=article.pk).open_revision.content["fields"]["body"]
    quote = f'<span data-quote="court.observation:{figure.pk}">5177件</span>'
    assert body == f"<p>两年来共受理{quote}。</p>"

    newsroom.release(newsroom.approve(newsroom.submit(article.newest_revision)))
    page.goto(server.url + Article.objects.get(pk=article.pk).get_absolute_url())
    expect(page.locator(".quoted")).to_have_text("5177件")
    page.get_by_role("link", name="受理").last.click()
    expect(page.locator("main")).to_contain_text("5177")


def test_source_values_are_parsed_while_they_are_typed(
    newsroom: Newsroom,
    figure: Observation,
    open_browser: Callable[[User], StaffBrowser],
    server: RunningServer,
) -> None:
    editor = open_browser(newsroom.editor)
    editor.page.goto(f"{server.url}/admin/court/observation/add/")
    editor.page.select_option("#id_indicator", str(figure.indicator_id))
    for text, understood in (
        ("20余名", "多于20、少于30"),
        ("超过100%", "超过100%"),
        ("若干", "未能识别"),
    ):
        editor.page.fill("#id_value", text)
        expect(editor.page.locator(".field-value")).to_contain_text(understood)
    editor.page.fill("#id_value", "5200件")
    editor.page.fill("#id_period", "2018年")
    expect(editor.page.locator(".field-period")).to_contain_text("2018-01-01")
    editor.click_button("保存")
    editor.expect_message("已保存")
    saved = Revision.objects.latest("pk")
    assert saved.title == "受理：5200件（2018年）"
