"""The scheduler: it applies releases and expiries exactly once, within seconds of the due time.

Any number of processes may run this code; only the process that owns the lease applies items. Each
item is applied by its workflow action in its own transaction, which renews the lease first: a
process that has lost the lease changes nothing. If an item fails, the failure is stored and shown
in the admin, the other items are applied, and the failed item is retried later.
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.contrib.contenttypes.models import ContentType
from django.core.mail import mail_admins
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from . import actions
from .guards import publishable_models
from .models import DueFailure, Expiring, Lease, Publishable, Revision
from .rules import SystemActor
from .states import State

log = logging.getLogger(__name__)

LEASE_NAME = "run_due"
LEASE_DURATION = timedelta(seconds=15)
#: The longest lease that a process may take.
MAX_LEASE_DURATION = timedelta(hours=1)
#: An item that is late by this time is reported as overdue, even if no attempt has failed.
OVERDUE_AFTER = timedelta(minutes=2)
RETRY_AFTER = timedelta(minutes=1)
#: The delay before a retry is ``RETRY_AFTER`` times the number of attempts, but at most times this
#: factor.
MAX_RETRY_FACTOR = 10
BATCH_SIZE = 100
#: Maximum number of failures read, and of overdue items read for each kind and model.
OVERDUE_LIMIT = 200

RUN_DUE_ACTOR = SystemActor("run_due")


class LeaseLost(Exception):
    """Raised when another process has taken the lease while this one was applying an item."""


@dataclass
class RunReport:
    """The result of one run.

    ``is_held_elsewhere`` is true if another process owned the lease; ``done`` and ``failed``
    describe items.
    """

    is_held_elsewhere: bool = False
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DueItem:
    """A scheduled release or an expiry whose time has come."""

    kind: DueFailure.Kind
    obj: Publishable
    due_at: datetime
    apply: Callable[[], None]

    def __str__(self) -> str:
        return f"{self.kind} {self.obj._meta.label} {self.obj.pk}"


def new_holder_name() -> str:
    """Return a unique name that identifies this process as the owner of the lease."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def acquire_lease(holder: str, duration: timedelta = LEASE_DURATION) -> bool:
    """Take or renew the lease; return False if another process owns it."""
    now = timezone.now()
    if Lease.objects.filter(name=LEASE_NAME, holder=holder).update(until=now + duration):
        return True
    # A lease longer than the maximum was taken by a machine whose clock is wrong; ignore it.
    free = Q(until__lt=now) | Q(until__gt=now + MAX_LEASE_DURATION)
    if Lease.objects.filter(free, name=LEASE_NAME).update(holder=holder, until=now + duration):
        return True
    # The row exists from the first run on. If several processes insert it at the same time, one
    # succeeds and no other raises an error.
    row = Lease(name=LEASE_NAME, holder=holder, until=now + duration)
    Lease.objects.bulk_create([row], ignore_conflicts=True)
    return Lease.objects.filter(name=LEASE_NAME, holder=holder).exists()


def release_lease(holder: str) -> None:
    """End the lease, so that another process can take it at once."""
    Lease.objects.filter(name=LEASE_NAME, holder=holder).update(until=timezone.now())


def run_once(*, holder: str | None = None, duration: timedelta = LEASE_DURATION) -> RunReport:
    """Apply everything that is due now, unless another process owns the lease."""
    holder = holder or new_holder_name()
    report = RunReport()
    if not acquire_lease(holder, duration):
        report.is_held_elsewhere = True
        return report
    try:
        for item in due_items(timezone.now()):
            _apply_item(item, holder, duration, report)
    except LeaseLost:
        log.warning("run_due: the lease went to another process")
        return report
    release_lease(holder)
    return report


def due_items(now: datetime) -> Iterator[DueItem]:
    """Yield the due items that do not wait for a retry: releases, then expiries."""
    yield from _due_releases(now)
    for model in expiring_models():
        yield from _due_expiries(model, now)


def _due_releases(now: datetime) -> Iterator[DueItem]:
    waiting = DueFailure.objects.filter(
        content_type=OuterRef("content_type"),
        object_id=OuterRef("object_id"),
        kind=DueFailure.Kind.RELEASE,
        due_at=OuterRef("due_at"),
        next_at__gt=now,
    )
    done: set[int] = set()
    while True:
        rows = Revision.objects.due(now).exclude(Exists(waiting)).exclude(pk__in=done)
        batch = list(rows[:BATCH_SIZE])
        for revision in batch:
            done.add(revision.pk)
            yield DueItem(
                DueFailure.Kind.RELEASE,
                revision.target,
                revision.due_at or now,
                partial(_release, revision),
            )
        if len(batch) < BATCH_SIZE:
            break


