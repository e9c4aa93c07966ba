"""Tables of results, which are printed as text and written into docs/performance.md."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from pathlib import Path
from statistics import median

from tests import machine
from tests.benchmarks.build import ROOT
from tests.benchmarks.processes import nginx_binary

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured by `make bench`: -->", "<!-- end -->"


@dataclass(frozen=True)
class Target:
    """The target of a measured value: at least ``least``, or at most ``most``."""

    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"

    def met(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )


@dataclass
class Table:
    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Descriptions of the measured values that miss their targets.
    short: list[str] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        self.rows.append(tuple(str(cell) for cell in cells))

    def judge(self, what: str, value: float, target: Target | None, form: str = ".2f") -> str:
        """Return the text of a cell: the value and its target.

        If the value misses the target, add a description to ``short``. ``what`` names the value in
        the description; ``target`` is None if the value has no target.
        """
        text = f"{value:{form}}"
        if target is None:
            return text
        if not target.met(value):
            self.short.append(f"{what}: {text}, target {target}")
        return f"{text} ({target}{'' if target.met(value) else ', NO'})"

    def plain(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [self.title, ""]
        for row in (self.head, tuple("-" * width for width in widths), *self.rows):
            first, *others = (
                f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}"
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            lines.append("  ".join([first, *others]).rstrip())
        return "\n".join([*lines, *(f"  {note}" for note in self.notes), ""])

    def markdown(self) -> str:
        rule = ["---", *("---:" for _ in self.head[1:])]
        rows = [f"| {' | '.join(row)} |" for row in (self.head, tuple(rule), *self.rows)]
        return "\n".join([f"### {self.title}", "", *rows, "", *(f"- {n}" for n in self.notes), ""])


def number(value: float) -> str:
    """Format a number with three significant digits, or as an integer if it is 100 or more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def middle(values: Iterable[float]) -> float:
    return median(values)


def surroundings() -> str:
    """Return the CPU and the versions of the programs, but not the name of the machine."""
    names = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    found = {
        "cores": str(os.cpu_count()),
        "CPU": names[0].strip() if names else platform.machine(),
        "Python": platform.python_version(),
        "Django": metadata.version("django"),
        "granian": metadata.version("granian"),
        "nginx": _version([nginx_binary() or "nginx", "-v"]),
        "PostgreSQL": _version([str((machine.postgresql() or Path()) / "postgres"), "-V"]),
        "SQLite": __import__("sqlite3").sqlite_version,
        "wrk": _version(["wrk", "-v"]),
    }
    return ", ".join(f"{name} {value}" for name, value in found.items() if value)


def _version(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else ""


def write(tables: list[Table], how: str) -> None:
    """Replace the tables in docs/performance.md.

    ``how`` is the command that has measured the results.
    """
    short = [f"- {each}" for table in tables for each in table.short] or ["- Nothing."]
    text = "\n".join(
        [
            BEGIN,
            "",
            f"Measured on {date.today().isoformat()} by `{how}`: {surroundings()}.",  # noqa: DTZ011
            "",
            *(table.markdown() for table in tables),
            "### What fell short in this run",
            "",
            *short,
            "",
            END,
        ]
    )
    page = PAGE.read_text()
    before, _begin, rest = page.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    PAGE.write_text(f"{before}{text}{after}")
