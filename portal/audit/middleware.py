"""Middleware that makes the client's IP address available to the audit log."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.audit.address import client_address, override_client_address


class ClientAddressMiddleware:
    """Middleware that sets the client's IP address, which ``log_event`` reads, for a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with override_client_address(client_address(request)):
            return self.get_response(request)
