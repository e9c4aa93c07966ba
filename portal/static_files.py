"""Static files: the public pages' one sheet, and collecting only when something has changed,
since that is the slowest part of a start."""

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

# Beside the folder, not in it: everything in it is public.
STAMP = Path(settings.VAR_DIR) / "static.stamp"


def collect_if_stale() -> bool:
    """Collect if an input was added, changed or removed since the last time; say whether it was."""
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted and Path(settings.STATIC_ROOT).is_dir():
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    STAMP.write_text(wanted)
    return True


def fingerprint() -> str:
    """Return a digest of every input's name, size and time, and of what processes them."""
    seen = hashlib.sha256(repr((django.VERSION, settings.STORAGES["staticfiles"])).encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            stat = Path(storage.path(name)).stat()
            seen.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()


# --- one sheet for the public pages --------------------------------------------------------------

#: In the order of the cascade.
SHEETS = ("tokens", "base", "frame", "prose", "pages", "honors", "data", "search", "letters")
JOINED = "css/site.css"


class JoinedFinder(BaseFinder):
    """Offers the public pages' sheets joined into one: a phone on a slow line waits for one file
    before it paints, not for seven; and what it has read for one page serves all others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=settings.VAR_DIR / "joined")

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != JOINED:
            return []
        found = join(Path(self.storage.location))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        join(Path(self.storage.location))
        yield JOINED, self.storage

    def check(self, **kwargs: Any) -> Any:
        return []


def bare(sheet: str) -> str:
    """Without what no browser reads: comments, indents and empty lines."""
    lines = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL).splitlines()
    return "".join(f"{line.strip()}\n" for line in lines if line.strip())


def join(folder: Path) -> str:
    """Write the joined sheet where it is missing or older than what it is made of."""
    parts = [settings.BASE_DIR / "static" / "css" / f"{name}.css" for name in SHEETS]
    joined = folder / JOINED
    text = bare("\n".join(part.read_text(encoding="utf-8") for part in parts))
    if not joined.exists() or joined.read_text(encoding="utf-8") != text:
        joined.parent.mkdir(parents=True, exist_ok=True)
        part = joined.with_suffix(f".{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(joined)  # several processes may start together
    return str(joined)
