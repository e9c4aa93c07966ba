"""The whole suite, on SQLite and then on PostgreSQL. Arguments go to pytest.

The last line is the sum of both: ``N passed, N failed``.
"""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext
from types import FrameType

from tests import postgres

_COUNT = re.compile(r"(\d+) (passed|failed|skipped|xfailed|xpassed|error)s?\b")
_CLOSING = re.compile(r"^=* ?(?:\d+ \w+(?:, )?)+ in [\d.]+s")
# What pytest answers when all is well.
_GOOD = 0


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _leave)
    total: Counter[str] = Counter()
    worst = _GOOD
    for name, database in (("SQLite", nullcontext("")), ("PostgreSQL", postgres.server())):
        with database as url:
            print(f"\n{name}", flush=True)
            code, counts = _pytest(arguments, url)
        total += counts
        # A run that was cut short has no closing line, and must not look like a good one.
        if code != _GOOD and not counts["failed"] + counts["error"]:
            total["failed"] += 1
        worst = worst or code
    failed = total["failed"] + total["error"]
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {failed} failed{skipped}", flush=True)
    return worst


def _pytest(arguments: list[str], url: str) -> tuple[int, Counter[str]]:
    environment = {**os.environ, "DATABASE_URL": url}
    if not url:
        del environment["DATABASE_URL"]
    command = [sys.executable, "-m", "pytest", *arguments]
    counts: Counter[str] = Counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
                if _CLOSING.match(line):
                    counts = Counter({word: int(number) for number, word in _COUNT.findall(line)})
        except BaseException:
            process.terminate()
            raise
    return process.returncode, counts


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
