"""Querysets of publishable objects and of their revisions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import ClassVar, Self

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .states import OPEN, RevisionState, State


class PublishableQuerySet(models.QuerySet):
    """Publishable objects; ``public()`` alone defines which objects readers may see."""

    #: The column that orders lists, newest first; the id orders rows with equal values.
    order_field: ClassVar[str] = "published_at"

    def public(self) -> Self:
        return self.filter(state=State.LIVE)

    def readable(self) -> Self:
        """Return the public objects whose pages exist, so that links to them work.

        Subclasses also require that the objects on which a page depends are public.
        """
        return self.public()

    def newest_first(self) -> Self:
        return self.order_by(f"-{self.order_field}", "-pk")

    def after(self, at: date, pk: int) -> Self:
        """Return the rows that follow the row with this value and id in the order ``newest_first``.

        The ``lte`` condition limits the part of the index that is read.
        """
        name = self.order_field
        older = Q(**{f"{name}__lt": at}) | Q(pk__lt=pk)
        return self.filter(older, **{f"{name}__lte": at})

    def until(self, day: date) -> Self:
        """Return the rows whose ``list_date`` is on or before that day."""
        over = datetime.combine(day + timedelta(days=1), time.min)
        return self.filter(published_at__lt=timezone.make_aware(over))


class RevisionQuerySet(models.QuerySet):
    """Revisions of publishable objects, filtered by their state."""

    def for_object(self, obj: models.Model) -> Self:
        return self.filter(content_type=ContentType.objects.get_for_model(obj), object_id=obj.pk)

    def open(self) -> Self:
        """Return the open revisions; each object has at most one."""
        return self.filter(state__in=OPEN)

    def due(self, now: datetime) -> Self:
        """Return the scheduled revisions whose due time has passed, ordered by due time."""
        return self.filter(state=RevisionState.SCHEDULED, due_at__lte=now).order_by("due_at", "pk")

    def corrections(self) -> Self:
        """Return the released changes of one object since its first release, newest first."""
        return (
            self.filter(state__in=(RevisionState.RELEASED, RevisionState.SUPERSEDED))
            .exclude(change_kind="")
            .order_by("-released_at", "-pk")
        )

    def corrections_of_all(self) -> Self:
        """Return the released changes of all objects of a model, newest first.

        First releases are no changes. The conditions match the partial index
        ``publishing_corrections``. They differ from those of ``corrections``, because SQLite would
        otherwise use that index for a single object, too.
        """
        return (
            self.filter(base__isnull=False, released_at__isnull=False)
            .exclude(change_kind="")
            .order_by("-released_at", "-pk")
        )
