"""Browser tests of pasted text: Chromium's clipboard, the editor, the server's cleaning, a save."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from portal.library import richtext
from portal.library.models import Image
from tests.browser import RunningServer
from tests.factories import Newsroom

from .editor_page import (
    copy,
    copy_html,
    data,
    editable_body,
    is_done,
    open_article_form,
    press_paste,
    save,
    status,
    stored_body,
)
from .sample_files import encode_image, make_image

CLEANING = "**/clean-pasted/"
UPLOAD = "**/library-files/upload/**"
POINT = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@pytest.fixture
def newsroom(transactional_db: None) -> Newsroom:
    return Newsroom()


@pytest.fixture
def form(newsroom: Newsroom, server: RunningServer, context: BrowserContext) -> Page:
    return open_article_form(newsroom, server, context)


def word(body: str, definitions: str = "") -> str:
    """Return HTML as Word puts it into the clipboard."""
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40">'
        "<head><meta name=ProgId content=Word.Document>"
        '<meta name=Generator content="Microsoft Word 15">'
        "<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml>"
        f"<![endif]--><style><!--\np.MsoNormal {{mso-style-unhide:no;}}\n{definitions}\n--></style>"
        f"</head><body lang=ZH-CN><!--StartFragment-->{body}<!--EndFragment--></body></html>"
    )


def numbered(marker: str, text: str, level: int, font: str) -> str:
    """Return a paragraph with an automatic number or bullet of Word."""
    return (
        f"<p class=MsoListParagraph style='margin-left:{22 * level}.0pt;text-indent:-22.0pt;"
        f"mso-list:l0 level{level} lfo1'><![if !supportLists]><span lang=EN-US "
        f"style='font-family:{font};mso-fareast-font-family:{font}'>"
        f"<span style='mso-list:Ignore'>{marker}<span style='font:7.0pt \"Times New Roman\"'>"
        f"&nbsp; </span></span></span><![endif]><span style='font-family:等线'>{text}"
        "<span lang=EN-US><o:p></o:p></span></span></p>"
    )


TRACKED = word(
    "<p class=MsoNormal>原告<span class=msoDel><del cite='mailto:a' datetime='2026-01-05T09:00'>"
    "真名甲</del></span><span class=msoIns><ins cite='mailto:a'>某甲</ins></span>诉称，被告"
    "<s>真名乙</s>欠款。</p>"
)
HIDDEN_CELLS = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta name=ProgId '
    'content=Excel.Sheet><meta name=Generator content="Microsoft Excel 15"></head><body><table '
    "border=0 width=216><col width=72><col width=0 style='display:none'><col width=72>"
    "<!--StartFragment--><tr height=19><td>案号</td><td style='display:none'>隐藏列</td>"
    "<td>结果</td></tr><tr height=0 style='display:none'><td>隐藏行</td>"
    "<td style='display:none'>隐藏格</td><td>隐藏</td></tr><tr height=19><td>一号</td>"
    "<td style='display:none'>号码</td><td>已结</td></tr><!--EndFragment--></table></body></html>"
)
COMMENT = word(
    "<p class=MsoNormal><a style='mso-comment-reference:A_1'>受理一案</a><span "
    "class=MsoCommentReference><![if !supportAnnotations]><a class=msocomanchor id='_anchor_1' "
    "href='#_msocom_1' name='_msoanchor_1'>[A1]</a><![endif]><span "
    "style='mso-special-character:comment'>&nbsp;</span></span>，已审结。</p>"
    "<div style='mso-element:comment-list'><hr class=msocomoff>"
    "<div style='mso-element:comment'><div id='_com_1' class=msocomtxt><p class=MsoCommentText>"
    "<a href='#_msoanchor_1' class=msocomoff>[A1]</a>内部批注</p></div></div></div>"
)
OFFICIAL = word(
    numbered("一、", "总体要求", 1, "黑体")
    + "<p class=MsoNormal>司法为民。</p>"
    + numbered("（一）", "主要目标", 2, "楷体")
    + numbered("1.", "坚持公开。", 3, "等线"),
    "@list l0:level1 {mso-level-number-format:chinese-counting-thousand;}",
)
BULLETS = word(
    "<p class=MsoNormal>材料：</p>"
    + numbered("l", "证明", 1, "Wingdings")
    + numbered("n", "正本", 2, "Wingdings")
    + numbered("l", "目录", 1, "Wingdings"),
    "@list l0:level1 {mso-level-number-format:bullet; font-family:Wingdings;}",
)
WPS_DELETED = (
    '<html><head><meta name="Generator" content="WPS Office"></head><body><p class="MsoNormal">决定'
    "<span style='text-decoration:line-through'>驳回</span><span>支持</span></p></body></html>"
)
HIDDEN_TEXT = word(
    "<p class=MsoNormal>正文<span style='display:none;mso-hide:all'>底稿</span>。</p>"
)
HIDDEN_BY_SHEET = (
    "<html><head><style>.xl70 {display:none;}</style></head><body><table><tr><td>甲</td>"
    "<td class=xl70>乙</td></tr></table></body></html>"
)
WECHAT = (
    '<meta charset="utf-8"><section><p><span>正文</span><span style="display:none">隐藏</span>'
    '<span style="font-size:0px">零号</span></p></section>'
)
ONLINE_EDITOR = '<p>结案<span class="track-change-delete">八</span><ins>九</ins>件</p>'
LIBRE_OFFICE = (
    '<html><head><meta name="generator" content="LibreOffice 7.4"></head><body>'
    "<p>甲<del>乙</del></p><ol start=3><li><p>丙</p></li></ol></body></html>"
)

#: Name: (HTML of the clipboard, stored text, words that the report quotes).
PASTED = {
    "tracked changes of Word": (TRACKED, "<p>原告某甲诉称，被告欠款。</p>", ["真名甲", "真名乙"]),
    "hidden rows and columns of Excel": (
        HIDDEN_CELLS,
        "<table><tbody><tr><td>案号</td><td>结果</td></tr><tr><td>一号</td><td>已结</td></tr>"
        "</tbody></table>",
        ["隐藏列"],
    ),
    "a comment of Word": (COMMENT, "<p>受理一案，已审结。</p>", ["内部批注"]),
    "numbers of an official document": (
        OFFICIAL,
        "<h2>一、总体要求</h2>\n<p>司法为民。</p>\n<h3>（一）主要目标</h3>\n"
        '<p class="indent-2">1.坚持公开。</p>',
        [],
    ),
    "bullets of Wingdings": (
        BULLETS,
        "<p>材料：</p>\n<ul><li>证明 <ul><li>正本</li></ul></li><li>目录</li></ul>",
        [],
    ),
    "deletion of WPS": (WPS_DELETED, "<p>决定支持</p>", ["驳回"]),
    "hidden text of Word": (HIDDEN_TEXT, "<p>正文。</p>", ["底稿"]),
    "a cell that a style sheet hides": (
        HIDDEN_BY_SHEET,
        "<table><tbody><tr><td>甲</td></tr></tbody></table>",
        ["乙"],
    ),
    "hidden text of WeChat": (WECHAT, "<p>正文</p>", ["隐藏"]),
    "deletion of an online editor": (ONLINE_EDITOR, "<p>结案九件</p>", ["八"]),
    "deletion of LibreOffice": (LIBRE_OFFICE, '<p>甲</p>\n<ol start="3"><li>丙</li></ol>', ["乙"]),
}


def test_what_the_author_does_not_see_is_not_pasted(form: Page) -> None:
    """All texts are pasted into one form, because opening a form takes most of the time."""
    found = {}
    for name, (html, _stored, quoted) in PASTED.items():
        form.evaluate("CKEDITOR.instances.id_body.setData('')")
        copy_html(form, html)
        editable_body(form).click()
        press_paste(form)
        is_done(form)
        report = status(form).inner_text()
        assert bool(report) == bool(quoted), name
        found[name] = [richtext.clean(data(form)), [each for each in quoted if each in report]]
    assert found == {name: [stored, quoted] for name, (_html, stored, quoted) in PASTED.items()}
    assert save(form) == PASTED["deletion of LibreOffice"][1]


class Held:
    """Requests to an address that get no answer until ``release`` is called."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.routes: list[Route] = []
        page.route(address, lambda route: self.routes.append(route))

    def wait_for(self, count: int) -> None:
        while len(self.routes) < count:
            self.page.wait_for_timeout(20)

    def release(self, number: int = 0) -> None:
        self.routes[number].continue_()


