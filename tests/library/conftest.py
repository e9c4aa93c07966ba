"""Fixtures of the tests of the library."""

from pathlib import Path

import pytest


@pytest.fixture
def empty_storages(settings, tmp_path: Path) -> None:
    """Replace both storages by empty ones, so that a test can compare the full list of files."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            **settings.STORAGES["default"],
            "OPTIONS": {"location": tmp_path / "private", "base_url": None},
        },
        "public": {
            **settings.STORAGES["public"],
            "OPTIONS": {"location": tmp_path / "public", "base_url": "/media/"},
        },
    }
