"""Database queries for audit entries."""

from typing import Any

from django.db import connections, models


class EntryQuerySet(models.QuerySet):
    """QuerySet of audit entries."""

    def distinct_values(self, column: str) -> list[Any]:
        """Return the distinct values of an indexed column of the table; filters are ignored."""
        return distinct_values(self, column)


def distinct_values(rows: models.QuerySet, column: str) -> list[Any]:
    """Return the distinct values of an indexed column of a whole table, in ascending order.

    Each value costs one index lookup, whereas ``distinct()`` would read every row of a table that
    only grows. Of ``rows`` only the model and the database are used; its filters are ignored.
    """
    table = rows.model._meta.db_table
    with connections[rows.db].cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE found(v) AS (
                SELECT min({column}) FROM {table}
                UNION ALL
                SELECT (SELECT min({column}) FROM {table} WHERE {column} > found.v)
                FROM found WHERE found.v IS NOT NULL
            )
            SELECT v FROM found WHERE v IS NOT NULL
            """  # noqa: S608  (table and column are the model's)
        )
        return [value for (value,) in cursor.fetchall()]
