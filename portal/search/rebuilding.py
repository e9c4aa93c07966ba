"""Rebuilds of the search indexes, and their comparison with the expected documents.

A rebuild indexes objects in the order of their ids, in batches. Each batch has its own transaction,
which locks the objects of the batch: a release waits for one batch at most, and the second of two
writers sees the changes of the first. The same transaction updates ``RebuildProgress``, so that an
interrupted rebuild can be continued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from portal.publishing.guards import publishable_models
from portal.publishing.models import Publishable

from . import documents, index
from .engines import IndexModel, engine
from .models import PublicIndex, RebuildProgress, StaffIndex

BATCH_SIZE = 50
#: Number of batches after which the deferred writes of the inverted index are applied.
FLUSH_BATCHES = 16
#: The index tables by the names that users type on the command line.
INDEXES: dict[str, IndexModel] = {"live": PublicIndex, "desk": StaffIndex}
REFRESH: dict[str, Callable] = {
    "live": index.refresh_public_index,
    "desk": index.refresh_staff_index,
}


@dataclass(frozen=True)
class Step:
    """The state of a rebuild after one batch: ``done`` of ``total`` objects are indexed."""

    index: str
    done: int
    total: int


def rebuild(name: str, *, fresh: bool = False) -> Iterator[Step]:
    """Rebuild an index from where the last rebuild was interrupted; yield the state of each batch.

    ``fresh`` empties the index first.
    """
    begin(name, fresh=fresh)
    table = INDEXES[name]
    labels = [model._meta.label for model in indexed_models()]
    total = sum(model._base_manager.count() for model in indexed_models())
    progress = RebuildProgress.objects.get(pk=name)
    start = labels.index(progress.model) if progress.model in labels else 0
    done = sum(model._base_manager.count() for model in indexed_models()[:start])
    batches = 0
    for model in indexed_models()[start:]:
        last = progress.object_id if model._meta.label == progress.model else 0
        done += model._base_manager.filter(pk__lte=last).count() if last else 0
        while True:
            count, last = _rebuild_batch(name, model, last)
            done += count
            batches += 1
            if batches % FLUSH_BATCHES == 0:
                with transaction.atomic():
                    engine(table).flush_bulk(table)
            yield Step(name, done, total)
            if count < BATCH_SIZE:
                break
    _finish(name)
    engine(table).optimize(table)


def indexed_models() -> list[type[Publishable]]:
    """Return all models with search documents, in the order in which a rebuild indexes them."""
    return sorted(publishable_models(), key=lambda model: model._meta.label)


def is_stale(name: str) -> bool:
    """Return whether the index is incomplete or was built by other than the current rules.

    The rules are those of folding and tokenizing, see ``documents.rules_version``.
    """
    row = RebuildProgress.objects.filter(pk=name).first()
    return row is None or row.version != documents.rules_version() or bool(row.model)


@transaction.atomic
def begin(name: str, *, fresh: bool) -> None:
    """Record that a rebuild is under way; clear an index that was built by other rules."""
    table = INDEXES[name]
    row, is_new = RebuildProgress.objects.select_for_update().get_or_create(pk=name)
    if fresh or (not is_new and row.version != documents.rules_version()):
        engine(table).clear(table)
        row.model, row.object_id = "", 0
    engine(table).begin_bulk(table)
    row.version = documents.rules_version()
    row.model = row.model or indexed_models()[0]._meta.label
    row.save()


@transaction.atomic
def _rebuild_batch(name: str, model: type[Publishable], last: int) -> tuple[int, int]:
    """Index a batch of objects with ids above ``last``; return its size and its highest id."""
    rows = model._base_manager.select_for_update().filter(pk__gt=last).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:BATCH_SIZE])
    REFRESH[name](model, ids)
    reached = ids[-1] if ids else last
    # Index rows without an object: in the id range of the batch, or above the last object's id.
    content_type = ContentType.objects.get_for_model(model).pk
    indexed = INDEXES[name]._default_manager.filter(
        content_type_id=content_type, object_id__gt=last
    )
    if len(ids) == BATCH_SIZE:
        indexed = indexed.filter(object_id__lte=reached)
    orphans = set(indexed.values_list("object_id", flat=True)) - set(ids)
    # An index row of an object that was created meanwhile is no orphan: the object exists now.
    orphans -= set(model._base_manager.filter(pk__in=orphans).values_list("pk", flat=True))
    index.delete_documents(INDEXES[name], content_type, orphans)
    RebuildProgress.objects.filter(pk=name).update(model=model._meta.label, object_id=reached)
    return len(ids), reached


@transaction.atomic
def _finish(name: str) -> None:
    table = INDEXES[name]
    content_types = [ContentType.objects.get_for_model(model).pk for model in indexed_models()]
    engine(table).delete(table, table._default_manager.exclude(content_type_id__in=content_types))
    engine(table).end_bulk(table)
    RebuildProgress.objects.filter(pk=name).update(model="", object_id=0)


def end_abandoned_bulk() -> None:
    """End the bulk mode of a killed rebuild; a running rebuild continues, but more slowly."""
    for table in INDEXES.values():
        if engine(table).is_in_bulk(table):
            with transaction.atomic():
                engine(table).end_bulk(table)


def find_differences(name: str) -> Iterator[str]:
    """Yield a description of each difference between an index and its expected documents."""
    table = INDEXES[name]
    for model in indexed_models():
        content_type = ContentType.objects.get_for_model(model).pk
        rows = table._default_manager.filter(content_type_id=content_type)
        known = dict(rows.values_list("object_id", "digest"))
        for obj in _expected_objects(name, model):
            digest = known.pop(obj.pk, None)
            label = f"{name}: {model._meta.label} {obj.pk}"
            if digest is None:
                yield f"{label} is missing"
            elif digest != _expected_document(name, obj).digest:
                yield f"{label} is not as it reads now"
        yield from (f"{name}: {model._meta.label} {pk} should not be there" for pk in sorted(known))
    yield from engine(table).find_faults(table)


def _expected_objects(name: str, model: type[Publishable]) -> Iterator[Publishable]:
    """Yield the objects of a model that an index should contain, in the order of their ids."""
    rows = model._default_manager.readable() if name == "live" else model._base_manager.all()
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH_SIZE]):
        last = batch[-1].pk
        yield from batch


def _expected_document(name: str, obj: Publishable) -> documents.Document:
    return documents.build_document(obj) if name == "live" else index.newest_staff_document(obj)
