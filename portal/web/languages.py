"""The two languages of the public pages. The path alone says which: English ones lie below /en/."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

ENGLISH = "en"
PREFIX = f"/{ENGLISH}/"

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")


def language_of_path(path: str) -> str:
    """The language of the page that stands at an address of this site."""
    return ENGLISH if f"{path}/".startswith(PREFIX) else settings.LANGUAGE_CODE


def is_english() -> bool:
    """Whether the page at hand is an English one."""
    return get_language() == ENGLISH


_FURTHER = re.compile(r"page/[0-9]+/\Z")


def alternate_path(path: str) -> str:
    """The address of the same page in the other language; of a list's further page, its first."""
    path = _FURTHER.sub("", path)
    return path[len(PREFIX) - 1 :] if path.startswith(PREFIX) else PREFIX + path[1:]


def localized(obj: Any, name: str) -> Any:
    """What the page at hand shows of an object's column: on an English page the column beside it
    (``name_en``), where somebody has filled that in."""
    english = getattr(obj, f"{name}_en", "") if is_english() else ""
    return english or getattr(obj, name, "")


class Bilingual:
    """A record whose name may stand in both languages (mixed in before the model's base)."""

    @property
    def link_title(self) -> str:
        """What a link from another page calls it."""
        return localized(self, "name") or str(self)


def is_foreign(text: Any) -> bool:
    """Whether it would be read out wrongly: Chinese words on an English page (WCAG 3.1.2)."""
    return bool(text) and is_english() and bool(_CHINESE.search(str(text)))


def lang_span(text: Any) -> SafeString | str:
    """A text for a page, marked where it would be read out wrongly."""
    if is_foreign(text):
        return format_html('<span lang="zh-Hans">{}</span>', text)
    return text if text is not None else ""
