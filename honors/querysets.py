"""The queryset of honours."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from portal.publishing.querysets import PublishableQuerySet

from .fields import Level

#: Number of plaques on the home page.
HOME_LIMIT = 4


class HonorQuerySet(PublishableQuerySet):
    """Honours, ordered by date of award."""

    #: The date of the award; undated honours come last.
    order_field = "awarded_on"

    def until(self, day: date) -> Self:
        return self.filter(awarded_on__lte=day)

    def at_level(self, level: str) -> Self:
        # Each level has a boolean column with a partial index.
        return self.filter(**{f"is_{level}": True})

    def of_all(self) -> Self:
        """Filter by a condition that every public row meets, so that a partial index is used."""
        return self.filter(released_at__isnull=False)

    def of_year(self, year: int | None) -> Self:
        """Filter by year of the award; None means undated."""
        return self.filter(awarded_year=year or 0)

    def for_home(self) -> list[Any]:
        """Return the honours of the home page: highest level first, then latest."""
        rows = self.public().newest_first().for_wall()
        found: list[Any] = []
        for level in Level:
            if len(found) < HOME_LIMIT:
                at_level = rows.at_level(level.value)[:HOME_LIMIT]
                found += [honor for honor in at_level if honor not in found]
        return found[:HOME_LIMIT]

    def for_wall(self) -> Self:
        """Prefetch the pictures that a plaque shows."""
        return self.prefetch_related("picture_rows__image")
