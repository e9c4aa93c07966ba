"""Rules that the database itself keeps, and the registry that puts them back.

A migration cannot own a trigger: SQLite remakes a table to alter it and the triggers are gone.
So each room registers its guards in ``AppConfig.ready``, and every ``migrate`` ends by installing
what is missing or has changed.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

_NAMES = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?(\w+)\"?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Guard:
    """The CREATE statements of one rule over one table; ``name`` begins its triggers' names."""

    name: str
    table: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]

    def statements(self, vendor: str) -> tuple[str, ...]:
        return self.sqlite if vendor == "sqlite" else self.postgresql

    def trigger_names(self, vendor: str) -> list[str]:
        return [name for text in self.statements(vendor) for name in _NAMES.findall(text)]

    def fingerprint(self, vendor: str) -> str:
        return hashlib.sha256("\n".join(self.statements(vendor)).encode()).hexdigest()


_guards: dict[str, Guard] = {}


def register(*guards: Guard) -> None:
    """Add guards to the registry. Called from ``AppConfig.ready``; the same guard twice is once."""
    for guard in guards:
        if _guards.setdefault(guard.name, guard) != guard:
            raise ValueError(f"Two guards are called {guard.name}.")


def append_only(table: str) -> Guard:
    """Return the guard that refuses to change or remove any row of ``table``.

    SQLite's ``INSERT OR REPLACE`` deletes the old row without firing the trigger on DELETE, hence
    the third one there. TRUNCATE exists on PostgreSQL alone.
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
            f'CREATE TRIGGER {name}_replace BEFORE INSERT ON "{table}" '  # noqa: S608  (a model's)
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
    """Create what is missing or out of date; tables that do not exist yet are passed over."""
    connection = connections[using]
    absent = missing(using)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for guard in _guards.values():
            if guard.name in absent:
                _drop(connection, cursor, guard)
                for statement in guard.statements(connection.vendor):
                    cursor.execute(statement)
                _mark(connection, cursor, guard)


def remove(using: str = DEFAULT_DB_ALIAS) -> None:
    """Drop every registered guard: before SQLite remakes tables, and for the tests' flush."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for guard in _guards.values():
            if guard.table in tables:
                _drop(connection, cursor, guard)


@contextmanager
def suspended(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Lift the guards for the tests' flush, which empties the tables they protect."""
    remove(using)
    try:
        yield
    finally:
        install(using)


def missing(using: str = DEFAULT_DB_ALIAS) -> set[str]:
    """Return the names of the guards that do not stand as registered over existing tables."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    standing = _standing(connection)
    return {
        guard.name
        for guard in _guards.values()
        if guard.table in tables and not _stands(connection.vendor, guard, standing)
    }


def _stands(vendor: str, guard: Guard, standing: dict[tuple[str, str], str]) -> bool:
    if vendor == "sqlite":
        return all(
            _folded(standing.get((guard.table, name), "")) == _folded(text)
            for text in guard.sqlite
            for name in _NAMES.findall(text)
        )
    fingerprint = guard.fingerprint(vendor)
    names = guard.trigger_names(vendor)
    return all(standing.get((guard.table, name)) == fingerprint for name in names)


def _standing(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """Return (table, trigger) -> its text on SQLite, its fingerprint on PostgreSQL."""
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


def _mark(connection: BaseDatabaseWrapper, cursor: CursorWrapper, guard: Guard) -> None:
    """Leave the statements' fingerprint on the trigger: PostgreSQL keeps no text to compare."""
    if connection.vendor == "postgresql":
        for name in guard.trigger_names("postgresql"):
            cursor.execute(
                f'COMMENT ON TRIGGER "{name}" ON "{guard.table}" IS '
                f"'{guard.fingerprint('postgresql')}'"
            )


def _folded(text: str) -> str:
    """Return the statement as SQLite keeps it: IF NOT EXISTS is forgotten, spaces do not matter."""
    return " ".join(re.sub(r"IF\s+NOT\s+EXISTS\s+", "", text, flags=re.IGNORECASE).split())
