"""Texts for XML documents: escaped, and without the characters that XML 1.0 forbids."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def strip_forbidden(text: str) -> str:
    """Return the text without the characters that an XML 1.0 document may not contain."""
    return _FORBIDDEN.sub("", text)


def escape_text(text: str) -> str:
    """Return the text escaped for use as the content of an XML element."""
    return escape(strip_forbidden(text))
