"""Expected headers of nginx's responses, for the tests of its configuration."""

from pathlib import Path

from portal.web import headers
from tests.nginx import Answer

SECURITY = headers.page_headers()
#: Headers that describe the connection, or that nginx sets itself; the tests ignore them.
HOP_HEADERS = {"Date", "Connection", "Server", "Keep-Alive", "Transfer-Encoding"}
CONTENT_TYPES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/news/": ("news/index.html", "text/html; charset=utf-8"),
    "/news/12/": ("news/12/index.html", "text/html; charset=utf-8"),
    "/en/": ("en/index.html", "text/html; charset=utf-8"),
    "/feeds/news.atom": ("feeds/news.atom", "application/atom+xml; charset=utf-8"),
    "/feeds/news.rss": ("feeds/news.rss", "application/rss+xml; charset=utf-8"),
    "/feeds/news.json": ("feeds/news.json", "application/feed+json"),
    "/data/cases.csv": ("data/cases.csv", "text/csv; charset=utf-8"),
    "/data/cases.json": ("data/cases.json", "application/json"),
    "/data/cases.csv-metadata.json": (
        "data/cases.csv-metadata.json",
        "application/csvm+json",
    ),
    "/sitemap.xml": ("sitemap.xml", "application/xml; charset=utf-8"),
    "/robots.txt": ("robots.txt", "text/plain; charset=utf-8"),
}


def all_headers(answer: Answer) -> list[tuple[str, str]]:
    """Return all headers except ``HOP_HEADERS``, sorted; a header sent twice is included twice."""
    return sorted(
        (name, value) for name, value in answer.headers.items() if name not in HOP_HEADERS
    )


def expected(**more: str | None) -> list[tuple[str, str]]:
    """Return the security headers and the given headers, sorted; headers with the value None are
    omitted.
    """
    named = {name.replace("_", "-"): value for name, value in more.items() if value is not None}
    return sorted([*SECURITY.items(), *named.items()])


def has_security_headers(answer: Answer, policy: str | None = None) -> bool:
    """Return whether the response has each security header exactly one time.

    ``policy`` is the expected Content-Security-Policy, if it differs from that of public pages.
    """
    expected_headers = SECURITY | ({"Content-Security-Policy": policy} if policy else {})
    return {name: answer.all(name) for name in expected_headers} == {
        name: [value] for name, value in expected_headers.items()
    }


def etag(path: Path) -> str:
    return f'"{int(path.stat().st_mtime):x}-{path.stat().st_size:x}"'
