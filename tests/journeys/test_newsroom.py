"""Tests that write, review and release articles in a real browser on the real server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import APIResponse, Dialog, Page, Route, expect

from news.models import Article
from portal.publishing.models import Revision
from tests.browser import RunningServer
from tests.factories import Newsroom

from .staff_browser import PHONE, StaffBrowser, article_id


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "drawing.png"
    PIL.Image.new("RGB", (900, 600), "#8f1d21").save(path)
    return path


def write_article(editor: StaffBrowser, newsroom: Newsroom, drawing: Path) -> int:
    """Write an article with a table and a picture, submit it, and return its id."""
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
    return article_id(editor.page.url)


def return_and_resubmit(editor: StaffBrowser, reviewer: StaffBrowser, pk: int) -> None:
    """Return the article with a comment; the editor then corrects and submits it again."""
    reviewer.return_text(pk, "请写明地点。")
    editor.open(pk)
    editor.ready()
    expect(editor.page.locator(".reviews")).to_contain_text("请写明地点。")
    editor.page.fill("#id_subtitle", "仪式在本院举行")
    editor.click_button("保存并送审")
    editor.expect_message("已保存并送审")


def expect_public_article(page: Page, server: RunningServer, url: str) -> None:
    """Check the article's page and the links to it on the home page and in lists."""
    assert page.goto(url).status == 200
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


def correct_article(
    editor: StaffBrowser,
    reviewers: list[StaffBrowser],
    publisher: StaffBrowser,
    pk: int,
    page: Page,
    url: str,
) -> None:
    """Change a live article; check that readers see the old text until the release."""
    editor.open(pk)
    editor.ready()
    editor.page.fill("#id_subtitle", "仪式在本院审判庭举行")
    editor.page.select_option("#id_change_kind", "substance")
    editor.page.fill("#id_public_note", "补写了地点。")
    editor.click_button("保存并送审")
    editor.expect_message("已保存并送审")
    page.goto(url)
    expect(page.locator("main")).to_contain_text("仪式在本院举行")
    expect(page.locator("main")).not_to_contain_text("审判庭")
    for reviewer in reviewers:
        reviewer.approve(pk)
    page.goto(url)
    expect(page.locator("main")).not_to_contain_text("审判庭")
    publisher.release(pk)
    page.goto(url)
    expect(page.locator("main")).to_contain_text("仪式在本院审判庭举行")
    expect(page.locator("main")).to_contain_text("补写了地点。")


def withdraw_article(
    publisher: StaffBrowser, pk: int, page: Page, server: RunningServer, url: str
) -> None:
    """Withdraw the article; check that its page shows only the reason and its images are gone."""
    page.goto(url)
    sources = page.eval_on_selector_all("main img", "all => all.map(image => image.currentSrc)")
    assert sources
    publisher.withdraw(pk, "内容有误，正在核对。")
    assert page.goto(url).status == 410
    expect(page.locator("main")).to_contain_text("内容有误，正在核对。")
    expect(page.locator("body")).not_to_contain_text("挂牌仪式")
    for address in ("/", "/news/"):
        page.goto(server.url + address)
        expect(page.locator("body")).not_to_contain_text("挂牌仪式")
    assert page.goto(f"{server.url}/news/court-news/").ok
    expect(page.locator("main")).not_to_contain_text("挂牌仪式")
    for source in sources:
        assert page.request.get(source).status in (404, 410)


def test_an_article_from_draft_to_withdrawal(
    newsroom: Newsroom,
    open_browser: Callable[..., StaffBrowser],
    server: RunningServer,
    page: Page,
    drawing: Path,
) -> None:
    editor = open_browser(newsroom.editor)
    pk = write_article(editor, newsroom, drawing)

    first = open_browser(newsroom.reviewer1, PHONE)
    return_and_resubmit(editor, first, pk)
    # The reviewer's page begins with the changes since the return.
    first.open(pk)
    expect(first.page.locator(".revision-text .diff ins").first).to_contain_text("仪式在本院举行")
    assert first.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    reviewers = [first, open_browser(newsroom.reviewer2), open_browser(newsroom.reviewer3)]
    for reviewer in reviewers:
        reviewer.approve(pk)

    url = f"{server.url}/news/{pk}/"
    assert page.goto(url).status == 404
    publisher = open_browser(newsroom.publisher)
    publisher.release(pk)
    expect_public_article(page, server, url)
    correct_article(editor, reviewers, publisher, pk, page, url)
    withdraw_article(publisher, pk, page, server, url)


def test_input_survives_an_expired_session(
    newsroom: Newsroom, open_browser: Callable[..., StaffBrowser]
) -> None:
    article = newsroom.draft(title="写到一半").target
    editor = open_browser(newsroom.editor)
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


