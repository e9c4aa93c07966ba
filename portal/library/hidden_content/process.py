"""Running the examination in a process of its own."""

from __future__ import annotations

import json
import logging
import subprocess
from dataclasses import dataclass, field
from typing import Any

from portal.library import child_process

from . import limits
from .findings import Kind, Obstacle

logger = logging.getLogger(__name__)

_MODULE = "portal.library.hidden_content.program"


@dataclass(frozen=True)
class Examination:
    """The result of an examination: counts by kind, obstacles, and the cleaned copy if wanted."""

    found: dict[str, int]
    obstacles: list[str] = field(default_factory=list)
    cleaned: bytes = b""

    def as_json(self) -> dict[str, Any]:
        """Return what is stored of the result."""
        return {"found": self.found, "obstacles": self.obstacles}


UNREADABLE = Examination({Kind.UNREADABLE.value: 1}, [Obstacle.UNREADABLE.value])


def inspect(data: bytes, kind: str) -> Examination:
    """Return what is hidden in a document; a document that cannot be examined is a finding, too."""
    return _run("inspect", data, kind)


def clean(data: bytes, kind: str) -> Examination:
    """Examine a document and return a cleaned copy of it, unless there are obstacles."""
    return _run("clean", data, kind)


def _run(mode: str, data: bytes, kind: str) -> Examination:
    try:
        done = child_process.run(
            _MODULE,
            mode,
            kind,
            timeout=limits.TIMEOUT_SECONDS,
            input=data,
            capture_output=True,
        )
        line, _newline, cleaned = done.stdout.partition(b"\n")
        answer = json.loads(line) if not done.returncode else None
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        logger.warning("A %s could not be examined: %s", kind, error)
        return UNREADABLE
    if answer is None:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        logger.warning("A %s could not be examined: %s %s", kind, done.returncode, *reason)
        return UNREADABLE
    return Examination(answer["found"], answer["obstacles"], cleaned)
