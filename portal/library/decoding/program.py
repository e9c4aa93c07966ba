"""A program that decodes a picture and encodes its versions; ``process`` runs it.

Usage: program MEMORY_BYTES RESULTS_DESCRIPTOR RENDITION_OPTIONS < picture > answer

The answer is one object of JSON: the size and format of the picture and the places of its versions
in the file of results, or the code of a refusal, or that more memory is needed.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import sys
from typing import IO, Any

from portal.library import child_process

from . import encoding, limits, pixels
from .refusals import Code, MoreMemoryNeeded, Refusal


def main() -> None:
    memory_bytes, descriptor = int(sys.argv[1]), int(sys.argv[2])
    limits.RENDITION_OPTIONS = json.loads(sys.argv[3])
    child_process.set_limits(
        memory_bytes=memory_bytes,
        address_bytes=memory_bytes + limits.ADDRESS_BYTES,
        cpu_seconds=limits.CPU_LIMIT_SECONDS,
    )
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.MAX_RESULT_BYTES,) * 2)
    try:
        with os.fdopen(descriptor, "r+b", buffering=0, closefd=False) as results:
            answer = read_picture(sys.stdin.buffer, results, memory_bytes)
    except MoreMemoryNeeded:
        answer = {"needs_more_memory": True}
    except Refusal as refusal:
        answer = {"refused": refusal.code.value}
    sys.stdout.write(json.dumps(answer))


def read_picture(file: IO[bytes], results: IO[bytes], memory_bytes: int) -> dict[str, Any]:
    """Decode a file on disk, write its versions to another file, and return the answer.

    Raises ``Refusal`` and ``MoreMemoryNeeded``.
    """
    decoded = pixels.decode(file, memory_bytes)
    width, height = decoded.pixels.size
    try:
        parts = encoding.write_versions(decoded, results)
    except (MemoryError, OSError, ValueError) as error:
        if memory_bytes < limits.LARGE_MEMORY_BYTES:
            raise MoreMemoryNeeded from error
        raise Refusal(Code.TOO_COSTLY) from error
    return {
        "width": width,
        "height": height,
        "parts": [dataclasses.asdict(part) for part in parts],
    }
