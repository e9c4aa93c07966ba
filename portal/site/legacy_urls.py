"""Comparison of URLs of the former site, and the keys under which redirects are stored."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, unquote_to_bytes

#: Path of the article pages of the former site, whose parameter ``id`` alone identifies an
#: article.
ARTICLE_PATH = "/public/detail.php"

#: Characters that a path may contain unescaped (RFC 3986).
_UNESCAPED = "/!$&'()*+,;=:@"


def normalise(address: str) -> str:
    """Return a URL in one normal spelling: equal escapes, parameters in alphabetical order."""
    path, _mark, query = address.partition("?")
    # Unquote to bytes, because URLs of the former site need not be UTF-8.
    path = quote(unquote_to_bytes(path), safe=_UNESCAPED)
    parameters = "&".join(sorted(map(_normalise_parameter, filter(None, query.split("&")))))
    return f"{path}?{parameters}" if parameters else path


def _normalise_parameter(text: str) -> str:
    name, _equals, value = text.partition("=")
    return f"{_requote(name)}={_requote(value)}"


def _requote(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="")


def lookup_key(address: str) -> str:
    """Return the SHA-256 digest (hex) of the normalised URL, which is a key of fixed length."""
    return hashlib.sha256(normalise(address).encode()).hexdigest()


def lookup_keys(address: str) -> list[str]:
    """Return the keys to look up: first that of the URL, then that of the article's id alone."""
    path = normalise(address).partition("?")[0]
    ids = [each for each in address.partition("?")[2].split("&") if each.startswith("id=")]
    # If a parameter is repeated, PHP used the last value.
    by_id = [f"{path}?{ids[-1]}"] if path == ARTICLE_PATH and ids else []
    return list(dict.fromkeys(map(lookup_key, (address, *by_id))))
