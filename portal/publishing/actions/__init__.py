"""The actions of the workflow. Each performs the same steps in one transaction.

1. Lock the object.
2. Check role and state (``rules``), then the arguments and the content.
3. Change rows by conditional updates and send signals.
4. Write the audit log, as the last step, because it locks the head of the log's hash chain.

Files and stored pages are changed after the commit.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ..rules import Action
from .base import log_refusal
from .editing import SaveResult, VersionToken, correct, restore, save, save_new_objects
from .proposing import (
    approve_proposal,
    cancel_proposal,
    propose,
    release_proposal,
    return_proposal,
)
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
    "ACTION_FUNCTIONS",
    "SaveResult",
    "VersionToken",
    "approve",
    "approve_proposal",
    "archive",
    "cancel_proposal",
    "correct",
    "expire",
    "import_released",
    "log_refusal",
    "propose",
    "recall",
    "reinstate",
    "release",
    "release_proposal",
    "restore",
    "return_",
    "return_proposal",
    "save",
    "save_new_objects",
    "schedule",
    "submit",
    "unschedule",
    "withdraw",
]

#: The function of each action. All functions take keyword arguments only.
ACTION_FUNCTIONS: Mapping[Action, Callable[..., Any]] = MappingProxyType(
    {
        Action.SAVE: save,
        Action.SUBMIT: submit,
        Action.RECALL: recall,
        Action.APPROVE: approve,
        Action.RETURN: return_,
        Action.RELEASE: release,
        Action.SCHEDULE: schedule,
        Action.UNSCHEDULE: unschedule,
        Action.WITHDRAW: withdraw,
        Action.REINSTATE: reinstate,
        Action.EXPIRE: expire,
        Action.ARCHIVE: archive,
        Action.RESTORE: restore,
        Action.CORRECT: correct,
        Action.IMPORT_RELEASED: import_released,
    }
)
