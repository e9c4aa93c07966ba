"""Updates of the search indexes, inside the transactions that change the indexed content.

``portal/wiring.py`` connects the ``on_...`` functions to the signals of publishing and library.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction

from portal.publishing.models import Publishable

from . import documents, tokens
from .engines import IndexModel, Match, engine
from .models import PublicIndex, StaffIndex

MAX_DOCUMENTS_PER_FILE = 10_000
LOOKUP_BATCH = 500

Written = Iterable[tuple[Publishable, dict[str, Any]]]


def on_public_changed(sender: type[Publishable], *, obj: Publishable, **kwargs: Any) -> None:
    """Update the public index for an object and for the objects whose text depends on it."""
    refresh_public_index(sender, [obj.pk])
    for rows in obj.dependents():
        refresh_public_index(rows.model, list(rows.values_list("pk", flat=True)))


def on_work_saved(sender: type[Publishable], *, written: Written, **kwargs: Any) -> None:
    """Update the staff index with the content that an editor has saved."""
    write_documents(StaffIndex, [staff_document(obj, content) for obj, content in written])


def on_media_withdrawn(media_file: Any) -> None:
    """Update the public index for all objects that use a media file.

    Called after the image or document has been withdrawn or brought back.
    """
    for use in media_file.public_uses.order_by("owner_type_id", "owner_id"):
        model = use.owner_type.model_class()
        if model is not None and issubclass(model, Publishable):
            refresh_public_index(model, [use.owner_id])


def refresh_public_index(model: type[Publishable], ids: Collection[int]) -> None:
    """Write the public documents of those of these objects that readers may read.

    The public documents of the other objects with these ids are deleted.
    """
    if not ids:
        return
    with transaction.atomic(savepoint=False):
        lock_objects(model, ids)
        public = model._default_manager.readable().filter(pk__in=ids)
        found = [documents.build_document(obj) for obj in public.order_by("pk")]
        write_documents(PublicIndex, found)
        removed = set(ids) - {document.object_id for document in found}
        delete_documents(PublicIndex, ContentType.objects.get_for_model(model).pk, removed)


def refresh_staff_index(model: type[Publishable], ids: Collection[int]) -> None:
    """Write the staff documents of these objects from their newest saved content."""
    objects = model._base_manager.filter(pk__in=ids)
    write_documents(StaffIndex, [newest_staff_document(obj) for obj in objects])


def lock_objects(model: type[Publishable], ids: Collection[int]) -> None:
    """Lock the rows of these objects, as a workflow action locks the row of its object.

    The second of two concurrent transactions then waits and sees the changes of the first, so that
    it does not write a text to the index that the first has withdrawn.
    """
    rows = model._base_manager.select_for_update().filter(pk__in=ids).order_by("pk")
    list(rows.values_list("pk", flat=True))


def newest_staff_document(obj: Publishable) -> documents.Document:
    """Return the staff document of an object's newest saved content."""
    revision = obj.newest_revision
    return staff_document(obj, revision.content if revision else obj.current_content())


def staff_document(obj: Publishable, content: dict[str, Any]) -> documents.Document:
    """Return the staff document of this content.

    Staff documents are ordered by creation time, like the lists of the admin.
    """
    return documents.build_document(documents.with_content(obj, content), at=obj.created_at)


def reindex_file(digest: str) -> None:
    """Update all documents that name a file, after the file's text has been extracted.

    Objects that either index contains get new documents in both indexes: an object whose release
    is not committed yet is only in the staff index, and was indexed without the file's text.
    """
    match = Match(tokens=(tokens.file_token(digest),))
    objects: set[tuple[int, int]] = set()
    for table in (PublicIndex, StaffIndex):
        ordinals = engine(table).find_ordinals(table, match, MAX_DOCUMENTS_PER_FILE)
        for start in range(0, len(ordinals), LOOKUP_BATCH):
            rows = table._default_manager.filter(pk__in=ordinals[start : start + LOOKUP_BATCH])
            objects.update(rows.values_list("content_type_id", "object_id"))
    for content_type_id, object_id in sorted(objects):
        model = ContentType.objects.get_for_id(content_type_id).model_class()
        if model is None or not issubclass(model, Publishable):
            continue
        with transaction.atomic():
            lock_objects(model, [object_id])
            refresh_public_index(model, [object_id])
            refresh_staff_index(model, [object_id])


def write_documents(table: IndexModel, found: Collection[documents.Document]) -> None:
    """Write the documents that have no row in the index or a row with another digest."""
    if not found:
        return
    known = dict(_rows_of(table, found).values_list("pk", "digest"))
    changed = [each for each in found if known.get(each.ordinal) != each.digest]
    engine(table).write(table, changed)


def delete_documents(table: IndexModel, content_type_id: int, ids: Collection[int]) -> None:
    """Delete the index rows of the objects of one model with these ids."""
    if ids:
        rows = table._default_manager.filter(content_type_id=content_type_id, object_id__in=ids)
        engine(table).delete(table, rows)


def _rows_of(table: IndexModel, found: Collection[documents.Document]) -> models.QuerySet:
    return table._default_manager.filter(
        content_type_id__in={each.content_type_id for each in found},
        object_id__in=[each.object_id for each in found],
    )


def clear_flushed(**kwargs: Any) -> None:
    """Clear the inverted index of each table that is empty, for example after ``flush``."""
    for table in (PublicIndex, StaffIndex):
        if not table._default_manager.exists():
            engine(table).clear(table)
