"""One sample portal for all proofs, served as in production, and a reader with a browser."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from tests.browser import run_once
from tests.sample import Page, Sample

from .reader import Reader


@pytest.fixture(scope="session")
def sample(collected_static: None) -> tuple[Sample, dict[str, Page]]:
    """The sample portal and its table of pages: made once, by whichever worker needs it first."""
    shared = Path(os.environ["PORTAL_TESTS_ROOT"]) / "sample"
    made, table = Sample(shared / "var"), shared / "pages.json"
    with run_once(shared) as is_first:
        if is_first:
            made.make(static=Path(settings.STATIC_ROOT).resolve())
            told = {name: asdict(page) for name, page in made.pages().items()}
            table.write_text(json.dumps(told))
    return made, {name: Page(**page) for name, page in json.loads(table.read_text()).items()}


@pytest.fixture(scope="session")
def pages(sample: tuple[Sample, dict[str, Page]]) -> dict[str, Page]:
    return sample[1]


@pytest.fixture(scope="session")
def url(sample: tuple[Sample, dict[str, Page]]) -> Iterator[str]:
    with sample[0].served() as url:
        yield url


@pytest.fixture
def reader(browser: Browser, url: str, pages: dict[str, Page]) -> Iterator[Reader]:
    """Somebody who wants no motion: what a test measures has come to rest."""
    context = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    )
    yield Reader(context.new_page(), url, pages)
    context.close()
