"""An uploaded file copied to a temporary file on disk, which a decoder can read."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from . import limits
from .refusals import Code, Refusal

_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class Spool:
    """The temporary file, and the SHA-256 digest (hex) of its content."""

    file: IO[bytes]
    digest: str


@contextmanager
def spooled(file: Any, folder: Path) -> Iterator[Spool]:
    """Copy a file chunk by chunk; yield the copy, which is deleted afterwards.

    Raises ``ValidationError`` if the file is empty, and ``Refusal`` if it is too large.
    """
    if hasattr(file, "seek"):
        file.seek(0)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryFile(dir=folder) as copy:
        while chunk := file.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > limits.MAX_UPLOAD_BYTES:
                raise Refusal(Code.TOO_LARGE)
            digest.update(chunk)
            copy.write(chunk)
        if not size:
            raise ValidationError(_("The file is empty. Choose another one."), code="empty")
        copy.flush()
        yield Spool(copy, digest.hexdigest())
