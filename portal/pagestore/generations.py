"""The site's generation number, which every transaction that changes public content raises."""

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
    """The values of the ``SiteGeneration`` row when it was read."""

    number: int = 0
    oldest_servable: int = 0
    timestamp: int = 0


def current_state() -> GenerationState:
    """Return the database's current generation, by one query."""
    row = (
        SiteGeneration.objects.filter(pk=1)
        .values_list("number", "oldest_servable", "timestamp")
        .first()
    )
    return GenerationState(*row) if row else GenerationState()


def bump_generation(*, forbid_stale: bool) -> None:
    """Invalidate every stored page, inside the transaction that changes public content.

    ``forbid_stale`` is true if public content is removed or changed, so that no older copy of a
    page may be served, not even while the database is down.

    The generation row stays locked until the transaction ends, and so does the head of the audit
    chain. To lock both in the same order everywhere, call this function before the audit event is
    logged. Raises ``RuntimeError`` outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("bump_generation() must be called inside the change's transaction.")
    if not _increment(forbid_stale):
        SiteGeneration.objects.bulk_create([SiteGeneration()], ignore_conflicts=True)
        _increment(forbid_stale)


def bump_for_new_day(day: date) -> bool:
    """Raise the generation number if no node has raised it for this day yet.

    Return whether this call has raised it.
    """
    with transaction.atomic():
        if not SiteGeneration.objects.filter(pk=1).exclude(day=day).exists():
            return False
        SiteGeneration.objects.filter(pk=1).exclude(day=day).update(day=day, **_next_values())
    return True


def _increment(forbid_stale: bool) -> int:
    changes = _next_values()
    if forbid_stale:
        changes["oldest_servable"] = F("number") + 1
    return SiteGeneration.objects.filter(pk=1).update(**changes)


def _next_values() -> dict[str, Any]:
    return {
        "number": F("number") + 1,
        "timestamp": Greatest(F("timestamp") + 1, int(time.time())),
    }
