"""Measure the rendering time of pages that are not stored, in portals with
few and many articles.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.build import Portal
from tests.benchmarks.inside import measuring_process
from tests.benchmarks.report import Table, Target, middle

FLAT = Target(most=1.2)
SAMPLES = 1


def measure(portals: list[tuple[Portal, Portal]], *, rounds: int, logs: Path) -> Table:
    """Render each page in turn on all portals; return the table of times.

    ``portals`` contains a pair for each database: a portal with few articles and one with many.
    """
    found: dict[tuple[str, int], dict[str, list[float]]] = {}
    with ExitStack() as stack:
        children = [
            stack.enter_context(measuring_process(portal, logs))
            for pair in portals
            for portal in pair
        ]
        for child in children:
            child.ask("pages", samples=3)  # The first renderings fill caches; they are not counted.
        for number in range(rounds):
            for child in children if number % 2 else reversed(children):
                seen = found.setdefault((child.portal.vendor, child.portal.count), {})
                for name, times in child.ask("pages", samples=SAMPLES).items():
                    seen.setdefault(name, []).extend(times)
    few, many = (portal.count for portal in portals[0])
    head = ("page, rendered anew", "database", f"ms, {few:,}", f"ms, {many:,}", "ratio")
    table = Table(f"Pages that are not stored, {few:,} and {many:,} articles", head)
    for small, large in portals:
        one, other = found[small.vendor, small.count], found[large.vendor, large.count]
        for name in one:
            a, b = middle(one[name]), middle(other[name])
            ratio = table.judge(f"{name}, {small.vendor}, {many:,} to {few:,}", b / a, FLAT)
            table.add(name, small.vendor, f"{a:.1f}", f"{b:.1f}", ratio)
    table.notes.append(
        f"Medians of {rounds * SAMPLES} renderings each, by Django's test client (everything but"
        " the server), the portals in turn."
    )
    return table
