"""Recognise a text in the canonical form without converting all of it.

Most texts that are saved are in the canonical form already, and each conversion must be repeated
until it changes nothing. The conversion of a plain block does not depend on the characters inside
its words or on the blocks beside it. Therefore a text is in the canonical form if its sample is:
it contains each shape of a plain block once, with "x" for its words, and all other blocks.
"""

from __future__ import annotations

import re

# Control characters, zero-width space, word joiner, byte order mark and noncharacters.
INVISIBLE = r"\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffe\uffff"

# Words of which no conversion changes more than the blanks at their edges.
_WORDS = rf"(?:[^\s<>&{INVISIBLE}]| (?! )|\u3000|&(?:amp|lt|gt|nbsp);)++"
_FORMAT = "(?:strong|em|u|s|sub|sup)"
_INLINE = (
    rf"(?:{_WORDS}|<br>|<{_FORMAT}>{_WORDS}</{_FORMAT}>"
    rf'|<a href="[^"<>&\s]*+"(?: rel="noopener")?+>{_WORDS}</a>)++'
)
_ATTRIBUTES = r'(?: (?:class|start|colspan|rowspan|scope)="[a-z0-9 -]*+")*+'
_ROWS = rf"(?:<tr>(?:<t[dh]{_ATTRIBUTES}>(?:{_INLINE})?+</t[dh]>)++</tr>)++"
_PLAIN_BLOCK = re.compile(
    rf"<(?:p|h[234]){_ATTRIBUTES}>{_INLINE}</(?:p|h[234])>"
    rf"|<[uo]l{_ATTRIBUTES}>(?:<li{_ATTRIBUTES}>{_INLINE}</li>)++</[uo]l>"
    rf"|<table>(?:<t(?:head|body|foot)>{_ROWS}</t(?:head|body|foot)>)++</table>"
)
_ANY_BLOCK = re.compile(r"<(?:p|h[234r]|[uo]l|blockquote|table|figure)[ >]")
# Words without a blank or a reference at their edges.
_TRIMMED_WORDS = re.compile(r">[^<&\s](?:[^<]*[^<;\s])?<")
_AFTER_ROW = re.compile(r"(?<=</tr>)")


def sample_of(html: str) -> str | None:
    """Return the sample of a text; None if the text is plainly not in the canonical form."""
    lines = html.split("\n")
    if not all(map(_ANY_BLOCK.match, lines)):
        return None
    sample: list[str] = []
    shapes: set[str] = set()
    for line in lines:
        if _PLAIN_BLOCK.fullmatch(line):
            line = "".join(dict.fromkeys(_AFTER_ROW.split(_TRIMMED_WORDS.sub(">x<", line))))
            if line in shapes:
                continue
            shapes.add(line)
        sample.append(line)
    return "\n".join(sample)
