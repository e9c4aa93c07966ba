"""The questions that the press answers about collections."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Self

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.accounts.keyset_pagination import seek_ids

from .states import OPEN, RevisionState, State


class PublishableQuerySet(models.QuerySet):
    """``public()`` is the one definition of what readers may see."""

    #: The column by which its lists are ordered, the latest first; rows that share it, by id.
    order_field: ClassVar[str] = "published_at"

    def public(self) -> Self:
        return self.filter(state=State.LIVE)

    def readable(self) -> Self:
        """What a link may lead to: public, and so is all that its page stands on."""
        return self.public()

    def newest_first(self) -> Self:
        return self.order_by(f"-{self.order_field}", "-pk")

    def after(self, at: date, pk: int) -> Self:
        """What follows, in ``newest_first``, the row that has this value and this id.

        The first condition bounds what is read from an index. Where thousands may share a value,
        see ``ids_after``.
        """
        name = self.order_field
        older = Q(**{f"{name}__lt": at}) | Q(pk__lt=pk)
        return self.filter(older, **{f"{name}__lte": at})

    def ids_after(self, at: date, pk: int, limit: int) -> list[int]:
        meta: Any = self.model._meta
        keys = [meta.get_field(self.order_field), meta.pk]
        return seek_ids(self.newest_first(), keys, [at, pk], limit=limit, descending=True)

    def until(self, day: date) -> Self:
        """What stands in a list on that day or before it; ``Publishable.listed_on`` says so."""
        over = datetime.combine(day + timedelta(days=1), time.min)
        return self.filter(published_at__lt=timezone.make_aware(over))


class RevisionQuerySet(models.QuerySet):
    def for_object(self, obj: models.Model) -> Self:
        return self.filter(content_type=ContentType.objects.get_for_model(obj), object_id=obj.pk)

    def open(self) -> Self:
        """Work that is not finished: at most one for each object."""
        return self.filter(state__in=OPEN)

    def due(self, now: datetime) -> Self:
        return self.filter(state=RevisionState.SCHEDULED, due_at__lte=now).order_by("due_at", "pk")

    def corrections(self) -> Self:
        """Changes of what was public already, of one object: few, whatever the court publishes."""
        return (
            self.filter(state__in=(RevisionState.RELEASED, RevisionState.SUPERSEDED))
            .exclude(change_kind="")
            .order_by("-released_at", "-pk")
        )

    def corrections_of_all(self) -> Self:
        """The same of every object of a type, newest first; it opens an index of its own.

        Apart from ``corrections``, or SQLite would walk that index for a single object, too.
        """
        return (
            self.filter(base__isnull=False, released_at__isnull=False)
            .exclude(change_kind="")
            .order_by("-released_at", "-pk")
        )
