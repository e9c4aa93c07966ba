"""What stands in the database, to be compared; and how to try something without leaving a trace."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection, transaction

from portal.audit.models import Entry


def tables(*labels: str) -> list[str]:
    return [m._meta.db_table for m in apps.get_models() if m._meta.app_label in labels]


def all_rows(*labels: str) -> dict[str, list]:
    """Every row of these apps (the press and news, if none is named), and how long the log is."""
    rows = {}
    with connection.cursor() as cursor:
        for table in tables(*(labels or ("publishing", "news"))):
            # Plain SQL: this is asked thousands of times.
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            rows[table] = cursor.fetchall()
        cursor.execute(f'SELECT MAX(id) FROM "{Entry._meta.db_table}"')
        rows["log"] = cursor.fetchall()
    return rows


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
