import pytest

from .build import Court


@pytest.fixture
def court() -> Court:
    return Court()