def _due_expiries(model: type[Expiring], now: datetime) -> Iterator[DueItem]:
    waiting = DueFailure.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id=OuterRef("pk"),
        kind=DueFailure.Kind.EXPIRE,
        due_at=OuterRef("expires_at"),
        next_at__gt=now,
    )
    over = model._default_manager.filter(state=State.LIVE, expires_at__lte=now)
    for obj in over.exclude(Exists(waiting)).order_by("expires_at", "pk"):
        yield DueItem(DueFailure.Kind.EXPIRE, obj, obj.expires_at or now, partial(_expire, obj))


def _release(revision: Revision) -> None:
    actions.release(revision=revision, by=RUN_DUE_ACTOR)


def _expire(obj: Expiring) -> None:
    actions.expire(obj=obj, by=RUN_DUE_ACTOR)


def expiring_models() -> list[type[Expiring]]:
    """Return the models whose objects can expire."""
    return [model for model in publishable_models() if issubclass(model, Expiring)]


def _apply_item(item: DueItem, holder: str, duration: timedelta, report: RunReport) -> None:
    """Renew the lease and apply one item in one transaction; store the failure if it fails.

    Raises LeaseLost, without applying the item, if another process has taken the lease.
    """
    try:
        with transaction.atomic():
            until = timezone.now() + duration
            if not Lease.objects.filter(name=LEASE_NAME, holder=holder).update(until=until):
                raise LeaseLost
            item.apply()
            _failures(item).delete()
    except LeaseLost:
        raise
    except Exception as error:  # an error of this item must not stop the next item
        log.exception("run_due: %s failed", item)
        report.failed.append(str(item))
        _store_failure(item, error)
    else:
        report.done.append(str(item))


def _failures(item: DueItem) -> QuerySet[DueFailure]:
    return DueFailure.objects.filter(
        content_type=ContentType.objects.get_for_model(item.obj),
        object_id=item.obj.pk,
        kind=item.kind,
    )


def _store_failure(item: DueItem, error: Exception) -> None:
    """Store the failure for the admin; send mail to the administrators on the first failure."""
    now = timezone.now()
    # Failures for a due time that was changed since then are obsolete.
    _failures(item).exclude(due_at=item.due_at).delete()
    row = _failures(item).first()
    if row is not None:
        row.attempts += 1
        row.error = str(error)
        row.next_at = now + RETRY_AFTER * min(row.attempts, MAX_RETRY_FACTOR)
        row.save(update_fields=["attempts", "error", "next_at"])
        return
    DueFailure.objects.create(
        target=item.obj,
        kind=item.kind,
        due_at=item.due_at,
        error=str(error),
        next_at=now + RETRY_AFTER,
    )
    mail_admins(
        _("Overdue: %(title)s") % {"title": item.obj},
        _("%(item)s was due at %(due)s and failed: %(error)s")
        % {"item": item, "due": timezone.localtime(item.due_at), "error": error},
        fail_silently=True,
    )


OverdueRow = tuple[str, Publishable, datetime, str]


def overdue(now: datetime | None = None) -> list[OverdueRow]:
    """Return (kind, object, due time, reason) of each overdue item.

    The admin and ``/readyz`` show these items.
    """
    now = now or timezone.now()
    failures: dict[tuple[str, int, int, datetime | None], str] = {
        (row.kind, row.content_type_id, row.object_id, row.due_at): row.error
        for row in DueFailure.objects.order_by("due_at")[:OVERDUE_LIMIT]
    }
    late: list[OverdueRow] = []
    kind = DueFailure.Kind.RELEASE
    scheduled = Revision.objects.due(now).defer("content").prefetch_related("target")
    for revision in scheduled[:OVERDUE_LIMIT]:
        key = (kind, revision.content_type_id, revision.object_id, revision.due_at)
        late += _overdue_row(kind, revision.target, revision.due_at, failures.get(key, ""), now)
    kind = DueFailure.Kind.EXPIRE
    for model in expiring_models():
        type_id = ContentType.objects.get_for_model(model).pk
        over = model._default_manager.filter(state=State.LIVE, expires_at__lte=now)
        for obj in over.order_by("expires_at")[:OVERDUE_LIMIT]:
            error = failures.get((kind, type_id, obj.pk, obj.expires_at), "")
            late += _overdue_row(kind, obj, obj.expires_at, error, now)
    return late


def _overdue_row(
    kind: DueFailure.Kind, obj: Publishable, due_at: datetime | None, error: str, now: datetime
) -> list[OverdueRow]:
    """Return a list with the row of one item, or an empty list if the item is not overdue."""
    if due_at is None or (not error and due_at > now - OVERDUE_AFTER):
        return []
    return [(str(kind.label), obj, due_at, error or _("It was not tried: is run_due running?"))]
