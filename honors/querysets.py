"""The queryset of honours."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from portal.publishing.querysets import PublishableQuerySet

from .fields import Level

#: Number of plaques on the home page.
HOME_LIMIT = 4


class HonorQuerySet(PublishableQuerySet):
    """Honours, by default in descending order of the date of award."""

    #: The date of the award; undated honours are last.
    order_field = "awarded_on"

    def until(self, day: date) -> Self:
        return self.filter(awarded_on__lte=day)

    def at_level(self, level: str) -> Self:
        # Each level has a boolean column and a partial index.
        return self.filter(**{f"is_{level}": True})

    def of_all(self) -> Self:
        """Filter by a condition that all public rows meet, so that a partial index is used."""
        return self.filter(released_at__isnull=False)

    def of_year(self, year: int | None) -> Self:
        """Filter by the year of the award; None returns undated honours."""
        return self.filter(awarded_year=year or 0)

    def for_home(self) -> list[Any]:
        """Return the honours for the home page: the highest levels first, then the latest dates."""
        rows = self.public().newest_first().for_wall()
        found: list[Any] = []
        for level in Level:
            if len(found) < HOME_LIMIT:
                at_level = rows.at_level(level.value)[:HOME_LIMIT]
                found += [honor for honor in at_level if honor not in found]
        return found[:HOME_LIMIT]

    def for_wall(self) -> Self:
        """Prefetch the pictures of the plaques."""
        return self.prefetch_related("picture_rows__image")
