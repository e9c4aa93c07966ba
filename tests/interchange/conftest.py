"""Activate English, because the tests compare source messages."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _in_english(_in_chinese: None) -> Iterator[None]:
    with translation.override("en"):
        yield
