"""The indexes made anew, or compared with what they index.

Objects are taken in the order of their ids, a few at a time, each batch in a transaction of its
own that holds their locks: a release waits for a batch at most, and whoever comes last has seen
what the other wrote. How far it came stands in ``Progress``, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from portal.publishing.guards import publishable_models
from portal.publishing.models import Publishable

from . import documents, index
from .engines import Model, engine
from .models import PublicIndex, RebuildProgress, StaffIndex

BATCH = 50
#: Batches after which the database may sort what it has put off.
STRIDE = 16
INDEXES: dict[str, Model] = {"live": PublicIndex, "desk": StaffIndex}
REFRESH: dict[str, Callable] = {
    "live": index.refresh_public_index,
    "desk": index.refresh_staff_index,
}


@dataclass(frozen=True)
class Step:
    """A batch that is done: objects seen so far, this time, of all there are."""

    index: str
    done: int
    whole: int


def rebuild(name: str, *, fresh: bool = False) -> Iterator[Step]:
    """Make an index what it should be, going on where the last attempt was stopped."""
    begin(name, fresh=fresh)
    labels = [model._meta.label for model in types()]
    whole = sum(model._base_manager.count() for model in types())
    progress = RebuildProgress.objects.get(pk=name)
    start = labels.index(progress.model) if progress.model in labels else 0
    done = sum(model._base_manager.count() for model in types()[:start])
    batches = 0
    for model in types()[start:]:
        last = progress.object_id if model._meta.label == progress.model else 0
        done += model._base_manager.filter(pk__lte=last).count() if last else 0
        while True:
            seen, last = _batch(name, model, last)
            done += seen
            batches += 1
            if batches % STRIDE == 0:
                with transaction.atomic():
                    engine(INDEXES[name]).amid(INDEXES[name])
            yield Step(name, done, whole)
            if seen < BATCH:
                break
    _finish(name)
    engine(INDEXES[name]).tidy(INDEXES[name])


def types() -> list[type[Publishable]]:
    return sorted(publishable_models(), key=lambda model: model._meta.label)


def is_stale(name: str) -> bool:
    """Whether this index was never made whole, or by other rules than today's."""
    row = RebuildProgress.objects.filter(pk=name).first()
    return row is None or row.version != documents.rules() or bool(row.model)


@transaction.atomic
def begin(name: str, *, fresh: bool) -> None:
    """Note that a rebuild is under way; what was cut by other rules goes out as a whole."""
    row, made = RebuildProgress.objects.select_for_update().get_or_create(pk=name)
    if fresh or (not made and row.version != documents.rules()):
        engine(INDEXES[name]).empty(INDEXES[name])
        row.model, row.object_id = "", 0
    engine(INDEXES[name]).many(INDEXES[name], coming=True)
    row.version = documents.rules()
    row.model = row.model or types()[0]._meta.label
    row.save()


@transaction.atomic
def _batch(name: str, model: type[Publishable], last: int) -> tuple[int, int]:
    """The next few objects after ``last``: how many, and the last of them."""
    rows = model._base_manager.select_for_update().filter(pk__gt=last).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:BATCH])
    REFRESH[name](model, ids)
    reached = ids[-1] if ids else last
    # What stands in between, or after the last one, is of no object.
    kind = ContentType.objects.get_for_model(model).pk
    own = INDEXES[name]._default_manager.filter(content_type_id=kind, object_id__gt=last)
    if len(ids) == BATCH:
        own = own.filter(object_id__lte=reached)
    stray = set(own.values_list("object_id", flat=True)) - set(ids)
    # One that came in the meantime is none of these: its row is there by now.
    stray -= set(model._base_manager.filter(pk__in=stray).values_list("pk", flat=True))
    index.drop(INDEXES[name], kind, stray)
    RebuildProgress.objects.filter(pk=name).update(model=model._meta.label, object_id=reached)
    return len(ids), reached


@transaction.atomic
def _finish(name: str) -> None:
    kinds = [ContentType.objects.get_for_model(model).pk for model in types()]
    others = INDEXES[name]._default_manager.exclude(content_type_id__in=kinds)
    engine(INDEXES[name]).erase(INDEXES[name], others)
    engine(INDEXES[name]).many(INDEXES[name], coming=False)
    RebuildProgress.objects.filter(pk=name).update(model="", object_id=0)


def settle() -> None:
    """What a rebuild that was killed has left of its ways; one that runs goes on, if slower."""
    for table in INDEXES.values():
        if engine(table).awaits_many(table):
            with transaction.atomic():
                engine(table).many(table, coming=False)


def differences(name: str) -> Iterator[str]:
    """What in an index is not as it should be, in words."""
    table = INDEXES[name]
    for model in types():
        kind = ContentType.objects.get_for_model(model).pk
        known = dict(
            table._default_manager.filter(content_type_id=kind).values_list("object_id", "digest")
        )
        rows = model._default_manager.readable() if name == "live" else model._base_manager.all()
        last = 0
        while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
            last = batch[-1].pk
            for obj in batch:
                digest = known.pop(obj.pk, None)
                wanted = (documents.of(obj) if name == "live" else index.newest(obj)).digest
                label = f"{name}: {model._meta.label} {obj.pk}"
                if digest is None:
                    yield f"{label} is missing"
                elif digest != wanted:
                    yield f"{label} is not as it reads now"
        yield from (f"{name}: {model._meta.label} {pk} should not be there" for pk in sorted(known))
    yield from engine(table).faults(table)
