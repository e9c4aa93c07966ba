"""Tests of the language of a URL path and of the marking of Chinese texts on English pages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.utils import translation

from portal.web.languages import alternate_path, lang_span, language_of_path, localized


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("/", "zh-hans"),
        ("/en/", "en"),
        ("/en/news/", "en"),
        ("/en", "en"),
        ("/eng/", "zh-hans"),
        ("/english/", "zh-hans"),
        ("/news/en/", "zh-hans"),
        ("/EN/", "zh-hans"),
    ],
)
def test_language_of_a_path(path: str, language: str) -> None:
    assert language_of_path(path) == language


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("/", "/en/"),
        ("/en/", "/"),
        ("/news/work/page/7/", "/en/news/work/"),
        ("/en/honors/year/2018/page/2/", "/honors/year/2018/"),
        ("/news/page/", "/en/news/page/"),
    ],
)
def test_path_in_the_other_language(path: str, other: str) -> None:
    assert alternate_path(path) == other


@pytest.mark.parametrize(
    ("english", "language", "expected"),
    [
        ("Court", "en", "Court"),
        ("", "en", '<span lang="zh-Hans">法院</span>'),
        ("Court", "zh-hans", "法院"),
        ("", "zh-hans", "法院"),
        ("<b>", "en", "<b>"),
    ],
)
def test_localized_value_and_its_markup(english: str, language: str, expected: str) -> None:
    obj = SimpleNamespace(name="法院", name_en=english)
    with translation.override(language):
        assert lang_span(localized(obj, "name")) == expected


def test_marked_text_is_escaped() -> None:
    with translation.override("en"):
        assert lang_span("<b>法") == '<span lang="zh-Hans">&lt;b&gt;法</span>'
        assert lang_span(None) == ""
        assert lang_span(12) == 12
