"""The export of the public site as files with digests, all of one generation (standard W1)."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.utils import timezone

from portal.library import media_sync
from portal.pagestore import sync
from portal.pagestore.middleware import PageStore
from portal.pagestore.paths import content_type, file_name
from portal.serving import public_paths
from portal.site.models import SiteSettings

MANIFEST_NAME = "digests.json"
#: Maximum number of attempts; an attempt fails if public content changes meanwhile.
MAX_ATTEMPTS = 5
_STATIC = re.compile(rb"""["'(=\s](/static/[^"'()\s?#]+)""")
_IN_CSS = re.compile(rb"""url\(["']?([^"')?#]+)""")


class NotExported(Exception):
    """The error that the export failed; its message states the reason."""


@dataclass
class Export:
    """An export in progress; ``files`` maps file names below ``folder`` to manifest entries."""

    folder: Path
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, name: str, data: bytes, **extra: Any) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        self.files[name] = {"sha256": digest, "bytes": len(data), **extra}


def export(
    folder: Path, store: PageStore, report: Callable[[str], object] = lambda line: None
) -> dict[str, Any]:
    """Write the whole public site into an empty folder and return the manifest.

    Raises ``NotExported`` if the folder is not empty, or if the site changed during every attempt.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NotExported(f"{folder} is not empty. Name a new folder, so that nothing is mixed.")
    sync.ensure_ownership()
    try:
        return _export(folder, store, report)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # an incomplete export must not remain
        raise


def _export(folder: Path, store: PageStore, report: Callable[[str], object]) -> dict[str, Any]:
    """Write all files and then the manifest; start again if the site changes meanwhile."""
    for _attempt in range(MAX_ATTEMPTS):
        # The store is synchronised now, because another node may have changed public content just
        # before.
        generation = sync.sync_store()
        export = Export(folder)
        static = _write_pages(export, store)
        _write_static(export, static)
        _write_media(export)
        if sync.sync_store() == generation:
            break
        report("Something public has changed meanwhile: once more, from the beginning.")
        shutil.rmtree(folder, ignore_errors=True)
    else:
        raise NotExported("The site changes faster than it can be written. Try again later.")
    site = SiteSettings.load()
    manifest = {
        "site": site.name,
        "domain": site.domain,
        "exported_at": timezone.localtime().isoformat(timespec="seconds"),
        "generation": generation.state.number,
        "pages": sum("address" in each for each in export.files.values()),
        "files": dict(sorted(export.files.items())),
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (folder / MANIFEST_NAME).write_text(text + "\n")
    return manifest


def _write_pages(export: Export, store: PageStore) -> set[str]:
    """Write every public page; return the URLs of the static files that the pages use."""
    static: set[str] = set()
    for path in public_paths():
        body = store.get_page(path)
        if body is None:  # the page was withdrawn meanwhile, so a new attempt will follow
            continue
        export.write(file_name(path), body, address=path, type=content_type(path))
        static |= {found.decode() for found in _STATIC.findall(body)}
    return static


def _write_static(export: Export, addresses: set[str]) -> None:
    """Write the static files with these URLs, and the files that stylesheets among them use."""
    root = Path(settings.STATIC_ROOT).resolve()
    waiting, seen = set(addresses), set()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        source = (root / address.removeprefix(settings.STATIC_URL)).resolve()
        if not source.is_relative_to(root) or not source.is_file():
            continue
        data = source.read_bytes()
        export.write(address.lstrip("/"), data)
        if source.suffix == ".css":
            named = ((source.parent / found.decode()).resolve() for found in _IN_CSS.findall(data))
            waiting |= {
                f"{settings.STATIC_URL}{path.relative_to(root)}"
                for path in named
                if path.is_relative_to(root)
            } - seen


def _write_media(export: Export) -> None:
    """Write every image and attached file that public content uses."""
    storage = storages["public"]
    for name in sorted(media_sync.public_file_names()):
        try:
            with storage.open(name) as file:
                data = file.read()
        except FileNotFoundError:
            if name in media_sync.public_file_names():
                raise NotExported(f"{name} is missing from the folder of public media.") from None
            continue  # the file was withdrawn meanwhile, so a new attempt will follow
        export.write(f"{settings.MEDIA_URL.strip('/')}/{name}", data)


def differences(folder: Path) -> Iterator[str]:
    """Yield a line for each file that differs from the manifest, is missing or is not listed."""
    expected = json.loads((folder / MANIFEST_NAME).read_text())["files"]
    here = {
        str(path.relative_to(folder)): path
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST_NAME
    }
    yield from (f"missing: {name}" for name in sorted(expected.keys() - here.keys()))
    yield from (f"not in the list: {name}" for name in sorted(here.keys() - expected.keys()))
    for name in sorted(expected.keys() & here.keys()):
        if hashlib.sha256(here[name].read_bytes()).hexdigest() != expected[name]["sha256"]:
            yield f"changed: {name}"
