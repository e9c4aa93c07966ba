"""To read on in an ordered list from any row of it, as quickly as from its beginning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Field, QuerySet


def seek_ids(
    rows: QuerySet[Any],
    keys: Sequence[Field[Any, Any]],
    values: Sequence[Any],
    *,
    limit: int,
    descending: bool,
    inclusive: bool = False,
) -> list[Any]:
    """The ids of the rows that come, by ``keys``, after what has these values; at most so many.

    Each key is asked by itself, the last first, and each time the rest is one range of an index.
    ``a <= x AND (a < x OR b < y)`` reads all that have ``x`` to find ``y``, and so does SQLite for
    ``(a, b) < (x, y)`` where ``b`` is the id: after an import on one day, thousands.
    """
    found: list[Any] = []
    for last in reversed(range(len(keys))):
        operator = "lt" if descending else "gt"
        if inclusive and last == len(keys) - 1:
            operator += "e"
        same = {key.attname: value for key, value in zip(keys[:last], values, strict=False)}
        part = rows.filter(**same, **{f"{keys[last].attname}__{operator}": values[last]})
        found += part.values_list("pk", flat=True)[: limit - len(found)]
        if len(found) >= limit:
            break
    return found


def fetch_in_order(rows: QuerySet[Any], ids: Sequence[Any]) -> list[Any]:
    """Some rows of a list, in the order of their ids here.

    By the ids alone: SQLite would rather walk through the index that serves the list's filters.
    Whoever must not show what has left the list meanwhile looks again.
    """
    alone = rows.order_by()
    alone.query.where = type(alone.query.where)()
    found = {row.pk: row for row in alone.filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]
