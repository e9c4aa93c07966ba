"""Addresses of admin lists with values that no column can hold."""

from __future__ import annotations

import pytest
from django.test import Client

from news.models import Topic
from portal.accounts.roles import Role
from tests import factories

INTEGERS = ("9" * 19, "9" * 400, "-" + "9" * 25, "9223372036854775808", "-9223372036854775809")
TIMES = (
    "0001-01-01 00:00:00+14:00",
    "9999-12-31 23:59:59-14:00",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59.999999-23:59",
    "9999-12-31 23:59-00:01",
    "10000-01-01",
    "0000-00-00",
)
#: Path of a list -> (role of the reader, its parameter, values).
LOOKUPS = {
    "/admin/news/article/": (Role.EDITOR, "id__in", INTEGERS),
    "/admin/news/column/": (Role.SITE_ADMIN, "parent__id__exact", INTEGERS),
    "/admin/news/topic/": (Role.PUBLISHER, "pk__in", INTEGERS),
    "/admin/honors/honor/": (Role.HONORS, "created_at__lt", TIMES),
    "/admin/court/department/": (Role.EDITOR, "position__exact", INTEGERS),
    "/admin/library/image/": (Role.EDITOR, "created_at__gte", TIMES),
    "/admin/library/attachment/": (Role.EDITOR, "size__gte", INTEGERS),
    "/admin/letters/letter/": (Role.PUBLISHER, "received_at__gte", TIMES),
    "/admin/accounts/user/": (Role.SECURITY, "groups__id__exact", INTEGERS),
    "/admin/audit/entry/": (Role.AUDITOR, "at__gte", TIMES),
    "/admin/site/redirect/": (Role.SITE_ADMIN, "id__in", INTEGERS),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", LOOKUPS)
def test_a_list_answers_values_beyond_the_range_of_a_column(path: str, client: Client) -> None:
    role, parameter, values = LOOKUPS[path]
    client.force_login(factories.user(role))
    factories.image(factories.user(Role.EDITOR))  # so that the lists of the library have a row
    Topic.objects.create(name="专题", slug="topic")
    for value in values:
        answer = client.get(path, {parameter: value})
        assert answer.status_code in (200, 302), (parameter, value)
        if answer.status_code == 302:
            assert answer.headers["Location"] == f"{path}?e=1"
            assert client.get(answer.headers["Location"]).status_code == 200
