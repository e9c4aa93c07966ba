"""The benchmarks fill every row of their result tables, here with the smallest portals.

These tests make no assertion about speed.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.benchmarks import __main__ as bench
from tests.benchmarks import corpus, report, serving
from tests.benchmarks.report import Table, Target

SMALL = (
    *("--quick", "--few", "30", "--many", "60"),
    *("--queries", "4", "--releases", "1", "--renderings", "4", "--pages", "10"),
)
#: Parts that use no database, or whose results do not depend on it, are measured on SQLite only.
PARTS = {"sqlite": bench.PARTS, "postgresql": ("search",)}
_WISH = r"(?: \([≥≤] [\d.]+(?:, NO)?\))?"
_NUMBER = re.compile(rf"(?:× )?[\d,]+(?:\.\d+)?(?:e[+-]\d+)?{_WISH}")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Create a folder that PostgreSQL may enter as another user, unlike pytest's ``tmp_path``."""
    made = Path(tempfile.mkdtemp(prefix="portal-bench-test-"))
    monkeypatch.setenv("PORTAL_BENCH_DIR", str(made))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.mark.django_db
def test_every_row_is_measured(folder: Path, collected_static: None) -> None:
    vendor = connection.vendor
    parts = PARTS[vendor]
    options = bench.parse([*SMALL, "--databases", vendor, "--parts", *parts])
    tables = list(bench.run(options, Path(settings.STATIC_ROOT).resolve()))
    assert [table.title.partition(",")[0].partition(" among")[0] for table in tables] == [
        *(["Public pages"] * 2 if "serving" in parts else []),
        *(["Bytes of a page"] if "serving" in parts else []),
        *(["A release"] if "turnover" in parts else []),
        *(["Pages that are not stored"] if "rendering" in parts else []),
        *(["Search"] * 2),
    ]
    by_title = {table.title: table for table in tables}
    for table in tables:
        assert table.rows
        for row in table.rows:
            assert len(row) == len(table.head)
            assert _is_measured(row), (table.title, row)
    (found,) = (table for title, table in by_title.items() if title.endswith("what is found"))
    assert {row[-1] for row in found.rows} == {"1.0000 (≥ 1)"}
    assert all(int(row[3]) > 0 for row in found.rows)
    if "serving" in parts:
        assert [row[0] for row in tables[0].rows] == [
            serving.PLAIN,
            serving.SAME,
            serving.OVER_STORE,
            serving.ALONE,
            serving.UNCACHED,
        ]
    # The benchmarks must have ended all their processes and deleted the writable copies of portals.
    assert not list(folder.glob("*scratch*"))
    assert not _children()


def _is_measured(row: tuple[str, ...]) -> bool:
    """Return whether the row has at least one number, and no cell besides names and numbers."""
    values = [cell for cell in row[1:] if cell and cell not in ("sqlite", "postgresql")]
    return bool(values) and all(map(_NUMBER.fullmatch, values))


def _children() -> set[str]:
    """Return the names of the servers that this process has started and that are still running."""
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    names = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids}
    return names & {"nginx", "granian", "wrk", "postgres"}


def test_the_corpus_is_reproducible_and_varied() -> None:
    texts = [corpus.text(number) for number in range(40)]
    assert texts == [corpus.text(number) for number in range(40)]
    assert {text.kind for text in texts} == set(corpus.KINDS)
    assert len({text.title for text in texts}) > 35
    assert len({text.body for text in texts}) == 40
    sizes = [len(text.body.encode()) for text in texts]
    assert min(sizes) > 0.7 * corpus.BYTES
    assert max(sizes) < 1.5 * corpus.BYTES
    assert 0.9 * corpus.BYTES < sum(sizes) / len(sizes) < 1.15 * corpus.BYTES
    counts: dict[str, int] = {}
    for text in texts:
        whole = "".join(text.paragraphs)
        for pair in {whole[at : at + 2] for at in range(len(whole) - 1)}:
            counts[pair] = counts.get(pair, 0) + 1
    everywhere = sum(count == len(texts) for count in counts.values())
    once = sum(count == 1 for count in counts.values())
    assert everywhere >= 20
    assert once > len(counts) / 4


def test_a_report_replaces_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Above\n\n{report.BEGIN}\nold\n{report.END}\n\nBelow\n")
    monkeypatch.setattr(report, "PAGE", page)
    table = Table("What was measured", ("page", "ratio"))
    table.add("good", table.judge("good", 0.99, Target(least=0.95)))
    table.add("bad", table.judge("bad", 1.5, Target(most=1.2)))
    for _twice in range(2):
        report.write([table], "make bench")
        written = page.read_text()
        assert written.startswith("# Above\n")
        assert written.endswith("\n\nBelow\n")
        assert "old" not in written
        assert written.count("| bad | 1.50 (≤ 1.2, NO) |") == 1
        assert "- bad: 1.50, target ≤ 1.2" in written
        assert "good: " not in written
