"""The index follows what it indexes: every change here is part of the change there.

``portal/wiring.py`` connects these to what the press announces, inside its transactions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction

from portal.publishing.models import Publishable

from . import documents, tokens
from .engines import Match, Model, engine
from .models import PublicIndex, StaffIndex

#: So many documents may name one file.
MOST_USES = 10_000

Written = Iterable[tuple[Publishable, dict[str, Any]]]


def on_public_changed(sender: type[Publishable], *, obj: Publishable, **kwargs: Any) -> None:
    """Something became public, left, or reads otherwise; so may what stands on it."""
    refresh_public_index(sender, [obj.pk])
    for rows in obj.dependents():
        refresh_public_index(rows.model, list(rows.values_list("pk", flat=True)))


def on_work_saved(sender: type[Publishable], *, written: Written, **kwargs: Any) -> None:
    """Something was saved: the desk finds it by its newest text."""
    put(StaffIndex, [at_desk(obj, content) for obj, content in written])


def on_media_hidden(media_file: Any) -> None:
    """What a hidden picture or file says is found no more, nor shown among the hits."""
    for use in media_file.public_uses.order_by("owner_type_id", "owner_id"):
        model = use.owner_type.model_class()
        if model is not None and issubclass(model, Publishable):
            refresh_public_index(model, [use.owner_id])


def refresh_public_index(model: type[Publishable], ids: Collection[int]) -> None:
    """Make the live index of these objects what readers may read of them now."""
    if not ids:
        return
    with transaction.atomic(savepoint=False):
        lock(model, ids)
        public = model._default_manager.readable().filter(pk__in=ids)
        shown = [documents.of(obj) for obj in public.order_by("pk")]
        put(PublicIndex, shown)
        gone = set(ids) - {document.object_id for document in shown}
        drop(PublicIndex, ContentType.objects.get_for_model(model).pk, gone)


def refresh_staff_index(model: type[Publishable], ids: Collection[int]) -> None:
    """Make the desk's index of these objects what was saved of them last."""
    put(StaffIndex, [newest(obj) for obj in model._base_manager.filter(pk__in=ids)])


def lock(model: type[Publishable], ids: Collection[int]) -> None:
    """Lock these objects, as their own verbs do: whoever comes last has seen what the other did,
    and no text that was withdrawn meanwhile is written."""
    rows = model._base_manager.select_for_update().filter(pk__in=ids).order_by("pk")
    list(rows.values_list("pk", flat=True))


def newest(obj: Publishable) -> documents.Document:
    """The object's document at the desk: what was saved last."""
    revision = obj.newest_revision
    return at_desk(obj, revision.content if revision else obj.current_content())


def at_desk(obj: Publishable, content: dict[str, Any]) -> documents.Document:
    """Ordered as the desk's lists are."""
    return documents.of(documents.written(obj, content), at=obj.created_at)


def take_in(digest: str) -> None:
    """A file has words now: so have the documents that name it.

    Both indexes are asked, and of each object both are made anew: a release that is not committed
    yet stands in none but the desk's, and has read the file when it had no words.
    """
    match = Match(tokens=(tokens.file(digest),))
    objects: set[tuple[int, int]] = set()
    for table in (PublicIndex, StaffIndex):
        ordinals = engine(table).find_ordinals(table, match, MOST_USES)
        for start in range(0, len(ordinals), 500):
            rows = table._default_manager.filter(pk__in=ordinals[start : start + 500])
            objects.update(rows.values_list("content_type_id", "object_id"))
    for content_type_id, object_id in sorted(objects):
        model = ContentType.objects.get_for_id(content_type_id).model_class()
        if model is None or not issubclass(model, Publishable):
            continue
        with transaction.atomic():
            lock(model, [object_id])
            refresh_public_index(model, [object_id])
            refresh_staff_index(model, [object_id])


def put(index: Model, found: Collection[documents.Document]) -> None:
    """Write those that are not there as they are."""
    if not found:
        return
    rows = _of(index, found)
    known = dict(rows.values_list("pk", "digest"))
    engine(index).write(index, [each for each in found if known.get(each.ordinal) != each.digest])


def drop(index: Model, content_type_id: int, ids: Collection[int]) -> None:
    if ids:
        rows = index._default_manager.filter(content_type_id=content_type_id, object_id__in=ids)
        engine(index).erase(index, rows)


def _of(index: Model, found: Collection[documents.Document]) -> models.QuerySet:
    return index._default_manager.filter(
        content_type_id__in={each.content_type_id for each in found},
        object_id__in=[each.object_id for each in found],
    )


def forget_the_flushed(**kwargs: Any) -> None:
    """An index whose rows were all deleted (``flush``) holds nothing any more."""
    for index in (PublicIndex, StaffIndex):
        if not index._default_manager.exists():
            engine(index).empty(index)
