"""Where a request came from, kept beside the request for whoever records something during it."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest

_address: ContextVar[str] = ContextVar("audit_address", default="")


def current_client_address() -> str:
    """Return the network address of the request being served, or "" outside one."""
    return _address.get()


@contextmanager
def override_client_address(address: str) -> Iterator[None]:
    """Let ``address`` be what is recorded within."""
    token = _address.set(address)
    try:
        yield
    finally:
        _address.reset(token)


def client_address(request: HttpRequest) -> str:
    """Return the visitor's address, "" if there is none that can be believed.

    Only behind the proxy is the forwarded header read, and only its last hop, which the proxy
    itself wrote: whatever stands before it, the visitor may have invented.
    """
    candidate = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        candidate = forwarded.rpartition(",")[2]
    try:
        return str(ipaddress.ip_address(candidate.strip().partition("%")[0]))
    except ValueError:
        return ""
