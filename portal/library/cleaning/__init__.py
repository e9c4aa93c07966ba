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
- links to http, https, mailto and paths of this site
- text quoted from another object: ``<span data-quote="court.observation:12">``
"""

from __future__ import annotations

import re

import nh3

from portal.library.cleaning import allowlists
from portal.library.cleaning.blocks import to_blocks
from portal.library.cleaning.conversion import convert_nodes
from portal.library.markup import parse, tag_names, write

# Maximum number of cleaning passes. Usually the first pass creates the canonical form and the
# second pass changes nothing; more are needed if removing markup creates other markup.
_MAX_PASSES = 8

# Maximum depth of open elements. Parsing time grows with the square of the depth.
_MAX_OPEN_ELEMENTS = 500
_TAGS_WITHOUT_END = tag_names(
    "p li dt dd tr td th thead tbody tfoot option br hr img col input wbr meta link source"
)
_TAG_START = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)")
_TAG = re.compile(r"<[^<>]*>")
# Control characters, zero-width space, word joiner, byte order mark and noncharacters.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffe\uffff]")


def clean(html: str) -> str:
    """Return the canonical form of any HTML. Cleaning the result again changes nothing."""
    if _is_too_deep(html):
        html = _TAG.sub(" ", html)
    for _pass in range(_MAX_PASSES):
        cleaned = _clean_once(html)
        if cleaned == html:
            break
        html = cleaned
    return html


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


def _clean_once(html: str) -> str:
    readable = nh3.clean(
        _INVISIBLE.sub("", html),
        tags=allowlists.READ_TAGS,
        clean_content_tags=allowlists.TAGS_DROPPED_WITH_CONTENT,
        attributes=allowlists.READ_ATTRIBUTES,
        url_schemes=allowlists.URL_SCHEMES,
        link_rel=None,
    )
    blocks = to_blocks(convert_nodes(parse(readable).children, frozenset()))
    return nh3.clean(
        "\n".join(write([block]) for block in blocks),
        tags=allowlists.STORED_TAGS,
        attributes=allowlists.STORED_ATTRIBUTES,
        tag_attribute_values=allowlists.STORED_VALUES,
        allowed_classes=allowlists.STORED_CLASSES,
        url_schemes=allowlists.URL_SCHEMES,
        link_rel=None,
    )
