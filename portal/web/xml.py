"""Text in XML: without what XML can't hold, which may still stand in a title."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

_UNHEARD_OF = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    return _UNHEARD_OF.sub("", text)


def written(text: str) -> str:
    """Text as it stands between two tags."""
    return escape(printable(text))
