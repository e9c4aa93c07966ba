"""Limits of a text that is cleaned, so that its cost is in proportion to its size.

Without them, a few kilobytes of damaged HTML can make the parser and the conversion create millions
of elements. A text beyond the limits is refused before it is parsed, and nothing of it is lost: the
sentence appears beside the field. No program writes such a text, but a very large table may.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.library.markup import tag_names

#: Elements of a text, including those that the parser repeats: an inline format that is not closed
#: at the end of a block begins again in each of the following blocks. 2 MB of text pasted from Word
#: have 25,000.
MAX_ELEMENTS = 60_000
#: Characters that such repetitions add.
MAX_REPEATED_CHARACTERS = 4_000_000
#: Attributes of one element. The parser compares each with all others.
MAX_ATTRIBUTES = 200
#: Images of a text; each is looked up.
MAX_IMAGES = 2_000
#: Character references, and signs that begin or could begin one or a tag.
MAX_REFERENCES = 250_000

TOO_COMPLEX = _(
    "This text has more tables, formats or links than can be checked at once. Divide it into "
    "several texts, or attach it as a file. Nothing was saved, and nothing of it is lost."
)

_TAG = re.compile(
    r"<(/?)([A-Za-z][^\s/>]*+)((?:[^>\"'=]|=\s*+(?:\"[^\"]*+\"?|'[^']*+'?)?+|[\"'])*+)"
)
_ATTRIBUTE = re.compile(r"[^\s/=>][^\s/=>]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>]*+))?+")
# Elements that the parser opens again if the block around them ended first.
_REPEATED = tag_names("a b big code em font i nobr s small strike strong tt u")
# Parts of tables, before which the parser repeats nothing.
_WITHOUT_REPETITION = tag_names("table tbody thead tfoot tr td th caption col colgroup")


class TooComplex(ValidationError):
    """Raised for a text beyond the limits, with a sentence for the person who writes it."""

    def __init__(self) -> None:
        super().__init__(TOO_COMPLEX, code="too-complex")


def check(html: str) -> None:
    """Raise ``TooComplex`` for a text whose parsing or conversion would be too expensive."""
    if html.count("<") + html.count("&") > MAX_REFERENCES:
        raise TooComplex
    count = repeated = images = 0
    open_formats: list[tuple[str, int]] = []
    length = 0
    for match in _TAG.finditer(html):
        slash, tag, attributes = match.groups()
        tag = tag.lower()
        if not slash:
            count += 1
            images += tag == "img"
            if images > MAX_IMAGES or _has_too_many(attributes):
                raise TooComplex
        if tag in _REPEATED:
            if slash or tag == "a":
                length -= _close(open_formats, tag)
            if not slash:
                open_formats.append((tag, len(match[0])))
                length += len(match[0])
        elif open_formats and tag not in _WITHOUT_REPETITION:
            count += len(open_formats)
            repeated += length
        if count > MAX_ELEMENTS or repeated > MAX_REPEATED_CHARACTERS:
            raise TooComplex


def _has_too_many(attributes: str) -> bool:
    return (
        len(attributes) > 2 * MAX_ATTRIBUTES
        and len(_ATTRIBUTE.findall(attributes)) > MAX_ATTRIBUTES
    )


def _close(open_formats: list[tuple[str, int]], tag: str) -> int:
    """Remove the last open format of this tag; return its length, or 0 if there is none."""
    for index in range(len(open_formats) - 1, -1, -1):
        if open_formats[index][0] == tag:
            return open_formats.pop(index)[1]
    return 0
