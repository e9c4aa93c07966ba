"""Fixtures and hooks of all tests. The factories are plain functions in ``tests.factories``."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from portal import catalogue
from tests import selection
from tests.database import MIGRATED, Snapshot

pytest_plugins = ["tests.browser", "tests.pagestore.fixtures", "tests.sample.fixtures"]

# Hypothesis sets no deadline, because a test on a slow machine must not fail. In CI, hypothesis
# generates the same examples in every run, so that a failure can be reproduced.
hypothesis_settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.register_profile(
    "ci", parent=hypothesis_settings.get_profile("default"), derandomize=True, database=None
)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_configure(config: pytest.Config) -> None:
    # Only the main process compiles the catalogue: the pytest workers start afterwards.
    if not hasattr(config, "workerinput"):
        catalogue.compile_if_stale()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--for-postgresql",
        action="store_true",
        help="run only the tests that may behave differently on PostgreSQL (tests/selection.py)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--for-postgresql"):
        chosen = set(selection.for_postgresql(items))
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = [item for item in items if item in chosen]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Exclude all loaded modules from garbage collection, which would scan
    them without any effect.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Migrate the test database as pytest-django does, and replace the reset after transactional
    tests.

    A transactional test commits its changes. After such a test, a copy of the migrated database is
    restored.
    """
    snapshot = Snapshot(MIGRATED)
    with django_db_blocker.unblock():
        snapshot.take()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: snapshot.restore(case))
        yield
    snapshot.close()


@pytest.fixture(autouse=True)
def _in_chinese() -> Iterator[None]:
    """Activate the language of the site, because an earlier test may have activated another."""
    with translation.override(settings.LANGUAGE_CODE):
        yield
