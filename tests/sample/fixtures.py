"""The sample portal, made once per run, for the server of the audits and tests that read it."""

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
    """The folder of the sample and its pages; ``database`` is a copy that no server writes to."""

    sample: Sample
    pages: dict[str, Page]
    database: Path


@pytest.fixture(scope="session")
def shared_sample(collected_static: None) -> SharedSample:
    """Make the sample, or wait until another worker has made it."""
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
    """Put the sample into the test database and take it out again.

    On SQLite it is copied from the shared sample; on PostgreSQL it is loaded and rolled back.
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
