"""The checklist of the inspectors (standards T1, T2, T3, F1, P1, P2) and rules for structured data.

Each check returns the problems of a page as sentences. An empty list means that the page passes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .html import Element, Page

T1 = ("SiteName", "SiteDomain", "SiteIDCode")
T2 = ("ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType")
T3 = ("ArticleTitle", "PubDate", "ContentSource", "Author", "Url", "Image")
ALL = ("Keywords", "Description")
COLUMN_TYPES = frozenset(
    [
        *("首页", "概况信息", "机构职能", "负责人信息", "工作动态", "政策文件", "信息公开指南"),
        *("数据发布", "政策解读", "回应关切", "办事服务", "咨询投诉", "征集调查", "在线访谈"),
    ]
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
CLOCK = re.compile(r"(?<![\d:])\d{1,2}:\d\d(?![\d:])")
LISTS = frozenset({"ul", "ol", "dl", "tbody", "select"})

Problems = list[str]
#: A function that checks a page; the second argument contains the fields required in its head.
Check = Callable[[Page, dict[str, str]], Problems]


def metas(page: Page, names: tuple[str, ...], expected: dict[str, str]) -> Problems:
    """Expect each of the named fields exactly one time with its expected value.

    Named fields without an expected value must be missing; expected values must not be blank.
    """
    found = {name: values for name, values in page.metas().items() if name in names}
    wanted = {name: [value] for name, value in expected.items() if name in names}
    return [
        f"{name}: {found.get(name)} instead of {wanted.get(name)}"
        for name in names
        if found.get(name) != wanted.get(name)
    ] + [f"{name} is empty" for name, values in wanted.items() if not values[0].strip()]


def site_marks(page: Page, expected: dict[str, str]) -> Problems:
    return metas(page, T1, expected)


def column_marks(page: Page, expected: dict[str, str]) -> Problems:
    kinds = page.metas().get("ColumnType", [])
    strange = [f"no type of column: {kind}" for kind in kinds if kind not in COLUMN_TYPES]
    return metas(page, T2, expected) + strange


def text_marks(page: Page, expected: dict[str, str]) -> Problems:
    dates = page.metas().get("PubDate", [])
    strange = [f"no date: {each}" for each in dates if not MOMENT.fullmatch(each)]
    return metas(page, T3, expected) + strange


def descriptions(page: Page, expected: dict[str, str]) -> Problems:
    return metas(page, ALL, expected)


def footer(page: Page, expected: dict[str, str]) -> Problems:
    """Expect the footer fields that identify the site (standard F1), each with its label."""
    footers = page.root.all("footer", class_="footer")
    if len(footers) != 1:
        return [f"{len(footers)} footers"]
    facts = {
        row.all("dt")[0].text: row.all("dd")[0].text
        for row in footers[0].all("div")
        if row.all("dt") and row.all("dd")
    }
    found = [
        f"{name}: {facts.get(name)!r} instead of {value!r}"
        for name, value in expected.items()
        if facts.get(name) != value
    ]
    if [each.text for each in footers[0].all("p", class_="mark") if each.text] == []:
        found.append("no mark of a public body")
    return found


def times(page: Page) -> Problems:
    """Expect each point of time to be in a ``<time>`` element (P1), as a date or a date with
    minutes.

    Text that editors have written may contain times outside ``<time>``.
    """
    found = []
    for each in page.root.all("time"):
        text, time = each.text, each.attrs.get("datetime", "")
        if not (MOMENT.fullmatch(text) or DAY.fullmatch(text)):
            found.append(f"no time: {text}")
        elif time and time[:16].replace("T", " ") != text:
            found.append(f"{text} is said to be {time}")
    found += [
        f"a time outside <time>: {clock}"
        for words in _words(page.root)
        for clock in CLOCK.findall(words)
    ]
    return found


#: Classes of elements whose text was written by editors or visitors.
WRITTEN = frozenset({"prose", "form", "corrections", "entry-summary", "lead-summary"})


def _words(element: Element) -> Iterator[str]:
    for each in element.below:
        if isinstance(each, str):
            yield each
        elif each.tag not in {"time", "head", "script", "h1", "a", "form"} and not (
            WRITTEN & set(each.classes)
        ):
            yield from _words(each)


def nothing_empty(page: Page) -> Problems:
    """Expect at least one entry in every list, since pages must not display empty columns."""
    return [
        f"an empty <{each.tag} class={each.attrs.get('class', '')!r}>"
        for each in page.root.walk()
        if each.tag in LISTS and not any(isinstance(row, Element) for row in each.below)
    ]


def column_filled(page: Page) -> Problems:
    """Expect at least one entry on the page of a column."""
    rows = [row for each in page.root.all("ul", class_="entries") for row in each.all("li")]
    return [] if rows else ["an empty column"]


def reprint(page: Page, source: str, address: str) -> Problems:
    """Expect the page of a reprinted article to name its source and to link to the original."""
    facts = {dt.text: dd for row in page.root.all("div") for dt, dd in _pairs(row)}
    named = [dd.text for dt, dd in facts.items() if dt in ("来源", "Source")]
    leads = [a.attrs["href"] for dd in facts.values() for a in dd.all("a", class_="external")]
    found = [] if named == [source] else [f"its source: {named} instead of {source!r}"]
    return found + ([] if address in leads else [f"no link to {address}"])


def _pairs(row: Element) -> list[tuple[Element, Element]]:
    names, values = row.all("dt"), row.all("dd")
    return [(names[0], values[0])] if names and values else []


def outbound(page: Page, host: str, words: str) -> Problems:
    """Expect each link to another site to have a class (which adds an arrow) and a hidden text
    (P2).

    Links inside the site must have neither.
    """
    found = []
    for link in page.root.all("a"):
        href = link.attrs.get("href", "")
        leaves = urlsplit(href).netloc not in ("", host)
        says = [each.text for each in link.all("span", class_="visually-hidden")]
        marked = ("external" in link.classes, words in says)
        if marked != (leaves, leaves):
            found.append(f"{href}: to the eye {marked[0]}, to the ear {marked[1]}")
        if leaves and "noopener" not in link.attrs.get("rel", "").split():
            found.append(f"{href}: rel lacks noopener")
        if "target" in link.attrs:
            found.append(f"{href}: opens a new window")
    return found


def address(page: Page, expected: str) -> Problems:
    links = [each.attrs.get("href") for each in page.root.all("link", rel="canonical")]
    return [] if links == [expected] else [f"canonical: {links} instead of {expected}"]


def preview(page: Page, expected: dict[str, list[str]]) -> Problems:
    """Expect exactly these Open Graph properties."""
    found = page.metas("property")
    return [
        f"{name}: {found.get(name)} instead of {expected.get(name)}"
        for name in sorted({*found, *expected})
        if found.get(name) != expected.get(name)
    ]


VOCABULARY = json.loads(Path(__file__).with_name("schema-org.json").read_text())
TYPES: dict[str, list[str]] = VOCABULARY["types"]
PROPERTIES: dict[str, dict[str, list[str]]] = VOCABULARY["properties"]


def data_block(page: Page) -> Problems:
    """Expect one JSON-LD block with known schema.org types.

    Each type may only have properties of its own, with values of the types that the property takes.
    """
    blocks = page.blocks
    if len(blocks) != 1:
        return [f"{len(blocks)} data blocks"]
    block = blocks[0]
    if set(block) != {"@context", "@graph"} or block["@context"] != "https://schema.org":
        return [f"no graph of schema.org: {sorted(block)}"]
    named: dict[str, str] = {}
    found = [
        f"named twice: {name}"
        for name, kind in _named(block["@graph"])
        if kind != named.setdefault(name, kind)
    ]
    for node in block["@graph"]:
        found += _judged(node, named)
    return found


def _named(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the ``@id`` and the ``@type`` of every node that has both."""
    if isinstance(value, list):
        for each in value:
            yield from _named(each)
    elif isinstance(value, dict):
        if "@id" in value and "@type" in value:
            yield value["@id"], value["@type"]
        for each in value.values():
            yield from _named(each)


