"""Each check must find the problem in a page that the test has damaged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from . import checks
from .conftest import Portal
from .html import Page

pytestmark = pytest.mark.django_db

Judge = Callable[[Page], list[str]]
ARTICLE, HOME, COLUMN, WALL = "article", "/", "/news/court-news/", "/honors/"


def meta(name: str) -> str:
    return rf'<meta name="{name}" content="[^"]*">'


#: Name -> the page, the pattern of the replaced part, its replacement, the name of the check, and a
#: part of the expected problem.
SPOILED: dict[str, tuple[str, str, str, str, str]] = {
    "T1 missing": (HOME, meta("SiteName"), "", "site_marks", "SiteName: None"),
    "T1 twice": (
        HOME,
        meta("SiteDomain"),
        r"\g<0>\g<0>",
        "site_marks",
        "SiteDomain: ['court.example', 'court.example']",
    ),
    "T1 empty": (
        HOME,
        meta("SiteIDCode"),
        '<meta name="SiteIDCode" content="">',
        "site_marks",
        "SiteIDCode: ['']",
    ),
    "T2 missing": (COLUMN, meta("ColumnName"), "", "column_marks", "ColumnName: None"),
    "T2 another": (
        COLUMN,
        meta("ColumnKeywords"),
        '<meta name="ColumnKeywords" content="a">',
        "column_marks",
        "ColumnKeywords: ['a']",
    ),
    "T2 type": (
        WALL,
        meta("ColumnType"),
        '<meta name="ColumnType" content="荣誉">',
        "column_marks",
        "no type of column: 荣誉",
    ),
    "T3 missing": (ARTICLE, meta("ContentSource"), "", "text_marks", "ContentSource: None"),
    "T3 date": (
        ARTICLE,
        r'(<meta name="PubDate" content="\S+) ',
        r"\1T",
        "text_marks",
        "no date: ",
    ),
    "T3 where no text is": (
        COLUMN,
        "</head>",
        r'<meta name="ArticleTitle" content="题">\g<0>',
        "text_marks",
        "ArticleTitle: ['题'] instead of None",
    ),
    "description": (HOME, meta("Description"), "", "descriptions", "Description: None"),
    "F1 code": (
        HOME,
        r"<dt>[^<]*</dt><dd>2303050000[^<]*</dd>",
        "<dt>网站标识码</dt><dd></dd>",
        "footer",
        "网站标识码: ''",
    ),
    "F1 mark": (HOME, r'<p class="mark">.*?</p>', "", "footer", "no mark of a public body"),
    "F1 errors": (HOME, r"<dt>网站纠错</dt>", "<dt>意见</dt>", "footer", "网站纠错: None"),
    "P1 no time": (
        ARTICLE,
        r"(<time [^>]*>)\d{4}-(\d\d-\d\d \d\d:\d\d)",
        r"\1\2",
        "times",
        "no time: ",
    ),
    "P1 two times": (
        ARTICLE,
        r'<time datetime="\d{4}(-[^"]*T)',
        r'<time datetime="1999\1',
        "times",
        "is said to be 1999-",
    ),
    "P1 outside": (
        ARTICLE,
        r"<dl class=\"facts\">",
        r"<p>昨天 9:05</p>\g<0>",
        "times",
        "a time outside <time>: 9:05",
    ),
    "P1 empty list": (
        HOME,
        "</main>",
        r'<ul class="lines"> </ul>\g<0>',
        "nothing_empty",
        "an empty <ul class='lines'>",
    ),
    "P1 empty column": (
        COLUMN,
        r'<ul class="entries">.*?</ul>\s*(?=<nav|</main>)',
        '<ul class="entries"></ul>',
        "column_filled",
        "an empty column",
    ),
    "P1 reprint": (
        "reprint",
        r"<div><dt>来源</dt>.*?</div>",
        "",
        "reprint",
        "its source: [] instead of",
    ),
    "P1 reprint leads": (
        "reprint",
        r"<div><dt>原文链接</dt>.*?</div>",
        "",
        "reprint",
        "no link to https://www.example.org/",
    ),
    "P2 to the eye": (HOME, r'class="external" ', "", "outbound", "to the eye False"),
    "P2 to the ear": (
        HOME,
        r'<span class="visually-hidden">（外部网站）</span>',
        "",
        "outbound",
        "to the ear False",
    ),
    "P2 at home": (
        HOME,
        "</main>",
        r'<a class="external" href="/news/">a</a>\g<0>',
        "outbound",
        "/news/: to the eye True",
    ),
    "P2 reaches back": (HOME, r'rel="noopener"', 'rel="me"', "outbound", "rel lacks noopener"),
    "P2 window": (
        HOME,
        r'<a class="external" ',
        r'\g<0>target="_blank" ',
        "outbound",
        "opens a new window",
    ),
    "canonical": (HOME, r'<link rel="canonical"[^>]*>', "", "address", "canonical: []"),
    "preview": (
        ARTICLE,
        r'(<meta property="og:title" content=")',
        r"\1!",
        "preview",
        "og:title: ['!",
    ),
    "no block": (HOME, r'<script type="application/ld\+json">.*?</script>', "", "data_block", "0"),
    "another vocabulary": (
        HOME,
        r'"https://schema\.org"',
        '"http://example.org"',
        "data_block",
        "no graph of schema.org",
    ),
    "unknown type": (
        ARTICLE,
        '"NewsArticle"',
        '"Newspaper-Article"',
        "data_block",
        "unknown type: 'Newspaper-Article'",
    ),
    "unknown property": (
        ARTICLE,
        '"headline":',
        '"headlines":',
        "data_block",
        "unknown property: NewsArticle.headlines",
    ),
    "another type's property": (
        ARTICLE,
        '"headline":',
        '"telephone":',
        "data_block",
        "no property of NewsArticle: telephone",
    ),
    "a wrong value": (
        ARTICLE,
        r'"datePublished":"[^"]*"',
        '"datePublished":"昨天"',
        "data_block",
        "NewsArticle.datePublished can't be '昨天'",
    ),
    "text for a thing": (
        ARTICLE,
        r'"publisher":\{[^}]*\}',
        '"publisher":"本院"',
        "data_block",
        "NewsArticle.publisher can't be '本院'",
    ),
    "a thing of the wrong type": (
        COLUMN,
        r'"mainEntity":\{"@type":"ItemList"',
        '"publisher":{"@type":"ItemList"',
        "data_block",
        "CollectionPage.publisher can't be a ItemList",
    ),
    "leads nowhere": (
        ARTICLE,
        r'"publisher":\{"@id":"[^"]*"',
        '"publisher":{"@id":"#nobody"',
        "data_block",
        "NewsArticle.publisher leads nowhere",
    ),
    "invented": (
        ARTICLE,
        r'"headline":"',
        r"\g<0>独家",
        "nothing_invented",
        "headline: '独家",
    ),
    "breadcrumb": (
        COLUMN,
        r'(<nav class="breadcrumb".*?<li><a href=")/',
        r"\1/elsewhere/",
        "breadcrumb",
        "breadcrumb: ",
    ),
}


def judge(name: str, page: Page, portal: Portal) -> Judge:
    """Return the check with its expected values as arguments, so that it only needs a page."""
    expected = portal.expected[page.path]
    more: dict[str, tuple[Any, ...]] = {
        **dict.fromkeys(("site_marks", "column_marks", "text_marks"), (expected.metas,)),
        "descriptions": (expected.metas,),
        "footer": (portal.footers["zh-hans"],),
        "reprint": expected.reprint or (),
        "outbound": (portal.site.domain, "（外部网站）"),
        "address": (expected.canonical,),
        "preview": (expected.preview,),
    }
    return partial(_called, getattr(checks, name), more.get(name, ()))


def _called(check: Callable[..., list[str]], more: tuple[Any, ...], page: Page) -> list[str]:
    return check(page, *more)


def page_of(kind: str, portal: Portal) -> Page:
    if kind.startswith("/"):
        return portal.pages[kind]
    for page, expected in portal.indexable():
        if expected.view == "news:article" and expected.language == "zh-hans":
            if kind == "reprint" and expected.reprint:
                return page
            if kind == "article" and not expected.reprint:
                return page
    raise AssertionError(kind)


@pytest.mark.parametrize("name", SPOILED)
def test_a_damaged_page_fails_its_check(name: str, portal: Portal) -> None:
    kind, part, instead, check, complaint = SPOILED[name]
    page = page_of(kind, portal)
    judged = judge(check, page, portal)
    assert judged(page) == []
    found = judged(page.spoiled(part, instead))
    assert any(complaint in each for each in found), found


def test_every_check_has_a_damaged_page() -> None:
    known = {
        name
        for name, each in vars(checks).items()
        if callable(each) and getattr(each, "__module__", "") == checks.__name__
        if not name.startswith("_") and name != "metas"
    }
    assert known == {check for _page, _part, _instead, check, _complaint in SPOILED.values()}
