"""The client's IP address that the middleware provides to the audit log."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from portal.audit.address import current_client_address
from portal.audit.middleware import ClientAddressMiddleware


def address_seen_by_view(**meta: str) -> str:
    request = RequestFactory().get("/")
    request.META.update(meta)
    middleware = ClientAddressMiddleware(lambda request: HttpResponse(current_client_address()))
    return middleware(request).content.decode()


def test_client_address_is_the_peer_and_is_reset_after_the_request():
    assert address_seen_by_view(REMOTE_ADDR="192.0.2.7") == "192.0.2.7"
    assert current_client_address() == ""


def test_x_forwarded_for_is_used_only_behind_the_proxy(settings):
    meta = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "1.2.3.4, 192.0.2.9"}
    settings.SECURE_PROXY_SSL_HEADER = None
    assert address_seen_by_view(**meta) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert address_seen_by_view(**meta) == "192.0.2.9"


@pytest.mark.parametrize("raw", ["", "unix:", "<script>", "1.2.3.4.5", "x" * 500])
def test_invalid_address_is_stored_as_empty(raw):
    assert address_seen_by_view(REMOTE_ADDR=raw) == ""


def test_ipv6_address_is_stored_in_its_short_form():
    assert address_seen_by_view(REMOTE_ADDR="2001:0DB8::0001%eth0") == "2001:db8::1"
