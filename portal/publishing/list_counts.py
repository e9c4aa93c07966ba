"""Counts of public lists, kept so that any page of a list costs the same as the first.

The rows of a list are ordered newest first. ``ListCount`` stores how many rows a list has in each
month and on each day. The start of a page is found by adding up months, then days; rows are read
from that day on. A day with many rows is divided into chunks (``CountChunk``), which are split
when they grow too long.

A transaction that changes a count holds the lock of the list's month until it commits, so that no
chunk is split while another transaction counts in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, JSONField, Q, QuerySet, Sum, TextField
from django.utils import timezone

from portal.accounts.keyset_pagination import fetch_in_order

from .models import CountChunk, ListCount, Publishable
from .querysets import PublishableQuerySet

Item = TypeVar("Item")

#: The list date of an object without a date: it comes last in lists ordered by day. Not NULL,
#: because the two databases sort NULL at different ends.
UNDATED = dt.date(1000, 1, 1)

#: Buckets below are months (202107), buckets above are days (20210708).
FIRST_DAY_BUCKET = 1_000_000
#: A day with more rows than this in one list is divided into chunks of at most as many rows.
MAX_CHUNK_ROWS = 256


class ListPosition(NamedTuple):
    """The position of a public row in one list: the list's key, the day, and the sort values."""

    key: str
    day: int
    at: dt.datetime
    row: int

    @property
    def buckets(self) -> tuple[int, int]:
        """The buckets of the month and the day."""
        return self.day // 100, self.day


def list_positions(obj: Publishable) -> frozenset[ListPosition]:
    """Return the positions of a public object in all of its lists."""
    if obj.list_date is None:
        return frozenset()
    # Not strftime: its output for years before 1000 differs between platforms.
    day = obj.list_date.year * 10_000 + obj.list_date.month * 100 + obj.list_date.day
    at = _as_datetime(getattr(obj, type(obj)._default_manager.all().order_field))
    return frozenset(ListPosition(key, day, at, obj.pk) for key in obj.list_filters())


def _as_datetime(value: dt.date) -> dt.datetime:
    """Convert a list's sort value to the type of ``CountChunk.oldest_at``."""
    if isinstance(value, dt.datetime):
        return value
    return dt.datetime.combine(value, dt.time.min, tzinfo=dt.UTC)


def update_counts(
    obj: Publishable, before: Iterable[ListPosition], after: Iterable[ListPosition]
) -> None:
    """Count a row out of the positions it leaves and into its new ones, after it was saved."""
    before, after = frozenset(before), frozenset(after)
    left, entered = before - after, after - before
    # Sorted: all transactions lock the counts in the same order and can't deadlock.
    steps = [(place.key, bucket, -1) for place in left for bucket in place.buckets]
    steps += [(place.key, bucket, +1) for place in entered for bucket in place.buckets]
    for key, bucket, step in sorted(steps):
        _change_count(key, bucket, step)
    for place in sorted(left):
        if chunk := _chunk_of(place):
            CountChunk.objects.filter(pk=chunk.pk).update(count=F("count") - 1)
    lists = obj.list_filters()
    for place in sorted(entered):
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
    """Count a new row into its chunk, and split the chunk if it has grown too long."""
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
    """Return an unsaved chunk that holds a whole day."""
    midnight = dt.datetime.combine(_date(day), dt.time.min)
    at = (
        midnight.replace(tzinfo=dt.UTC)
        if _is_ordered_by_day(rows)
        else timezone.make_aware(midnight)
    )
    return CountChunk(key=key, day=day, oldest_at=at, oldest_id=0, count=count)


