"""The whole suite, on SQLite and then on PostgreSQL. Arguments go to pytest.

What no database has a part in runs once, and so does ``ONCE``. The last line is the sum of both:
``N passed, N failed``.
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
# What pytest answers when all is well, and when it has found no test.
_GOOD, _NONE = 0, 5

#: Of what a database has a part in: pages as a browser or an inspector meets them, and who may ask
#: for which address, the same whatever they are read from. (What none has a part in,
#: ``--of-the-database`` leaves out.)
ONCE = ("tests/compliance", "tests/face", "tests/proofs", "tests/publishing/test_endpoints.py")


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _leave)
    total: Counter[str] = Counter()
    worst = _GOOD
    again = ["--of-the-database", *(f"--ignore={path}" for path in ONCE)]
    for name, database, leaving_out in (
        ("SQLite", nullcontext(""), []),
        ("PostgreSQL", postgres.server(), again),
    ):
        with database as url:
            print(f"\n{name}", flush=True)
            code, counts = _pytest([*arguments, *leaving_out], url)
        if code == _NONE and leaving_out and sum(total.values()):
            continue  # all that was asked for has run
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
