"""Rules for URL paths: if their pages may be stored, under which file name and content type.

nginx applies the same rules (``try_files ${uri}index.html $uri``) and sends the same content types.
"""

from __future__ import annotations

import re

from portal.http import media_types

#: The file name of a page whose path ends in a slash. No public URL ends in this name: Django
#: responds with 404.
INDEX_FILE = "index.html"

_STORABLE_PATH = re.compile(
    r"/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*)?"
)
_MAX_PATH_LENGTH = 200

#: Path prefixes whose pages are never stored, such as personal pages and pages that depend on the
#: query string.
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

_PAGE = media_types.utf8(media_types.HTML)
_FEED = media_types.JSON_FEED
#: Content types by the suffix of the path. A suffix must precede the suffixes that it ends in.
CONTENT_TYPES = {
    ".csv-metadata.json": media_types.CSVW_METADATA,
    ".atom": media_types.utf8(media_types.ATOM),
    ".csv": media_types.utf8(media_types.CSV),
    ".json": media_types.JSON,
    ".rss": media_types.utf8(media_types.RSS),
    ".txt": media_types.utf8(media_types.TEXT),
    ".xml": media_types.utf8(media_types.XML),
}


def content_type(path: str) -> str | None:
    """Return the content type of a path's stored page; None if the path is never stored."""
    if (
        len(path) > _MAX_PATH_LENGTH
        or not _STORABLE_PATH.fullmatch(path)
        or path.startswith(NEVER_STORED)
    ):
        return None
    if path.endswith("/"):
        return _PAGE
    kind = next((kind for suffix, kind in CONTENT_TYPES.items() if path.endswith(suffix)), None)
    return _FEED if kind == media_types.JSON and "/feeds/" in path else kind


def file_name(path: str) -> str:
    """Return the name of the file of a path's page, relative to a generation's folder."""
    return f"{path}{INDEX_FILE}"[1:] if path.endswith("/") else path[1:]
