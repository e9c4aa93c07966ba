"""Bytes into a storage and from one into another; no half-written file is ever seen.

On a file system a file appears under its name by a rename or a link, whole. Another storage's
``save`` is atomic by itself (object storage).
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage

TEMPORARY = ".part-"


def put(storage: Storage, name: str, data: bytes) -> None:
    """Store the bytes under a name that says what they are; once is enough."""
    if storage.exists(name) and storage.size(name) == len(data):
        return
    if isinstance(storage, FileSystemStorage):
        _appear(Path(storage.path(name)), storage, lambda part: _write(part, data))
    else:
        _save(storage, name, ContentFile(data))


def link(source: Storage, target: Storage, name: str) -> bool:
    """Make a file of one storage appear in another under the same name; say whether it was missing.

    A hard link where both lie on one file system, else a copy.
    """
    if not (isinstance(source, FileSystemStorage) and isinstance(target, FileSystemStorage)):
        if target.exists(name):
            return False
        with source.open(name) as file:
            _save(target, name, file)
        return True
    origin, place = Path(source.path(name)), Path(target.path(name))
    if _same(origin, place):
        return False
    try:
        _with_folder(place, lambda: os.link(origin, place))
    except FileExistsError:
        if _same(origin, place):  # somebody else was quicker
            return False
        _appear(place, target, lambda part: _link_or_copy(origin, part))
    except FileNotFoundError:
        raise
    except OSError:  # another device, or one that knows no links
        _appear(place, target, lambda part: _write(part, origin.read_bytes()))
    return True


def unlink(storage: Storage, name: str) -> bool:
    """Take a file away; say whether it was there."""
    if isinstance(storage, FileSystemStorage):
        try:
            os.unlink(storage.path(name))
        except FileNotFoundError:
            return False
        return True
    found = storage.exists(name)
    if found:
        storage.delete(name)
    return found


def iter_names(storage: Storage, folder: str = "") -> Iterator[str]:
    """All names in a storage. A folder that vanishes meanwhile holds nothing."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    prefix = f"{folder}/" if folder else ""
    yield from (prefix + file for file in files)
    for inner in folders:
        yield from iter_names(storage, prefix + inner)


def _same(origin: Path, place: Path) -> bool:
    """Whether the file stands at its place already. One name is one content, and nothing appears
    under a name before it is whole: the length tells."""
    size = origin.stat().st_size
    try:
        return place.stat().st_size == size
    except FileNotFoundError:
        return False


def _appear(place: Path, storage: FileSystemStorage, make: Callable[[Path], None]) -> None:
    part = place.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    try:
        _with_folder(place, lambda: make(part))
        mode = storage.file_permissions_mode
        if mode is not None:
            os.chmod(part, mode)
        os.replace(part, place)
    finally:
        # Also after a replace: of two links to one file it does nothing, and leaves the part.
        part.unlink(missing_ok=True)


def _with_folder(place: Path, act: Callable[[], None]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    act()


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _link_or_copy(origin: Path, part: Path) -> None:
    try:
        os.link(origin, part)
    except FileNotFoundError:
        raise
    except OSError:
        _write(part, origin.read_bytes())


def _save(storage: Storage, name: str, content: File) -> None:
    stored = storage.save(name, content)
    if stored != name:  # somebody else was quicker; one name is one content
        with contextlib.suppress(FileNotFoundError):
            storage.delete(stored)
