"""The security headers must equal literal copies: every change must be made in both places."""

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from django.utils import translation

PUBLIC = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
EDITOR = (
    PUBLIC.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
        "img-src 'self' data:", "img-src 'self' data: blob:"
    )
    + "; script-src-attr 'unsafe-inline'"
)
OTHERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), clipboard-read=(), display-capture=(), "
        "encrypted-media=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), "
        "identity-credentials-get=(), idle-detection=(), keyboard-map=(), local-fonts=(), "
        "magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), "
        "picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), "
        "screen-wake-lock=(), serial=(), storage-access=(), usb=(), window-management=(), "
        "xr-spatial-tracking=()"
    ),
}


@pytest.fixture
def reader() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF="tests.web.urls"):
        yield Client(raise_request_exception=False)


def directives(policy: str) -> set[str]:
    return set(policy.split("; "))


def security_headers(response) -> dict[str, str]:
    return {name: response.headers.get(name) for name in OTHERS}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 200),
        ("/moved/", 302),
        ("/forbidden/", 404),
        ("/missing/", 404),
        ("/broken/", 500),
        ("/stream/", 200),
        ("/static/css/tokens.css", 200),
        ("/static/js/theme.js", 200),
        ("/static/none.css", 404),
    ],
)
def test_every_response_has_all_security_headers(reader: Client, address: str, status: int) -> None:
    response = reader.get(address)
    response.getvalue()  # reading the content closes the file
    assert response.status_code == status
    assert response.headers["Content-Security-Policy"] == PUBLIC
    assert security_headers(response) == OTHERS


def test_static_files_allow_no_cross_origin_use(reader: Client) -> None:
    response = reader.get("/static/css/tokens.css")
    response.getvalue()
    assert "Access-Control-Allow-Origin" not in response.headers


def test_unknown_host_gets_the_security_headers(reader: Client) -> None:
    response = reader.get("/no-slash", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert response.headers["Content-Security-Policy"] == PUBLIC


@pytest.mark.parametrize(
    ("address", "policy"),
    [
        ("/admin/", PUBLIC),
        ("/admin/missing/", PUBLIC),
        ("/admin/write/", EDITOR),
        ("/admin/look/", PUBLIC + "; frame-src 'self'"),
        ("/admin/both/", EDITOR + "; frame-src 'self'"),
        # Exceptions depend on the decorated view, not on the URL path.
        ("/named/", EDITOR),
        ("/preview/", PUBLIC.replace("frame-ancestors 'none'", "frame-ancestors 'self'")),
    ],
)
def test_policy_has_only_the_named_exceptions(reader: Client, address: str, policy: str) -> None:
    found = reader.get(address).headers["Content-Security-Policy"]
    assert directives(found) == directives(policy)
    assert "unsafe-eval" not in found


def test_only_a_preview_may_be_framed(reader: Client) -> None:
    assert reader.get("/preview/").headers["X-Frame-Options"] == "SAMEORIGIN"
    assert reader.get("/admin/both/").headers["X-Frame-Options"] == "DENY"


def test_accept_language_is_ignored(reader: Client) -> None:
    response = reader.get("/", headers={"accept-language": "en"})
    assert response.headers["Content-Language"] == "zh-hans"
    assert "Accept-Language" not in response.headers.get("Vary", "")
    assert not response.cookies


def test_language_active_in_the_thread_is_ignored(reader: Client) -> None:
    with translation.override("en"):
        assert reader.get("/").headers["Content-Language"] == "zh-hans"
        assert translation.get_language() == "en"
