"""Static files: the joined stylesheet of the public pages, and ``collectstatic`` on demand.

``collectstatic`` runs only if a source file changed, because it is the slowest step of a start.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import django
from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, BaseFinder, get_finders
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
    remove_unused(Path(settings.STATIC_ROOT))
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


# The files of apps

#: The folder of CKEditor's files, and what the newsroom's pages load from it. The package also has
#: test pages, samples, plugins and skins that no page uses; every collected file is public.
EDITOR = "ckeditor/"
EDITOR_FILES = (
    "ckeditor-init.js",
    "fixups.js",
    "ckeditor.css",
    "ckeditor/LICENSE.md",
    "ckeditor/ckeditor.js",
    "ckeditor/contents.css",
    "ckeditor/styles.js",
    "ckeditor/lang/en.js",
    "ckeditor/lang/zh-cn.js",
    "ckeditor/plugins/icons.png",
    "ckeditor/plugins/icons_hidpi.png",
)
#: Plugins of which ``ckeditor.js`` or ``extraPlugins`` loads files when they are needed.
EDITOR_PLUGINS = (
    "a11yhelp", "clipboard", "dialog", "divarea", "filetools", "find", "image2", "lineutils",
    "link", "notification", "pastetools", "showblocks", "specialchar", "table", "tableselection",
    "tabletools", "widget", "xml", "ajax",
)  # fmt: skip
EDITOR_FOLDERS = (
    "ckeditor/skins/moono-lisa/",
    *(f"ckeditor/plugins/{name}/" for name in EDITOR_PLUGINS),
)
#: Folders of packages with pages that only their developers need, and types of files for reading.
DEVELOPER_FOLDERS = frozenset({"dev", "docs", "manual", "sample", "samples", "test", "tests"})
DOCUMENT_TYPES = frozenset({".htm", ".html", ".md", ".php", ".txt", ".rst"})


def is_used(name: str) -> bool:
    """Return whether pages of the portal use this static file of an app."""
    path = PurePosixPath(name)
    if name.startswith(EDITOR):
        rest = name.removeprefix(EDITOR)
        if rest in EDITOR_FILES:
            return True
        if not rest.startswith(EDITOR_FOLDERS):
            return False
    is_document = path.suffix in DOCUMENT_TYPES and not path.name.startswith("LICENSE")
    return not (is_document or DEVELOPER_FOLDERS.intersection(path.parts[:-1]))


class UsedFilesFinder(AppDirectoriesFinder):
    """A finder of the static files of apps that leaves out files that no page uses."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for name, storage in super().list(ignore_patterns):
            if is_used(name):
                yield name, storage

    def find(self, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().find(path, *args, **kwargs) if is_used(path) else []


def remove_unused(folder: Path) -> None:
    """Remove files of the editor's package that an earlier version has collected."""
    for path in (folder / EDITOR).rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not is_used(_source_name(name)):
            path.unlink()


def _source_name(name: str) -> str:
    """Return the name of the source of a collected file: without hash and compression suffix."""
    for suffix in (".gz", ".br"):
        name = name.removesuffix(suffix)
    return re.sub(r"\.[0-9a-f]{12}(?=(\.[^./]+)?$)", "", name)


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
