"""Public lists that stay flat: page n costs what page one costs, and nothing is ever counted.

The rows of a list are ordered newest first. ``Tally`` keeps how many there are in each month and
on each day; the start of a page is found by adding up months, then days, and reading only on from
the day it falls on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F, Sum

from .models import Tally

if TYPE_CHECKING:
    from .models import Publishable
    from .querysets import PublishableQuerySet

Item = TypeVar("Item")

#: The day of what has none, in lists by a day: after everything else. No null: the two databases
#: sort it at different ends.
UNDATED = dt.date(1000, 1, 1)

#: Where a public row stands: (list key, month, day).
Place = tuple[str, int, int]


def places(obj: Publishable) -> frozenset[Place]:
    if obj.listed_on is None:
        return frozenset()
    # Not strftime, which writes the year 1000 and those before it as it likes.
    day = obj.listed_on.year * 10_000 + obj.listed_on.month * 100 + obj.listed_on.day
    return frozenset((key, day // 100, day) for key in obj.list_keys())


def shift(before: Iterable[Place], after: Iterable[Place]) -> None:
    """Count out the places that a row leaves, and in those it takes."""
    before, after = frozenset(before), frozenset(after)
    # In one order for everybody, so that two releases never wait for each other crosswise.
    steps = [(key, bucket, -1) for key, *buckets in before - after for bucket in buckets]
    steps += [(key, bucket, +1) for key, *buckets in after - before for bucket in buckets]
    for key, bucket, step in sorted(steps):
        _add(key, bucket, step)


def _add(key: str, bucket: int, step: int) -> None:
    row = Tally.objects.filter(key=key, bucket=bucket)
    if row.update(count=F("count") + step):
        return
    try:
        with transaction.atomic():
            Tally.objects.create(key=key, bucket=bucket, count=step)
    except IntegrityError:
        row.update(count=F("count") + step)


def recount(model: type[Publishable]) -> None:
    """Make the tallies of a type's lists anew, from its public rows."""
    counts: dict[tuple[str, int], int] = {}
    for obj in model._default_manager.public().iterator():
        for key, *buckets in places(obj):
            for bucket in buckets:
                counts[key, bucket] = counts.get((key, bucket), 0) + 1
    with transaction.atomic():
        Tally.objects.filter(key__startswith=f"{model._meta.label_lower}:").delete()
        Tally.objects.bulk_create(
            [Tally(key=key, bucket=bucket, count=n) for (key, bucket), n in counts.items()],
            batch_size=500,
        )


def key(model: type[Publishable], name: str, value: object = "") -> str:
    """The key of a list: ``news.article:column:12``."""
    return f"{model._meta.label_lower}:{name}:{value}"


def total(list_key: str) -> int:
    months = Tally.objects.filter(key=list_key, bucket__lt=1_000_000)
    return months.aggregate(total=Sum("count"))["total"] or 0


def by_year(list_keys: Iterable[str]) -> dict[tuple[str, int], int]:
    """(key, year) -> how many, for some lists. One query; what has no date is in UNDATED's year."""
    months = Tally.objects.filter(key__in=list(list_keys), bucket__lt=1_000_000, count__gt=0)
    summed = months.annotate(year=F("bucket") / 100).values_list("key", "year").order_by()
    return {(name, year): total for name, year, total in summed.annotate(total=Sum("count"))}


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list, for a template."""

    items: list[Item]
    number: int
    pages: int
    total: int

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.pages

    @property
    def previous_number(self) -> int:
        return self.number - 1

    @property
    def next_number(self) -> int:
        return self.number + 1

    @property
    def window(self) -> list[int | None]:
        """The page numbers to show: both ends and the neighbours; None stands for a gap."""
        near = {1, self.pages, *range(self.number - 2, self.number + 3)}
        numbers = sorted(number for number in near if 1 <= number <= self.pages)
        shown: list[int | None] = []
        for number in numbers:
            if shown and shown[-1] is not None and number - shown[-1] > 1:
                shown.append(None)
            shown.append(number)
        return shown


def page(rows: PublishableQuerySet, list_key: str, number: int, per_page: int = 20) -> Page | None:
    """Page ``number`` (from 1) of the public rows of a list, or None where there is none.

    ``rows`` must be exactly the rows that are tallied under ``list_key``.
    """
    months = list(
        Tally.objects.filter(key=list_key, count__gt=0, bucket__lt=1_000_000)
        .order_by("-bucket")
        .values_list("bucket", "count")
    )
    whole = sum(count for _bucket, count in months)
    pages = max(1, -(-whole // per_page))
    if not 1 <= number <= pages:
        return None
    skip = (number - 1) * per_page
    rows = rows.newest_first()
    if skip:
        month, skip = _walk(months, skip)
        days = Tally.objects.filter(
            key=list_key, count__gt=0, bucket__gt=month * 100, bucket__lt=(month + 1) * 100
        )
        day, skip = _walk(list(days.order_by("-bucket").values_list("bucket", "count")), skip)
        rows = rows.until(dt.date(day // 10_000, day // 100 % 100, day % 100))
    return Page(list(rows[skip : skip + per_page]), number, pages, whole)


def _walk(buckets: list[tuple[int, int]], skip: int) -> tuple[int, int]:
    """The bucket that the row after ``skip`` rows stands in, and how many to skip inside it."""
    for bucket, count in buckets:
        if skip < count:
            return bucket, skip
        skip -= count
    return buckets[-1][0], buckets[-1][1] + skip
