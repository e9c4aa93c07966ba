"""The questions that the press answers about collections."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Self

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from .states import OPEN, RevisionState, State


class PublishableQuerySet(models.QuerySet):
    """``public()`` is the one definition of what readers may see."""

    def public(self) -> Self:
        return self.filter(state=State.LIVE)

    def readable(self) -> Self:
        """What a link may lead to: public, and so is all that its page stands on."""
        return self.public()

    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-pk")

    def until(self, day: date) -> Self:
        """What stands in a list on that day or before it; ``Publishable.listed_on`` says so."""
        over = datetime.combine(day + timedelta(days=1), time.min)
        return self.filter(published_at__lt=timezone.make_aware(over))


class RevisionQuerySet(models.QuerySet):
    def of(self, obj: models.Model) -> Self:
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
