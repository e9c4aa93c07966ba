"""The IP address of the current request's client, which every entry of the audit log stores."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest

_address: ContextVar[str] = ContextVar("audit_address", default="")


def current_client_address() -> str:
    """Return the client's IP address of the current request; "" outside of a request."""
    return _address.get()


@contextmanager
def override_client_address(address: str) -> Iterator[None]:
    """Make ``address`` the current client's IP address within the ``with`` block."""
    token = _address.set(address)
    try:
        yield
    finally:
        _address.reset(token)


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address in its short form; "" if the request has no valid one.

    The X-Forwarded-For header is used only behind the proxy (``SECURE_PROXY_SSL_HEADER``), and only
    its last entry, which the proxy itself appended: a client can forge all entries before it.
    """
    candidate = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        candidate = forwarded.rpartition(",")[2]
    try:
        return str(ipaddress.ip_address(candidate.strip().partition("%")[0]))
    except ValueError:
        return ""
