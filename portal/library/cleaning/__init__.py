"""Clean rich text: convert typed, pasted or imported HTML to the canonical form that is stored.

nh3 (an HTML5 parser and sanitiser) reads the input and keeps the elements that can be converted;
the resulting tree is converted to the canonical form; nh3 then removes all markup that the
allow-list for stored text does not contain. Therefore markup outside the allow-list is never
stored, even if the conversion has a bug.

Canonical form:

- blocks: p h2 h3 h4 ul ol blockquote table figure hr; no text outside of them
- alignment, indent and width as classes of a fixed list; no style attributes
- an image is ``<img data-image="ID" alt="...">`` without a URL, in a paragraph or, with a caption,
  in ``<figure class="image">``
- links to http, https, mailto, tel, paths of this site and anchors of the same text
- an anchor is ``<span id="...">`` around the words to which a link leads
- text quoted from another object: ``<span data-quote="court.observation:12">``
"""

from __future__ import annotations

import re

import nh3

from portal.library.cleaning import allowlists, canonical, limits
from portal.library.cleaning.blocks import to_blocks
from portal.library.cleaning.conversion import convert_nodes
from portal.library.cleaning.reading import Source, is_office_text
from portal.library.cleaning.report import Kind, Report
from portal.library.markup import tag_names, write

# Maximum number of cleaning passes. Usually the first pass creates the canonical form and the
# second pass changes nothing; more are needed if removing markup creates other markup.
_MAX_PASSES = 8

# Maximum depth of open elements. Parsing time grows with the square of the depth.
_MAX_OPEN_ELEMENTS = 500
_TAGS_WITHOUT_END = tag_names(
    "p li dt dd tr td th thead tbody tfoot option br hr img col input wbr meta link source"
)
_TAG_START = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)")
_MAY_HIDE = re.compile(
    r"<(del|w:|style|comment|script|!--)|\bstyle\s*=|\bhidden\b|\bclass\s*=", re.IGNORECASE
)
_TABLE_ROW_FIRST = re.compile(r"\s*(<!--\w*-->\s*)?<(tr|td|th|col|tbody|thead)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_INVISIBLE = re.compile(f"[{canonical.INVISIBLE}]")


def clean(html: str) -> str:
    """Return the canonical form of any HTML. Cleaning the result again changes nothing.

    Raises ``limits.TooComplex`` for a text that would take too long.
    """
    return clean_with_report(html)[0]


def clean_with_report(html: str, *, is_pasted: bool = False) -> tuple[str, Report]:
    """Return the canonical form of any HTML, and what was taken out or changed.

    ``is_pasted`` keeps the images marked ``data-pending``, whose files the browser still holds, and
    marks the places of other images that are not in the library. Raises ``limits.TooComplex``.
    """
    report = Report()
    if _is_too_deep(html):
        html = _visible_words(html, report)
    if _is_canonical(html, is_pasted):
        return html, report
    limits.check(html)
    for _pass in range(_MAX_PASSES):
        cleaned = _clean_once(Source(html, report, is_pasted))
        if cleaned == html:
            break
        html = cleaned
        if _is_canonical(html, is_pasted):
            break
    return html, report


def _is_canonical(html: str, is_pasted: bool) -> bool:
    """Return whether a sample shows that cleaning would neither change nor report anything."""
    sample = canonical.sample_of(html)
    if sample is None:
        return False
    limits.check(sample)
    source = Source(sample, Report(), is_pasted)
    return (
        _clean_once(source) == sample
        and not source.report.counts
        and source.is_office == is_office_text(html)
    )


def _visible_words(html: str, report: Report) -> str:
    """Return only the words of HTML that is nested too deep to be parsed as a tree.

    Nothing is kept if the text contains what might hide words.
    """
    if _MAY_HIDE.search(html):
        report.add(Kind.HIDDEN)
        return ""
    return _TAG.sub(" ", html)


def _is_too_deep(html: str) -> bool:
    """Return whether elements are nested too deep for the parsers, estimated without parsing."""
    depth = 0
    for slash, tag in _TAG_START.findall(html):
        if tag.lower() in _TAGS_WITHOUT_END:
            continue
        depth = max(0, depth - 1) if slash else depth + 1
        if depth > _MAX_OPEN_ELEMENTS:
            return True
    return False


def _clean_once(source: Source) -> str:
    html = _INVISIBLE.sub("", source.html)
    if _TABLE_ROW_FIRST.match(html):
        # Without its table, a parser drops the rows and cells, and keeps the words of hidden ones.
        html = f"<table>{html}</table>"
    readable = nh3.clean(
        html,
        tags=allowlists.READ_TAGS,
        clean_content_tags=allowlists.TAGS_DROPPED_WITH_CONTENT,
        attributes=allowlists.READ_ATTRIBUTES,
        url_schemes=allowlists.READ_URL_SCHEMES,
        link_rel=None,
    )
    blocks = to_blocks(convert_nodes(source.read(readable), frozenset()))
    return nh3.clean(
        "\n".join(write([block]) for block in blocks),
        tags=allowlists.STORED_TAGS,
        attributes=(
            allowlists.PASTED_ATTRIBUTES if source.is_pasted else allowlists.STORED_ATTRIBUTES
        ),
        tag_attribute_values=allowlists.STORED_VALUES,
        allowed_classes=allowlists.STORED_CLASSES,
        url_schemes=allowlists.URL_SCHEMES,
        link_rel=None,
    )