def _split(chunk: CountChunk, rows: PublishableQuerySet) -> None:
    """Replace a chunk by chunks of half the maximal length."""
    bottom = (chunk.oldest_at, chunk.oldest_id)
    newer = Q(oldest_at__gt=chunk.oldest_at) | Q(
        oldest_at=chunk.oldest_at, oldest_id__gt=chunk.oldest_id
    )
    above = _chunks(chunk.key, chunk.day).filter(newer).last()
    count = chunk.count + 1
    if above is None:
        found = rows.newest_first().until(_date(chunk.day))
    else:
        ids = rows.ids_after(_as_order_value(rows, above.oldest_at), above.oldest_id, count)
        found = rows.newest_first().filter(pk__in=ids)
    pairs = found.values_list(rows.order_field, "pk")[:count]
    members = [pair for at, pk in pairs if (pair := (_as_datetime(at), pk)) >= bottom]
    if len(members) != chunk.count:
        # This transaction has saved more rows than it has counted so far: split later.
        return
    CountChunk.objects.filter(pk=chunk.pk).delete()
    length = MAX_CHUNK_ROWS // 2
    parts = [members[first : first + length] for first in range(0, len(members), length)]
    bottoms = [*(part[-1] for part in parts[:-1]), bottom]
    CountChunk.objects.bulk_create(
        CountChunk(key=chunk.key, day=chunk.day, oldest_at=at, oldest_id=pk, count=len(part))
        for (at, pk), part in zip(bottoms, parts, strict=True)
    )


def _as_order_value(rows: PublishableQuerySet, at: dt.datetime) -> dt.date:
    """Convert a value of ``_as_datetime`` back to the type of the list's sort column."""
    return at.astimezone(dt.UTC).date() if _is_ordered_by_day(rows) else at


def _is_ordered_by_day(rows: PublishableQuerySet) -> bool:
    return not isinstance(rows.model._meta.get_field(rows.order_field), DateTimeField)


def _date(day: int) -> dt.date:
    return dt.date(day // 10_000, day // 100 % 100, day % 100)


def rebuild_counts(model: type[Publishable]) -> None:
    """Count the lists of a model anew from its public rows.

    Long texts are not loaded: while the counts are rebuilt, other writers may be waiting.
    """
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
    """Return the key of a list: ``news.article:column:12``."""
    return f"{model._meta.label_lower}:{name}:{value}"


def total(list_key: str) -> int:
    """Return the number of rows of a list."""
    months = ListCount.objects.filter(key=list_key, bucket__lt=FIRST_DAY_BUCKET)
    return months.aggregate(total=Sum("count"))["total"] or 0


def totals_by_year(list_keys: Iterable[str]) -> dict[tuple[str, int], int]:
    """Return (key, year) -> number of rows for some lists, by one query.

    Rows without a date are counted in the year of ``UNDATED``.
    """
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
        """The page numbers of the navigation: both ends and the neighbours; None is a gap."""
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
        months = list(
            ListCount.objects.filter(key=list_key, count__gt=0, bucket__lt=FIRST_DAY_BUCKET)
            .order_by("-bucket")
            .values_list("bucket", "count")
        )
        all_rows = sum(count for _bucket, count in months)
        pages = max(1, -(-all_rows // per_page))
        if not 1 <= number <= pages:
            return None
        skip = (number - 1) * per_page
        if not skip:
            return Page(list(rows[:per_page]), number, pages, all_rows)
        month, skip = _walk_buckets(months, skip)
        within = ListCount.objects.filter(
            key=list_key, count__gt=0, bucket__gt=month * 100, bucket__lt=(month + 1) * 100
        )
        days = list(within.order_by("-bucket").values_list("bucket", "count"))
        if days:
            items = _rows_after(rows, list_key, days, skip, per_page)
            return Page(items, number, pages, all_rows)
        # The month lost its last row between the two queries: repeat both.
    return None


def _rows_after(
    rows: PublishableQuerySet, list_key: str, days: list[tuple[int, int]], skip: int, limit: int
) -> list[Any]:
    """Return ``limit`` rows after the first ``skip`` rows of the month that has these days."""
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
    """Return the bucket of the row after ``skip`` rows, and the rows to skip within it."""
    for bucket, count in buckets:
        if skip < count:
            return bucket, skip
        skip -= count
    return buckets[-1][0], buckets[-1][1] + skip


def _walk_chunks(key: str, day: int, skip: int) -> tuple[tuple[dt.datetime, int] | None, int]:
    """Return the oldest row of the chunk before the one with the row after ``skip`` rows.

    Returns None for it if that row is in the first chunk; and the rows to skip within the chunk.
    """
    top = None
    chunks = _chunks(key, day).filter(count__gt=0)
    for at, pk, count in chunks.values_list("oldest_at", "oldest_id", "count"):
        if skip < count:
            break
        skip -= count
        top = (at, pk)
    return top, skip
