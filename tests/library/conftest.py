"""Storages for one test alone."""

from pathlib import Path

import pytest


@pytest.fixture
def folders(settings, tmp_path: Path) -> None:
    """Empty storages, so that a test knows all that lies in them."""
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
