"""The network address of the current request's client, for the entries of the audit log."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest

_address: ContextVar[str] = ContextVar("audit_address", default="")


def current_client_address() -> str:
    """Return the client's address of the request being served, or "" outside of a request."""
    return _address.get()


@contextmanager
def override_client_address(address: str) -> Iterator[None]:
    """Make ``address`` the current client address within the block."""
    token = _address.set(address)
    try:
        yield
    finally:
        _address.reset(token)


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address in its short form, "" if there is no valid one.

    X-Forwarded-For is read only behind the proxy (``SECURE_PROXY_SSL_HEADER``), and only its last
    entry, which the proxy itself appended: the client can forge all entries before it.
    """
    candidate = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        candidate = forwarded.rpartition(",")[2]
    try:
        return str(ipaddress.ip_address(candidate.strip().partition("%")[0]))
    except ValueError:
        return ""
