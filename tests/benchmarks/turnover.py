"""Measure a release: the times until the action returns, until the page is served, and until all
pages are stored again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from tests.benchmarks.build import COLUMN, ROOT, Portal
from tests.benchmarks.inside import Child
from tests.benchmarks.processes import fetch, free_port, running
from tests.benchmarks.report import Table, number

FIRST = 100
PATIENCE_SECONDS = 600


def measure(
    portal: Portal, child: Child, *, releases: int, pages: int, table: Table, logs: Path
) -> None:
    """Measure ``releases`` releases and add their times to ``table``.

    Before each release, ``pages`` pages are rendered into the page store (0: all pages).
    """
    paths = child.ask("first_paths", count=pages)
    seconds = child.ask("warm", paths=paths)
    files = child.ask("files", paths=paths[:FIRST])
    port = free_port()
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    times: dict[str, list[float]] = {}
    with running("serve-generations", command, port, folder=logs, env=portal.env(), cwd=ROOT):
        for index in range(releases):
            if index:
                child.ask("warm", paths=paths)
            ready = child.ask("approved", number=index)
            seen = child.ask("release", revision=ready["revision"])
            begun = seen.pop("at")
            for name, path in (("home", "/"), ("column", f"/news/{COLUMN}/")):
                _until(partial(_shows, port, path, ready["title"]), name)
                seen[name] = (time.monotonic() - begun) * 1000
            current = portal.var / "store" / "current"
            _until(partial(_stand, current, files), "warm again")
            seen["warm"] = (time.monotonic() - begun) * 1000
            for name, value in seen.items():
                times.setdefault(name, []).append(value)
    for name, label in (
        ("acknowledged", "release acknowledged, ms"),
        ("swapped", "its pages served from then on, ms"),
        ("home", "home answered with it, ms"),
        ("column", "then its column, ms"),
        ("warm", f"the first {len(files)} pages warm again, ms"),
    ):
        table.add(label, portal.vendor, number(median(times[name])), number(max(times[name])))
    rate = number(len(paths) / seconds)
    table.add(f"`manage.py warm`, {len(paths):,} pages, pages/s", portal.vendor, rate, "")


def table(count: int, releases: int) -> Table:
    made = Table(
        f"A release among {count:,} articles", ("after the release began", "", "median", "slowest")
    )
    made.notes.append(
        f"{releases} releases, each when everything was warm; the server and its loop run as"
        " `manage.py serve` starts them."
    )
    return made


def _shows(port: int, path: str, title: str) -> bool:
    return title in fetch(port, path).body.decode()


def _stand(folder: Path, names: list[str]) -> bool:
    return all((folder / name).exists() for name in names)


def _until(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit(f"After {PATIENCE_SECONDS} s still not: {what}")
        time.sleep(0.001)
