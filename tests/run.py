"""Run the tests on SQLite, then on PostgreSQL. Unknown arguments are passed to pytest.

Every test runs on SQLite. On PostgreSQL, only the tests run that can behave differently there
(``tests.selection``), or every test with ``--full``. ``--coverage`` measures the run on PostgreSQL
and fails below the limit in ``pyproject.toml``. The last line of the output is the sum of both
runs: ``N passed, N failed``. ``docs/testing.md`` explains which tests run on which database.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import FrameType

from tests import postgres

ROOT = Path(__file__).resolve().parents[1]
_COUNT = re.compile(r"(\d+) (passed|failed|skipped|xfailed|xpassed|error)s?\b")
_SUMMARY = re.compile(r"^=* ?(?:\d+ \w+(?:, )?)+ in [\d.]+s")
#: Exit codes of pytest: all tests passed; no test was collected.
_PASSED, _NO_TESTS = 0, 5


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _exit_on_signal)
    options = {"--full", "--coverage"} & set(arguments)
    arguments = [each for each in arguments if each not in options]
    selected = [] if "--full" in options else ["--for-postgresql"]
    total: Counter[str] = Counter()
    exit_code = _PASSED
    with tempfile.TemporaryDirectory(prefix="portal-coverage-") as folder:
        data = Path(folder) / "data"
        for name, database, selection, coverage in (
            ("SQLite", nullcontext(""), [], None),
            ("PostgreSQL", postgres.server(), selected, data if "--coverage" in options else None),
        ):
            with database as url:
                print(f"\n{name}", flush=True)
                code, counts = _pytest([*arguments, *selection], url, coverage)
            if code == _NO_TESTS and selection and sum(total.values()):
                # None of the requested tests is selected for PostgreSQL; all of them have run on
                # SQLite.
                continue
            total += counts
            # An interrupted pytest prints no summary; its run must not count as passed.
            if code != _PASSED and not counts["failed"] + counts["error"]:
                total["failed"] += 1
            exit_code = exit_code or code
        if "--coverage" in options:
            exit_code = exit_code or _report_coverage(data)
    failed = total["failed"] + total["error"]
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {failed} failed{skipped}", flush=True)
    return exit_code


def _pytest(arguments: list[str], url: str, coverage: Path | None) -> tuple[int, Counter[str]]:
    """Run pytest on the database at ``url``, or on SQLite if ``url`` is empty.

    Return the exit code and the counts of the summary line ("passed", "failed", ...).
    """
    environment = {**os.environ, "DATABASE_URL": url}
    if not url:
        del environment["DATABASE_URL"]
    command = [sys.executable, "-m", "pytest", *arguments]
    if coverage:
        environment["COVERAGE_FILE"] = str(coverage)
        command[1:1] = ["-m", "coverage", "run"]
    counts: Counter[str] = Counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
                if _SUMMARY.match(line):
                    counts = Counter({word: int(number) for number, word in _COUNT.findall(line)})
        except BaseException:
            process.terminate()
            raise
    return process.returncode, counts


def _report_coverage(data: Path) -> int:
    """Combine the coverage data of all processes and print the report.

    Return the exit code of ``coverage``, which is not 0 if the coverage is below the limit.
    """
    environment = {**os.environ, "COVERAGE_FILE": str(data)}
    for command in (["combine", "--quiet"], ["report"]):
        done = subprocess.run(
            [sys.executable, "-m", "coverage", *command], env=environment, cwd=ROOT, check=False
        )
        if done.returncode:
            return done.returncode
    return 0


def _exit_on_signal(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
