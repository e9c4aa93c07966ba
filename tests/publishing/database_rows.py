"""Helpers that read all database rows, and run code in a transaction that is rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection, transaction

from portal.audit.models import Entry


def tables(*labels: str) -> list[str]:
    """Return the names of the tables of these apps."""
    return [m._meta.db_table for m in apps.get_models() if m._meta.app_label in labels]


def all_rows(*labels: str) -> dict[str, list]:
    """Return all rows of these apps (default: publishing and news).

    The key ``log`` contains the last id of the audit log.
    """
    rows = {}
    with connection.cursor() as cursor:
        for table in tables(*(labels or ("publishing", "news"))):
            # Plain SQL is fast enough for a function that is called thousands of times.
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            rows[table] = cursor.fetchall()
        cursor.execute(f'SELECT MAX(id) FROM "{Entry._meta.db_table}"')
        rows["log"] = cursor.fetchall()
    return rows


@contextmanager
def rolled_back() -> Iterator[None]:
    """Run the block in a transaction, then roll the transaction back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
