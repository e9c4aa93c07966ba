"""A digest of all code and data that render pages, to tell apart the pages of different code."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import django
from django.conf import settings

SOURCES = {"portal": ("*.py", "*.mo"), "news": ("*.py",), "honors": ("*.py",), "templates": ("*",)}
#: Names of the Django settings that pages display or depend on.
SETTINGS = ("DEBUG", "HTTPS", "ALLOWED_HOSTS", "LANGUAGE_CODE", "TIME_ZONE", "STATIC_URL")


@cache
def fingerprint() -> str:
    """Return the first 12 hexadecimal digits of a hash of all files that render pages.

    These are the code, the templates, the message catalogues and the list of static files. Django's
    version and ``SETTINGS`` are hashed, too. The result is cached, because it must describe the
    files that this process has loaded.
    """
    digest = hashlib.sha256(repr([django.VERSION, *map(_setting, SETTINGS)]).encode())
    for path in _source_files():
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _setting(name: str) -> object:
    return getattr(settings, name, None)


def _source_files() -> list[Path]:
    base = Path(settings.BASE_DIR)
    sources = {
        path
        for folder, patterns in SOURCES.items()
        for pattern in patterns
        for path in (base / folder).rglob(pattern)
        if path.is_file()
    }
    # The name of each static file contains a hash of its content, so the manifest, which lists all
    # names, represents the files.
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    return [*sorted(sources), *([manifest] if manifest.exists() else [])]
