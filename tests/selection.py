"""Selection of the tests that ``make test`` repeats on PostgreSQL after all tests ran on SQLite.

A test that uses the database is repeated if one of these conditions is true:

* its module is in one of ``FOLDERS`` or is listed in ``MODULES``: the module tests SQL, locks,
  constraints, triggers, search or the cost of database queries;
* the source code of its module, or of an imported helper module in the same folder, contains one of
  ``TERMS``;
* the test commits (``transaction=True`` or ``transactional_db``) and does not use a browser.

All other tests use the database through the same public functions that the repeated tests cover.
``make coverage`` runs all tests on PostgreSQL. On SQLite, all tests always run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
#: Folders of ``tests`` that test the database, or its guarantees to concurrent processes.
FOLDERS = frozenset({"audit", "faults", "search"})
#: Other modules that depend on the database, although their source contains none of ``TERMS``.
MODULES = frozenset(
    {
        "publishing/test_bulk_actions.py",
        "publishing/test_rows.py",
    }
)
#: Folders that check rendered pages, which are the same on every database.
NEVER = frozenset({"benchmarks", "compliance", "page_audits", "public_pages"})
#: Modules that check permissions, which are the same on every database, at a high cost.
NEVER_MODULES = frozenset({"publishing/test_endpoints.py"})
#: Terms that occur in the source code of modules that depend on the behaviour of the database.
TERMS = re.compile(
    r"\b(?:IntegrityError|DatabaseError|OperationalError|CaptureQueriesContext|EXPLAIN|Thread"
    r"|django_assert_(?:max_)?num_queries|select_for_update|vendor|cursor)\b"
)
_DATABASE_FIXTURES = frozenset({"db", "transactional_db", "django_db_setup"})
_BROWSER_FIXTURES = frozenset({"browser", "page", "reader"})


def for_postgresql(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return those of the collected tests that ``make test`` repeats on PostgreSQL."""
    return [item for item in items if is_repeated(item)]


def is_repeated(item: pytest.Item) -> bool:
    path = item.path.relative_to(ROOT)
    if not _uses_database(item) or _fixtures(item) & _BROWSER_FIXTURES:
        return False
    if path.parts[0] in NEVER or path.as_posix() in NEVER_MODULES:
        return False
    return (
        path.parts[0] in FOLDERS
        or path.as_posix() in MODULES
        or _commits(item)
        or has_terms(item.path)
    )


@cache
def has_terms(path: Path) -> bool:
    """Return whether the source of a module, or of a helper that it imports, contains a term.

    Only helper modules in the same folder are read.
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
