"""Every file or folder that the documentation names must exist."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import BASE

PAGES = sorted([*BASE.glob("*.md"), *(BASE / "docs").rglob("*.md")])
#: Regular expression for a path in backticks: a file or folder inside a folder of the project.
NAMED = re.compile(
    r"`((?:portal|news|honors|templates|static|tests|docs|deploy|requirements)/[\w./-]+)`"
)
LINKED = re.compile(r"\]\(([^)#:]+)(?:#[\w-]+)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(BASE)))
def test_named_paths_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = {BASE / path for path in NAMED.findall(text)}
    linked = {page.parent / path for path in LINKED.findall(text)}
    assert sorted(str(path) for path in named | linked if not path.exists()) == []
