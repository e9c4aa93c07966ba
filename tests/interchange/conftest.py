"""A fixture that activates English, because the tests compare untranslated messages."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _in_english(_in_chinese: None) -> Iterator[None]:
    with translation.override("en"):
        yield
