"""Server trouble during autosave: told as what it is, tried again, and no text is lost."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext
from playwright.sync_api import BrowserContext, expect

from portal.publishing.models import Revision
from tests.browser import RunningServer
from tests.factories import PASSWORD, Newsroom

#: The first two autosaves get the answer of a failing server or proxy.
FAIL_TWICE = """
  window.failures = 0;
  const realFetch = window.fetch;
  window.fetch = (address, options) => {
    if (!String(address).endsWith("/autosave/") || window.failures === 2) {
      return realFetch(address, options);
    }
    window.failures += 1;
    const headers = { "Content-Type": "text/html" };
    return Promise.resolve(new Response("<h1>Trouble</h1>", { status: %d, headers }));
  };
"""


@pytest.mark.parametrize("status", [500, 502, 503, 504, 507])
def test_autosave_is_tried_again_after_server_trouble(
    status: int, transactional_db: None, server: RunningServer, context: BrowserContext
) -> None:
    newsroom = Newsroom()
    page = context.new_page()
    page.add_init_script(FAIL_TWICE % status)
    page.goto(f"{server.url}/admin/login/?next=/admin/news/article/add/")
    page.fill("#id_username", newsroom.editor.username)
    page.fill("#id_password", PASSWORD)
    page.click("form [type=submit]")
    page.locator(".cke_wysiwyg_div.prose").wait_for()
    page.select_option("#id_column", str(newsroom.column.pk))
    page.fill("#id_source", "本院")
    page.fill("#id_title", "故障时写的题目")
    trouble = gettext(
        "Not saved: a fault of the server. This browser keeps your text, and saving is tried "
        "again by itself."
    )
    status_line = page.locator("#autosave-status")
    expect(status_line).to_have_text(trouble)
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert "故障时写的题目" in stored
    expect(status_line).to_contain_text(gettext("Saved by itself at"))
    assert page.evaluate("window.failures") == 2
    assert page.input_value("#id_title") == "故障时写的题目"
    assert [row.content["fields"]["title"] for row in Revision.objects.all()] == ["故障时写的题目"]
