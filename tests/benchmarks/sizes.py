"""Measure the sizes of stored pages in bytes."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.build import COLUMN, Portal
from tests.benchmarks.report import Table, middle

HEAD = ("page", "HTML", "gzip", "brotli")


def measure(portal: Portal, articles: list[str]) -> Table:
    """Return the table of sizes.

    The page store must have been warmed, since only the warm-up writes files compressed with
    brotli.
    """
    table = Table("Bytes of a page", HEAD)
    store = portal.var / "store" / "current"
    for name, paths in (
        ("home", ["/"]),
        ("column, first page", [f"/news/{COLUMN}/"]),
        (f"article (median of {len(articles)})", articles),
    ):
        files = [store / path[1:] / "index.html" for path in paths]
        table.add(name, *(f"{_size(files, suffix):,.0f}" for suffix in ("", ".gz", ".br")))
    table.notes.append("Without headers, style sheets and pictures, which browsers keep.")
    return table


def _size(files: list[Path], suffix: str) -> float:
    return middle(file.with_name(file.name + suffix).stat().st_size for file in files)
