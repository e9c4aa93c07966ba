"""Browser tests of images in the rich-text editor, under the admin's content security policy."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from django.utils.translation import gettext
from playwright.sync_api import BrowserContext, Page, expect

from portal.library.models import Image
from tests.browser import RunningServer, click_to_close
from tests.factories import Newsroom

from .editor_page import editable_body, open_article_form, save
from .sample_files import encode_image, make_image

IS_LOADED = "image => image.complete && image.naturalWidth > 0"


@pytest.fixture
def newsroom(transactional_db: None) -> Newsroom:
    return Newsroom()


@pytest.fixture
def article_form(newsroom: Newsroom, server: RunningServer, context: BrowserContext) -> Page:
    return open_article_form(newsroom, server, context)


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


def test_image_with_a_caption_is_stored(article_form: Page, tmp_path: Path) -> None:
    image_file = tmp_path / "牌匾.jpg"
    image_file.write_bytes(encode_image(make_image(900, 600)))
    editable_body(article_form).click()
    article_form.keyboard.type("一")
    article_form.keyboard.press("Enter")
    article_form.locator(".cke_button__image").click()
    dialog = article_form.locator(".cke_dialog:visible")
    with article_form.expect_popup() as opened:
        dialog.get_by_role("button", name=gettext("Choose from the library")).click()
    chooser = opened.value
    chooser.set_input_files("#upload", image_file)
    chooser.fill("#alt", "一块牌匾")
    chooser.locator("[data-upload] [type=submit]").click()
    click_to_close(chooser, chooser.locator("[data-item]").first)
    expect(dialog.get_by_label("替换文本")).to_have_value("一块牌匾")
    dialog.get_by_label("居中").check()
    dialog.get_by_label("带标题图像").check()
    dialog.locator(".cke_dialog_ui_button_ok").click()
    caption = editable_body(article_form).locator("figcaption")
    # The image widget consumes the first click; text can be typed after the caption has the focus.
    caption.click()
    caption.focus()
    expect(caption).to_be_focused()
    caption.select_text()
    article_form.keyboard.type("挂牌")
    image = Image.objects.get()
    assert image.alt == "一块牌匾"

    stored = save(article_form)
    assert stored == (
        f'<p>一</p>\n<figure class="image align-center"><img data-image="{image.pk}" '
        'alt="一块牌匾"><figcaption>挂牌</figcaption></figure>'
    )
    # The form opened again shows the same text and the image.
    image_shown = editable_body(article_form).locator("figure img")
    assert article_form.wait_for_function(IS_LOADED, arg=image_shown.element_handle())
    assert save(article_form) == stored


def test_pasted_image_is_uploaded_to_the_library(article_form: Page) -> None:
    paste(article_form, f'<p>a</p><img src="data:image/png;base64,{_png()}">')
    picture = editable_body(article_form).locator("img[src*='/private/']")
    picture.dblclick()
    dialog = article_form.locator(".cke_dialog:visible")
    dialog.get_by_label(gettext("Width in the text")).select_option("w-50")
    # The dialog does not close while the alternative text is empty.
    dialog.get_by_label("替换文本").fill("一幅画")
    dialog.locator(".cke_dialog_ui_button_ok").click()
    stored = save(article_form)
    image_id = Image.objects.get().pk
    assert stored == f'<p>a</p>\n<p><img data-image="{image_id}" alt="一幅画" class="w-50"></p>'
    assert save(article_form) == stored
    picture.dblclick()
    expect(dialog.get_by_label(gettext("Width in the text"))).to_have_value("w-50")
    dialog.get_by_label(gettext("Width in the text")).select_option("")
    dialog.locator(".cke_dialog_ui_button_ok").click()
    assert save(article_form) == stored.replace(' class="w-50"', "")


def test_paste_from_word_is_cleaned(article_form: Page) -> None:
    paste(
        article_form,
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta name=Generator '
        'content="Microsoft Word 15"></head><body><h1>标题</h1><p class=MsoNormal style="text-'
        'align:center;text-indent:24pt"><span style="font-family:宋体;mso-x:1">　　<b>本院</b>'
        "<o:p></o:p></span></p><table border=1 style='border-collapse:collapse'><tr><td colspan=2>"
        "<p class=MsoNormal>甲</p></td></tr><tr><td>乙</td><td>丙</td></tr></table></body></html>",
    )
    expect(editable_body(article_form).locator("table")).to_be_visible()
    assert save(article_form) == (
        '<h2>标题</h2>\n<p class="align-center"><strong>本院</strong></p>\n<table><tbody><tr>'
        '<td colspan="2">甲</td></tr><tr><td>乙</td><td>丙</td></tr></tbody></table>'
    )


def test_refused_pasted_image_shows_an_error(article_form: Page) -> None:
    page = base64.b64encode(b"<html><script>alert(1)</script></html>").decode()
    paste(article_form, f'<p>a</p><img src="data:image/png;base64,{page}">')
    expect(article_form.locator(".cke_notification_warning")).to_be_visible()
    assert save(article_form) == "<p>a</p>"
    assert not Image.objects.exists()


def _png() -> str:
    return base64.b64encode(encode_image(make_image(300, 200), "PNG")).decode()


def test_every_dialog_finds_its_files(article_form: Page) -> None:
    """The collected files of the editor suffice; the browser's fixture reports missing files."""
    files = article_form.evaluate(
        """() => Promise.all(Object.values(CKEDITOR.dialog._.dialogDefinitions)
          .filter((definition) => typeof definition === "string")
          .map(async (file) => [file.split("/").pop(), (await fetch(file)).status]))"""
    )
    assert {name for name, _status in files} >= {"link.js", "find.js", "table.js", "image2.js"}
    assert {status for _name, status in files} == {200}
    dialog = article_form.locator(".cke_dialog")
    for command in ("link", "find", "table", "specialchar"):
        article_form.evaluate("name => CKEDITOR.instances.id_body.execCommand(name)", command)
        expect(dialog.filter(visible=True)).to_have_count(1)
        article_form.evaluate("CKEDITOR.dialog.getCurrent().hide()")
        expect(dialog.filter(visible=True)).to_have_count(0)
