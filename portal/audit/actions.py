"""The one way to write the log."""

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
    """An entry was asked for outside the transaction of what it records."""


def log_event(
    *,
    action: str,
    obj: models.Model | None = None,
    actor: AbstractBaseUser | None = None,
    actor_label: str = "",
    result: str = "ok",
    details: dict[str, Any] | None = None,
) -> Entry:
    """Append an entry to the chain, in the transaction of the act it records.

    Call it last in a verb: it locks the chain's head until the transaction ends, and whoever
    locks another row after it may deadlock with somebody who holds that row and waits here.
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
    """``record`` for one act on many objects, each with its details: an entry for each of them."""
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransactionError(
            "log_event() belongs inside transaction.atomic(), with the change it records."
        )
    head = Head.objects.select_for_update().get(pk=1)
    entries: list[Entry] = []
    for obj, details in events:
        last = entries[-1] if entries else None
        after = (last.id, last.hash) if last else (head.sequence, head.hash)
        entries.append(_entry(after, action, obj, actor, actor_label, result, details))
    Entry.objects.bulk_create(entries, batch_size=500)
    for entry in entries:  # the database lets the head advance by one only
        head.sequence, head.hash = entry.id, entry.hash
        head.save(update_fields=["sequence", "hash"])
    return entries


def _entry(
    after: tuple[int, str],
    action: str,
    obj: models.Model | None,
    actor: AbstractBaseUser | None,
    actor_label: str,
    result: str,
    details: dict[str, Any],
) -> Entry:
    """The next link of the chain, unsaved."""
    entry = Entry(
        id=after[0] + 1,
        at=timezone.now(),
        actor_id=actor.pk if actor else None,
        actor_label=_text(actor_label or (str(actor) if actor else ""), 255),
        address=current_client_address(),
        action=_text(action, 100),
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=_text(str(obj.pk), 64) if obj is not None and obj.pk is not None else "",
        object_label=_text(str(obj), 255) if obj is not None else "",
        result=_text(result, 20),
        details=_plain(json.loads(json.dumps(details, cls=DjangoJSONEncoder))),
        previous_hash=after[1],
    )
    entry.hash = entry.computed_hash()
    return entry


def ensure_head(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the chain's first link where there is no chain yet.

    A lost head over a log that has entries is left lost: somebody took it, and ``verify_audit``
    must be able to say so. Before the log's own migration there is nothing to do.
    """
    tables = connections[using].introspection.table_names()
    if Head._meta.db_table not in tables:
        return
    heads = Head.objects.using(using)
    if not heads.exists() and not Entry.objects.using(using).exists():
        heads.get_or_create(pk=1)


def _text(value: str, limit: int) -> str:
    """Cut to the column, without what PostgreSQL cannot store (NUL, lone surrogates)."""
    return (
        value.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:limit]
    )


def _plain(value: Any) -> Any:
    """Return what both databases give back unchanged.

    PostgreSQL's jsonb keeps numbers as decimals and would return 1e300 as an integer of 301
    digits: the hash would no longer agree. So a float is stored as its text.
    """
    if isinstance(value, dict):
        return {_text(key, 255): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return _text(value, len(value))
    return value