def _judged(node: dict[str, Any], named: dict[str, str]) -> Problems:
    kind = node.get("@type", "")
    if kind not in TYPES:
        return [f"unknown type: {kind!r}"]
    family = {kind, *TYPES[kind]}
    found = []
    for name, value in node.items():
        if name in ("@type", "@id"):
            continue
        known = PROPERTIES.get(name)
        if known is None:
            found.append(f"unknown property: {kind}.{name}")
        elif not family & set(known["of"]):
            found.append(f"no property of {kind}: {name}")
        else:
            for each in value if isinstance(value, list) else [value]:
                found += _fits(f"{kind}.{name}", each, set(known["takes"]), named)
    return found


def _fits(place: str, value: Any, takes: set[str], named: dict[str, str]) -> Problems:
    if not isinstance(value, dict):
        return [] if _kinds(value) & takes else [f"{place} can't be {value!r}"]
    kind = value.get("@type") or named.get(value.get("@id", ""))
    if kind is None:
        return [f"{place} leads nowhere: {value}"]
    found = [] if {kind, *TYPES.get(kind, [])} & takes else [f"{place} can't be a {kind}"]
    return found + (_judged(value, named) if "@type" in value else [])


def _kinds(value: Any) -> set[str]:
    """Return the schema.org data types that the value can have."""
    if isinstance(value, bool):
        return {"Boolean"}
    if isinstance(value, int):
        return {"Integer", "Number"}
    if not isinstance(value, str) or not value.strip():
        return set()
    kinds = {"Text"}
    if urlsplit(value).scheme in ("http", "https") and urlsplit(value).netloc:
        kinds.add("URL")
    if re.fullmatch(r"\d+ px", value):
        kinds.add("Distance")
    for kind, read in (("Date", date.fromisoformat), ("DateTime", datetime.fromisoformat)):
        try:
            read(value)
        except ValueError:
            continue
        kinds.add(kind)
    return kinds


