"""URLs of the former site are redirected, and no redirect leads to another site."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.publishing import actions
from portal.site import legacy_urls
from portal.site.models import Redirect
from tests.factories import Newsroom

pytestmark = pytest.mark.django_db


def redirect(old: str, new: str) -> Redirect:
    made = Redirect(old_path=old, new_path=new)
    made.full_clean()
    made.save()
    return made


def redirect_target(response: HttpResponse) -> str:
    """Return the target of a permanent redirect; assert that it sets no cookie."""
    assert response.status_code == 301
    assert not response.cookies
    assert response.headers["Cache-Control"] == "max-age=3600"
    assert "Set-Cookie" not in response.headers
    return response.headers["Location"]


@pytest.mark.parametrize(
    "asked",
    [
        "/public/detail.php?id=12",
        "/public/detail.php?id=12&from=timeline&isappinstalled=0",
        "/public/detail.php?from=singlemessage&id=12",
        "/public/detail.php?id=3&id=12&x=1",
        "/public/%64etail.php?id=%312",
    ],
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_an_article_is_redirected_by_its_id(client: Client, asked: str, method: str) -> None:
    redirect("/public/detail.php?id=12", "/news/7/")
    redirect("/public/detail.php?id=3", "/news/8/")
    assert redirect_target(getattr(client, method)(asked)) == "/news/7/"


def test_an_address_is_redirected_in_any_spelling(client: Client) -> None:
    redirect("/list.php?cat=3&page=2", "/news/work/")
    redirect("/中文/目录.html", "/topics/专题?来=自")
    redirect("/gbk.php?t=%D6%D0", "/honors/")
    redirect("/%D6%D0.html", "/data/")
    assert redirect_target(client.get("/list.php?page=2&cat=3")) == "/news/work/"
    assert redirect_target(client.get("/%e4%b8%ad%E6%96%87/%E7%9B%AE%E5%BD%95.html")) == (
        "/topics/%E4%B8%93%E9%A2%98?%E6%9D%A5=%E8%87%AA"
    )
    assert redirect_target(client.get("/gbk.php?t=%d6%d0")) == "/honors/"
    assert redirect_target(client.get("/%d6%d0.html")) == "/data/"
    # Some old browsers send the bytes of a query string without percent-encoding.
    raw = client.get("/gbk.php", QUERY_STRING="t=\xd6\xd0")
    assert redirect_target(raw) == "/honors/"


@pytest.mark.parametrize(
    "asked",
    [
        "/public/detail.php?id=13",
        "/public/detail.php",
        "/public/detail.php?from=12",
        "/public/Detail.php?id=12",
        "/public/detail.php?id=12%00",
        "/nothing/",
    ],
)
def test_an_unknown_address_gets_the_404_page(client: Client, asked: str) -> None:
    redirect("/public/detail.php?id=12", "/news/7/")
    response = client.get(asked)
    assert response.status_code == 404
    assert "related-links" in response.content.decode()
    assert not response.cookies


def test_redirects_are_looked_up_only_for_unknown_addresses(client: Client) -> None:
    newsroom = Newsroom()
    live, gone = newsroom.live(), newsroom.withdrawn()
    for obj in (live, gone):
        redirect(obj.get_absolute_url(), "/corrections/")
    redirect("/news/999/", "/corrections/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(live.get_absolute_url()).status_code == 200
        assert client.get(gone.get_absolute_url()).status_code == 410
    assert not any("site_redirect" in each["sql"] for each in queries)
    # A URL whose view raises Http404 must be redirected like a URL without a view.
    assert redirect_target(client.get("/news/999/")) == "/corrections/"


def test_the_lookup_is_one_query(client: Client) -> None:
    redirect("/old", "/news/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/old")
    assert [("site_redirect" in each["sql"]) for each in queries] == [True]
    with CaptureQueriesContext(connection) as queries:
        client.get("/older")
    assert sum("site_redirect" in each["sql"] for each in queries) == 1


def test_a_target_that_is_not_public_answers_404_or_410(client: Client) -> None:
    newsroom = Newsroom()
    draft, article = newsroom.draft().target, newsroom.live()
    actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    redirect("/a.php", draft.get_absolute_url())
    redirect("/b.php", article.get_absolute_url())
    assert client.get("/a.php", follow=True).status_code == 404
    assert client.get("/b.php", follow=True).status_code == 410


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_other_methods_than_get_and_head_are_not_redirected(client: Client, method: str) -> None:
    redirect("/old", "/news/")
    assert getattr(client, method)("/old").status_code == 404


@pytest.mark.parametrize("asked", ["/admin/old/", "/static/old.css", "/media/old.jpg"])
def test_addresses_below_excluded_prefixes_are_not_redirected(client: Client, asked: str) -> None:
    redirect(asked, "/news/")
    response = client.get(asked)
    assert response.headers.get("Location", "") != "/news/"


@pytest.mark.parametrize(
    "elsewhere", ["/\\evil.example/", "/\t/evil.example/", "/\n//evil.example", "/a b"]
)
def test_an_invalid_target_in_the_database_is_ignored(client: Client, elsewhere: str) -> None:
    """A browser may take some of these targets for URLs of another site, beginning with "//".

    The database only requires that a target begins with a slash.
    """
    Redirect.objects.create(old_path="/old", new_path=elsewhere)
    assert client.get("/old").status_code == 404


@pytest.mark.parametrize("asked", ["//evil.example/", "/\\evil.example/"])
def test_the_requested_address_never_becomes_the_target(client: Client, asked: str) -> None:
    redirect("/old", "/news/")
    response = client.get("/", PATH_INFO=asked)
    assert response.status_code == 404
    assert "Location" not in response.headers


def test_a_redirect_to_itself_in_another_spelling_is_ignored(client: Client) -> None:
    row = Redirect(old_path="/a?x=1&y=2", new_path="/a?y=2&x=1")
    assert legacy_urls.lookup_key(row.old_path) == legacy_urls.lookup_key(row.new_path)
    row.save()  # the admin form would refuse this redirect
    assert client.get("/a?x=1&y=2").status_code == 404
