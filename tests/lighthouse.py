"""``make lighthouse``: median results of five Lighthouse runs on each of five pages.

Lighthouse simulates a phone. It requests the pages of the sample portal from the production server,
in the Chromium of the system. The speeds depend on the machine, so no test asserts them;
``--write`` writes the table of results into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

from tests import machine, node
from tests.benchmarks import report
from tests.benchmarks.report import Table, Target
from tests.sample import Sample

PAGES = ("home", "column", "article-pictures", "honors", "data")
RUNS = 5
ATTEMPTS = 3
SCORES = ("performance", "accessibility", "best-practices", "seo")
CHROME = (
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
BEGIN, END = "<!-- measured by `make lighthouse`: -->", "<!-- end of lighthouse -->"


@dataclass(frozen=True)
class Figure:
    """A column of the result table.

    ``read`` returns the value from Lighthouse's report; ``target`` returns the limits of the value
    on a page, or None if the page has no limit.
    """

    name: str
    read: Callable[[dict[str, Any]], float]
    target: Callable[[str], Target | None]
    form: str = ".0f"


def _score(name: str) -> Callable[[dict[str, Any]], float]:
    return lambda result: result["categories"][name]["score"] * 100


def _audit(name: str, by: float = 1) -> Callable[[dict[str, Any]], float]:
    return lambda result: result["audits"][name]["numericValue"] / by


def _without_pictures(result: dict[str, Any]) -> float:
    items = result["audits"]["network-requests"]["details"]["items"]
    return sum(each["transferSize"] for each in items if each["resourceType"] != "Image") / 1000


def _bytes_target(page: str) -> Target | None:
    most = {"home": 120, "article-pictures": 80}.get(page)
    return Target(most=most) if most else None


FIGURES = (
    *(Figure(name, _score(name), lambda page: Target(least=99)) for name in SCORES),
    Figure(
        "largest paint, s",
        _audit("largest-contentful-paint", 1000),
        lambda page: Target(most=1.2),
        ".2f",
    ),
    Figure("layout shift", _audit("cumulative-layout-shift"), lambda page: Target(most=0), ".3f"),
    Figure("KB without pictures", _without_pictures, _bytes_target),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lighthouse", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"on each page ({RUNS})")
    parser.add_argument("--pages", nargs="+", default=PAGES, help="by their names in tests.pages")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="portal-lighthouse-") as folder:
        sample = Sample(Path(folder) / "var")
        sample.make()
        pages = sample.pages()
        with sample.served() as url:
            addresses = {name: url + pages[name].address for name in options.pages}
            for address in addresses.values():
                # The first request puts the page into the page store, so that the measured runs
                # read it there.
                urlopen(address, timeout=30).close()
            result = {
                name: [_run(address, Path(folder)) for _ in range(options.runs)]
                for name, address in addresses.items()
            }
    table = _table(result, options.runs)
    print(f"\n{table.plain()}")
    print("\n".join(["What fell short:", *table.short] if table.short else ["Nothing fell short."]))
    for complaint in sorted({each for runs in result.values() for each in _complaints(runs[-1])}):
        print(f"  {complaint}")
    if options.write:
        _write(table)
        print(f"Written into {report.PAGE.relative_to(report.ROOT)}.")
    return 0


def _run(address: str, folder: Path) -> dict[str, Any]:
    """Run Lighthouse on one page with its default settings: a mid-range phone with slow network."""
    output = folder / "report.json"
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    command = [
        *(str(node.NODE), str(node.LIGHTHOUSE), address),
        *("--quiet", "--output=json", f"--output-path={output}", "--no-enable-error-reporting"),
        f"--only-categories={','.join(SCORES)}",
        f"--chrome-flags={' '.join((*CHROME, *root))}",
    ]
    environment = {**os.environ, "CHROME_PATH": machine.chromium() or ""}
    for attempt in range(ATTEMPTS):
        # The browser sometimes loses the start of a trace (error NO_NAVSTART). Lighthouse then
        # fails without any figures, and the run is repeated.
        last = attempt == ATTEMPTS - 1
        done = subprocess.run(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, check=last
        )
        if not done.returncode:
            break
    result = json.loads(output.read_text())
    if problem := result.get("runtimeError"):
        raise SystemExit(f"{address}: {problem['message']}")
    print(f"{address}: {[round(_score(name)(result)) for name in SCORES]}", flush=True)
    return result


def _table(result: dict[str, list[dict[str, Any]]], runs: int) -> Table:
    table = Table(
        "The pages as Lighthouse sees them",
        ("page", *(figure.name for figure in FIGURES)),
        notes=[f"Medians of {runs} runs, phone settings."],
    )
    for page, reports in result.items():
        cells = []
        for figure in FIGURES:
            value = median(figure.read(each) for each in reports)
            target = figure.target(page)
            cells.append(table.judge(f"{page}, {figure.name}", value, target, figure.form))
        table.add(page, *cells)
    return table


def _complaints(result: dict[str, Any]) -> list[str]:
    """Return the audits that lowered a score, as "id: title"."""
    wrong = {
        name
        for category in result["categories"].values()
        for name in (each["id"] for each in category["auditRefs"] if each["weight"])
        if (result["audits"][name]["score"] or 0) < 0.9
        and result["audits"][name]["score"] is not None
    }
    return [f"{name}: {result['audits'][name]['title']}" for name in wrong]


def _write(table: Table) -> None:
    """Replace the result table in docs/performance.md."""
    measured = f"Measured on {date.today().isoformat()} by `make lighthouse`"  # noqa: DTZ011
    text = "\n".join(
        [
            BEGIN,
            "",
            f"{measured}: {_versions()}; {report.surroundings()}.",
            "",
            table.markdown(),
            END,
        ]
    )
    before, _begin, rest = report.PAGE.read_text().partition(BEGIN)
    _old, _end, after = rest.partition(END)
    report.PAGE.write_text(f"{before}{text}{after}")


def _versions() -> str:
    package = json.loads((node.LIGHTHOUSE.parents[1] / "package.json").read_text())
    said = subprocess.run(
        [machine.chromium() or "chromium", "--version"], capture_output=True, text=True
    )
    chromium = next((word for word in said.stdout.split() if word[:1].isdigit()), "")
    return f"Lighthouse {package['version']}, Chromium {chromium}"


if __name__ == "__main__":
    sys.exit(main())
