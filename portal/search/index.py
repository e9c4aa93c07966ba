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
from .models import Desk, Live

#: So many documents may name one file.
MOST_USES = 10_000

Written = Iterable[tuple[Publishable, dict[str, Any]]]


def follow_public(sender: type[Publishable], *, obj: Publishable, **kwargs: Any) -> None:
    """Something became public, left, or reads otherwise; so may what stands on it."""
    refresh_live(sender, [obj.pk])
    for rows in obj.carried():
        # Locked, as its own verbs would: whoever comes last has seen what the other did.
        carried = rows.select_for_update().order_by("pk").values_list("pk", flat=True)
        refresh_live(rows.model, list(carried))


def follow_work(sender: type[Publishable], *, written: Written, **kwargs: Any) -> None:
    """Something was saved: the desk finds it by its newest text."""
    put(Desk, [at_desk(obj, content) for obj, content in written])


def follow_hidden(medium: Any) -> None:
    """What a hidden picture or file says is found no more, nor shown among the hits."""
    for use in medium.public_uses.order_by("pk"):
        model = use.owner_type.model_class()
        if model is not None and issubclass(model, Publishable):
            refresh_live(model, [use.owner_id])


def refresh_live(model: type[Publishable], ids: Collection[int]) -> None:
    """Make the live index of these objects what readers may read of them now."""
    if not ids:
        return
    public = model._default_manager.readable().filter(pk__in=ids)
    shown = [documents.of(obj) for obj in public.order_by("pk")]
    put(Live, shown)
    gone = set(ids) - {document.object_id for document in shown}
    drop(Live, ContentType.objects.get_for_model(model).pk, gone)


def refresh_desk(model: type[Publishable], ids: Collection[int]) -> None:
    """Make the desk's index of these objects what was saved of them last."""
    put(Desk, [newest(obj) for obj in model._base_manager.filter(pk__in=ids)])


def newest(obj: Publishable) -> documents.Document:
    """The object's document at the desk: what was saved last."""
    revision = obj.newest_revision
    return at_desk(obj, revision.content if revision else obj.current_content())


def at_desk(obj: Publishable, content: dict[str, Any]) -> documents.Document:
    """Ordered as the desk's lists are."""
    return documents.of(documents.written(obj, content), at=obj.created_at)


def take_in(digest: str) -> None:
    """A file has words now: so have the documents that name it."""
    for table, refresh in ((Live, refresh_live), (Desk, refresh_desk)):
        match = Match(tokens=(tokens.file(digest),))
        for ordinal in engine(table).ordinals(table, match, MOST_USES):
            row = table._default_manager.filter(pk=ordinal).first()
            kind = ContentType.objects.get_for_id(row.content_type_id) if row else None
            model = kind.model_class() if kind else None
            if row is None or model is None or not issubclass(model, Publishable):
                continue
            with transaction.atomic():
                # Its lock first, as its own verbs have it.
                model._base_manager.select_for_update().get(pk=row.object_id)
                refresh(model, [row.object_id])


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
    for index in (Live, Desk):
        if not index._default_manager.exists():
            engine(index).empty(index)
