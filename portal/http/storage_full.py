"""Recognise the errors which mean that a file cannot be written because the disk is full."""

from __future__ import annotations

import errno

_CODES = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_storage_full(error: BaseException | None) -> bool:
    """Return whether an error was raised because a disk, or a quota of it, is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _CODES:
            return True
        error = error.__cause__
    return False
