"""Functions that write, link and delete files of storages, without ever exposing a partial file.

On a file system, a file gets its final name by a rename or a hard link after it was written
completely. Other storages (object storage) have an atomic ``save``.
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage

TEMPORARY_PREFIX = ".part-"


def put(storage: Storage, name: str, data: bytes) -> None:
    """Store bytes under a name derived from them; do nothing if the file exists with that size."""
    if storage.exists(name) and storage.size(name) == len(data):
        return
    if isinstance(storage, FileSystemStorage):
        _create(Path(storage.path(name)), storage, lambda part: _write(part, [data]))
    else:
        _save(storage, name, ContentFile(data))


def put_chunks(storage: Storage, name: str, size: int, chunks: Iterable[bytes]) -> None:
    """Store the same as ``put`` from chunks; on a file system without holding them all."""
    if isinstance(storage, FileSystemStorage):
        if not (storage.exists(name) and storage.size(name) == size):
            _create(Path(storage.path(name)), storage, lambda part: _write(part, chunks))
    else:
        put(storage, name, b"".join(chunks))


def link(source: Storage, target: Storage, name: str) -> bool:
    """Add a file of one storage to another under the same name; return whether it was new there.

    Creates a hard link if both storages are on one file system, otherwise a copy.
    """
    if not (isinstance(source, FileSystemStorage) and isinstance(target, FileSystemStorage)):
        if target.exists(name):
            return False
        with source.open(name) as file:
            _save(target, name, file)
        return True
    origin, path = Path(source.path(name)), Path(target.path(name))
    if _is_same_file(origin, path):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(origin, path)
    except FileExistsError:
        if _is_same_file(origin, path):  # another process created the link first
            return False
        _create(path, target, lambda part: _link_or_copy(origin, part))
    except FileNotFoundError:
        raise
    except OSError:  # the storages are on two devices, or the file system has no hard links
        _create(path, target, lambda part: _write(part, [origin.read_bytes()]))
    return True


def unlink(storage: Storage, name: str) -> bool:
    """Delete a file; return whether it existed."""
    if isinstance(storage, FileSystemStorage):
        try:
            os.unlink(storage.path(name))
        except FileNotFoundError:
            return False
        return True
    exists = storage.exists(name)
    if exists:
        storage.delete(name)
    return exists


def iter_names(storage: Storage, folder: str = "") -> Iterator[str]:
    """Yield the names of all files in a storage; folders that are deleted meanwhile are skipped."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    prefix = f"{folder}/" if folder else ""
    yield from (prefix + file for file in files)
    for inner in folders:
        yield from iter_names(storage, prefix + inner)


def _is_same_file(origin: Path, path: Path) -> bool:
    """Return whether ``path`` exists with the content of ``origin``.

    Comparing the sizes suffices: the name is derived from the content, and files are complete when
    they get their name. Different sizes mean that another program has written to the folder.
    """
    size = origin.stat().st_size
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _create(path: Path, storage: FileSystemStorage, make: Callable[[Path], None]) -> None:
    """Create a file under a temporary name and rename it to ``path``, replacing any file there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}")
    try:
        make(part)
        mode = storage.file_permissions_mode
        if mode is not None:
            os.chmod(part, mode)
        os.replace(part, path)
    finally:
        # Needed after os.replace() too: if both names are links to one file, os.replace() leaves
        # the temporary name.
        part.unlink(missing_ok=True)


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(chunks)
        file.flush()
        os.fsync(file.fileno())


def _link_or_copy(origin: Path, part: Path) -> None:
    try:
        os.link(origin, part)
    except FileNotFoundError:
        raise
    except OSError:
        _write(part, [origin.read_bytes()])


def _save(storage: Storage, name: str, content: File) -> None:
    stored = storage.save(name, content)
    if stored != name:  # another process stored the same content first
        with contextlib.suppress(FileNotFoundError):
            storage.delete(stored)