def test_autosave_reports_a_conflict_between_two_editors(
    newsroom: Newsroom, open_browser: Callable[..., StaffBrowser]
) -> None:
    article = newsroom.draft(title="原题").target
    one = open_browser(newsroom.editor)
    one.control_clock()
    one.open(article.pk)
    one.ready()
    two = open_browser(newsroom.editor)
    two.open(article.pk)
    two.ready()
    with one.page.expect_response("**/autosave/"):
        one.page.fill("#id_title", "甲写的题目")
        one.pass_idle_time()
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


def test_autosave_creates_a_new_article_once(
    newsroom: Newsroom, open_browser: Callable[..., StaffBrowser]
) -> None:
    editor = open_browser(newsroom.editor)
    editor.control_clock()
    editor.new_article()
    with editor.page.expect_response("**/autosave/"):
        editor.page.fill("#id_title", "新稿")
        editor.pass_idle_time()
    editor.page.wait_for_url("**/change/")
    with editor.page.expect_response("**/autosave/"):
        editor.page.fill("#id_title", "新稿，又改")
        editor.pass_idle_time()
    expect(editor.page.locator("#autosave-status")).to_contain_text("已自动保存")
    editor.click_button("保存")
    editor.expect_message("保存")
    assert [row.title for row in Revision.objects.all()] == ["新稿，又改"]


def test_a_save_waits_for_an_autosave(
    newsroom: Newsroom, open_browser: Callable[..., StaffBrowser]
) -> None:
    """Otherwise a new article would be created twice, or the save would conflict."""
    editor = open_browser(newsroom.editor)
    editor.control_clock()
    editor.new_article()
    answers: list[tuple[Route, APIResponse]] = []
    editor.page.route("**/autosave/", lambda route: answers.append((route, route.fetch())))
    for title in ("新稿", "新稿，又改"):
        editor.page.fill("#id_title", title)
        editor.pass_idle_time()
        editor.click_button("保存")
        while not answers:  # the server is saving
            editor.page.evaluate("null")
        route, answer = answers.pop()
        with editor.page.expect_navigation():
            route.fulfill(response=answer)
        editor.expect_message("保存")
        assert [row.title for row in Revision.objects.all()] == [title]


def test_the_local_draft_is_restored_after_a_crash(
    newsroom: Newsroom, open_browser: Callable[..., StaffBrowser]
) -> None:
    article = newsroom.draft(title="原题").target
    editor = open_browser(newsroom.editor)
    editor.control_clock()
    editor.page.route("**/autosave/", lambda route: route.abort())
    editor.open(article.pk)
    editor.ready()
    editor.page.fill("#id_title", "还没有存上")
    editor.pass_idle_time()
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


def test_the_preview_shows_the_draft_at_three_widths(
    newsroom: Newsroom, open_browser: Callable[..., StaffBrowser], drawing: Path
) -> None:
    article = newsroom.draft(title="待看的稿件").target
    editor = open_browser(newsroom.editor)
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
        # The width is measured inside the page, because the frame may be scaled down to fit.
        inside = frame.locator("body").evaluate("() => window.innerWidth")
        assert inside == pytest.approx(width, abs=2)
    assert Article.objects.public().count() == 0


def test_signing_out_deletes_the_drafts_of_the_account(
    newsroom: Newsroom, open_browser: Callable[..., StaffBrowser]
) -> None:
    article = newsroom.draft(title="原题").target
    editor = open_browser(newsroom.editor)
    page = editor.page
    page.route("**/autosave/", lambda route: route.abort())
    editor.open(article.pk)
    editor.ready()
    page.evaluate("() => localStorage.setItem('draft-news.article-9-0', '{}')")  # another account
    page.fill("#id_title", "还没有存上")
    expect(page.locator("#autosave-status")).to_contain_text("留在本浏览器")
    own = f"draft-news.article-{article.pk}-{newsroom.editor.pk}"
    stored = "() => Object.keys(localStorage).filter((key) => key.startsWith('draft-')).sort()"

    page.once("dialog", lambda dialog: dialog.dismiss())
    page.locator("#logout-form button").click()
    assert page.evaluate(stored) == sorted([own, "draft-news.article-9-0"])
    assert page.input_value("#id_title") == "还没有存上"

    questions: list[str] = []

    def accept(dialog: Dialog) -> None:
        questions.append(dialog.message)
        dialog.accept()

    page.once("dialog", accept)
    page.locator("#logout-form button").click()
    page.wait_for_url("**/logout/")
    assert ["未保存" in question for question in questions] == [True]
    assert page.evaluate(stored) == ["draft-news.article-9-0"]
