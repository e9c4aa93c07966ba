"""Collecting static files only when one of them has changed: it is the slowest part of a start."""

import hashlib
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
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
