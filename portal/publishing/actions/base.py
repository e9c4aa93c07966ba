"""Shared steps of every workflow action: lock the object, change the state, write the audit log."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import actions as audit

from ..errors import NotAllowed, Refused
from ..models import Publishable, Revision
from ..rules import Action, Actor, SystemActor

P = TypeVar("P", bound=Publishable)


def lock_object(obj: P) -> P:
    """Return the object as stored, locked until the transaction ends.

    On SQLite the transaction itself is the lock: it is IMMEDIATE, so there is one writer.
    """
    return type(obj)._base_manager.select_for_update().get(pk=obj.pk)


def lock_with_revision(revision: Revision) -> tuple[Publishable, Revision]:
    """Lock the revision's object; return it and the revision as stored after that."""
    obj = lock_object(revision.target)
    return obj, Revision.objects.get(pk=revision.pk)


def transition(revision: Revision, *, to: str, **changes: Any) -> None:
    """Change a revision's state and columns by one conditional update.

    Raises Refused if the stored state or version has changed since the revision was read.
    """
    updated = Revision.objects.filter(
        pk=revision.pk, state=revision.state, version=revision.version
    ).update(state=to, **changes)
    if not updated:
        raise Refused(_("Somebody else has just changed this text. Look at it again, then decide."))
    revision.state = to
    for name, value in changes.items():
        setattr(revision, name, value)


def set_state(obj: Publishable, state: str) -> None:
    """Change the state of an object that is not public before or after the change."""
    type(obj)._base_manager.filter(pk=obj.pk).update(state=state)
    obj.state = state


def log_action(
    action: Action, by: Actor, obj: Publishable, revision: Revision | None = None, **details: Any
) -> None:
    """Write the audit entry of an action. Call it last: it locks the head of the log's chain."""
    if revision is not None:
        details = {"revision": revision.number, "digest": revision.digest, **details}
    audit.log_event(
        action=f"workflow.{action}",
        obj=obj,
        actor=None if isinstance(by, SystemActor) else by,
        actor_label=by.name if isinstance(by, SystemActor) else "",
        details=details,
    )


@transaction.atomic
def log_refusal(action: Action, by: User, obj: Publishable, refusal: NotAllowed) -> None:
    """Log an attempt that the user's roles don't permit, after the action was rolled back."""
    audit.log_event(
        action=f"workflow.{action}",
        obj=obj,
        actor=by,
        result="refused",
        details={"reason": str(refusal)},
    )
