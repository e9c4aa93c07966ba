"""The verbs of the press, each in one home, each with one skeleton.

Check, change, record, announce: every verb runs in one transaction, asks ``rules``, changes rows
by conditional updates, writes the audit log last (its head is the last lock), and what must
happen outside the database happens after commit.
"""

from .editing import Saved, Token, correct, restore, save, save_new
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
from .skeleton import record_refusal

__all__ = [
    "Saved",
    "Token",
    "approve",
    "archive",
    "correct",
    "expire",
    "import_released",
    "recall",
    "record_refusal",
    "reinstate",
    "release",
    "restore",
    "return_",
    "save",
    "save_new",
    "schedule",
    "submit",
    "unschedule",
    "withdraw",
]
