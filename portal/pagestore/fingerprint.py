"""What renders the pages, in twelve characters: other code, other pages."""

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
    """Of code, templates, catalogues and the names of static files, as this process found them."""
    seen = hashlib.sha256(repr([django.VERSION, *map(_setting, SETTINGS)]).encode())
    for path in _files():
        seen.update(path.name.encode() + b"\0" + path.read_bytes())
    return seen.hexdigest()[:12]


def _setting(name: str) -> object:
    return getattr(settings, name, None)


def _files() -> list[Path]:
    base = Path(settings.BASE_DIR)
    found = {
        path
        for folder, patterns in SOURCES.items()
        for pattern in patterns
        for path in (base / folder).rglob(pattern)
        if path.is_file()
    }
    # Names of static files carry a hash of their content; the manifest has them all.
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    return [*sorted(found), *([manifest] if manifest.exists() else [])]
