"""Running a module of the library in a process of its own, for files that nobody has checked.

The module must not import Django, sets its own limits (``set_limits``) and has a function ``main``.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

_FOLDER = str(Path(__file__).resolve().parents[2])
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import importlib; "
    "importlib.import_module(sys.argv.pop(1)).main()"
)
#: Added to the priority number of the process, so that readers are served first.
NICENESS = 5


def run(
    module: str, *arguments: str, timeout: float, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run ``main()`` of a module with arguments; ``options`` are those of ``subprocess.run``.

    With -I Python ignores the environment variables and the current folder.
    """
    return subprocess.run(
        [sys.executable, "-I", "-c", _PROGRAM, _FOLDER, module, *arguments],
        timeout=timeout,
        check=False,
        **options,
    )


def set_limits(*, memory_bytes: int, cpu_seconds: int, address_bytes: int | None = None) -> None:
    """Limit this process; its child processes inherit the limits.

    ``memory_bytes`` limits the memory that only this process has. Libraries, which processes share,
    count towards ``address_bytes`` alone, as memory does that is reserved and not used.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (address_bytes or memory_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # a sandbox may forbid it
        os.nice(NICENESS)
