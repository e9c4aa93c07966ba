"""Secrets in files below ``VAR_DIR``, outside the repository."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, generate: Callable[[], str]) -> str:
    """Return the secret in a file; create the file with ``generate()`` if it does not exist.

    The file has mode 0600 and is never visible half-written: several processes that start at the
    same time all return the same secret.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(generate() + "\n")
            os.link(temporary, path)
        except FileExistsError:
            pass  # another process has created the file meanwhile
        finally:
            os.unlink(temporary)
    return path.read_text().strip()
