"""Collections of honours, as the wall, the timeline and the ledger ask for them."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from portal.publishing.querysets import PublishableQuerySet

from .fields import Level

#: So many plaques stand on the home page.
ON_HOME = 4


class HonorQuerySet(PublishableQuerySet):
    #: The day of the award; what has none comes last.
    order_field = "awarded_on"

    def until(self, day: date) -> Self:
        return self.filter(awarded_on__lte=day)

    def at_level(self, level: str) -> Self:
        # By a boolean column of each level, which an index with that condition serves.
        return self.filter(**{f"is_{level}": True})

    def of_all(self) -> Self:
        """Of every level and year. True of every public row, it opens an index of its own."""
        return self.filter(released_at__isnull=False)

    def of_year(self, year: int | None) -> Self:
        """Of a year; None: those whose source names none."""
        return self.filter(awarded_year=year or 0)

    def for_home(self) -> list[Any]:
        """A few plaques for the home page: the highest level first, then the latest."""
        rows = self.public().newest_first().for_wall()
        found: list[Any] = []
        for level in Level:
            if len(found) < ON_HOME:
                at_level = rows.at_level(level.value)[:ON_HOME]
                found += [honor for honor in at_level if honor not in found]
        return found[:ON_HOME]

    def for_wall(self) -> Self:
        """With all that a plaque shows, in a fixed number of queries."""
        return self.prefetch_related("picture_rows__image")
