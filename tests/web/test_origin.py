"""Absolute URLs use the domain of the site, not the host of the request."""

from typing import Any

import pytest
from django.test import override_settings

from portal.site.models import SiteSettings
from portal.web.origin import absolute_url


@pytest.mark.parametrize(
    ("domain", "https", "hosts", "origin"),
    [
        ("court.example", True, ["a.example"], "https://court.example"),
        ("court.example", False, ["a.example"], "http://court.example"),
        ("", True, ["a.example", "b.example"], "https://a.example"),
        ("", False, ["*", ".c.example"], "http://c.example"),
        ("", False, ["*"], "http://localhost"),
        ("", False, [], "http://localhost"),
    ],
)
def test_absolute_url_uses_the_domain_of_the_site(
    domain: str, https: bool, hosts: list[str], origin: str, settings: Any
) -> None:
    settings.HTTPS, settings.ALLOWED_HOSTS = https, hosts
    assert absolute_url("/news/7/", SiteSettings(domain=domain)) == f"{origin}/news/7/"


@override_settings(HTTPS=True)
@pytest.mark.parametrize("address", ["https://media.example/a.jpg", "//media.example/a.jpg"])
def test_url_of_another_site_is_unchanged(address: str) -> None:
    assert absolute_url(address, SiteSettings(domain="court.example")) == address
