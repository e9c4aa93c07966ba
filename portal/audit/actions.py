"""Functions that append entries to the audit log. No other code writes to it."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.utils import timezone

from portal.audit.address import current_client_address
from portal.audit.models import Entry, Head


class NotInTransactionError(RuntimeError):
    """Raised if an entry is logged outside the transaction of the change that it records."""


def log_event(
    *,
    action: str,
    obj: models.Model | None = None,
    actor: AbstractBaseUser | None = None,
    actor_label: str = "",
    result: str = "ok",
    details: dict[str, Any] | None = None,
) -> Entry:
    """Append one entry to the log, in the transaction of the change that it records.

    Call it after all other locks of the transaction: it locks the head row of the hash chain until
    the transaction ends. If a row were locked later, another transaction that has locked that row
    and waits for the head would cause a deadlock.
    ``actor_label`` names the actor if there is no user account ("run_due", or a user name whose
    sign-in failed). ``details`` may contain all types that ``DjangoJSONEncoder`` can write. Raises
    ``NotInTransactionError`` outside ``transaction.atomic()``.
    """
    return log_events(
        action=action,
        events=[(obj, details or {})],
        actor=actor,
        actor_label=actor_label,
        result=result,
    )[0]


def log_events(
    *,
    action: str,
    events: Iterable[tuple[models.Model | None, dict[str, Any]]],
    actor: AbstractBaseUser | None = None,
    actor_label: str = "",
    result: str = "ok",
) -> list[Entry]:
    """Append one entry for each of several objects that one action changed; see ``log_event``.

    ``events`` are pairs of a changed object (or None) and the details of its entry.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransactionError(
            "log_event() belongs inside transaction.atomic(), with the change it records."
        )
    head = Head.objects.select_for_update().get(pk=1)
    entries: list[Entry] = []
    for obj, details in events:
        last = entries[-1] if entries else None
        previous = (last.id, last.hash) if last else (head.sequence, head.hash)
        entries.append(_entry(previous, action, obj, actor, actor_label, result, details))
    Entry.objects.bulk_create(entries, batch_size=500)
    # A trigger allows each update of the head row to advance by one entry only.
    for entry in entries:
        head.sequence, head.hash = entry.id, entry.hash
        head.save(update_fields=["sequence", "hash"])
    return entries


def _entry(
    previous: tuple[int, str],
    action: str,
    obj: models.Model | None,
    actor: AbstractBaseUser | None,
    actor_label: str,
    result: str,
    details: dict[str, Any],
) -> Entry:
    """Build the unsaved entry that follows ``previous``, the (id, hash) of the entry before it."""
    entry = Entry(
        id=previous[0] + 1,
        at=timezone.now(),
        actor_id=actor.pk if actor else None,
        actor_label=_text(actor_label or (str(actor) if actor else ""), 255),
        address=current_client_address(),
        action=_text(action, 100),
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=_text(str(obj.pk), 64) if obj is not None and obj.pk is not None else "",
        object_label=_text(str(obj), 255) if obj is not None else "",
        result=_text(result, 20),
        details=_storable(json.loads(json.dumps(details, cls=DjangoJSONEncoder))),
        previous_hash=previous[1],
    )
    entry.hash = entry.computed_hash()
    return entry


def ensure_head(using: str = DEFAULT_DB_ALIAS) -> None:
    """Create the head row of an empty log.

    If entries exist, a missing head row is not created again: it was deleted, and the command
    ``verify_audit`` must be able to report that. Does nothing before the app's first migration.
    """
    tables = connections[using].introspection.table_names()
    if Head._meta.db_table not in tables:
        return
    heads = Head.objects.using(using)
    if not heads.exists() and not Entry.objects.using(using).exists():
        heads.get_or_create(pk=1)


def _text(value: str, limit: int) -> str:
    """Return the text cut to ``limit`` characters, without those that PostgreSQL cannot store.

    These are NUL and lone surrogates; each is replaced by a substitute character.
    """
    return (
        value.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:limit]
    )


def _storable(value: Any) -> Any:
    """Convert a JSON value so that both databases return exactly the value that was stored.

    PostgreSQL's jsonb stores numbers as decimals and would return 1e300 as an integer of 301
    digits; then the hash of the entry would no longer match. Floats are therefore stored as text.
    """
    if isinstance(value, dict):
        return {_text(key, 255): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return _text(value, len(value))
    return value
