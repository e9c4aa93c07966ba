import pytest

from portal.pagestore.paths import content_type, file_name

HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "kind", "file"),
    [
        ("/", HTML, "index.html"),
        ("/news/", HTML, "news/index.html"),
        ("/news/12/", HTML, "news/12/index.html"),
        ("/feeds/news.atom", "application/atom+xml; charset=utf-8", "feeds/news.atom"),
        ("/feeds/news.rss", "application/rss+xml; charset=utf-8", "feeds/news.rss"),
        ("/feeds/news.json", "application/feed+json", "feeds/news.json"),
        ("/data/cases.json", "application/json", "data/cases.json"),
        ("/data/cases.csv", "text/csv; charset=utf-8", "data/cases.csv"),
        ("/data/cases.csv-metadata.json", "application/csvm+json", "data/cases.csv-metadata.json"),
        ("/sitemap.xml", "application/xml; charset=utf-8", "sitemap.xml"),
        ("/robots.txt", "text/plain; charset=utf-8", "robots.txt"),
    ],
)
def test_paths_that_may_be_stored(path: str, kind: str, file: str) -> None:
    assert (content_type(path), file_name(path)) == (kind, file)


@pytest.mark.parametrize(
    "path",
    [
        *("", "news/", "//", "/news//", "/../", "/news/../", "/./", "/.git/", "/news/.x/", "/a/.b"),
        *("/新闻/", "/a b/", "/a%2fb/", "/a\0/", "/a\n/", "/a\\/", "/a?b/", "/a:b/", "/a/;/"),
        *("/news/index.html", "/index.html", "/news/index.html.gz", "/x.php", "/news", "/x.br"),
        *("/admin/", "/admin/news/", "/search/", "/feedback/", "/en/search/", "/public/x/"),
        *("/healthz", "/readyz", "/media/x.json", "/static/x.txt", f"/{'a' * 300}/"),
    ],
)
def test_paths_that_are_never_stored(path: str) -> None:
    assert content_type(path) is None
