"""Static files: the joined stylesheet of the public pages, and ``collectstatic`` on demand.

``collectstatic`` runs only if a source file changed, because it is the slowest step of a start.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder, get_finders
from django.core.files.storage import FileSystemStorage, Storage
from django.core.management import call_command

# The file with the digest of the collected files. It is outside STATIC_ROOT, because all files in
# STATIC_ROOT are public.
STAMP_FILE = Path(settings.VAR_DIR) / "static.stamp"


def collect_if_stale() -> bool:
    """Run ``collectstatic`` if a source file was added, changed or removed.

    Return whether it ran.
    """
    current = fingerprint()
    is_collected = STAMP_FILE.exists() and STAMP_FILE.read_text() == current
    if is_collected and Path(settings.STATIC_ROOT).is_dir():
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    STAMP_FILE.write_text(current)
    return True


def fingerprint() -> str:
    """Return a digest of the names, sizes and modification times of all source files.

    The digest also depends on Django's version and on the storage settings.
    """
    digest = hashlib.sha256(repr((django.VERSION, settings.STORAGES["staticfiles"])).encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


# The joined stylesheet of the public pages

#: Names of the stylesheets in static/css/, in the order of the cascade.
SHEETS = ("tokens", "base", "frame", "prose", "pages", "honors", "data", "search", "letters")
JOINED = "css/site.css"


class JoinedFinder(BaseFinder):
    """A finder that joins the stylesheets of the public pages into one file.

    Stylesheets delay the display of a page. On a slow network one file loads much faster than
    nine, and the browser caches the file for all further pages.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=settings.VAR_DIR / "joined")

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != JOINED:
            return []
        found = write_joined(Path(self.storage.location))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        write_joined(Path(self.storage.location))
        yield JOINED, self.storage

    def check(self, **kwargs: Any) -> Any:
        return []


def strip_comments(sheet: str) -> str:
    """Return the stylesheet without comments, indentation and empty lines."""
    lines = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL).splitlines()
    return "".join(f"{line.strip()}\n" for line in lines if line.strip())


def write_joined(folder: Path) -> str:
    """Write the joined stylesheet if it is missing or outdated; return its path."""
    parts = [settings.BASE_DIR / "static" / "css" / f"{name}.css" for name in SHEETS]
    joined = folder / JOINED
    text = strip_comments("\n".join(part.read_text(encoding="utf-8") for part in parts))
    if not joined.exists() or joined.read_text(encoding="utf-8") != text:
        joined.parent.mkdir(parents=True, exist_ok=True)
        part = joined.with_suffix(f".{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(joined)  # atomic, because several processes may start at the same time
    return str(joined)
