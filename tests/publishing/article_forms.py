"""Input for the admin pages of articles, and assertions about the responses."""

import re
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.publishing.page_forms import form_data

#: Text that wrong escaping or parsing would alter; forms must return it unchanged.
AWKWARD_TEXT = "“引号”\"' &amp; <b>&lt; 😀 \u3000全角 {{ x }} {% now %} %s \\ é"
AWKWARD_LINES = f"一行\r\n\r\n  {AWKWARD_TEXT}\r\n末行"
#: The form data of an approval.
APPROVAL = {"reviewed": "on", "proofread": "on", "comment": AWKWARD_LINES}


def signed_in(user: Any) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def admin_url(name: str, *args: Any) -> str:
    return reverse(f"admin:news_article_{name}", args=args)


def article_input(**changes: str) -> dict[str, str]:
    """Return values for all fields of an article, with special characters where possible."""
    return {
        "title": f"标题{AWKWARD_TEXT}",
        "kicker": AWKWARD_TEXT,
        "subtitle": AWKWARD_TEXT,
        "summary": AWKWARD_LINES,
        "body": "<p>正文 &amp; “引号” &lt;b&gt; 😀</p>\r\n<p>第二段</p>",
        "source": AWKWARD_TEXT,
        "author": AWKWARD_TEXT,
        "responsible_editor": "责任编辑<>&",
        "keywords": AWKWARD_TEXT,
        **changes,
    }


def assert_input_is_kept(response: Any, posted: dict[str, Any]) -> None:
    """Assert that the form on the returned page contains exactly the posted values."""
    form = response.context["content_forms"].main
    again = form_data(response)
    for name, value in posted.items():
        if name in form.fields:
            assert form[name].value() == value, name
            assert again.get(name, [""]) == [value], name


def assert_sentence(errors: Any) -> str:
    """Assert that a refusal is a sentence in the site's language; return the sentence."""
    text = " ".join(str(each) for each in errors)
    assert text.strip()
    assert text.rstrip()[-1] in "。.！!？?"
    assert translation.get_language() == settings.LANGUAGE_CODE
    return text


def text_of(html: str) -> str:
    """Return the text of an HTML fragment, without its tags."""
    return re.sub(r"<[^>]+>", "", html)
