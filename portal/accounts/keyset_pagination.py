"""Keyset pagination: read an ordered list from a given row on, at a cost that does not grow."""

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
    """Return up to ``limit`` ids of the rows that follow the row with the given key values.

    ``rows`` is ordered by the columns ``keys``, all in one direction. The function runs one query
    for each key, the last key first, and each query reads one range of an index. A single query
    with ``a <= x AND (a < x OR b < y)`` would read all rows with ``a = x`` to find ``y``; so would
    ``(a, b) < (x, y)`` on SQLite if ``b`` is the id. After an import these may be thousands.
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
    """Fetch the rows with these ids, in the order of ``ids``; deleted rows are left out.

    The queryset ``rows`` only decides which columns and related objects are loaded. Its filters are
    dropped: with them SQLite scans the index that serves the list. The result may therefore include
    a row that left the list after its id was read; the caller checks this where it matters.
    """
    unfiltered = rows.order_by()
    unfiltered.query.clear_where()
    found = {row.pk: row for row in unfiltered.filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]