#: Keys of JSON-LD whose values are technical terms, which the page need not display.
NOT_SHOWN = frozenset({"@type", "@id", "@context", "inLanguage", "encodingFormat"})


def nothing_invented(page: Page) -> Problems:
    """Expect the page to display every value of its JSON-LD block.

    Every URL in the block must be the URL of the page, the home page, or a link, an image or an
    anchor of the page.
    """
    page_text = _squeezed(page.root.text)
    page_text += _squeezed(" ".join(text for each in page.metas().values() for text in each))
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(_canonical(page)))
    leads = {each.attrs[name] for each in page.root.walk() for name in ("href", "src", "srcset")
             if name in each.attrs}  # fmt: skip
    ways = {f"{origin}{way}" if way.startswith("/") else way for way in leads}
    ways |= {origin + part for way in leads for part in re.findall(r"(/media/\S+)", way)}
    ways |= {f"{origin}{page.path}#{each.attrs['id']}" for each in page.root.walk()
             if "id" in each.attrs}  # fmt: skip
    ways |= {_canonical(page), f"{origin}/"}
    return [
        f"{name}: {value!r} is not on the page"
        for name, value in _said(page.blocks)
        if not _is_shown(value, page_text, ways)
    ]


def _canonical(page: Page) -> str:
    return page.root.all("link", rel="canonical")[0].attrs["href"]


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def _said(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _said(each, name)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in NOT_SHOWN:
                yield from _said(each, key)
    elif isinstance(value, str):
        yield name, value


def _is_shown(value: str, page_text: str, ways: set[str]) -> bool:
    kinds = _kinds(value)
    if "URL" in kinds:
        return value in ways
    if "Distance" in kinds:
        return True
    if "DateTime" in kinds:  # Pages display times to the minute; lists display dates only.
        return _squeezed(value[:16].replace("T", " ")) in page_text
    if re.fullmatch(r"(\.\.|\d{4}-\d\d-\d\d)/\d{4}-\d\d-\d\d", value):
        # The page prints a period in another format; ``test_structured`` checks the period.
        return True
    return _squeezed(value) in page_text


def breadcrumb(page: Page) -> Problems:
    """Expect the structured breadcrumb to contain the displayed steps in the same order."""
    steps = [
        (li.text, li.all("a")[0].attrs["href"] if li.all("a") else "")
        for nav in page.root.all("nav", class_="breadcrumb")
        for li in nav.all("li")
    ]
    graph = [node for block in page.blocks for node in block["@graph"]]
    structured = [
        (row["name"], urlsplit(row["item"]["@id"]).path if "item" in row else "")
        for node in graph
        if node["@type"] == "BreadcrumbList"
        for row in node["itemListElement"]
    ]
    return [] if structured == steps else [f"breadcrumb: {structured} instead of {steps}"]
