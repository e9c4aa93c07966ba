"""Addresses of links: which may be stored, and what is plainly meant by a damaged one."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from portal.library import file_urls

_INVISIBLE_IN_URL = re.compile(r"[\x00-\x20\x7f-\x9f\u200b\u2028\u2029\ufeff]")
# A scheme with a full-width colon or full-width slashes, as Chinese input methods type them.
_WEB_ADDRESS = re.compile(r"(https?)[:：][/／]{2}([^/?#]*)(.*)$", re.IGNORECASE | re.DOTALL)
_ADDRESS_WITHOUT_SCHEME = re.compile(r"w{3}[.．。][^/?#]*[.．。]", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(mailto|tel)[:：](.*)$", re.IGNORECASE | re.DOTALL)
_PHONE_NUMBER = re.compile(r"\+?[0-9*#(][0-9().*#-]{2,30}(;ext=[0-9]{1,8})?")
_ANCHOR = re.compile(r"#[^\s\"'<>#&%\\]{1,100}")


def allowed_url(href: str) -> str | None:
    """Return the URL of a link as it is stored; None if the link must not be stored.

    Allowed are http, https, mailto, tel, paths of this site, and anchors of the same text. A
    missing ``http://`` before ``www.`` and full-width punctuation in the scheme or the host are
    corrected.
    """
    href = _complete(_INVISIBLE_IN_URL.sub("", href))
    try:
        parts = urlsplit(href)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme in {"http", "https"}:
        # Real links need no user info before the host; it is used to deceive
        # ("court.gov.cn@elsewhere").
        return href if host and "@" not in parts.netloc and "\\" not in parts.netloc else None
    if parts.scheme == "mailto":
        return href if "@" in parts.path else None
    if parts.scheme == "tel":
        return href if _PHONE_NUMBER.fullmatch(parts.path) else None
    if href.startswith("#"):
        return href if _ANCHOR.fullmatch(href) else None
    is_path = href.startswith("/") and not href.startswith(("//", "/\\"))
    return href if is_path and file_urls.signed_image_id(href) is None else None


def is_completed(href: str, url: str) -> bool:
    """Return whether ``allowed_url`` changed more of an address than blanks."""
    return _INVISIBLE_IN_URL.sub("", href) != url


def _complete(href: str) -> str:
    """Return an address with the scheme and the ASCII punctuation that are plainly meant."""
    half_width = unicodedata.normalize("NFKC", href[:4])
    if half_width.lower() == "www." or _ADDRESS_WITHOUT_SCHEME.match(half_width + href[4:]):
        href = f"http://{half_width}{href[4:]}"
    if match := _WEB_ADDRESS.match(href):
        scheme, host, rest = match.groups()
        if not host.isascii():
            host = unicodedata.normalize("NFKC", host).replace("。", ".")
        return f"{scheme}://{host}{rest.replace('／', '/', 1) if rest[:1] == '／' else rest}"
    if match := _OTHER_SCHEME.match(href):
        return f"{match[1].lower()}:{unicodedata.normalize('NFKC', match[2])}"
    return href
