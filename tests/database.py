"""Reset the test database after a test that committed its changes.

Django's own reset, the flush, empties every table and sends ``post_migrate`` to fill some of the
tables again. The append-only tables refuse the flush unless their triggers are dropped first. On
SQLite, a copy of the migrated database is restored page by page instead, which takes a tenth of the
time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connections
from django.test import TransactionTestCase

from portal.audit import triggers

#: The copy of the migrated SQLite database that the fixture ``django_db_setup`` makes.
MIGRATED = Path(settings.VAR_DIR) / "migrated.sqlite3"

_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


class Snapshot:
    """A copy of the migrated database, which is made before the first test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._copy: sqlite3.Connection | None = None

    def take(self) -> None:
        """Copy the database to ``path``; do nothing on PostgreSQL.

        Do nothing either if the database is empty: pytest-django migrates it only if one of the
        collected tests uses it.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor == "sqlite" and connection.introspection.table_names():
            self._copy = sqlite3.connect(self.path, check_same_thread=False)
            connection.connection.backup(self._copy)

    def restore(self, case: TransactionTestCase) -> None:
        """Undo all committed changes of the test; replaces
        ``TransactionTestCase._fixture_teardown``.

        Without a copy (on PostgreSQL), or after a test with ``serialized_rollback``, Django's flush
        resets the database.
        """
        if self._copy is None or case.serialized_rollback:
            with triggers.suspended(DEFAULT_DB_ALIAS):
                _flush(case)
            return
        connection = connections[DEFAULT_DB_ALIAS]
        connection.ensure_connection()
        self._copy.backup(connection.connection)

    def close(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None


@contextmanager
def content_of(path: Path) -> Iterator[None]:
    """Replace the content of the test database by the content of the SQLite file at ``path``.

    The former content is restored at the end of the ``with`` block.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    with closing(sqlite3.connect(":memory:")) as before, closing(sqlite3.connect(path)) as source:
        connection.connection.backup(before)
        source.backup(connection.connection)
        ContentType.objects.clear_cache()
        try:
            yield
        finally:
            before.backup(connection.connection)
            ContentType.objects.clear_cache()
