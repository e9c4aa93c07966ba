"""The generated nginx configuration: TLS, host names, a load balancer, and invalid options."""

import http.client
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.test import override_settings

from portal import nginx as configuring
from portal.pagestore.paths import CONTENT_TYPES, NEVER_STORED
from portal.web.headers import page_headers
from tests import machine
from tests.deploy.application import PAGE, Application
from tests.deploy.conftest import point, text, write
from tests.nginx import command, configured, free_port, started

NAME = "portal.example.org"
BEHIND_TLS = override_settings(
    HTTPS=True,
    ALLOWED_HOSTS=[NAME, "www.example.org"],
    SECURE_HSTS_SECONDS=31536000,
    SECURE_HSTS_INCLUDE_SUBDOMAINS=True,
    SECURE_HSTS_PRELOAD=True,
)


def named(length: int) -> str:
    """Return a host name with this number of characters."""
    labels = (length - len(".example.org")) // 50
    return (f"{'a' * 49}." * labels + "b" * length)[: length - len(".example.org")] + ".example.org"


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application()
    yield made
    made.stop()


@pytest.fixture
def var(tmp_path: Path) -> Path:
    write(tmp_path / "var/store/g-1-a/index.html", text("current"))
    point(tmp_path / "var/store/current", "g-1-a")
    return tmp_path / "var"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tls")
    made = {"certificate": str(folder / "c.pem"), "key": str(folder / "k.pem")}
    openssl = machine.openssl()
    assert openssl, "OpenSSL is not here: run `make test`, or install openssl."
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={NAME}"),
            *("-addext", f"subjectAltName=DNS:{NAME},DNS:www.example.org"),
            *("-keyout", made["key"], "-out", made["certificate"]),
        ],
        check=True,
        capture_output=True,
    )
    return made


