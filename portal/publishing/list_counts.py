"""Public lists that stay flat: page n costs what page one costs, and nothing is ever counted.

The rows of a list are ordered newest first. ``Tally`` keeps how many there are in each month and
on each day; the start of a page is found by adding up months, then days, and reading only on from
the day it falls on. A crowded day is kept in stretches of a few hundred rows (``Stretch``), which
divide as they grow.

Whoever counts a row holds the list's month until he commits, so that nobody divides a stretch
while another counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, JSONField, Q, QuerySet, Sum, TextField
from django.utils import timezone

from portal.accounts.keyset_pagination import fetch_in_order

from .models import CountChunk, ListCount

if TYPE_CHECKING:
    from .models import Publishable
    from .querysets import PublishableQuerySet

Item = TypeVar("Item")

#: The day of what has none, in lists by a day: after everything else. No null: the two databases
#: sort it at different ends.
UNDATED = dt.date(1000, 1, 1)

#: Buckets below are months, above days.
FIRST_DAY_BUCKET = 1_000_000
#: A day with more rows than this in one list is kept in stretches, none longer than this.
MAX_CHUNK_ROWS = 256


class ListPosition(NamedTuple):
    """Where a public row stands in one list."""

    key: str
    day: int
    at: dt.datetime
    row: int

    @property
    def buckets(self) -> tuple[int, int]:
        """The month and the day."""
        return self.day // 100, self.day


def list_positions(obj: Publishable) -> frozenset[ListPosition]:
    if obj.list_date is None:
        return frozenset()
    # Not strftime, which writes the year 1000 and those before it as it likes.
    day = obj.list_date.year * 10_000 + obj.list_date.month * 100 + obj.list_date.day
    at = _as_datetime(getattr(obj, type(obj)._default_manager.all().order_field))
    return frozenset(ListPosition(key, day, at, obj.pk) for key in obj.list_filters())


def _as_datetime(value: dt.date) -> dt.datetime:
    """The value by which a list is ordered, in the one column in which all lists keep it."""
    if isinstance(value, dt.datetime):
        return value
    return dt.datetime.combine(value, dt.time.min, tzinfo=dt.UTC)


def update_counts(
    obj: Publishable, before: Iterable[ListPosition], after: Iterable[ListPosition]
) -> None:
    """Count out the places that a row leaves, and in those it takes; the row itself is written."""
    before, after = frozenset(before), frozenset(after)
    left, taken = before - after, after - before
    # In one order for everybody, so that two releases never wait for each other crosswise.
    steps = [(place.key, bucket, -1) for place in left for bucket in place.buckets]
    steps += [(place.key, bucket, +1) for place in taken for bucket in place.buckets]
    for key, bucket, step in sorted(steps):
        _change_count(key, bucket, step)
    for place in sorted(left):
        if chunk := _chunk_of(place):
            CountChunk.objects.filter(pk=chunk.pk).update(count=F("count") - 1)
    lists = obj.list_filters()
    for place in sorted(taken):
        _count_in(place, type(obj)._default_manager.public().filter(**lists[place.key]))


def _change_count(key: str, bucket: int, step: int) -> None:
    row = ListCount.objects.filter(key=key, bucket=bucket)
    if row.update(count=F("count") + step):
        return
    try:
        with transaction.atomic():
            ListCount.objects.create(key=key, bucket=bucket, count=step)
    except IntegrityError:
        row.update(count=F("count") + step)


def _count_in(place: ListPosition, rows: PublishableQuerySet) -> None:
    """Count a new row into its stretch, and divide what has grown too long."""
    if chunk := _chunk_of(place):
        CountChunk.objects.filter(pk=chunk.pk).update(count=F("count") + 1)
        chunk.count += 1
    else:
        count = ListCount.objects.get(key=place.key, bucket=place.day).count
        chunk = _whole_day_chunk(place.key, place.day, count, rows)
    if chunk.count > MAX_CHUNK_ROWS:
        _split(chunk, rows)


def _chunks(key: str, day: int) -> QuerySet[CountChunk]:
    return CountChunk.objects.filter(key=key, day=day).order_by("-oldest_at", "-oldest_id")


def _chunk_of(place: ListPosition) -> CountChunk | None:
    reaching = Q(oldest_at__lt=place.at) | Q(oldest_at=place.at, oldest_id__lte=place.row)
    return _chunks(place.key, place.day).filter(reaching).first()


def _whole_day_chunk(key: str, day: int, count: int, rows: PublishableQuerySet) -> CountChunk:
    """A whole day as one stretch, which is not written."""
    begins = dt.datetime.combine(_date(day), dt.time.min)
    at = begins.replace(tzinfo=dt.UTC) if _is_ordered_by_day(rows) else timezone.make_aware(begins)
    return CountChunk(key=key, day=day, oldest_at=at, oldest_id=0, count=count)


def _split(chunk: CountChunk, rows: PublishableQuerySet) -> None:
    """Write several in the place of one, half as long as they may grow."""
    bottom = (chunk.oldest_at, chunk.oldest_id)
    higher = Q(oldest_at__gt=chunk.oldest_at) | Q(
        oldest_at=chunk.oldest_at, oldest_id__gt=chunk.oldest_id
    )
    above = _chunks(chunk.key, chunk.day).filter(higher).last()
    count = chunk.count + 1
    if above is None:
        found = rows.newest_first().until(_date(chunk.day))
    else:
        ids = rows.ids_after(_as_order_value(rows, above.oldest_at), above.oldest_id, count)
        found = rows.newest_first().filter(pk__in=ids)
    pairs = found.values_list(rows.order_field, "pk")[:count]
    members = [pair for at, pk in pairs if (pair := (_as_datetime(at), pk)) >= bottom]
    if len(members) != chunk.count:
        return  # this very act has written more rows than it has counted so far: later
    CountChunk.objects.filter(pk=chunk.pk).delete()
    length = MAX_CHUNK_ROWS // 2
    parts = [members[first : first + length] for first in range(0, len(members), length)]
    bottoms = [*(part[-1] for part in parts[:-1]), bottom]
    CountChunk.objects.bulk_create(
        CountChunk(key=chunk.key, day=chunk.day, oldest_at=at, oldest_id=row, count=len(part))
        for (at, row), part in zip(bottoms, parts, strict=True)
    )


def _as_order_value(rows: PublishableQuerySet, at: dt.datetime) -> dt.date:
    """What ``_moment`` was made of."""
    return at.astimezone(dt.UTC).date() if _is_ordered_by_day(rows) else at


def _is_ordered_by_day(rows: PublishableQuerySet) -> bool:
    return not isinstance(rows.model._meta.get_field(rows.order_field), DateTimeField)


def _date(day: int) -> dt.date:
    return dt.date(day // 10_000, day // 100 % 100, day % 100)


def rebuild_counts(model: type[Publishable]) -> None:
    """Make the tallies of a type's lists anew, from its public rows; without their texts, since
    everybody who writes may be waiting."""
    counts: dict[tuple[str, int], int] = {}
    lists: dict[str, dict[str, Any]] = {}
    public = model._default_manager.public()
    fields = model._meta.concrete_fields
    texts = [field.name for field in fields if isinstance(field, (TextField, JSONField))]
    for obj in public.defer(*texts).iterator():
        lists |= obj.list_filters()
        for place in list_positions(obj):
            for bucket in place.buckets:
                counts[place.key, bucket] = counts.get((place.key, bucket), 0) + 1
    prefix = f"{model._meta.label_lower}:"
    with transaction.atomic():
        ListCount.objects.filter(key__startswith=prefix).delete()
        CountChunk.objects.filter(key__startswith=prefix).delete()
        ListCount.objects.bulk_create(
            [ListCount(key=key, bucket=bucket, count=n) for (key, bucket), n in counts.items()],
            batch_size=500,
        )
        for (key, bucket), count in counts.items():
            if bucket > FIRST_DAY_BUCKET and count > MAX_CHUNK_ROWS:
                rows = public.filter(**lists[key])
                _split(_whole_day_chunk(key, bucket, count, rows), rows)


def make_key(model: type[Publishable], name: str, value: object = "") -> str:
    """The key of a list: ``news.article:column:12``."""
    return f"{model._meta.label_lower}:{name}:{value}"


def total(list_key: str) -> int:
    months = ListCount.objects.filter(key=list_key, bucket__lt=FIRST_DAY_BUCKET)
    return months.aggregate(total=Sum("count"))["total"] or 0


def totals_by_year(list_keys: Iterable[str]) -> dict[tuple[str, int], int]:
    """(key, year) -> how many, for some lists. One query; what has no date is in UNDATED's year."""
    months = ListCount.objects.filter(
        key__in=list(list_keys), bucket__lt=FIRST_DAY_BUCKET, count__gt=0
    )
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


