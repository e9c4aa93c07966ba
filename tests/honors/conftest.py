"""Fixtures: a user who maintains the ledger, and a client signed in as that user."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.site.models import SiteSettings
from tests import factories


@pytest.fixture
def clerk() -> User:
    SiteSettings.objects.update_or_create(
        pk=1, defaults={"name": "鸡西市梨树区人民法院", "short_name": "梨树区法院"}
    )
    return factories.user(Role.HONORS)


@pytest.fixture
def staff_client(clerk: User) -> Client:
    client = Client()
    client.force_login(clerk)
    return client
