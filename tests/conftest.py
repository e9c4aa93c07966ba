"""What all tests share. Factories are plain functions, in ``tests.factories``."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from portal import catalogue
from tests.database import Snapshot

pytest_plugins = ["tests.browser", "tests.pagestore.fixtures"]

# A slow machine is no failure. In CI the same examples every time: a red run can be repeated.
hypothesis_settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.register_profile(
    "ci", parent=hypothesis_settings.get_profile("default"), derandomize=True, database=None
)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the workers start after this
        catalogue.compile_if_stale()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--of-the-database",
        action="store_true",
        help="only the tests that have to do with the database: all others know no other one",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--of-the-database"):
        return
    others = [item for item in items if not _asks_for_database(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if _asks_for_database(item)]


def _asks_for_database(item: pytest.Item) -> bool:
    """By its mark, or by what its fixtures stand on."""
    fixtures = {"db", "transactional_db", "django_db_setup"}
    asked = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & asked)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Migrate as pytest-django does, then keep a copy for the reset after transactional tests."""
    snapshot = Snapshot(Path(settings.VAR_DIR) / "migrated.sqlite3")
    with django_db_blocker.unblock():
        snapshot.take()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: snapshot.restore(case))
        yield
    snapshot.close()


@pytest.fixture(autouse=True)
def _in_chinese() -> Iterator[None]:
    """Every test starts in the site's language, whatever the one before it left behind."""
    with translation.override(settings.LANGUAGE_CODE):
        yield
