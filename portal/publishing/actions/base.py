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
    """Return the object as stored in the database, locked until the transaction ends.

    SQLite has no row locks: its transactions are IMMEDIATE, so only one can write at a time.
    """
    return type(obj)._base_manager.select_for_update().get(pk=obj.pk)


def lock_with_revision(revision: Revision) -> tuple[Publishable, Revision]:
    """Lock the object of the revision; return the object and the revision, both read after that."""
    obj = lock_object(revision.target)
    return obj, Revision.objects.get(pk=revision.pk)


def transition(revision: Revision, *, to: str, **changes: Any) -> None:
    """Update a revision's state and other columns in one conditional UPDATE statement.

    Raises Refused if the stored state or version differs from that of ``revision``.
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
    """Change the state of an object that is public neither before nor after the change."""
    type(obj)._base_manager.filter(pk=obj.pk).update(state=state)
    obj.state = state


def log_action(
    action: Action, by: Actor, obj: Publishable, revision: Revision | None = None, **details: Any
) -> None:
    """Write the audit entry of an action, as the last step of the transaction.

    The entry locks the head of the audit log's hash chain, for which other transactions wait.
    """
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
    """Write an audit entry for an action that the user's roles do not permit.

    Call it after the transaction of the refused action was rolled back.
    """
    audit.log_event(
        action=f"workflow.{action}",
        obj=obj,
        actor=by,
        result="refused",
        details={"reason": str(refusal)},
    )
