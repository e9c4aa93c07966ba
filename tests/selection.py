"""Which tests ``make test`` repeats on PostgreSQL after all tests have run on SQLite.

A test that uses the database is repeated if one of these is true:

* its module lies in ``FOLDERS`` or is named in ``MODULES``: its subject is SQL, locks,
  constraints, triggers, search or the cost of queries;
* the source of its module, or of a helper in its folder, uses one of ``TERMS``;
* it commits (``transaction=True`` or ``transactional_db``), unless it drives a browser.

All other tests use the database through the same public functions, which these tests cover, and
run on PostgreSQL in ``make coverage``, which has no selection. SQLite never has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
#: Folders of ``tests`` whose subject is the database, or its guarantees to concurrent processes.
FOLDERS = frozenset({"audit", "faults", "search"})
#: Other modules that depend on the database without using any of ``TERMS``.
MODULES = frozenset(
    {
        "publishing/test_bulk_actions.py",
        "publishing/test_rows.py",
    }
)
#: Folders that check rendered pages, which are the same on every database.
NEVER = frozenset({"benchmarks", "compliance", "page_audits", "public_pages"})
#: Terms in the source of a module that depends on the behaviour of the database.
TERMS = re.compile(
    r"\b(?:IntegrityError|DatabaseError|OperationalError|CaptureQueriesContext|EXPLAIN|Thread"
    r"|django_assert_(?:max_)?num_queries|select_for_update|vendor|cursor)\b"
)
_DATABASE_FIXTURES = frozenset({"db", "transactional_db", "django_db_setup"})
_BROWSER_FIXTURES = frozenset({"browser", "page", "reader"})


def for_postgresql(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that ``make test`` repeats on PostgreSQL."""
    return [item for item in items if is_repeated(item)]


def is_repeated(item: pytest.Item) -> bool:
    path = item.path.relative_to(ROOT)
    if not _uses_database(item) or path.parts[0] in NEVER or _fixtures(item) & _BROWSER_FIXTURES:
        return False
    return (
        path.parts[0] in FOLDERS
        or path.as_posix() in MODULES
        or _commits(item)
        or has_terms(item.path)
    )


@cache
def has_terms(path: Path) -> bool:
    """Return whether a module, or a helper of its folder that it imports,
    depends on the database.
    """
    source = path.read_text(encoding="utf-8")
    if TERMS.search(source):
        return True
    imported = set(re.findall(r"\w+", " ".join(re.findall(r"^from .*$", source, re.MULTILINE))))
    helpers = (each for each in path.parent.glob("*.py") if each.stem in imported)
    return any(TERMS.search(each.read_text(encoding="utf-8")) for each in helpers)


def _uses_database(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db") is not None
    return marked or bool(_fixtures(item) & _DATABASE_FIXTURES)


def _commits(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    transaction = mark is not None and mark.kwargs.get("transaction", False)
    return transaction or "transactional_db" in _fixtures(item)


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))
