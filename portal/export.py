"""The public site as files, for the archive: each with its digest, all of one moment (W1)."""

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

DIGESTS = "digests.json"
#: So often it begins anew because something public has changed meanwhile.
ATTEMPTS = 5
_STATIC = re.compile(rb"""["'(=\s](/static/[^"'()\s?#]+)""")
_IN_CSS = re.compile(rb"""url\(["']?([^"')?#]+)""")


class NotExported(Exception):
    """Why there is no export; a sentence for whoever asked for it."""


@dataclass
class Export:
    """An export under way: what has been written, by its name below the folder."""

    folder: Path
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, name: str, data: bytes, **known: Any) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        self.files[name] = {"sha256": digest, "bytes": len(data), **known}


def export(
    folder: Path, store: PageStore, say: Callable[[str], object] = lambda line: None
) -> dict[str, Any]:
    """Write the whole public site into an empty folder; return what ``digests.json`` says of it.

    Raises ``NotExported`` where the folder holds something, or the site does not hold still.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NotExported(f"{folder} is not empty. Name a new folder, so that nothing is mixed.")
    sync.ensure_ownership()
    try:
        return _export(folder, store, say)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # half of a site is none
        raise


def _export(folder: Path, store: PageStore, say: Callable[[str], object]) -> dict[str, Any]:
    for _attempt in range(ATTEMPTS):
        # Followed at once: another node's turn may not have reached this one's disk.
        generation = sync.sync_store()
        written = Export(folder)
        static = _write_pages(written, store)
        _write_static(written, static)
        _write_media(written)
        if sync.sync_store() == generation:
            break
        say("Something public has changed meanwhile: once more, from the beginning.")
        shutil.rmtree(folder, ignore_errors=True)
    else:
        raise NotExported("The site changes faster than it can be written. Try again later.")
    site = SiteSettings.load()
    told = {
        "site": site.name,
        "domain": site.domain,
        "exported_at": timezone.localtime().isoformat(timespec="seconds"),
        "turn": generation.state.number,
        "pages": sum("address" in each for each in written.files.values()),
        "files": dict(sorted(written.files.items())),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DIGESTS).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return told


def _write_pages(written: Export, store: PageStore) -> set[str]:
    """Every address; the static files that they name."""
    static: set[str] = set()
    for path in public_paths():
        body = store.get_page(path)
        if body is None:  # withdrawn since it was listed: the next attempt does without it
            continue
        written.write(file_name(path), body, address=path, type=content_type(path))
        static |= {found.decode() for found in _STATIC.findall(body)}
    return static


def _write_static(written: Export, addresses: set[str]) -> None:
    """What pages name, and what that names in its turn."""
    root = Path(settings.STATIC_ROOT).resolve()
    waiting, seen = set(addresses), set()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        source = (root / address.removeprefix(settings.STATIC_URL)).resolve()
        if not source.is_relative_to(root) or not source.is_file():
            continue
        data = source.read_bytes()
        written.write(address.lstrip("/"), data)
        if source.suffix == ".css":
            beside = ((source.parent / found.decode()).resolve() for found in _IN_CSS.findall(data))
            waiting |= {
                f"{settings.STATIC_URL}{path.relative_to(root)}"
                for path in beside
                if path.is_relative_to(root)
            } - seen


def _write_media(written: Export) -> None:
    """Every picture and attachment that something public uses."""
    storage = storages["public"]
    for name in sorted(media_sync.public_file_names()):
        try:
            with storage.open(name) as file:
                data = file.read()
        except FileNotFoundError:
            if name in media_sync.public_file_names():
                raise NotExported(f"{name} is missing from the folder of public media.") from None
            continue  # withdrawn since it was listed: the next attempt does without it
        written.write(f"{settings.MEDIA_URL.strip('/')}/{name}", data)


def differences(folder: Path) -> Iterator[str]:
    """What is no longer as ``digests.json`` says; nothing where all is well."""
    told = json.loads((folder / DIGESTS).read_text())["files"]
    here = {
        str(path.relative_to(folder)): path
        for path in folder.rglob("*")
        if path.is_file() and path.name != DIGESTS
    }
    yield from (f"missing: {name}" for name in sorted(told.keys() - here.keys()))
    yield from (f"not in the list: {name}" for name in sorted(here.keys() - told.keys()))
    for name in sorted(told.keys() & here.keys()):
        if hashlib.sha256(here[name].read_bytes()).hexdigest() != told[name]["sha256"]:
            yield f"changed: {name}"
