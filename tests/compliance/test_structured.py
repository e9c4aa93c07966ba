"""Structured data uses only terms of schema.org, and only values that the page displays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils.html import escape

from honors import structured as ledger
from honors.models import Honor
from portal.site.models import SiteSettings
from portal.web.structured import json_ld_script, node

from . import checks
from .conftest import Portal
from .html import Page
from .test_pages import gathered

pytestmark = pytest.mark.django_db

#: View name -> the expected type of the first node in the structured data of the page.
KINDS = {
    "home": "WebPage",
    "news:index": "CollectionPage",
    "news:column": "CollectionPage",
    "news:article": "NewsArticle",
    "topic": "CollectionPage",
    "honors:wall": "CollectionPage",
    "honors:level": "CollectionPage",
    "honors:year": "CollectionPage",
    "honors:undated": "CollectionPage",
    "honors:honor": "WebPage",
    "court:profile": "AboutPage",
    "court:leaders": "AboutPage",
    "court:departments": "AboutPage",
    "court:judges": "AboutPage",
    "court:contact": "ContactPage",
    "data:index": "CollectionPage",
    "data:indicator": "WebPage",
    "corrections": "WebPage",
    "site-map": "WebPage",
}


def graph(page: Page) -> list[dict[str, Any]]:
    return page.blocks[0]["@graph"]


def of_kind(page: Page, kind: str) -> list[dict[str, Any]]:
    return [each for each in graph(page) if each["@type"] == kind]


def test_only_terms_of_the_vocabulary(portal: Portal) -> None:
    assert gathered((page, checks.data_block(page)) for page, _ in portal.indexable()) == {}
    used = {kind for page, _ in portal.indexable() for kind in kinds(page.blocks)}
    # schema-org.json, the local copy of the vocabulary, must contain exactly the used types.
    assert used == set(checks.TYPES)


def kinds(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(kinds, value)) if value else set()
    if isinstance(value, dict):
        own = {value["@type"]} if "@type" in value else set()
        return own.union(*map(kinds, value.values()))
    return set()


def test_only_values_that_the_page_displays(portal: Portal) -> None:
    assert gathered((page, checks.nothing_invented(page)) for page, _ in portal.indexable()) == {}


def test_the_breadcrumb_equals_the_displayed_one(portal: Portal) -> None:
    assert gathered((page, checks.breadcrumb(page)) for page, _ in portal.indexable()) == {}


def test_each_page_has_its_type(portal: Portal) -> None:
    found = {expected.view: graph(page)[0]["@type"] for page, expected in portal.indexable()}
    assert found == KINDS
    for page, expected in portal.indexable():
        first = graph(page)[0]
        assert first["url"] == expected.canonical
        kinds_of_rest = [each["@type"] for each in graph(page)[1:]]
        steps = [] if expected.view == "home" else ["BreadcrumbList"]
        assert kinds_of_rest == [*steps, "GovernmentOrganization", "WebSite"], page.path


def test_the_court_is_described(portal: Portal) -> None:
    court = of_kind(portal.pages["/court/"], "GovernmentOrganization")[0]
    assert court == {
        "@type": "GovernmentOrganization",
        "@id": "http://court.example/#court",
        "name": "鸡西市梨树区人民法院",
        "url": "http://court.example/",
        "address": {"@type": "PostalAddress", "streetAddress": "黑龙江省鸡西市梨树区"},
        "telephone": "12368",
        "alternateName": ["梨树区法院", "梨树区人民法院"],
        "areaServed": "黑龙江省鸡西市梨树区",
        "parentOrganization": [
            {
                "@type": "GovernmentOrganization",
                "name": "黑龙江省高级人民法院",
                "alternateName": "省法院",
            },
            {
                "@type": "GovernmentOrganization",
                "name": "最高人民法院",
                "alternateName": "最高人民法院",
            },
        ],
        "location": {
            "@type": "Courthouse",
            "name": "鸡西市梨树区人民法院",
            "address": {"@type": "PostalAddress", "streetAddress": "黑龙江省鸡西市梨树区"},
            "telephone": ["12368"],
        },
    }


def test_the_honours_of_the_court_are_listed(portal: Portal) -> None:
    """Each page must list the honours of the court itself, without the honours of its staff."""
    court = "GovernmentOrganization"
    assert sorted(of_kind(portal.pages["/honors/"], court)[0]["award"]) == [
        "全国优秀法院",
        "全省优秀法院",
        "全省法院文化建设先进单位",
        "省级文明单位标兵",
        "省级青年文明号",
        "集体二等功",
    ]
    home = portal.pages["/"]
    plaques = [each.text for each in home.root.all("h3", class_="plaque-name")]
    assert of_kind(home, court)[0]["award"] == [each for each in plaques if "办案标兵" not in each]


def test_an_honour_names_its_recipient() -> None:
    """The recipient is the court, a person, a department or unnamed people.

    A rescinded honour is not listed as an award of its recipient.
    """
    rows = [
        {"kind": "court", "name": "", "count": ""},
        {"kind": "person", "name": "张三", "count": ""},
        {"kind": "department", "name": "刑庭", "count": ""},
        {"kind": "group", "name": "干警", "count": "20余名"},
    ]
    site = SiteSettings(name="某某人民法院", domain="court.example")
    recipients = [
        ("本院", ""),
        ("张三", "/court/judges/#person-3"),
        ("刑庭", ""),
        ("20余名干警", ""),
    ]
    court = {"@id": "http://court.example/#court"}
    held = Honor(pk=7, name="办案标兵", recipients=rows, levels=("municipal",))
    page, _steps, court_node, _site = ledger.honor(
        site, honor=held, recipients=recipients, corrected=[]
    )
    person = {
        "@type": "Person",
        "name": "张三",
        "url": "http://court.example/court/judges/#person-3",
    }
    department = {"@type": "Organization", "name": "刑庭", "parentOrganization": court}
    award = {"award": "办案标兵"}
    assert page["about"] == [court, person | award, department | award]
    assert court_node["award"] == ["办案标兵"]
    held.rescinded = True
    page, _steps, court_node, _site = ledger.honor(
        site, honor=held, recipients=recipients, corrected=[]
    )
    assert page["about"] == [court, person, department]
    assert "award" not in court_node


def test_an_article_lists_its_corrections(portal: Portal) -> None:
    articles = [(page, graph(page)[0]) for page, expected in portal.indexable() if expected.text]
    corrected = [
        (page, each["correction"])
        for page, each in articles
        if each["@type"] == "NewsArticle" and "correction" in each
    ]
    assert corrected
    for page, comments in corrected:
        displayed = page.root.all("ul", class_="corrections")[0].all("li")
        assert len(comments) == len(displayed)
        for comment, line in zip(comments, displayed, strict=True):
            assert comment["@type"] == "CorrectionComment"
            assert comment["name"] in line.text
            assert comment.get("text", "") in line.text
    reprints = {expected.reprint for _page, expected in portal.indexable() if expected.reprint}
    based = {
        (each["author"].get("name"), each["isBasedOn"])
        for _page, each in articles
        if "isBasedOn" in each
    }
    assert based == reprints


def test_the_datasets_can_be_downloaded(portal: Portal) -> None:
    page = portal.pages["/data/"]
    datasets = graph(page)[0]["mainEntity"]["dataset"]
    assert [each["url"] for each in datasets] == [
        f"http://court.example/data/#{section.all('h2')[0].attrs['id']}"
        for section in page.root.all("section", class_="dataset")
    ]
    for each in datasets:
        assert [row["encodingFormat"] for row in each["distribution"]] == [
            "text/csv",
            "application/json",
        ]
        assert each["variableMeasured"]
        assert "license" not in each  # the site states no licence
    cases = next(each for each in datasets if each["url"].endswith("#cases"))
    assert cases["temporalCoverage"] == "2017-01-01/2020-12-31"


@pytest.mark.parametrize(
    "hostile",
    ["</script><script>alert(1)</script>", "<!--", "]]>", "&lt;", "\u2028\u2029", '"\\', "\x00"],
)
def test_no_text_can_close_the_script_element(hostile: str) -> None:
    written = json_ld_script([node("WebPage", name=hostile)])
    inside = written.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert set("<>&\u2028\u2029\x00") & set(inside) == set()
    assert json.loads(inside)["@graph"] == [{"@type": "WebPage", "name": hostile}]
    assert escape(inside).count("&lt;") == 0


def test_empty_values_are_omitted() -> None:
    assert node("Person", at="", name="甲", award="", jobTitle=[], url=None) == {
        "@type": "Person",
        "name": "甲",
    }
