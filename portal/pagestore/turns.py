"""The number that any change of public content raises, in the transaction of the change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from .models import Turn


@dataclass(frozen=True)
class Standing:
    """What the row says at one moment; see ``Turn``."""

    number: int = 0
    emptied: int = 0
    at: int = 0


def standing() -> Standing:
    """How the database stands now. One query by primary key."""
    row = Turn.objects.filter(pk=1).values_list("number", "emptied", "at").first()
    return Standing(*row) if row else Standing()


def turn(*, takes_back: bool) -> None:
    """Turn every stored page over, as part of the transaction that changes what they show.

    ``takes_back``: something that was public is no longer, or says something else now, so that no
    older copy may be shown even while the database is away.

    The row stays locked until the transaction ends, as the head of the audit chain does, and is
    locked before it: call this ahead of ``audit.log_event``.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("turn() belongs inside the transaction of the change it announces.")
    if not _raise(takes_back):
        Turn.objects.bulk_create([Turn()], ignore_conflicts=True)
        _raise(takes_back)


def turn_day(day: date) -> bool:
    """Turn the pages over once for a new day, whichever node sees it first."""
    with transaction.atomic():
        if not Turn.objects.filter(pk=1).exclude(day=day).exists():
            return False
        Turn.objects.filter(pk=1).exclude(day=day).update(day=day, **_next())
    return True


def _raise(takes_back: bool) -> int:
    changes = _next()
    if takes_back:
        changes["emptied"] = F("number") + 1
    return Turn.objects.filter(pk=1).update(**changes)


def _next() -> dict[str, Any]:
    return {"number": F("number") + 1, "at": Greatest(F("at") + 1, int(time.time()))}
