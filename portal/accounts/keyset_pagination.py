"""Keyset pagination: continue an ordered list from a given row at constant cost."""

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
    """Return up to ``limit`` ids of the rows that follow the row with these key values.

    ``rows`` is ordered by ``keys``, all in one direction. There is one query for each key, the last
    key first, and each reads one range of an index: a single query with ``a <= x AND (a < x OR b <
    y)`` reads all rows with ``a = x`` to find ``y``, and so does ``(a, b) < (x, y)`` on SQLite
    where ``b`` is the id; after an import on one day these may be thousands of rows.
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

    Only what ``rows`` loads (deferred columns, related objects) is used, not its filters: with them
    SQLite scans the index that serves the list. A row that has left the list since its id was read
    is therefore included; the caller checks where that matters.
    """
    unfiltered = rows.order_by()
    unfiltered.query.clear_where()
    found = {row.pk: row for row in unfiltered.filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]
