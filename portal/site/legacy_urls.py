"""Addresses of the former site: when two of them are the same, and what to look one up by."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, unquote_to_bytes

#: Its page of an article: by ``id`` alone, whatever else a link to it carries along.
DETAIL = "/public/detail.php"

#: What a path may hold unescaped (RFC 3986).
_PLAIN = "/!$&'()*+,;=:@"


def normalise(address: str) -> str:
    """One spelling for one address: escapes alike, the parameters in one order."""
    path, _mark, query = address.partition("?")
    # Bytes throughout: the former site's addresses need not be UTF-8.
    path = quote(unquote_to_bytes(path), safe=_PLAIN)
    parameters = "&".join(sorted(map(_parameter, filter(None, query.split("&")))))
    return f"{path}?{parameters}" if parameters else path


def _parameter(text: str) -> str:
    name, _equals, value = text.partition("=")
    return f"{_part(name)}={_part(value)}"


def _part(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="")


def lookup_key(address: str) -> str:
    """What the database knows an address by: of one length, however long the address is."""
    return hashlib.sha256(normalise(address).encode()).hexdigest()


def lookup_keys(address: str) -> list[str]:
    """What to look for, the nearest first: the address itself, then an article by its id alone."""
    path = normalise(address).partition("?")[0]
    ids = [each for each in address.partition("?")[2].split("&") if each.startswith("id=")]
    # Of several, PHP took the last.
    looser = [f"{path}?{ids[-1]}"] if path == DETAIL and ids else []
    return list(dict.fromkeys(map(lookup_key, (address, *looser))))
