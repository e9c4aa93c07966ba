"""Decoding pictures in processes of their own, at most two at a time on this machine."""

from __future__ import annotations

import json
import logging
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from portal.library import child_process

from . import limits
from .refusals import Code, Refusal
from .slots import NoSlotInTime, take_slots

logger = logging.getLogger(__name__)

_MODULE = "portal.library.decoding.program"
_CHUNK_BYTES = 256 * 1024
_MAX_ERROR_BYTES = 2000
#: The requests of this process that wait for a decoder or use one.
_waiting = threading.BoundedSemaphore(limits.MAX_WAITING)


@dataclass(frozen=True)
class StoredPart:
    """One encoded version of a picture: the original if ``width`` is 0, otherwise a rendition."""

    width: int
    suffix: str
    offset: int
    size: int


@dataclass(frozen=True)
class Versions:
    """The encoded versions of a picture, in a temporary file."""

    width: int
    height: int
    parts: list[StoredPart]
    _results: IO[bytes]

    @property
    def original(self) -> StoredPart:
        """The version that is stored and not public."""
        return next(part for part in self.parts if not part.width)

    @property
    def renditions(self) -> list[StoredPart]:
        """The versions that pages show."""
        return [part for part in self.parts if part.width]

    def chunks(self, part: StoredPart) -> Iterator[bytes]:
        """Yield the bytes of a version."""
        self._results.seek(part.offset)
        remaining = part.size
        while remaining and (chunk := self._results.read(min(remaining, _CHUNK_BYTES))):
            remaining -= len(chunk)
            yield chunk


@contextmanager
def decode(file: IO[bytes], folder: Path) -> Iterator[Versions]:
    """Decode a file on disk; yield its versions, which are deleted afterwards.

    ``folder`` holds the queue of this machine. Call it outside a transaction, because it waits.
    Raises ``Refusal``.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as results:
        if not _waiting.acquire(blocking=False):
            raise Refusal(Code.BUSY)
        try:
            answer = _answer(file, results, folder)
        finally:
            _waiting.release()
        if refused := answer.get("refused"):
            raise Refusal(Code(refused))
        parts = [StoredPart(**part) for part in answer["parts"]]
        yield Versions(answer["width"], answer["height"], parts, results)


def _answer(file: IO[bytes], results: IO[bytes], folder: Path) -> dict[str, Any]:
    """Run the decoder with little memory, then, if that does not suffice, alone with more."""
    deadline = time.monotonic() + limits.WAIT_SECONDS
    for wanted, memory_bytes in (
        (1, limits.SMALL_MEMORY_BYTES),
        (limits.SLOTS, limits.LARGE_MEMORY_BYTES),
    ):
        try:
            with take_slots(
                folder, wanted=wanted, count=limits.SLOTS, deadline=deadline
            ) as descriptors:
                answer = _run(file, results, folder, memory_bytes, descriptors)
        except NoSlotInTime as error:
            raise Refusal(Code.BUSY) from error
        if not answer.get("needs_more_memory"):
            return answer
    raise Refusal(Code.TOO_COSTLY)


def _run(
    file: IO[bytes],
    results: IO[bytes],
    folder: Path,
    memory_bytes: int,
    descriptors: list[int],
) -> dict[str, Any]:
    """Return the answer of one decoder; a decoder that dies needs more memory, perhaps."""
    for each in (file, results):
        each.seek(0)
    results.truncate()
    with tempfile.TemporaryFile(dir=folder) as errors:
        try:
            done = child_process.run(
                _MODULE,
                str(memory_bytes),
                str(results.fileno()),
                json.dumps(limits.RENDITION_OPTIONS),
                timeout=limits.HANG_SECONDS,
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=[results.fileno(), *descriptors],
            )
        except subprocess.TimeoutExpired as error:
            logger.warning("A picture was not decoded in time: %s", error)
            raise Refusal(Code.TOO_COSTLY) from error
        if not done.returncode:
            return json.loads(done.stdout)
        errors.seek(max(0, errors.seek(0, 2) - _MAX_ERROR_BYTES))
        reason = errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
    logger.warning("A picture could not be decoded: %s %s", done.returncode, *reason)
    return {"needs_more_memory": True}
