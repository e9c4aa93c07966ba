"""Permissions of the files below ``VAR_DIR``: who besides the portal's own user may read them.

nginx runs as another user. It reads the page store, collected files and public media, and nothing
else; it needs to pass through ``VAR_DIR``, not to list it.
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

#: Suffixes of the files that SQLite keeps beside a database. It creates them with the permissions
#: of the database.
SQLITE_SUFFIXES = ("", "-journal", "-wal", "-shm")


def protect() -> None:
    """Restrict private media and an SQLite database to the portal's user; create them if missing.

    Permissions are only taken away. The files of private media keep their own permissions, because
    public media are hard links to them; the folder's permissions protect them. Raises
    ``PermissionError`` if another user owns a file.
    """
    var = Path(settings.VAR_DIR)
    var.mkdir(parents=True, exist_ok=True)
    _take_away(var, 0o066)
    private = Path(storages["default"].location)  # type: ignore[attr-defined]
    private.mkdir(parents=True, exist_ok=True)
    _take_away(private, 0o077)
    for path in _database_files():
        _take_away(path, 0o077)


def _database_files() -> list[Path]:
    """Return the existing files of the SQLite database; create the database file if needed."""
    database = settings.DATABASES["default"]
    name = str(database["NAME"])
    if database["ENGINE"] != "django.db.backends.sqlite3" or name.startswith((":memory:", "file:")):
        return []  # no file, or a URL, whose file the administrator has chosen
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(name, os.O_RDONLY | os.O_CREAT, 0o600))
    return [path for suffix in SQLITE_SUFFIXES if (path := Path(name + suffix)).exists()]


def _take_away(path: Path, bits: int) -> None:
    mode = path.stat().st_mode & 0o7777
    if mode & bits:
        path.chmod(mode & ~bits)
