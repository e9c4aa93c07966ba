"""The sample portal, created one time in each test run, for all audits and tests that read it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from portal.sample import loader
from tests.browser import run_once
from tests.database import content_of
from tests.sample import Page, Sample, more


@dataclass(frozen=True)
class SharedSample:
    """The sample portal of this test run and its pages.

    ``database`` is a copy of its database, to which no server writes.
    """

    sample: Sample
    pages: dict[str, Page]
    database: Path


@pytest.fixture(scope="session")
def shared_sample(collected_static: None) -> SharedSample:
    """Create the sample portal, or wait until another pytest worker has created it."""
    folder = Path(os.environ["PORTAL_TESTS_ROOT"]) / "sample"
    made, table, database = Sample(folder / "var"), folder / "pages.json", folder / "sample.sqlite3"
    with run_once(folder) as is_first:
        if is_first:
            made.make(static=Path(settings.STATIC_ROOT).resolve())
            with (
                closing(sqlite3.connect(made.folder / "portal.sqlite3")) as source,
                closing(sqlite3.connect(database)) as copy,
            ):
                source.backup(copy)
            found = {name: asdict(page) for name, page in made.pages().items()}
            table.write_text(json.dumps(found))
    pages = {name: Page(**page) for name, page in json.loads(table.read_text()).items()}
    return SharedSample(made, pages, database)


@contextmanager
def sample_in_test_database(request: pytest.FixtureRequest, blocker: Any) -> Iterator[None]:
    """Fill the test database with the sample portal inside the context.

    On SQLite the content of the shared sample is copied. On PostgreSQL the sample is loaded in a
    transaction, which is rolled back at the end.
    """
    with blocker.unblock():
        if connection.vendor == "sqlite":
            shared: SharedSample = request.getfixturevalue("shared_sample")
            with content_of(shared.database):
                yield
        else:
            with transaction.atomic():
                list(loader.load())
                more.load()
                yield
                transaction.set_rollback(True)
