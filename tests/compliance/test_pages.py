"""Every page of the sample portal passes the checklist (standards T1, T2, T3, F1, P1, P2)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from . import checks
from .conftest import Portal
from .html import Page

# These tests read parsed pages only; the first mark makes pytest-django create the database for
# them. One pytest worker runs all of them, because each worker would parse every page.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("compliance")]

Problems = dict[str, list[str]]


def gathered(found: Iterable[tuple[Page, list[str]]]) -> Problems:
    """Return the problems of each page by URL path, without the pages that have no problem."""
    return {page.path: findings for page, findings in found if findings}


def test_every_kind_of_page_is_checked(portal: Portal) -> None:
    views = {each.view for _page, each in portal.each()}
    assert views == {
        *("home", "news:index", "news:column", "news:article", "topic"),
        *("honors:wall", "honors:level", "honors:year", "honors:undated", "honors:honor"),
        *("court:profile", "court:leaders", "court:departments", "court:judges", "court:contact"),
        *("data:index", "data:indicator", "corrections", "site-map"),
    }
    assert {each.language for _page, each in portal.each()} == {"zh-hans", "en"}
    assert any("/page/" in path for path in portal.pages)
    assert len(portal.pages) > 100


@pytest.mark.parametrize(
    "check",
    [checks.site_marks, checks.column_marks, checks.text_marks, checks.descriptions],
    ids=["T1", "T2", "T3", "description"],
)
def test_the_head_has_the_required_fields(portal: Portal, check: checks.Check) -> None:
    assert gathered((page, check(page, expected.metas)) for page, expected in portal.each()) == {}
    # Pages that process a query string count as columns, too.
    answers = [(page, portal.expected[path].metas) for path, page in portal.query_pages.items()]
    assert gathered((page, check(page, metas)) for page, metas in answers) == {}


def test_error_pages_identify_the_site(portal: Portal) -> None:
    """The standard T1 applies to error pages, too."""
    found = []
    for _status, page in portal.error_pages.values():
        english = page.path.startswith("/en/") and portal.site.name_en
        metas = {
            "SiteName": english or portal.site.name,
            "SiteDomain": portal.site.domain,
            "SiteIDCode": portal.site.site_id_code,
        }
        found.append((page, checks.site_marks(page, metas)))
    assert gathered(found) == {}


def test_every_footer_identifies_the_site(portal: Portal) -> None:
    pages = [*portal.pages.values(), *portal.query_pages.values()]
    pages += [page for _status, page in portal.error_pages.values()]
    found = [(page, checks.footer(page, portal.footers[language(page)])) for page in pages]
    assert gathered(found) == {}


def language(page: Page) -> str:
    return "en" if page.path.startswith("/en/") else "zh-hans"


def test_times_are_time_elements(portal: Portal) -> None:
    pages = [*portal.pages.values(), *(page for _status, page in portal.error_pages.values())]
    assert gathered((page, checks.times(page)) for page in pages) == {}


def test_no_list_and_no_column_is_empty(portal: Portal) -> None:
    assert gathered((page, checks.nothing_empty(page)) for page in portal.pages.values()) == {}
    columns = [
        page for page, expected in portal.indexable() if expected.view in ("news:column", "topic")
    ]
    assert gathered((page, checks.column_filled(page)) for page in columns) == {}


def test_reprints_name_their_source(portal: Portal) -> None:
    reprints = [(page, expected.reprint) for page, expected in portal.each() if expected.reprint]
    assert len(reprints) >= 1
    assert gathered((page, checks.reprint(page, *reprint)) for page, reprint in reprints) == {}


def test_external_links_are_marked(portal: Portal) -> None:
    pages = [*portal.pages.values(), *portal.query_pages.values()]
    words = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            words[code] = _("(external site)")
    found = [
        (page, checks.outbound(page, portal.site.domain, words[language(page)])) for page in pages
    ]
    assert gathered(found) == {}
    sheet = (settings.BASE_DIR / "static/css/base.css").read_text()
    assert ".external::after" in sheet


def test_each_page_has_one_canonical_address(portal: Portal) -> None:
    found = [
        (page, checks.address(page, expected.canonical)) for page, expected in portal.indexable()
    ]
    assert gathered(found) == {}
    assert len({expected.canonical for _page, expected in portal.indexable()}) == len(found)


def test_link_previews(portal: Portal) -> None:
    found = [
        (page, checks.preview(page, expected.preview)) for page, expected in portal.indexable()
    ]
    assert gathered(found) == {}


def test_hidden_pages_have_no_metadata(portal: Portal) -> None:
    hidden = [page for page, expected in portal.each() if expected.hidden]
    assert {language(page) for page in hidden} == {"en"}
    for page in [*hidden, *portal.query_pages.values()]:
        assert page.metas()["robots"] == ["noindex"]
        assert page.metas("property") == {}
        assert page.root.all("link", rel="canonical") == []
        assert page.blocks == []


def test_each_page_declares_its_language(portal: Portal) -> None:
    tags = {"zh-hans": "zh-Hans", "en": "en"}
    found = {
        page.path: page.root.all("html")[0].attrs.get("lang")
        for page, expected in portal.each()
        if page.root.all("html")[0].attrs.get("lang") != tags[expected.language]
    }
    assert found == {}


def test_error_pages_are_dated_and_have_links(portal: Portal) -> None:
    assert {status for status, _page in portal.error_pages.values()} == {404, 410}
    for status, page in portal.error_pages.values():
        main = page.root.all("main")[0]
        assert [each.text for each in main.all("time") if checks.MOMENT.fullmatch(each.text)] != []
        ways = {each.attrs["href"] for each in main.all("a")}
        start = "/en" if language(page) == "en" else ""
        assert {f"{start}/", f"{start}/search/", f"{start}/site-map/"} <= ways, page.path
        assert f"tel:{portal.site.phone}" in ways
        assert any(way.startswith(f"{start}/feedback/?page=") for way in ways), page.path
        assert page.metas()["robots"] == ["noindex"]
        assert page.metas("property") == {}
        assert page.root.all("link", rel="canonical") == []
        assert page.blocks == []
        if status == 410:
            # The page displays the date, and the reason if the article was withdrawn.
            assert len(main.all("dl", class_="colophon")) == 1
            assert f"{start}/corrections/" in ways
