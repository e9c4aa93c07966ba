"""Collections of people and figures, as pages and downloads ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Self

from portal.publishing.querysets import PublishableQuerySet
from portal.publishing.states import State


class PersonQuerySet(PublishableQuerySet):
    def by_precedence(self) -> Self:
        """By precedence."""
        return self.order_by("precedence", "pk")


class ObservationQuerySet(PublishableQuerySet):
    #: The period they are about; without one, last.
    order_field = "ordered_on"

    def until(self, day: date) -> Self:
        return self.filter(ordered_on__lte=day)

    def readable(self) -> Self:
        """Public, and so is what they count: an indicator that is withdrawn takes them along."""
        return self.public().filter(indicator__state=State.LIVE).select_related("indicator")

    def in_dataset(self, dataset: str) -> Self:
        return self.readable().filter(dataset=dataset).select_related("indicator")

    def in_batches(self, size: int) -> Iterator[list[Any]]:
        """All of them, newest first, each batch by a query of its own.

        No cursor stays open between two batches: a reader who takes his time over a download would
        keep every writer waiting, where the database is SQLite.
        """
        rows: Any = self.newest_first()
        batch = list(rows[:size])
        while batch:
            yield batch
            last = batch[-1]
            rest = rows.after(last.ordered_on, last.pk)
            batch = list(rest[:size]) if len(batch) == size else []
