"""Fixtures of the library's tests."""

from pathlib import Path

import pytest


@pytest.fixture
def empty_storages(settings, tmp_path: Path) -> None:
    """Use empty storages, so that a test can compare the complete list of files."""
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
