"""What is due is done: releases and expiries, within seconds, exactly once, one by one.

Any number of processes may run this. One at a time holds the lease; each item is done by its
ordinary verb in a transaction of its own, which first renews the lease, so that a process that
lost it changes nothing. An item that fails stops no other: it is noted, shown at the desk, and
tried again later.
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
#: No process asks for a longer one.
MAX_LEASE_DURATION = timedelta(hours=1)
#: An item this late has gone wrong, whoever is to blame.
OVERDUE_AFTER = timedelta(minutes=2)
RETRY_AFTER = timedelta(minutes=1)
BATCH_SIZE = 100

RUN_DUE_ACTOR = SystemActor("run_due")


class LeaseLost(Exception):
    """Another process took over while this one was slow."""


@dataclass
class RunReport:
    """What one round did."""

    is_held_elsewhere: bool = False
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DueItem:
    kind: DueFailure.Kind
    obj: Publishable
    due_at: datetime
    apply: Callable[[], None]

    def __str__(self) -> str:
        return f"{self.kind} {self.obj._meta.label} {self.obj.pk}"


def new_holder_name() -> str:
    """A name for this process that no other has."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def acquire_lease(holder: str, duration: timedelta = LEASE_DURATION) -> bool:
    """Take the lease, or renew it; False while another holds it."""
    now = timezone.now()
    if Lease.objects.filter(name=LEASE_NAME, holder=holder).update(until=now + duration):
        return True
    # Nobody holds it for hours: a clock that was days ahead may have said so.
    free = Q(until__lt=now) | Q(until__gt=now + MAX_LEASE_DURATION)
    if Lease.objects.filter(free, name=LEASE_NAME).update(holder=holder, until=now + duration):
        return True
    # The first ever: one of those who come together makes the row, and no other sees an error.
    row = Lease(name=LEASE_NAME, holder=holder, until=now + duration)
    Lease.objects.bulk_create([row], ignore_conflicts=True)
    return Lease.objects.filter(name=LEASE_NAME, holder=holder).exists()


def release_lease(holder: str) -> None:
    """Let the next one begin at once."""
    Lease.objects.filter(name=LEASE_NAME, holder=holder).update(until=timezone.now())


def run_once(*, holder: str | None = None, duration: timedelta = LEASE_DURATION) -> RunReport:
    """Do everything that is due now, unless another process is at it."""
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
    """What is due and not waiting for another attempt, in the order of its time."""
    waiting = DueFailure.objects.filter(
        content_type=OuterRef("content_type"),
        object_id=OuterRef("object_id"),
        kind=DueFailure.Kind.RELEASE,
        due_at=OuterRef("due_at"),
        next_at__gt=now,
    )
    done: set[int] = set()
    while True:
        batch = list(
            Revision.objects.due(now).exclude(Exists(waiting)).exclude(pk__in=done)[:BATCH_SIZE]
        )
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
    for model in expiring():
        waiting = DueFailure.objects.filter(
            content_type=ContentType.objects.get_for_model(model),
            object_id=OuterRef("pk"),
            kind=DueFailure.Kind.EXPIRE,
            due_at=OuterRef("expires_at"),
            next_at__gt=now,
        )
        over = model._default_manager.filter(state=State.LIVE, expires_at__lte=now)
        for obj in over.exclude(Exists(waiting)).order_by("expires_at", "pk"):
            yield DueItem(
                DueFailure.Kind.EXPIRE,
                obj,
                obj.expires_at or now,
                partial(_expire, obj),
            )


def _release(revision: Revision) -> None:
    actions.release(revision=revision, by=RUN_DUE_ACTOR)


def _expire(obj: Expiring) -> None:
    actions.expire(obj=obj, by=RUN_DUE_ACTOR)


def expiring() -> list[type[Expiring]]:
    """The types that can expire."""
    return [model for model in publishable_models() if issubclass(model, Expiring)]


def _apply_item(item: DueItem, holder: str, duration: timedelta, report: RunReport) -> None:
    try:
        with transaction.atomic():
            now = timezone.now()
            if not Lease.objects.filter(name=LEASE_NAME, holder=holder).update(
                until=now + duration
            ):
                raise LeaseLost
            item.apply()
            _failures(item).delete()
    except LeaseLost:
        raise
    except Exception as error:  # whatever is wrong with this item, the next one is not to blame
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
    """Keep the failure for the desk, and tell the administrators once."""
    now = timezone.now()
    _failures(item).exclude(due_at=item.due_at).delete()  # of a time that was changed since
    row = _failures(item).first()
    if row is not None:
        row.attempts += 1
        row.error = str(error)
        row.next_at = now + RETRY_AFTER * min(row.attempts, 10)
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


def overdue(now: datetime | None = None) -> list[tuple[str, Publishable, datetime, str]]:
    """(what, object, due, reason) of everything late: for the desk's alert and for ``/readyz``."""
    now = now or timezone.now()
    failures: dict[tuple[str, int, int, datetime | None], str] = {
        (row.kind, row.content_type_id, row.object_id, row.due_at): row.error
        for row in DueFailure.objects.order_by("due_at")[:200]
    }
    late: list[tuple[str, Publishable, datetime, str]] = []
    kind = DueFailure.Kind.RELEASE
    for revision in Revision.objects.due(now).defer("content").prefetch_related("target")[:200]:
        key = (kind, revision.content_type_id, revision.object_id, revision.due_at)
        late += _overdue_row(kind, revision.target, revision.due_at, failures.get(key, ""), now)
    kind = DueFailure.Kind.EXPIRE
    for model in expiring():
        type_id = ContentType.objects.get_for_model(model).pk
        over = model._default_manager.filter(state=State.LIVE, expires_at__lte=now)
        for obj in over.order_by("expires_at")[:200]:
            error = failures.get((kind, type_id, obj.pk, obj.expires_at), "")
            late += _overdue_row(kind, obj, obj.expires_at, error, now)
    return late


def _overdue_row(
    kind: DueFailure.Kind, obj: Publishable, due_at: datetime | None, error: str, now: datetime
) -> list[tuple[str, Publishable, datetime, str]]:
    """The line of one item, if it is late."""
    if due_at is None or (not error and due_at > now - OVERDUE_AFTER):
        return []
    return [(str(kind.label), obj, due_at, error or _("It was not tried: is run_due running?"))]