def get_page(
    rows: PublishableQuerySet, list_key: str, number: int, per_page: int = 20
) -> Page | None:
    """Page ``number`` (from 1) of the public rows of a list, or None where there is none.

    ``rows`` must be exactly the rows that are tallied under ``list_key``.
    """
    rows = rows.newest_first()
    for _reading in range(2):
        months = list(
            ListCount.objects.filter(key=list_key, count__gt=0, bucket__lt=FIRST_DAY_BUCKET)
            .order_by("-bucket")
            .values_list("bucket", "count")
        )
        whole = sum(count for _bucket, count in months)
        pages = max(1, -(-whole // per_page))
        if not 1 <= number <= pages:
            return None
        skip = (number - 1) * per_page
        if not skip:
            return Page(list(rows[:per_page]), number, pages, whole)
        month, skip = _walk_buckets(months, skip)
        within = ListCount.objects.filter(
            key=list_key, count__gt=0, bucket__gt=month * 100, bucket__lt=(month + 1) * 100
        )
        days = list(within.order_by("-bucket").values_list("bucket", "count"))
        if days:
            return Page(_rows_after(rows, list_key, days, skip, per_page), number, pages, whole)
        # The month has lost its last row between the two questions: both again.
    return None


def _rows_after(
    rows: PublishableQuerySet, list_key: str, days: list[tuple[int, int]], skip: int, limit: int
) -> list[Any]:
    """The rows of a list that follow so many of a month's, which has these days."""
    day, skip = _walk_buckets(days, skip)
    top = None
    if dict(days)[day] > MAX_CHUNK_ROWS:
        top, skip = _walk_chunks(list_key, day, skip)
    if top is None:
        return list(rows.until(_date(day))[skip : skip + limit])
    at, pk = top
    ids = rows.ids_after(_as_order_value(rows, at), pk, skip + limit)[skip:]
    return [row for row in fetch_in_order(rows, ids) if row.is_public]


def _walk_buckets(buckets: list[tuple[int, int]], skip: int) -> tuple[int, int]:
    """The bucket that the row after ``skip`` rows stands in, and how many to skip inside it."""
    for bucket, count in buckets:
        if skip < count:
            return bucket, skip
        skip -= count
    return buckets[-1][0], buckets[-1][1] + skip


def _walk_chunks(key: str, day: int, skip: int) -> tuple[tuple[dt.datetime, int] | None, int]:
    """The row below which the stretch begins that the row after ``skip`` rows stands in."""
    top = None
    held = _chunks(key, day).filter(count__gt=0)
    for at, row, count in held.values_list("oldest_at", "oldest_id", "count"):
        if skip < count:
            break
        skip -= count
        top = (at, row)
    return top, skip
