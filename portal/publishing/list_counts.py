"""Row counts of public lists by month: numbered pages need no COUNT and no long OFFSET.

The rows of a list are ordered newest first. ``ListCount`` stores the number of rows of a list in
each month. The months before a page are skipped by adding up their counts; within the month, ids
are skipped in the list's index (docs/decisions/0004-counted-lists.md has the measurements).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F, JSONField, Sum, TextField

from portal.accounts.keyset_pagination import fetch_in_order

from .models import ListCount, Publishable
from .querysets import PublishableQuerySet

Item = TypeVar("Item")

#: The list date of an object without a date, which sorts last in lists ordered by day. It is not
#: NULL, because SQLite and PostgreSQL sort NULL at different ends.
UNDATED = dt.date(1000, 1, 1)


class ListPosition(NamedTuple):
    """The list that counts a public row, and the month (202107 for July 2021)."""

    key: str
    month: int


def list_positions(obj: Publishable) -> frozenset[ListPosition]:
    """Return the positions of a public object in all lists that contain it."""
    if obj.list_date is None:
        return frozenset()
    month = obj.list_date.year * 100 + obj.list_date.month
    return frozenset(ListPosition(key, month) for key in obj.list_filters())


def update_counts(before: Iterable[ListPosition], after: Iterable[ListPosition]) -> None:
    """Decrement the counts at a row's old positions and increment those at its new positions."""
    before, after = frozenset(before), frozenset(after)
    steps = [(position, -1) for position in before - after]
    steps += [(position, +1) for position in after - before]
    # Sorted, so that all transactions lock the counts in the same order and can't deadlock.
    for position, step in sorted(steps):
        _change_count(position, step)


def _change_count(position: ListPosition, step: int) -> None:
    row = ListCount.objects.filter(**position._asdict())
    if row.update(count=F("count") + step):
        return
    try:
        with transaction.atomic():
            ListCount.objects.create(**position._asdict(), count=step)
    except IntegrityError:
        row.update(count=F("count") + step)


def rebuild_counts(model: type[Publishable]) -> None:
    """Replace the counts of a model's lists by counts of its public rows.

    Long text columns are not loaded, because other writers may wait for the new counts.
    """
    fields = model._meta.concrete_fields
    texts = [field.name for field in fields if isinstance(field, (TextField, JSONField))]
    public = model._default_manager.public().defer(*texts)
    counts = Counter(position for obj in public.iterator() for position in list_positions(obj))
    with transaction.atomic():
        ListCount.objects.filter(key__startswith=f"{model._meta.label_lower}:").delete()
        ListCount.objects.bulk_create(
            [ListCount(**position._asdict(), count=count) for position, count in counts.items()],
            batch_size=500,
        )


def make_key(model: type[Publishable], name: str, value: object = "") -> str:
    """Return the key of a list, for example ``news.article:column:12``."""
    return f"{model._meta.label_lower}:{name}:{value}"


def total(list_key: str) -> int:
    """Return the number of rows of the list with this key."""
    return ListCount.objects.filter(key=list_key).aggregate(total=Sum("count"))["total"] or 0


def totals_by_year(list_keys: Iterable[str]) -> dict[tuple[str, int], int]:
    """Return (list key, year) -> number of rows, with one database query.

    Rows without a date are counted in the year of ``UNDATED``.
    """
    months = ListCount.objects.filter(key__in=list(list_keys), count__gt=0)
    summed = months.annotate(year=F("month") / 100).values_list("key", "year").order_by()
    return {(name, year): total for name, year, total in summed.annotate(total=Sum("count"))}


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list with its number, the number of pages, and the number
    of rows in the list.
    """

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
        """The page numbers for the navigation: first, last and nearby pages; None marks a gap."""
        near = {1, self.pages, *range(self.number - 2, self.number + 3)}
        window: list[int | None] = []
        for number in sorted(number for number in near if 1 <= number <= self.pages):
            if window and window[-1] is not None and number - window[-1] > 1:
                window.append(None)
            window.append(number)
        return window


def get_page(
    rows: PublishableQuerySet, list_key: str, number: int, per_page: int = 20
) -> Page | None:
    """Return page ``number`` (from 1) of a list, or None if the list has no such page.

    ``rows`` must be exactly the public rows that are counted under ``list_key``.
    """
    rows = rows.newest_first()
    for _attempt in range(2):
        counts = ListCount.objects.filter(key=list_key, count__gt=0).order_by("-month")
        months = list(counts.values_list("month", "count"))
        all_rows = sum(count for _month, count in months)
        pages = max(1, -(-all_rows // per_page))
        if not 1 <= number <= pages:
            return None
        skip = (number - 1) * per_page
        if not skip:
            return Page(list(rows[:per_page]), number, pages, all_rows)
        month, skip = _find_month(months, skip)
        # OFFSET skips only ids, in the index; whole rows are read for this page only.
        ids = rows.until(_last_day(month)).values_list("pk", flat=True)[skip : skip + per_page]
        if found := fetch_in_order(rows, list(ids)):
            items = [row for row in found if row.is_public]
            return Page(items, number, pages, all_rows)
        # All rows of the page were withdrawn between the two queries, so both are repeated.
    return None


def _find_month(months: list[tuple[int, int]], skip: int) -> tuple[int, int]:
    """Return the month that contains the row after ``skip`` rows, and the rows to skip in it."""
    for month, count in months:
        if skip < count:
            return month, skip
        skip -= count
    raise ValueError("The list has no such row.")


def _last_day(month: int) -> dt.date:
    year, number = divmod(month, 100)
    return dt.date(year, number, calendar.monthrange(year, number)[1])
