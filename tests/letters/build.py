"""Functions that create letters for tests, by the public form or by the workflow actions."""

import re
import time
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.test.utils import freeze_time

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.letters import actions, tokens
from portal.letters.models import Letter
from portal.letters.states import State
from tests import factories
from tests.publishing.page_forms import HtmlForm

WORDS = "这一页的数字后面少了百分号。"
CONTACT = {"name": "某读者", "phone": "12368", "email": "reader@court.example"}

AWKWARD = "“引号” \"double\" 'single' &amp; <b>粗</b> 100% {{ x }} \\n\n\n　　第二段 😀 {% now %}"
NOT_SENT = "还没有发送"
ONCE_MORE = "您已从本页发出过一封信。如果这是另一封，请再点一次“发送”。"


def token(age: float = 60) -> str:
    """Return the token of a form that was opened ``age`` seconds ago."""
    with freeze_time(time.time() - age):
        return tokens.new().text


def form(**fields: Any) -> dict[str, Any]:
    """Return the data of a valid form, changed by ``fields``; the value None removes a field."""
    sent = {"token": token(), "kind": "error", "page": "/news/12/", "text": WORDS, "homepage": ""}
    sent |= dict.fromkeys(CONTACT, "")
    return {name: value for name, value in {**sent, **fields}.items() if value is not None}


def post(client: Client, data: Any, path: str = "/feedback/", **more: Any) -> Any:
    """Post URL-encoded data as a browser does."""
    kind = "application/x-www-form-urlencoded"
    if isinstance(data, dict):
        data = urlencode(data)
    return client.post(path, data, content_type=kind, **more)


def summary(response: Any) -> list[str]:
    """Return the lines of the error summary; N replaces the number of minutes."""
    box = re.search(r'<div class="problems".*?</div>', response.content.decode(), re.DOTALL)
    lines = re.findall(r"<(h2|p|li)>(.*?)</\1>", box[0] if box else "", re.DOTALL)
    texts = [re.sub(r"<[^>]+>", "", line) for _tag, line in lines]
    return [re.sub(r"(?<=请过)\d+(?=分钟)", "N", " ".join(text.split())) for text in texts]


def form_values(response: Any) -> dict[str, str]:
    """Return the values of the form that the response contains."""
    return {name: value[0] for name, value in HtmlForm(response.content, "letter").data().items()}


def error_targets(response: Any) -> list[str]:
    """Return the element ids to which the error summary links; "" for an entry without a link."""
    box = re.search(r'<div class="problems".*?</div>', response.content.decode(), re.DOTALL)
    if box is None:
        return []
    return [
        found[1] if (found := re.search(r'href="#([^"]+)"', line)) else ""
        for line in re.findall(r"<li>(.*?)</li>", box[0], re.DOTALL)
    ]


def letter(**fields: Any) -> Letter:
    written = {"kind": "question", "page": "", "text": WORDS, **dict.fromkeys(CONTACT, "")}
    digest, at = fields.pop("digest", tokens.new().digest), fields.pop("at", None)
    return actions.receive(digest=digest, written={**written, **fields}, at=at)


class Office:
    """Two users who may handle letters, and a method that creates a letter in a given state."""

    def __init__(self) -> None:
        self.publisher = factories.user(Role.PUBLISHER)
        self.admin = factories.user(Role.SITE_ADMIN)

    def letter(self, state: str, by: User | None = None, **fields: Any) -> Letter:
        made, by = letter(**fields), by or self.publisher
        match state:
            case State.IN_HAND:
                actions.take(letter=made, by=by, version=0)
            case State.ANSWERED:
                actions.answer(letter=made, by=by, version=0, answer="已经更正，谢谢。")
            case State.CLOSED:
                actions.close(letter=made, by=by, version=0, reason="请向主管机关提出。")
        return Letter.objects.get(pk=made.pk)
