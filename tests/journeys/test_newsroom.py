"""From a draft to the public page and back, in a real browser against the real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import PIL.Image
import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Page, expect

from news.models import Article
from portal.accounts.models import User
from portal.publishing.models import Revision
from tests.browser import RunningServer
from tests.factories import Newsroom

from .people import PHONE, StaffBrowser, number_in


@pytest.fixture
def newsroom(transactional_db: None) -> Newsroom:
    return Newsroom()


@pytest.fixture
def desk(browser: Browser, server: RunningServer) -> Iterator[Callable[..., StaffBrowser]]:
    """Sits a colleague down at a browser."""
    made: list[StaffBrowser] = []

    def sit(user: User, viewport: dict | None = None) -> StaffBrowser:
        made.append(StaffBrowser(browser, server, user, viewport))
        return made[-1]

    yield sit
    for one in made:
        one.close()


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "drawing.png"
    PIL.Image.new("RGB", (900, 600), "#8f1d21").save(path)
    return path


def test_the_whole_way(
    newsroom: Newsroom,
    desk: Callable[..., StaffBrowser],
    server: RunningServer,
    page: Page,
    drawing: Path,
) -> None:
    editor = desk(newsroom.editor)
    editor.new_article()
    editor.page.select_option("#id_column", str(newsroom.column.pk))
    editor.page.fill("#id_title", "梨树区法院举行挂牌仪式")
    editor.page.fill("#id_source", "本院")
    editor.editor.click()
    editor.page.keyboard.type("七月八日，本院举行挂牌仪式。")
    editor.add_table()
    editor.add_picture(drawing, "一块红色的牌匾", "牌匾（示意图）")
    editor.click_button("保存并送审")
    editor.expect_message("已保存并送审")
    pk = number_in(editor.page.url)

    first = desk(newsroom.reviewer1, PHONE)
    first.return_it(pk, "请写明地点。")
    editor.open(pk)
    editor.ready()
    expect(editor.page.locator(".reviews")).to_contain_text("请写明地点。")
    editor.page.fill("#id_subtitle", "仪式在本院举行")
    editor.click_button("保存并送审")
    editor.expect_message("已保存并送审")

    # What the reviewer sent back for is what he is shown first.
    first.open(pk)
    expect(first.page.locator(".revision-text .diff ins").first).to_contain_text("仪式在本院举行")
    assert first.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    first.approve(pk)
    second, third = desk(newsroom.reviewer2), desk(newsroom.reviewer3)
    second.approve(pk)
    third.approve(pk)

    public = f"{server.url}/news/{pk}/"
    assert page.goto(public).status == 404
    publisher = desk(newsroom.publisher)
    publisher.release(pk)
    assert page.goto(public).status == 200
    expect(page.get_by_role("heading", level=1)).to_contain_text("挂牌仪式")
    expect(page.locator("main table")).to_be_visible()
    picture = page.get_by_role("img", name="一块红色的牌匾")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    for address in ("/", "/news/", "/news/court-news/"):
        page.goto(server.url + address)
        expect(
            page.locator("main").get_by_role("link", name="梨树区法院举行挂牌仪式").first
        ).to_be_visible()

    # One word of the live article is changed; readers see the old one until it is released.
    editor.open(pk)
    editor.ready()
    editor.page.fill("#id_subtitle", "仪式在本院审判庭举行")
    editor.page.select_option("#id_change_kind", "substance")
    editor.page.fill("#id_public_note", "补写了地点。")
    editor.click_button("保存并送审")
    editor.expect_message("已保存并送审")
    page.goto(public)
    expect(page.locator("main")).to_contain_text("仪式在本院举行")
    expect(page.locator("main")).not_to_contain_text("审判庭")
    for reviewer in (first, second, third):
        reviewer.approve(pk)
    page.goto(public)
    expect(page.locator("main")).not_to_contain_text("审判庭")
    publisher.release(pk)
    page.goto(public)
    expect(page.locator("main")).to_contain_text("仪式在本院审判庭举行")
    expect(page.locator("main")).to_contain_text("补写了地点。")

    # Withdrawn: gone everywhere, picture included, with the reason.
    page.goto(public)
    sources = page.eval_on_selector_all("main img", "all => all.map(image => image.currentSrc)")
    assert sources
    publisher.withdraw(pk, "内容有误，正在核对。")
    assert page.goto(public).status == 410
    expect(page.locator("main")).to_contain_text("内容有误，正在核对。")
    expect(page.locator("body")).not_to_contain_text("挂牌仪式")
    for address in ("/", "/news/"):
        page.goto(server.url + address)
        expect(page.locator("body")).not_to_contain_text("挂牌仪式")
    assert page.goto(f"{server.url}/news/court-news/").ok
    expect(page.locator("main")).not_to_contain_text("挂牌仪式")
    for source in sources:
        assert page.request.get(source).status in (404, 410)


def test_an_expired_session_keeps_the_text(
    newsroom: Newsroom, desk: Callable[..., StaffBrowser]
) -> None:
    article = newsroom.draft(title="写到一半").target
    editor = desk(newsroom.editor)
    editor.open(article.pk)
    editor.ready()
    Session.objects.all().delete()
    editor.page.fill("#id_title", "写到一半，登录过期")
    editor.click_button("保存")
    editor.fill_sign_in()
    editor.page.locator("main form [type=submit], #content form [type=submit]").first.click()
    editor.expect_message("已保存")
    editor.ready()
    assert editor.page.input_value("#id_title") == "写到一半，登录过期"
    assert Revision.objects.get(object_id=article.pk).title == "写到一半，登录过期"


def test_it_saves_by_itself_and_two_writers_lose_nothing(
    newsroom: Newsroom, desk: Callable[..., StaffBrowser]
) -> None:
    article = newsroom.draft(title="原题").target
    one = desk(newsroom.editor)
    one.open(article.pk)
    one.ready()
    two = desk(newsroom.editor)
    two.open(article.pk)
    two.ready()
    with one.page.expect_response("**/autosave/"):
        one.page.fill("#id_title", "甲写的题目")
    expect(one.page.locator("#autosave-status")).to_contain_text("已自动保存")
    assert Revision.objects.get(object_id=article.pk).title == "甲写的题目"
    two.page.fill("#id_title", "乙写的题目")
    two.click_button("保存")
    expect(two.page.locator("#conflict")).to_contain_text("甲写的题目")
    expect(two.page.locator("#conflict")).to_contain_text("乙写的题目")
    assert two.page.input_value("#id_title") == "乙写的题目"
    two.click_button("保存")
    two.expect_message("已保存")
    assert Revision.objects.get(object_id=article.pk).title == "乙写的题目"


def test_a_new_text_saves_itself_once(
    newsroom: Newsroom, desk: Callable[..., StaffBrowser]
) -> None:
    editor = desk(newsroom.editor)
    editor.new_article()
    with editor.page.expect_response("**/autosave/"):
        editor.page.fill("#id_title", "新稿")
    editor.page.wait_for_url("**/change/")
    with editor.page.expect_response("**/autosave/"):
        editor.page.fill("#id_title", "新稿，又改")
    expect(editor.page.locator("#autosave-status")).to_contain_text("已自动保存")
    editor.click_button("保存")
    editor.expect_message("保存")
    assert [row.title for row in Revision.objects.all()] == ["新稿，又改"]


def test_a_crashed_browser_gives_the_text_back(
    newsroom: Newsroom, desk: Callable[..., StaffBrowser]
) -> None:
    article = newsroom.draft(title="原题").target
    editor = desk(newsroom.editor)
    editor.page.route("**/autosave/", lambda route: route.abort())
    editor.open(article.pk)
    editor.ready()
    editor.page.fill("#id_title", "还没有存上")
    expect(editor.page.locator("#autosave-status")).to_contain_text("留在本浏览器")
    crashed = editor.page
    editor.page = editor.context.new_page()
    crashed.close(run_before_unload=False)
    editor.open(article.pk)
    editor.ready()
    assert editor.page.input_value("#id_title") == "原题"
    editor.page.get_by_role("button", name="取回到表单中").click()
    assert editor.page.input_value("#id_title") == "还没有存上"
    editor.click_button("保存")
    editor.expect_message("已保存")


def test_the_preview_shows_what_is_not_public(
    newsroom: Newsroom, desk: Callable[..., StaffBrowser], drawing: Path
) -> None:
    article = newsroom.draft(title="待看的稿件").target
    editor = desk(newsroom.editor)
    editor.open(article.pk)
    editor.ready()
    editor.add_picture(drawing, "一块红色的牌匾", "牌匾")
    editor.click_button("保存并预览")
    frame = editor.page.frame_locator("#preview")
    expect(frame.get_by_role("heading", level=1)).to_contain_text("待看的稿件")
    picture = frame.get_by_role("img", name="一块红色的牌匾")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    for name, width in (("手机", 390), ("平板", 820), ("电脑", 1280)):
        editor.page.get_by_label(name).check()
        # What the page itself measures: on a narrow desk the frame is shown smaller.
        inside = frame.locator("body").evaluate("() => window.innerWidth")
        assert inside == pytest.approx(width, abs=2)
    assert Article.objects.public().count() == 0
