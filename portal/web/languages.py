"""The two languages of the public pages. The URL path selects one: English pages are below /en/."""

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
    """Return the language code of the page with this path."""
    return ENGLISH if f"{path}/".startswith(PREFIX) else settings.LANGUAGE_CODE


def is_english() -> bool:
    """Return whether the active language, that of the current page, is English."""
    return get_language() == ENGLISH


_PAGE_NUMBER = re.compile(r"page/[0-9]+/\Z")


def alternate_path(path: str) -> str:
    """Return the path of the same page in the other language.

    For page 2 and later of a list, return the path of the first page: the lists of the two
    languages differ in length.
    """
    path = _PAGE_NUMBER.sub("", path)
    return path[len(PREFIX) - 1 :] if path.startswith(PREFIX) else PREFIX + path[1:]


def localized(obj: Any, name: str) -> Any:
    """Return an attribute of an object in the language of the current page.

    On an English page this is ``<name>_en`` if it is not empty, otherwise ``<name>``.
    """
    english = getattr(obj, f"{name}_en", "") if is_english() else ""
    return english or getattr(obj, name, "")


class Bilingual:
    """Mixin for models with ``name`` and ``name_en``; list it before the model's base class."""

    @property
    def link_title(self) -> str:
        """The text of a link from another page to this object."""
        return localized(self, "name") or str(self)


def is_foreign(text: Any) -> bool:
    """Return whether a text is Chinese on an English page (WCAG 3.1.2, Language of Parts)."""
    return bool(text) and is_english() and bool(_CHINESE.search(str(text)))


def lang_span(text: Any) -> SafeString | str:
    """Return the text, wrapped in ``<span lang>`` if it is Chinese and the page English."""
    if is_foreign(text):
        return format_html('<span lang="zh-Hans">{}</span>', text)
    return text if text is not None else ""