def whole(folder: Path, site: str, *, brotli: bool = True) -> str:
    """Return an nginx.conf like Debian's that includes the generated configuration of the site."""
    module = f"load_module {configuring.brotli_module()};" if brotli else ""
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""
        {user} {module} daemon off; worker_processes 1; pid {folder}/nginx.pid;
        events {{ worker_connections 256; }}
        http {{
            access_log {folder}/access.log;
            client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            include /etc/nginx/mime.types; default_type application/octet-stream;
            {site}
        }}"""


def test_the_example_equals_the_commands_output(tmp_path: Path) -> None:
    """deploy/nginx/example.conf is an example for readers.

    After a change of the template, write the output of the command into the example again.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if "PORTAL" not in name},
        "PORTAL_VAR": str(tmp_path),
        "PORTAL_HTTPS": "1",
        "PORTAL_ALLOWED_HOSTS": NAME,
    }
    printed = subprocess.run(
        [sys.executable, "manage.py", "nginx_conf", "--var", "/var/lib/portal", "--brotli"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    committed = (configuring.TEMPLATES / "example.conf").read_text()
    assert printed.stdout == committed
    assert "max-age=31536000; includeSubDomains" in committed


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"brotli": False},
        {"upstream": ["127.0.0.1:8000", "10.0.0.2:8000", "10.0.0.3:8000"]},
        {"upstream": ["unix:/run/portal/web.sock"]},
        {"behind": ["10.0.0.0/24", "192.0.2.7"]},
        {"server_name": [".example.org"]},
        {"server_name": [named(58)]},
        {"server_name": [named(65), f".{named(64)}"]},
        {"server_name": [named(253)]},
        {"media": "unix:/run/portal-media/nginx.sock"},
        {"media": "127.0.0.1:8001", "behind": ["192.0.2.7"]},
    ],
    ids=lambda more: f"{next(iter(more), 'plain')}",
)
@BEHIND_TLS
def test_nginx_accepts_the_configuration_without_warnings(
    tmp_path: Path, certificate: dict[str, str], more: dict
) -> None:
    ports = [f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"]
    site = configured(var=tmp_path, listen=ports[:1], listen_tls=ports[1:], **certificate, **more)
    brotli = more.get("brotli", True)
    (tmp_path / "nginx.conf").write_text(whole(tmp_path, site, brotli=brotli))
    tried = subprocess.run(
        [*command(tmp_path), "-t", "-q"], capture_output=True, text=True, check=False
    )
    messages = [*tried.stderr.splitlines(), *(tmp_path / "error.log").read_text().splitlines()]
    # Newer versions of nginx have a separate directive for HTTP/2, which older versions do not
    # support.
    assert [
        line for line in messages if '"listen ... http2" directive is deprecated' not in line
    ] == []
    assert tried.returncode == 0
    assert ("brotli" in site) is brotli


@BEHIND_TLS
def test_ports_can_be_chosen(tmp_path: Path) -> None:
    site = configured(var=tmp_path)
    assert site.count("listen 80 default_server;") == 1
    assert site.count("listen [::]:80;") == 1
    assert site.count("listen 443 ssl http2;") == 1
    assert site.count("listen [::]:443 ssl http2 default_server;") == 1
    assert f"server_name {NAME} www.example.org;" in site
    assert f"/etc/letsencrypt/live/{NAME}/fullchain.pem" in site


@pytest.mark.parametrize("name", ["court.example.org", ".court.example.org"])
def test_certificate_paths_have_no_leading_dot(tmp_path: Path, name: str) -> None:
    with override_settings(HTTPS=True, ALLOWED_HOSTS=[name]):
        site = configured(var=tmp_path)
    assert f"server_name {name};" in site
    assert "ssl_certificate /etc/letsencrypt/live/court.example.org/fullchain.pem;" in site
    assert "ssl_certificate_key /etc/letsencrypt/live/court.example.org/privkey.pem;" in site


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
@BEHIND_TLS
def test_tls(
    tmp_path: Path, var: Path, certificate: dict[str, str], application: Application
) -> None:
    plain, secure = free_port(), free_port()
    site = configured(
        var=var,
        upstream=[application.upstream],
        listen=[f"127.0.0.1:{plain}"],
        listen_tls=[f"127.0.0.1:{secure}"],
        **certificate,
    )
    trusted = ssl.create_default_context(cafile=certificate["certificate"])
    with started(tmp_path, whole(tmp_path, site), secure) as nginx:
        assert _https(secure, trusted, NAME, NAME) == (200, text("current"))
        assert _https(secure, trusted, NAME, NAME, "/news/13/") == (200, PAGE)
        sent = application.requests[-1][2]
        assert (sent["X-Forwarded-Proto"], sent["X-Forwarded-For"]) == ("https", "127.0.0.1")
        assert sent["Host"] == NAME
        # nginx must refuse another host name, both in a request and in a TLS handshake.
        assert _https(secure, trusted, NAME, "evil.example")[0] == 421
        with pytest.raises(ssl.SSLError):
            _https(secure, trusted, "evil.example", NAME)
        assert len(application.requests) == 1

        old = ssl.create_default_context(cafile=certificate["certificate"])
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("DEFAULT@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            _https(secure, old, NAME, NAME)

        answer = nginx.ask("/")  # The test sends plain HTTP to the HTTPS port.
        assert answer.status == 400
        by_http = http.client.HTTPConnection("127.0.0.1", plain, timeout=300)
        with closing(by_http):
            by_http.request("GET", "/news/?a=1", headers={"Host": NAME})
            moved = by_http.getresponse()
            moved.read()
            assert (moved.status, moved.headers["Location"]) == (301, f"https://{NAME}/news/?a=1")
            assert moved.headers.get_all("X-Content-Type-Options") == ["nosniff"]
            assert moved.headers["Strict-Transport-Security"] is None
            by_http.request("GET", "/", headers={"Host": "evil.example"})
            with pytest.raises(http.client.RemoteDisconnected):
                by_http.getresponse()


def _https(
    port: int, context: ssl.SSLContext, greeting: str, host: str, path: str = "/"
) -> tuple[int, bytes]:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=300) as raw,
        context.wrap_socket(raw, server_hostname=greeting) as wrapped,
    ):
        wrapped.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        )
        response = http.client.HTTPResponse(wrapped)
        response.begin()
        if response.status == 200:
            sent = response.headers.get_all("Strict-Transport-Security")
            # The header must be sent exactly one time, also if the application sends it.
            assert sent == ["max-age=31536000; includeSubDomains; preload"]
        return response.status, response.read()


