"""Pictures in the rich-text editor, in a real browser, under the desk's real security policy."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import gettext
from playwright.sync_api import BrowserContext, Page, expect

from news.models import Article
from portal.library.models import Image
from portal.publishing.models import Revision
from tests.browser import RunningServer
from tests.factories import PASSWORD, Newsroom

from .sample_files import encode_image, make_image

LOADED = "image => image.complete && image.naturalWidth > 0"


@pytest.fixture
def newsroom(transactional_db: None) -> Newsroom:
    return Newsroom()


@pytest.fixture
def writing(newsroom: Newsroom, server: RunningServer, context: BrowserContext) -> Iterator[Page]:
    """The editor's form for a new article, ready."""
    page = context.new_page()
    page.goto(f"{server.url}/admin/login/?next=/admin/news/article/add/")
    page.fill("#id_username", newsroom.editor.username)
    page.fill("#id_password", PASSWORD)
    page.click("form [type=submit]")
    body(page).wait_for()
    page.select_option("#id_column", str(newsroom.column.pk))
    page.fill("#id_title", "标题")
    page.fill("#id_source", "本院")
    return page


def body(page: Page):
    return page.locator(".cke_wysiwyg_div.prose")


def save(page: Page) -> str:
    """Save, and return the body as it is stored."""
    page.locator("[name=_save]").click()
    expect(page.locator(".messagelist")).to_be_visible()
    body(page).wait_for()
    return Revision.objects.get(content_type__model=Article._meta.model_name).content["fields"][
        "body"
    ]


def paste(page: Page, html: str) -> None:
    page.evaluate(
        """html => {
          const editor = CKEDITOR.instances.id_body;
          editor.focus();
          editor.fire("paste", {
            type: "auto", method: "paste", dataValue: html,
            dataTransfer: new CKEDITOR.plugins.clipboard.dataTransfer(),
          });
        }""",
        html,
    )


def test_a_picture_with_a_caption(writing: Page, tmp_path: Path) -> None:
    drawing = tmp_path / "牌匾.jpg"
    drawing.write_bytes(encode_image(make_image(900, 600)))
    body(writing).click()
    writing.keyboard.type("一")
    writing.keyboard.press("Enter")
    writing.locator(".cke_button__image").click()
    dialog = writing.locator(".cke_dialog:visible")
    with writing.expect_popup() as opened:
        dialog.get_by_role("button", name=gettext("Choose from the library")).click()
    chooser = opened.value
    chooser.set_input_files("#upload", drawing)
    chooser.fill("#alt", "一块牌匾")
    chooser.locator("[data-upload] [type=submit]").click()
    with chooser.expect_event("close"):
        # Clicked a moment later: the window closes itself, and a click that waits for its end
        # would now and then see the window go first.
        chosen = chooser.locator("[data-item]").first
        chosen.evaluate("button => setTimeout(() => button.click(), 50)")
    expect(dialog.get_by_label("替换文本")).to_have_value("一块牌匾")
    dialog.get_by_label("居中").check()
    dialog.get_by_label("带标题图像").check()
    dialog.locator(".cke_dialog_ui_button_ok").click()
    caption = body(writing).locator("figcaption")
    # The widget takes the first click for itself; what is typed belongs to the caption only once
    # the caption has the focus.
    caption.click()
    caption.focus()
    expect(caption).to_be_focused()
    caption.select_text()
    writing.keyboard.type("挂牌")
    image = Image.objects.get()
    assert image.alt == "一块牌匾"

    stored = save(writing)
    assert stored == (
        f'<p>一</p>\n<figure class="image align-center"><img data-image="{image.pk}" '
        'alt="一块牌匾"><figcaption>挂牌</figcaption></figure>'
    )
    # The form opens with the same text, and the picture is there.
    shown = body(writing).locator("figure img")
    assert writing.wait_for_function(LOADED, arg=shown.element_handle())
    assert save(writing) == stored


def test_a_pasted_picture_goes_to_the_library(writing: Page) -> None:
    paste(writing, f'<p>a</p><img src="data:image/png;base64,{_png()}">')
    picture = body(writing).locator("img[src*='/private/']")
    picture.dblclick()
    dialog = writing.locator(".cke_dialog:visible")
    dialog.get_by_label(gettext("Width in the text")).select_option("w-50")
    # Without alternative text the dialog does not close.
    dialog.get_by_label("替换文本").fill("一幅画")
    dialog.locator(".cke_dialog_ui_button_ok").click()
    stored = save(writing)
    number = Image.objects.get().pk
    assert stored == f'<p>a</p>\n<p><img data-image="{number}" alt="一幅画" class="w-50"></p>'
    assert save(writing) == stored
    picture.dblclick()
    expect(dialog.get_by_label(gettext("Width in the text"))).to_have_value("w-50")
    dialog.get_by_label(gettext("Width in the text")).select_option("")
    dialog.locator(".cke_dialog_ui_button_ok").click()
    assert save(writing) == stored.replace(' class="w-50"', "")


def test_pasted_from_word_and_wechat(writing: Page) -> None:
    paste(
        writing,
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta name=Generator '
        'content="Microsoft Word 15"></head><body><h1>标题</h1><p class=MsoNormal style="text-'
        'align:center;text-indent:24pt"><span style="font-family:宋体;mso-x:1">　　<b>本院</b>'
        "<o:p></o:p></span></p><table border=1 style='border-collapse:collapse'><tr><td colspan=2>"
        "<p class=MsoNormal>甲</p></td></tr><tr><td>乙</td><td>丙</td></tr></table></body></html>",
    )
    expect(body(writing).locator("table")).to_be_visible()
    assert save(writing) == (
        '<h2>标题</h2>\n<p class="align-center"><strong>本院</strong></p>\n<table><tbody><tr>'
        '<td colspan="2">甲</td></tr><tr><td>乙</td><td>丙</td></tr></tbody></table>'
    )


def test_a_refused_picture_says_why(writing: Page) -> None:
    page = base64.b64encode(b"<html><script>alert(1)</script></html>").decode()
    paste(writing, f'<p>a</p><img src="data:image/png;base64,{page}">')
    expect(writing.locator(".cke_notification_warning")).to_be_visible()
    assert save(writing) == "<p>a</p>"
    assert not Image.objects.exists()


def _png() -> str:
    return base64.b64encode(encode_image(make_image(300, 200), "PNG")).decode()
