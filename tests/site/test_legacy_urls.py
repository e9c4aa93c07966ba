"""Tests of the comparison and the lookup keys of URLs of the former site."""

import hashlib

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.site import legacy_urls
from portal.site.models import Redirect


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/list.php?a=1&b=2", "/list.php?b=2&a=1"),
        ("/list.php?a=%e4%b8%ad", "/list.php?a=%E4%B8%AD"),
        ("/list.php?a=中", "/list.php?a=%E4%B8%AD"),
        ("/%7euser/", "/~user/"),
        ("/%E4%B8%AD/", "/中/"),
        # The escaped bytes are not valid UTF-8.
        ("/list.php?a=%d6%d0&b=", "/list.php?b&a=%D6%D0"),
        ("/list.php?a=b+c", "/list.php?a=b%20c"),
        ("/list.php?", "/list.php"),
        ("/list.php?&a=1&&", "/list.php?a=1"),
        ("/a%2fb", "/a/b"),
    ],
)
def test_two_spellings_have_the_same_key(one: str, other: str) -> None:
    assert legacy_urls.lookup_key(one) == legacy_urls.lookup_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/list.php?a=1", "/list.php?a=2"),
        ("/list.php?a=1", "/List.php?a=1"),
        ("/list.php?a=1", "/list.php?A=1"),
        ("/list.php?a=1&a=1", "/list.php?a=1"),
        ("/list.php?a=1%26b=2", "/list.php?a=1&b=2"),
        ("/list.php?a=%d6%d0", "/list.php?a=%d6%d1"),
        ("/a%3fb=1", "/a?b=1"),
        ("/a/", "/a"),
        ("/list.php?a=b%2Bc", "/list.php?a=b+c"),
    ],
)
def test_different_addresses_have_different_keys(one: str, other: str) -> None:
    assert legacy_urls.lookup_key(one) != legacy_urls.lookup_key(other)


@pytest.mark.parametrize(
    ("address", "by_id"),
    [
        ("/public/detail.php?id=12", []),
        ("/public/detail.php?id=12&from=timeline", ["/public/detail.php?id=12"]),
        ("/public/detail.php?from=a&id=1&id=12", ["/public/detail.php?id=12"]),
        ("/public/detail.php?from=12", []),
        ("/public/detail.php", []),
        ("/public/list.php?id=12&from=a", []),
        ("/public%2Fdetail.php?id=12&from=a", ["/public/detail.php?id=12"]),
    ],
)
def test_an_article_is_found_by_its_id_alone(address: str, by_id: list[str]) -> None:
    assert legacy_urls.lookup_keys(address) == [
        legacy_urls.lookup_key(each) for each in (address, *by_id)
    ]


@pytest.mark.django_db
def test_a_lookup_is_one_indexed_query_and_prefers_the_exact_address() -> None:
    exact = Redirect.objects.create(old_path="/public/detail.php?from=a&id=12", new_path="/a/")
    alone = Redirect.objects.create(old_path="/public/detail.php?id=12", new_path="/b/")
    for number in range(50):
        Redirect.objects.create(old_path=f"/public/detail.php?id=9{number}", new_path="/c/")
    for address, found in (
        ("/public/detail.php?id=12&from=a", exact),
        ("/public/detail.php?id=12&from=b", alone),
        ("/public/detail.php?id=12", alone),
        ("/public/detail.php?id=13&from=a", None),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert Redirect.objects.for_path(address) == found
        assert len(queries) == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            sql, params = Redirect.objects.filter(key__in=["a", "b"]).query.sql_with_params()
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            plan = " ".join(str(row[-1]) for row in cursor.fetchall())
        assert "SCAN" not in plan


@pytest.mark.django_db
def test_the_key_is_updated_with_the_address() -> None:
    row = Redirect.objects.create(old_path="/old?b=2&a=1", new_path="/new/")
    assert row.key == hashlib.sha256(b"/old?a=1&b=2").hexdigest()
    row.old_path = "/other"
    row.save(update_fields=["old_path"])
    assert Redirect.objects.get().key == legacy_urls.lookup_key("/other")


@pytest.mark.django_db
def test_the_database_refuses_a_second_redirect_and_targets_on_other_sites() -> None:
    Redirect.objects.create(old_path="/old?a=1&b=2", new_path="/new/")
    with pytest.raises(IntegrityError), transaction.atomic():
        Redirect.objects.create(old_path="/old?b=2&a=1", new_path="/other/")
    for elsewhere in ("//evil.example/", "https://evil.example/", "new/", ""):
        with pytest.raises(IntegrityError), transaction.atomic():
            Redirect.objects.create(old_path="/x", new_path=elsewhere)
