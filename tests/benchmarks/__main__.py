"""``make bench``: run the benchmarks and print their results as tables of ratios."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from tests import machine
from tests.benchmarks import peer, rendering, report, searching, serving, sizes, turnover
from tests.benchmarks.build import Portal, Workshop, workshop
from tests.benchmarks.inside import measuring_process
from tests.benchmarks.report import Table

VENDORS = ("sqlite", "postgresql")
NEEDS = ("nginx", "PostgreSQL", "wrk")
PARTS = ("serving", "turnover", "rendering", "search")


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    # A normal exit stops the servers that the benchmarks have started.
    signal.signal(signal.SIGTERM, _leave)
    if absent := {name: machine.missing()[name] for name in NEEDS if name in machine.missing()}:
        print(
            f"The benchmarks need {' and '.join(absent)}: install them (on Debian: apt-get install"
            f" {' '.join(absent.values())}; `make bench` does it when it is root)."
        )
        return 1
    begun = time.monotonic()
    tables: list[Table] = []
    try:
        for table in run(options):
            print(f"\n{table.plain()}", flush=True)
            tables.append(table)
    except KeyboardInterrupt:
        print("\nStopped; nothing of it is left running.")
        return 130
    short = [each for table in tables for each in table.short]
    print("\n".join(["What fell short:", *short] if short else ["Nothing fell short."]))
    print(f"{report.surroundings()}; {time.monotonic() - begun:.0f} s in all.")
    if options.write:
        report.write(tables, f"python -m tests.benchmarks {shlex.join(arguments)}".strip())
        print(f"Written into {report.PAGE.relative_to(report.ROOT)}.")
    return 0


def run(options: argparse.Namespace, static: Path | None = None) -> Iterator[Table]:
    """Run the parts of the benchmark that ``options`` selects, one after the other; yield their
    tables.
    """
    with (
        tempfile.TemporaryDirectory(prefix="portal-bench-logs-") as logs,
        workshop(options.databases, static) as shop,
    ):
        for part in options.parts:
            print(f"\n{part} ...", flush=True)
            yield from PART[part](shop, options, Path(logs))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--peers", action="store_true", help="a stock Wagtail site as well")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    parser.add_argument("--quick", action="store_true", help="1,000 and 5,000 articles, one round")
    parser.add_argument("--seconds", type=float, default=3, help="of each run of wrk (3)")
    parser.add_argument("--rounds", type=int, default=3, help="of everything (3)")
    parser.add_argument("--few", type=int, default=1_000, help="articles of the small portal")
    parser.add_argument("--many", type=int, default=100_000, help="articles of the large one")
    parser.add_argument("--queries", type=int, default=40, help="searches of each kind (40)")
    parser.add_argument("--releases", type=int, default=5, help="releases that are timed (5)")
    parser.add_argument("--pages", type=int, default=0, help="warm before a release (0: all)")
    parser.add_argument(
        "--renderings", type=int, default=40, help="of each page that is not stored"
    )
    for name, choices in (("databases", VENDORS), ("parts", PARTS)):
        parser.add_argument(f"--{name}", nargs="+", choices=choices, default=choices)
    options = parser.parse_args(arguments)
    options.databases = tuple(options.databases)
    if options.quick:
        options.many = min(options.many, 5_000)
        options.seconds, options.rounds = min(options.seconds, 1), 1
        options.queries, options.releases = min(options.queries, 10), min(options.releases, 2)
        options.renderings = min(options.renderings, 8)
        options.pages = options.pages or 200
    return options


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _serving(shop: Workshop, options: argparse.Namespace, logs: Path) -> list[Table]:
    """Measure on the first database only, because serving a stored page uses no database."""
    portal = shop.portal(options.databases[0], options.few)
    with shop.scratch(portal) as copy, measuring_process(copy, logs) as child:
        site = None
        if options.peers:
            frame = child.ask("page", path="/")
            texts = range(serving.ARTICLES)
            folder = shop.folder / f"wagtail-{options.few}"
            site = peer.site(folder, frame=frame, count=options.few, texts=texts)
        tables = serving.measure(
            copy, child, seconds=options.seconds, rounds=options.rounds, site=site, logs=logs
        )
        articles = child.ask("mix", articles=serving.ARTICLES)[2:]
        return [*tables, sizes.measure(copy, articles)]


def _turnover(shop: Workshop, options: argparse.Namespace, logs: Path) -> list[Table]:
    table = turnover.table(options.few, options.releases)
    for vendor in options.databases:
        portal = shop.portal(vendor, options.few)
        with shop.scratch(portal) as copy, measuring_process(copy, logs) as child:
            turnover.measure(
                copy,
                child,
                releases=options.releases,
                pages=options.pages,
                table=table,
                logs=logs,
            )
    return [table]


def _rendering(shop: Workshop, options: argparse.Namespace, logs: Path) -> list[Table]:
    rounds = -(-options.renderings // rendering.SAMPLES)
    pairs = [
        (shop.portal(vendor, options.few), shop.portal(vendor, options.many))
        for vendor in options.databases
    ]
    return [rendering.measure(pairs, rounds=rounds, logs=logs)]


def _search(shop: Workshop, options: argparse.Namespace, logs: Path) -> list[Table]:
    portals: list[Portal] = []
    for vendor in options.databases:
        portals.append(shop.portal(vendor, options.many))
        shop.with_search(portals[-1])
    return searching.measure(portals, each=options.queries, logs=logs)


PART = {"serving": _serving, "turnover": _turnover, "rendering": _rendering, "search": _search}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