@BEHIND_TLS
def test_headers_of_a_balancer_are_trusted(
    tmp_path: Path, var: Path, application: Application
) -> None:
    """nginx must trust the X-Forwarded headers of the load balancer."""
    port = free_port()
    site = configured(
        var=var,
        upstream=[application.upstream],
        listen=[f"127.0.0.1:{port}"],
        behind=["127.0.0.1"],
        server_name=["127.0.0.1"],
    )
    with started(tmp_path, whole(tmp_path, site), port) as nginx:
        for path, body in (("/", text("current")), ("/news/13/", PAGE), ("/healthz", PAGE)):
            answer = nginx.ask(
                path, X_Forwarded_For="1.1.1.1, 203.0.113.9", X_Forwarded_Proto="https"
            )
            assert (answer.status, answer.body) == (200, body)
            assert {name: answer.all(name) for name in page_headers()} == {
                name: [value] for name, value in page_headers().items()
            }
    sent = application.requests[-1][2]
    assert (sent["X-Forwarded-For"], sent["X-Forwarded-Proto"]) == ("203.0.113.9", "https")


@pytest.mark.parametrize(
    ("balancer", "scheme"),
    [
        ("127.0.0.1", "http"),
        ("127.0.0.1", "HTTPS, http"),
        ("127.0.0.1", None),
        ("192.0.2.7", "https"),  # A client that bypasses the load balancer sends a forged header.
    ],
)
@BEHIND_TLS
def test_behind_a_balancer_http_is_redirected(
    tmp_path: Path, var: Path, application: Application, balancer: str, scheme: str | None
) -> None:
    port = free_port()
    site = configured(
        var=var,
        upstream=[application.upstream],
        listen=[f"127.0.0.1:{port}"],
        behind=[balancer],
        server_name=["127.0.0.1"],
    )
    asks = {"X_Forwarded_Proto": scheme} if scheme else {}
    promised = "Strict-Transport-Security"
    others = {name: [value] for name, value in page_headers().items() if name != promised}
    with started(tmp_path, whole(tmp_path, site), port) as nginx:
        for path in ("/", "/news/?a=1", "/search/", "/admin/", "/static/a.css", "/media/x"):
            answer = nginx.ask(path, **asks)
            assert (answer.status, answer["Location"]) == (301, f"https://127.0.0.1{path}")
            assert {name: answer.all(name) for name in others} == others
            assert answer.all(promised) == []
        assert application.requests == []
        # The load balancer's own health checks must succeed over HTTP, too.
        for path in ("/healthz", "/readyz"):
            answer = nginx.ask(path, **asks)
            assert (answer.status, answer.body) == (200, PAGE)
            assert {name: answer.all(name) for name in others} == others
            assert answer.all(promised) == []
            assert application.requests[-1][2]["X-Forwarded-Proto"] == "https"
        assert nginx.ask("/HEALTHZ", **asks).status == 301


@pytest.mark.parametrize(
    ("behind", "asks", "status"),
    [
        ([], "127.0.0.1", 200),
        # The load balancer sends its own request, without X-Forwarded-For.
        (["192.0.2.7"], "192.0.2.7", 200),
        (["192.0.2.7"], "203.0.113.9", 403),  # A visitor sends a request through the load balancer.
        (["192.0.2.0/24"], "198.51.100.1", 403),
    ],
)
@BEHIND_TLS
def test_readyz_is_not_public(
    tmp_path: Path,
    var: Path,
    application: Application,
    behind: list[str],
    asks: str,
    status: int,
) -> None:
    """/readyz runs several database queries, so only this machine and the load balancer may request
    it.
    """
    port = free_port()
    site = configured(
        var=var,
        upstream=[application.upstream],
        listen=[f"127.0.0.1:{port}"],
        # This process acts as the load balancer and sends the IP address of the client.
        behind=["127.0.0.1", *behind],
        server_name=["127.0.0.1"],
    )
    with started(tmp_path, whole(tmp_path, site), port) as nginx:
        answer = nginx.ask("/readyz", X_Forwarded_For=asks, X_Forwarded_Proto="https")
        assert answer.status == status
        assert len(application.requests) == (status == 200)
        for name, value in page_headers().items():
            assert answer.all(name) == [value]
        assert nginx.ask("/healthz", X_Forwarded_For=asks).status == 200


