import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from portal.audit.address import current_client_address
from portal.audit.middleware import ClientAddressMiddleware


def seen(**meta: str) -> str:
    request = RequestFactory().get("/")
    request.META.update(meta)
    middleware = ClientAddressMiddleware(lambda request: HttpResponse(current_client_address()))
    return middleware(request).content.decode()


def test_the_address_is_the_peers_and_is_forgotten_after_the_request():
    assert seen(REMOTE_ADDR="192.0.2.7") == "192.0.2.7"
    assert current_client_address() == ""


def test_a_forwarded_header_is_believed_only_behind_the_proxy(settings):
    meta = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "1.2.3.4, 192.0.2.9"}
    settings.SECURE_PROXY_SSL_HEADER = None
    assert seen(**meta) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert seen(**meta) == "192.0.2.9"


@pytest.mark.parametrize("raw", ["", "unix:", "<script>", "1.2.3.4.5", "x" * 500])
def test_what_is_no_address_is_not_kept(raw):
    assert seen(REMOTE_ADDR=raw) == ""


def test_an_ipv6_address_is_kept_in_its_short_form():
    assert seen(REMOTE_ADDR="2001:0DB8::0001%eth0") == "2001:db8::1"
