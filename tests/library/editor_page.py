"""The form of an article in Chromium, with the editor and the browser's clipboard."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import BrowserContext, Locator, Page, expect

from news.models import Article
from portal.publishing.models import Revision
from tests.browser import RunningServer
from tests.factories import PASSWORD, Newsroom

#: A page with a line of text; what is copied from it is replaced before it gets to the clipboard.
_COPY = """forms => addEventListener("copy", (event) => {
  for (const [type, data] of Object.entries(forms)) event.clipboardData.setData(type, data);
  event.preventDefault();
}, { once: true })"""
#: The editor passes a paste on in a task of its own.
_FINISHED = """async () => {
  const editor = CKEDITOR.instances.id_body;
  await new Promise((resolve) => setTimeout(resolve));
  while (editor.pendingWork?.size) await Promise.all(editor.pendingWork);
}"""


def open_article_form(newsroom: Newsroom, server: RunningServer, context: BrowserContext) -> Page:
    """Open the form of a new article, wait for the editor, and fill in the required fields."""
    page = context.new_page()
    page.goto(f"{server.url}/admin/login/?next=/admin/news/article/add/")
    page.fill("#id_username", newsroom.editor.username)
    page.fill("#id_password", PASSWORD)
    page.click("form [type=submit]")
    editable_body(page).wait_for()
    page.select_option("#id_column", str(newsroom.column.pk))
    page.fill("#id_title", "标题")
    page.fill("#id_source", "本院")
    return page


def editable_body(page: Page) -> Locator:
    return page.locator(".cke_wysiwyg_div.prose")


def status(page: Page) -> Locator:
    """Return the region below the editor that tells what was taken out of a pasted text."""
    return page.locator(".editor-status[role=status]")


def stored_body() -> str:
    """Return the stored HTML of the only article's body."""
    content_type = Article._meta.model_name
    return Revision.objects.get(content_type__model=content_type).content["fields"]["body"]


def save(page: Page) -> str:
    """Save the article and return the stored HTML of its body."""
    page.locator("[name=_save]").click()
    expect(page.locator(".messagelist")).to_be_visible()
    editable_body(page).wait_for()
    return stored_body()


def data(page: Page) -> str:
    """Return the HTML that the editor would send."""
    return page.evaluate("CKEDITOR.instances.id_body.getData()")


def copy(page: Page, forms: Mapping[str, str]) -> None:
    """Put a text into the clipboard of the browser, in several forms as other programs do.

    ``forms`` are texts by media type.
    """
    other = page.context.new_page()
    other.evaluate(_COPY, dict(forms))
    other.keyboard.press("Control+c")
    other.close()
    page.bring_to_front()


def copy_html(page: Page, html: str) -> None:
    copy(page, {"text/html": html, "text/plain": "text/plain was pasted"})


def press_paste(page: Page) -> None:
    """Paste at the caret of the element that has the focus."""
    page.keyboard.press("Control+v")


def is_done(page: Page) -> None:
    """Wait until everything that was pasted is in the text and uploaded."""
    page.evaluate(_FINISHED)
