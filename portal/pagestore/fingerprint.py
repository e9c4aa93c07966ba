"""A digest of everything that renders pages: pages of different code are different pages."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import django
from django.conf import settings

SOURCES = {"portal": ("*.py", "*.mo"), "news": ("*.py",), "honors": ("*.py",), "templates": ("*",)}
#: Settings that pages show or depend on.
SETTINGS = ("DEBUG", "HTTPS", "ALLOWED_HOSTS", "LANGUAGE_CODE", "TIME_ZONE", "STATIC_URL")


@cache
def fingerprint() -> str:
    """Return 12 characters over code, templates, catalogues and names of static files.

    Cached: it describes the files that this process has loaded, not later versions of them.
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
    # Names of static files carry a hash of their content; the manifest lists all of them.
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    return [*sorted(sources), *([manifest] if manifest.exists() else [])]
