"""The sample portal, created one time in each test run, for all audits and tests that read it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from portal.sample import loader
from tests.browser import run_once
from tests.database import MIGRATED, content_of
from tests.sample import Page, Sample, more


@dataclass(frozen=True)
class SharedSample:
    """The sample portal of this test run and its pages.

    ``database`` is a copy of its database, to which no server writes. ``plain`` is a copy of the
    database without the additions of ``more``.
    """

    sample: Sample
    pages: dict[str, Page]
    database: Path
    plain: Path


@pytest.fixture(scope="session")
def shared_sample(collected_static: None, django_db_setup: None) -> SharedSample:
    """Create the sample portal, or wait until another pytest worker has created it."""
    folder = Path(os.environ["PORTAL_TESTS_ROOT"]) / "sample"
    made = Sample(folder / "var")
    with run_once(folder) as is_first:
        if is_first:
            migrated = MIGRATED if MIGRATED.exists() else None
            made.make_quickly(static=Path(settings.STATIC_ROOT).resolve(), migrated=migrated)
    table = json.loads((folder / "pages.json").read_text())
    pages = {name: Page(**page) for name, page in table.items()}
    return SharedSample(made, pages, folder / "sample.sqlite3", folder / "plain.sqlite3")


@contextmanager
def sample_in_test_database(
    request: pytest.FixtureRequest, blocker: Any, *, with_additions: bool = True
) -> Iterator[None]:
    """Fill the test database with the sample portal inside the context.

    ``with_additions`` adds the objects of ``more``. On SQLite the content of the shared sample is
    copied. On PostgreSQL the sample is loaded in a transaction, which is rolled back at the end.
    """
    with blocker.unblock():
        if connection.vendor == "sqlite":
            shared: SharedSample = request.getfixturevalue("shared_sample")
            with content_of(shared.database if with_additions else shared.plain):
                yield
        else:
            with transaction.atomic():
                list(loader.load())
                if with_additions:
                    more.load()
                yield
                transaction.set_rollback(True)