def words(form: Page) -> str:
    """Return the words of the text, without the mark of a paste that is awaited."""
    return richtext.plain_text(richtext.clean(data(form))).replace("\n", "/")


def test_pasted_texts_keep_their_order_and_the_caret_its_place(form: Page) -> None:
    held = Held(form, CLEANING)
    editable_body(form).click()
    form.keyboard.type("a")
    copy_html(form, "<p>1<del>x</del></p>")
    press_paste(form)
    held.wait_for(1)
    form.keyboard.type("b")
    copy_html(form, "<p>2</p><p>3</p>")
    press_paste(form)
    held.wait_for(2)
    form.keyboard.type("c")
    assert words(form) == "abc"
    held.release(1)
    held.release(0)
    is_done(form)
    form.keyboard.type("d")
    assert words(form) == "a1b/2/3/cd"
    form.evaluate("CKEDITOR.instances.id_body.execCommand('undo')")
    form.evaluate("CKEDITOR.instances.id_body.execCommand('redo')")
    assert words(form) == "a1b/2/3/cd"


def test_a_selection_is_replaced_and_a_caret_elsewhere_stays(form: Page) -> None:
    held = Held(form, CLEANING)
    editable_body(form).click()
    form.keyboard.type("ab")
    copy_html(form, "<p>2</p><p>3</p>")
    form.keyboard.press("Control+a")
    press_paste(form)
    held.wait_for(1)
    assert words(form) == "ab"
    held.release()
    is_done(form)
    assert words(form) == "2/3"
    # What is typed instead of the selection stays.
    form.keyboard.press("Control+a")
    press_paste(form)
    held.wait_for(2)
    form.keyboard.type("e")
    held.release(1)
    is_done(form)
    assert words(form) == "2/3/e"
    # The caret stays where it was moved, and the focus in another field.
    press_paste(form)
    held.wait_for(3)
    form.keyboard.press("Control+Home")
    form.keyboard.type("f")
    held.release(2)
    is_done(form)
    form.keyboard.type("g")
    assert words(form) == "fg2/3/e/2/3"
    press_paste(form)
    held.wait_for(4)
    form.focus("#id_title")
    held.release(3)
    is_done(form)
    expect(form.locator("#id_title")).to_be_focused()
    assert words(form) == "fg/2/3/2/3/e/2/3"


