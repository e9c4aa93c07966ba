"""What every verb does alike: take the object's lock, flip a state, write the log."""

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
    """The object as it stands, locked until the transaction ends.

    On SQLite the lock is the transaction itself: it is IMMEDIATE, so there is one writer.
    """
    return type(obj)._base_manager.select_for_update().get(pk=obj.pk)


def lock_with_revision(revision: Revision) -> tuple[Publishable, Revision]:
    """The revision's object, lock_object, and the revision as it stands after that."""
    obj = lock_object(revision.target)
    return obj, Revision.objects.get(pk=revision.pk)


def transition(revision: Revision, *, to: str, **changes: Any) -> None:
    """Move a revision on, if nobody was quicker: one conditional update, on both databases."""
    won = Revision.objects.filter(
        pk=revision.pk, state=revision.state, version=revision.version
    ).update(state=to, **changes)
    if not won:
        raise Refused(_("Somebody else has just changed this text. Look at it again, then decide."))
    revision.state = to
    for name, value in changes.items():
        setattr(revision, name, value)


def log_action(
    action: Action, by: Actor, obj: Publishable, revision: Revision | None = None, **details: Any
) -> None:
    """One entry of the audit log; the last thing a verb does."""
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
    """Note that somebody tried what his roles don't allow. After the verb's own transaction."""
    audit.log_event(
        action=f"workflow.{action}",
        obj=obj,
        actor=by,
        result="refused",
        details={"reason": str(refusal)},
    )