@BEHIND_TLS
def test_searches_are_rate_limited(tmp_path: Path, var: Path, application: Application) -> None:
    """Continuous searches from one IP address must be refused.

    Searches of one visitor, or of an office that shares one IP address, must not be refused.
    """
    port = free_port()
    site = configured(
        var=var,
        upstream=[application.upstream],
        listen=[f"127.0.0.1:{port}"],
        behind=["127.0.0.1"],
        server_name=["127.0.0.1"],
    )
    with started(tmp_path, whole(tmp_path, site), port) as nginx:
        paths = ["/search/?q=1", "/en/search/"] * 30
        asks = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}
        answers = [nginx.ask(path, **asks) for path in paths]
        statuses = [answer.status for answer in answers]
        assert statuses[:21] == [200] * 21
        assert set(statuses[21:]) >= {429}
        assert len(application.requests) == statuses.count(200)
        refused = answers[statuses.index(429)]
        assert "请稍候".encode() in refused.body
        assert refused["Content-Type"] == "text/plain; charset=utf-8"
        assert (refused["Retry-After"], refused["Cache-Control"]) == ("5", "no-store")
        for name, value in page_headers().items():
            assert refused.all(name) == [value]
        # Searches from other IP addresses, and requests for other pages, must not be limited.
        other = asks | {"X_Forwarded_For": "203.0.113.10"}
        assert nginx.ask("/search/?q=1", **other).status == 200
        for _ in range(30):
            assert nginx.ask("/", **asks).status == 200
    assert "limit_req" not in configured(standalone=tmp_path)


def test_a_second_node_is_the_backup(tmp_path: Path, var: Path, application: Application) -> None:
    other = Application()
    port = free_port()
    site = configured(
        standalone=tmp_path,
        var=var,
        upstream=[application.upstream, other.upstream],
        listen=[f"127.0.0.1:{port}"],
    )
    try:
        with started(tmp_path, site, port) as nginx:
            nginx.ask("/news/13/")
            assert (len(application.requests), len(other.requests)) == (1, 0)
            with application.down():
                assert nginx.ask("/news/13/").body == PAGE
            assert len(other.requests) == 1
    finally:
        other.stop()


def test_https_is_required() -> None:
    with pytest.raises(CommandError, match="PORTAL_HTTPS"):
        configured()


@BEHIND_TLS
def test_injection_into_the_configuration_is_refused(tmp_path: Path) -> None:
    for options in (
        {"server_name": ["a.example; return 200"]},
        {"upstream": ["127.0.0.1:1; }"]},
        {"var": Path("/tmp/a b")},
        {"behind": ["0.0.0.0/0 1; x"]},
    ):
        with pytest.raises(CommandError):
            configured(**({"var": tmp_path} | options))


def test_template_and_store_have_the_same_paths() -> None:
    """Every path prefix and file type of the page store must have a location in the template."""
    placed = {*configuring.TEMPLATE_PREFIXES, *configuring.PROBES}
    assert placed < set(NEVER_STORED)
    assert set(configuring.FORM_PATHS) < set(NEVER_STORED)
    assert set(configuring.RATE_LIMITED) < set(NEVER_STORED)
    assert set(configuring.DATABASE_PROBES) < set(configuring.PROBES)
    template = (configuring.TEMPLATES / "portal.conf.template").read_text()
    for suffix, kind in CONTENT_TYPES.items():
        kinds = [each for each in configuring.FILE_KINDS if each["type"] == kind]
        written = f"{kind.partition(';')[0]} {suffix[1:]}"
        assert kinds or f"{written};" in template or f"{written} " in template, suffix
