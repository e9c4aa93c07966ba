"""The permissions of the files below ``VAR_DIR``."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from portal import private_files

BASE = Path(__file__).resolve().parents[2]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.fixture
def var(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a data folder, while files are created with the widest usual permissions."""
    settings.VAR_DIR = tmp_path / "var"
    private = settings.VAR_DIR / "media" / "private"
    monkeypatch.setattr(storages["default"], "location", str(private))
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(settings.VAR_DIR / "p.sqlite3")}
    monkeypatch.setitem(settings.DATABASES, "default", database)
    before = os.umask(0)
    yield settings.VAR_DIR
    os.umask(before)


def test_a_new_folder_is_private_where_it_must_be(var: Path) -> None:
    private_files.protect()
    assert {path.relative_to(var).as_posix(): mode(path) for path in var.rglob("*")} == {
        "p.sqlite3": 0o600,
        "media": 0o777,
        "media/private": 0o700,
    }
    assert mode(var) == 0o711


def test_the_files_of_an_older_version_become_private(var: Path) -> None:
    made = var / "media/private/images"
    made.mkdir(parents=True)
    public = var / "media/public"
    public.mkdir()
    (made / "one.jpg").touch(0o644)
    os.link(made / "one.jpg", public / "one.jpg")
    for suffix in private_files.SQLITE_SUFFIXES:
        (var / f"p.sqlite3{suffix}").touch(0o666)
    (var / "store").mkdir(0o755)
    (var / "store/index.html").touch(0o644)
    private_files.protect()
    for suffix in private_files.SQLITE_SUFFIXES:
        assert mode(var / f"p.sqlite3{suffix}") == 0o600
    assert mode(var / "media/private") == 0o700
    # nginx still reads what is public.
    assert mode(public / "one.jpg") == 0o644
    assert (mode(var / "store"), mode(var / "store/index.html")) == (0o755, 0o644)
    assert mode(var) & 0o011 == 0o011


@pytest.mark.parametrize("strict", [0o700, 0o710, 0o2710, 0o711, 0o500])
def test_stricter_permissions_stay(var: Path, strict: int) -> None:
    var.mkdir()
    (var / "media/private").mkdir(parents=True)
    (var / "media/private").chmod(0o500)
    (var / "p.sqlite3").touch(0o400)
    (var / "p.sqlite3").chmod(0o400)
    var.chmod(strict)
    private_files.protect()
    assert (mode(var), mode(var / "media/private"), mode(var / "p.sqlite3")) == (
        strict,
        0o500,
        0o400,
    )
    var.chmod(0o700)
    (var / "media/private").chmod(0o700)


def test_files_beside_the_database_inherit_its_permissions(var: Path) -> None:
    private_files.protect()
    with sqlite3.connect(var / "p.sqlite3", isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode=PERSIST")
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    assert mode(var / "p.sqlite3-journal") == 0o600


@pytest.mark.parametrize("name", [":memory:", "file:memorydb_default?mode=memory&cache=shared"])
def test_a_database_in_memory_has_no_file(var: Path, settings: Any, name: str) -> None:
    settings.DATABASES["default"]["NAME"] = name
    private_files.protect()
    assert sorted(path.name for path in var.iterdir()) == ["media"]


def test_the_secret_key_is_private(var: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from portal import settings; str(settings.SECRET_KEY)"],
        cwd=BASE,
        env={**os.environ, "PORTAL_VAR": str(var)},
        check=True,
        umask=0,
    )
    assert done.returncode == 0
    assert mode(var / "secret-key") == 0o600
