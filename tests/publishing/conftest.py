"""Fixtures for the tests of articles' admin pages."""

import pytest
from django.test import Client

from tests.factories import Newsroom
from tests.publishing.article_forms import signed_in


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


@pytest.fixture
def editor_client(newsroom: Newsroom) -> Client:
    return signed_in(newsroom.editor)
