"""The verbs of the press, each in one home, each with one skeleton.

Check, change, record, announce: every verb runs in one transaction, asks ``rules``, changes rows
by conditional updates, writes the audit log last (its head is the last lock), and what must
happen outside the database happens after commit.
"""

from .base import log_refusal
from .editing import SaveResult, VersionToken, correct, restore, save, save_new_objects
from .releasing import (
    archive,
    expire,
    import_released,
    reinstate,
    release,
    schedule,
    unschedule,
    withdraw,
)
from .reviewing import approve, recall, return_, submit

__all__ = [
    "SaveResult",
    "VersionToken",
    "approve",
    "archive",
    "correct",
    "expire",
    "import_released",
    "log_refusal",
    "recall",
    "reinstate",
    "release",
    "restore",
    "return_",
    "save",
    "save_new_objects",
    "schedule",
    "submit",
    "unschedule",
    "withdraw",
]
