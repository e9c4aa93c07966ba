"""Guards (rules that database triggers enforce) and the registry that installs them.

Migrations cannot keep a trigger installed: when SQLite rebuilds a table to alter it, the triggers
of the table are lost. Therefore each app registers its guards in ``AppConfig.ready``, and every
``migrate`` ends by installing the guards that are missing or have changed.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

_TRIGGER_NAME = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?(\w+)\"?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Guard:
    """One rule about one table: the CREATE statements of the triggers for each database vendor.

    The names of the triggers begin with ``name``.
    """

    name: str
    table: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]

    def statements(self, vendor: str) -> tuple[str, ...]:
        """Return the CREATE statements for a database vendor ("sqlite" or "postgresql")."""
        return self.sqlite if vendor == "sqlite" else self.postgresql

    def trigger_names(self, vendor: str) -> list[str]:
        """Return the names of the triggers that the statements for this vendor create."""
        return [name for sql in self.statements(vendor) for name in _TRIGGER_NAME.findall(sql)]

    def fingerprint(self, vendor: str) -> str:
        """Return the SHA-256 digest (hex) of the statements, which identifies their version."""
        return hashlib.sha256("\n".join(self.statements(vendor)).encode()).hexdigest()


_guards: dict[str, Guard] = {}


def register(*guards: Guard) -> None:
    """Add guards to the registry; called from ``AppConfig.ready``. Equal guards are added one time.

    Raises ``ValueError`` for two different guards with the same name.
    """
    for guard in guards:
        if _guards.setdefault(guard.name, guard) != guard:
            raise ValueError(f"Two guards are called {guard.name}.")


def registered_guards() -> list[Guard]:
    """Return the guards of all apps, in the order in which they were registered."""
    return list(_guards.values())


def append_only(table: str) -> Guard:
    """Return a guard that refuses to change or delete any row of ``table``.

    On SQLite, ``INSERT OR REPLACE`` deletes the old row without firing the trigger on DELETE; a
    third trigger refuses such inserts. A trigger on TRUNCATE exists on PostgreSQL only.
    """
    name = f"{table}_append_only"
    refusal = f"{table} is append-only"
    return Guard(
        name=name,
        table=table,
        sqlite=(
            f'CREATE TRIGGER {name}_update BEFORE UPDATE ON "{table}" '
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
            f'CREATE TRIGGER {name}_delete BEFORE DELETE ON "{table}" '
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
            f'CREATE TRIGGER {name}_replace BEFORE INSERT ON "{table}" '  # noqa: S608  (table of a model)
            f'WHEN EXISTS (SELECT 1 FROM "{table}" WHERE id = NEW.id) '
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
        ),
        postgresql=(
            "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME"
            " USING ERRCODE = 'integrity_constraint_violation'; END $$",
            f'CREATE TRIGGER {name}_row BEFORE UPDATE OR DELETE ON "{table}" '
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
            f'CREATE TRIGGER {name}_truncate BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()",
        ),
    )


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Create the guards that are missing or outdated; skip those of tables that do not exist."""
    connection = connections[using]
    missing_names = missing(using)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for guard in _guards.values():
            if guard.name in missing_names:
                _drop(connection, cursor, guard)
                for statement in guard.statements(connection.vendor):
                    cursor.execute(statement)
                _store_fingerprint(connection, cursor, guard)


def remove(using: str = DEFAULT_DB_ALIAS) -> None:
    """Drop the triggers of every registered guard."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for guard in _guards.values():
            if guard.table in tables:
                _drop(connection, cursor, guard)


@contextmanager
def suspended(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Remove the guards within the ``with`` block, because tests flush the protected tables."""
    remove(using)
    try:
        yield
    finally:
        install(using)


def missing(using: str = DEFAULT_DB_ALIAS) -> set[str]:
    """Return the names of the guards whose triggers are missing or differ from the registered ones.

    Guards of tables that do not exist are left out.
    """
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    installed = _installed_triggers(connection)
    return {
        guard.name
        for guard in _guards.values()
        if guard.table in tables and not _is_installed(connection.vendor, guard, installed)
    }


def _is_installed(vendor: str, guard: Guard, installed: dict[tuple[str, str], str]) -> bool:
    if vendor == "sqlite":
        return all(
            _normalized(installed.get((guard.table, name), "")) == _normalized(sql)
            for sql in guard.sqlite
            for name in _TRIGGER_NAME.findall(sql)
        )
    fingerprint = guard.fingerprint(vendor)
    names = guard.trigger_names(vendor)
    return all(installed.get((guard.table, name)) == fingerprint for name in names)


def _installed_triggers(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """Return {(table, trigger name): the trigger's SQL (SQLite) or its comment (PostgreSQL)}."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT c.relname, t.tgname, coalesce(obj_description(t.oid, 'pg_trigger'), '')"
                " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
                " AND pg_table_is_visible(c.oid)"
            )
        return {(table, name): text for table, name, text in cursor.fetchall()}


def _drop(connection: BaseDatabaseWrapper, cursor: CursorWrapper, guard: Guard) -> None:
    for name in guard.trigger_names(connection.vendor):
        table = "" if connection.vendor == "sqlite" else f' ON "{guard.table}"'
        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{table}')


def _store_fingerprint(
    connection: BaseDatabaseWrapper, cursor: CursorWrapper, guard: Guard
) -> None:
    """Store the fingerprint as comment of each trigger: PostgreSQL keeps no SQL text to compare."""
    if connection.vendor == "postgresql":
        for name in guard.trigger_names("postgresql"):
            cursor.execute(
                f'COMMENT ON TRIGGER "{name}" ON "{guard.table}" IS '
                f"'{guard.fingerprint('postgresql')}'"
            )


def _normalized(sql: str) -> str:
    """Return a statement as SQLite stores it: without IF NOT EXISTS, with single spaces."""
    return " ".join(re.sub(r"IF\s+NOT\s+EXISTS\s+", "", sql, flags=re.IGNORECASE).split())
