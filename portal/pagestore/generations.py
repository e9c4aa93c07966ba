"""The number that any change of public content raises, in the transaction of the change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from .models import SiteGeneration


@dataclass(frozen=True)
class GenerationState:
    """What the row says at one moment; see ``Turn``."""

    number: int = 0
    oldest_servable: int = 0
    timestamp: int = 0


def current_state() -> GenerationState:
    """How the database stands now. One query by primary key."""
    row = (
        SiteGeneration.objects.filter(pk=1)
        .values_list("number", "oldest_servable", "timestamp")
        .first()
    )
    return GenerationState(*row) if row else GenerationState()


def bump_generation(*, forbid_stale: bool) -> None:
    """Turn every stored page over, as part of the transaction that changes what they show.

    ``takes_back``: something that was public is no longer, or says something else now, so that no
    older copy may be shown even while the database is away.

    The row stays locked until the transaction ends, as the head of the audit chain does, and is
    locked before it: call this ahead of ``audit.log_event``.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(
            "bump_generation() belongs inside the transaction of the change it announces."
        )
    if not _raise(forbid_stale):
        SiteGeneration.objects.bulk_create([SiteGeneration()], ignore_conflicts=True)
        _raise(forbid_stale)


def bump_for_new_day(day: date) -> bool:
    """Turn the pages over once for a new day, whichever node sees it first."""
    with transaction.atomic():
        if not SiteGeneration.objects.filter(pk=1).exclude(day=day).exists():
            return False
        SiteGeneration.objects.filter(pk=1).exclude(day=day).update(day=day, **_next())
    return True


def _raise(forbid_stale: bool) -> int:
    changes = _next()
    if forbid_stale:
        changes["oldest_servable"] = F("number") + 1
    return SiteGeneration.objects.filter(pk=1).update(**changes)


def _next() -> dict[str, Any]:
    return {"number": F("number") + 1, "timestamp": Greatest(F("timestamp") + 1, int(time.time()))}