def test_nothing_is_pasted_while_the_server_does_not_answer(form: Page) -> None:
    labels = form.evaluate("CKEDITOR.instances.id_body.config.libraryLabels")
    editable_body(form).click()
    form.keyboard.type("正文")
    form.keyboard.press("Control+a")
    copy(form, {"text/html": "<p>甲<del>乙</del></p>", "text/plain": "甲乙"})
    form.route(CLEANING, lambda route: route.abort())
    press_paste(form)
    expect(status(form)).to_have_text(labels["unreachable"])
    assert data(form).strip() == "<p>正文</p>"
    form.unroute(CLEANING)
    form.route(CLEANING, lambda route: route.fulfill(body="<html></html>"))
    press_paste(form)
    is_done(form)
    expect(status(form)).to_have_text(labels["unreachable"])
    assert data(form).strip() == "<p>正文</p>"
    # Words without markup need no cleaning.
    form.keyboard.press("Control+Shift+v")
    expect(editable_body(form)).to_have_text("甲乙")
    # Too much for one request: nothing is sent.
    form.unroute(CLEANING)
    form.evaluate("CKEDITOR.instances.id_body.config.maxPastedCharacters = 20")
    copy_html(form, "<p>1234567890123456</p>")
    press_paste(form)
    expect(status(form)).to_have_text(labels["tooLong"])
    form.evaluate("CKEDITOR.instances.id_body.config.maxPastedCharacters = 3000")
    # The place of the paste goes away while the answer is awaited.
    held = Held(form, CLEANING)
    press_paste(form)
    held.wait_for(1)
    form.evaluate("CKEDITOR.instances.id_body.setData('<p>另一稿</p>')")
    held.release()
    is_done(form)
    expect(status(form)).to_have_text(labels["moved"])
    assert save(form) == "<p>另一稿</p>"


def test_what_is_copied_inside_the_editor_needs_no_cleaning(form: Page) -> None:
    requests: list[str] = []
    form.on("request", lambda request: requests.append(request.url))
    copy_html(form, f'<p>甲</p><p><img src="{picture()}" alt="图"></p>')
    editable_body(form).click()
    press_paste(form)
    is_done(form)
    assert sum("clean-pasted" in url for url in requests) == 1
    form.keyboard.press("Control+a")
    form.keyboard.press("Control+c")
    form.keyboard.press("Control+End")
    form.keyboard.press("Enter")
    press_paste(form)
    expect(editable_body(form).locator("img[src*='/private/']")).to_have_count(2)
    assert sum("clean-pasted" in url for url in requests) == 1
    tag = f'<p><img data-image="{Image.objects.get().pk}" alt="图"></p>'
    assert save(form) == f"<p>甲</p>\n{tag}\n<p>甲</p>\n{tag}"


def picture(width: int = 300, format: str = "PNG") -> str:
    """Return a picture as a data: URL."""
    data = base64.b64encode(encode_image(make_image(width, 200), format)).decode()
    return f"data:image/{format.lower()};base64,{data}"


def point(format: str) -> str:
    data = base64.b64encode(encode_image(make_image(1, 1), format)).decode()
    return f"data:image/{format.lower()};base64,{data}"


def rtf(*hexes: str) -> str:
    pictures = "".join(f"{{\\pict\\pngblip\\picw9\\pich9 {each}}}" for each in hexes)
    return f"{{\\rtf1\\ansi {pictures}}}"


