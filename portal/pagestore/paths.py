"""Which addresses may be stored, where their page lies, and what kind of file it is.

nginx follows the same rules (``try_files ${uri}index.html $uri``) and gives the same types.
"""

from __future__ import annotations

import re

#: A page's own file in its folder. No address ends like this: the site itself answers 404 there.
INDEX = "index.html"

_PLAIN = re.compile(r"/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*)?")
_LONGEST = 200

#: What is asked of Django each time: people's own business, and answers that depend on a query.
NEVER_STORED = (
    "/admin/",
    "/en/feedback/",
    "/en/search/",
    "/feedback/",
    "/healthz",
    "/media/",
    "/public/",
    "/readyz",
    "/search/",
    "/static/",
)

_PAGE = "text/html; charset=utf-8"
_FEED = "application/feed+json"
#: By suffix, the longest first.
CONTENT_TYPES = {
    ".csv-metadata.json": "application/csvm+json",
    ".atom": "application/atom+xml; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".rss": "application/rss+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
}


def content_type(path: str) -> str | None:
    """What a stored address answers with; None where nothing is ever stored."""
    if len(path) > _LONGEST or not _PLAIN.fullmatch(path) or path.startswith(NEVER_STORED):
        return None
    if path.endswith("/"):
        return _PAGE
    kind = next((kind for suffix, kind in CONTENT_TYPES.items() if path.endswith(suffix)), None)
    return _FEED if kind == "application/json" and "/feeds/" in path else kind


def file_name(path: str) -> str:
    """The name, below a generation's folder, of the file that holds this address's page."""
    return f"{path}{INDEX}"[1:] if path.endswith("/") else path[1:]
