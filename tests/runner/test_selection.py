"""SQLite runs every test; PostgreSQL runs the tests that ``tests.selection``
selects, or all tests.
"""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import postgres, run, selection

TESTS = selection.ROOT


def item(path: str, *fixtures: str, **mark: Any) -> Any:
    """Return a replacement for a collected test, with this module path and these fixtures.

    ``mark`` contains the arguments of the test's ``django_db`` mark; without arguments, the test
    has no mark.
    """
    found = SimpleNamespace(kwargs=mark) if mark else None
    return SimpleNamespace(
        path=TESTS / path, fixturenames=fixtures, get_closest_marker=lambda _name: found
    )


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Replace pytest by a function that records the database URL and the arguments of each call."""
    calls: list[tuple[str, list[str]]] = []

    def note(arguments: list[str], url: str, coverage: Path | None) -> tuple[int, Counter[str]]:
        calls.append((url, arguments))
        return 0, Counter(passed=1)

    monkeypatch.setattr(run, "_pytest", note)
    monkeypatch.setattr(run, "_report_coverage", lambda data: 0)
    monkeypatch.setattr(postgres, "server", lambda: nullcontext("postgres://"))
    monkeypatch.setattr("signal.signal", lambda *args: None)
    return calls


def test_sqlite_runs_every_test(runs: list[tuple[str, list[str]]]) -> None:
    assert run.main(["-n", "2"]) == 0
    assert runs == [("", ["-n", "2"]), ("postgres://", ["-n", "2", "--for-postgresql"])]


def test_a_full_run_selects_nothing(
    runs: list[tuple[str, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["--full", "--coverage", "tests/news"]) == 0
    assert runs == [("", ["tests/news"]), ("postgres://", ["tests/news"])]
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"


def test_a_run_below_the_coverage_limit_fails(
    runs: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_report_coverage", lambda data: 2)
    assert run.main(["--full", "--coverage"]) == 2


@pytest.mark.parametrize(
    ("test", "is_repeated"),
    [
        (item("search/test_recall.py", "db"), True),
        (item("audit/test_chain.py", transaction=False), True),
        (item("publishing/test_rows.py", "db"), True),
        # The source code of the module contains the term CaptureQueriesContext.
        (item("runner/test_selection.py", "db"), True),
        (item("news/test_pages.py", "transactional_db"), True),
        (item("news/test_pages.py", transaction=True), True),
        (item("news/test_pages.py", "db"), False),
        (item("library/test_journey.py", "transactional_db", "page"), False),
        (item("search/test_words.py"), False),  # This test has no database fixture.
        (item("compliance/test_pages.py", "django_db_setup"), False),
    ],
)
def test_only_database_dependent_tests_repeat_on_postgresql(test: Any, is_repeated: bool) -> None:
    assert selection.is_repeated(test) is is_repeated


def test_every_name_in_the_selection_exists() -> None:
    for folder in selection.FOLDERS | selection.NEVER:
        assert (TESTS / folder).is_dir(), folder
    for module in selection.MODULES:
        assert (TESTS / module).is_file(), module