def test_pictures_of_a_pasted_text_come_into_the_library(form: Page) -> None:
    hexes = encode_image(make_image(90, 60), "PNG").hex()
    copy(
        form,
        {
            "text/html": f'<figure><img src="{picture()}" alt="牌匾"><figcaption>挂牌</figcaption>'
            f'</figure><p>甲<img src="{POINT}" data-src="https://mm.qpic.cn/b"></p>'
            f'<p><img src="{point("PNG")}"><img src="{point("JPEG")}"><img src="{point("WEBP")}"'
            f'>乙</p><p><img src="{picture(200)}" width=1 height=1><img src="https://x.cn/c.png"></p>'
            f'<del><img src="{picture(100)}"></del>',
            "text/plain": "",
        },
    )
    editable_body(form).click()
    press_paste(form)
    is_done(form)
    expect(status(form)).to_contain_text("mm.qpic.cn")
    expect(status(form)).to_contain_text("x.cn")
    image = Image.objects.get()
    assert (image.width, image.height) == (300, 200)
    assert save(form) == (
        f'<figure class="image"><img data-image="{image.pk}" alt="牌匾">'
        "<figcaption>挂牌</figcaption></figure>\n<p>甲【此处缺图】</p>\n<p>乙</p>\n<p>【此处缺图】</p>"
    )
    # Word puts its pictures into the second form of the copied text.
    form.evaluate("CKEDITOR.instances.id_body.setData('')")
    editable_body(form).click()
    form.evaluate(
        """([html, rtf]) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/html", html);
          clipboardData.setData("text/rtf", rtf);
          const init = { clipboardData, bubbles: true, cancelable: true };
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", init));
        }""",
        [word('<p class=MsoNormal>丙<img src="file:///C:/a/clip_image001.png"></p>'), rtf(hexes)],
    )
    expect(editable_body(form).locator("img[src*='/private/']")).to_have_count(1)
    pasted = Image.objects.get(width=90)
    assert save(form) == f'<p>丙<img data-image="{pasted.pk}" alt=""></p>'


def paste_files(form: Page, *widths: int, html: str = "") -> None:
    """Paste pictures as files, as a screenshot or a copied picture of a browser."""
    form.evaluate(
        """([widths, html]) => {
          const clipboardData = new DataTransfer();
          if (html) clipboardData.setData("text/html", html);
          for (const width of widths) {
            const canvas = Object.assign(document.createElement("canvas"), { width });
            const bytes = atob(canvas.toDataURL("image/png").split(",")[1]);
            const array = Uint8Array.from(bytes, (each) => each.charCodeAt(0));
            const file = new File([array], `image${width}.png`, { type: "image/png" });
            clipboardData.items.add(file);
          }
          const init = { clipboardData, bubbles: true, cancelable: true };
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", init));
        }""",
        [widths, html],
    )


def test_a_save_waits_for_the_pictures(form: Page) -> None:
    labels = form.evaluate("CKEDITOR.instances.id_body.config.libraryLabels")
    held = Held(form, UPLOAD)
    editable_body(form).click()
    paste_files(form, 30, 31)
    paste_files(form, 32, html='<meta charset=utf-8><img src="https://x.cn/a.png">')
    held.wait_for(1)
    expect(editable_body(form).locator("img[src^='blob:']")).to_have_count(3)
    # The alternative text can be written while the picture is on its way.
    editable_body(form).locator("img").first.dblclick()
    dialog = form.locator(".cke_dialog:visible")
    dialog.get_by_label("替换文本").fill("一幅画")
    dialog.locator(".cke_dialog_ui_button_ok").click()
    form.locator("[name=_save]").click()
    expect(status(form)).to_contain_text(labels["waiting"])
    expect(status(form)).to_contain_text(labels["uploading"].replace("%s", "3"))
    held.release(0)
    held.wait_for(2)
    held.routes[1].abort()
    held.wait_for(3)
    held.release(2)
    # A picture that was refused stops the save.
    expect(status(form)).to_have_text(labels["notSaved"])
    expect(form.locator(".cke_notification_warning")).to_be_visible()
    form.unroute(UPLOAD)
    held = Held(form, UPLOAD)
    form.evaluate("CKEDITOR.instances.id_body.focus()")
    paste_files(form, 33)
    held.wait_for(1)
    form.locator("[name=_save]").click()
    held.release()
    expect(form.locator(".messagelist")).to_be_visible()
    form.reload()
    expect(editable_body(form).locator("img[src*='/private/']")).to_have_count(3)
    numbers = {image.width: image.pk for image in Image.objects.all()}
    # The last one stands behind the first, whose dialog was open: it was still selected.
    assert richtext.alternative_texts(stored_body()) == [
        (numbers[30], "一幅画"),
        (numbers[33], ""),
        (numbers[32], ""),
    ]
