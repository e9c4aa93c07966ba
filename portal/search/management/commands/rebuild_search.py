"""The command that rebuilds or checks the search indexes, see ``search.rebuilding``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.search import file_indexing, rebuilding
from portal.search.rebuilding import Step

BAR_WIDTH = 30


class Command(BaseCommand):
    help = (
        "Rebuild the search indexes while the site stays in use; an interrupted run is "
        "continued. --check only reports differences, and exits with 1 if there are any."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare, change nothing")
        parser.add_argument("--fresh", action="store_true", help="empty the indexes first")
        parser.add_argument(
            "--if-stale",
            action="store_true",
            help="only indexes that are incomplete or were made by other rules",
        )
        parser.add_argument("--index", choices=rebuilding.INDEXES, help="only this index")

    def handle(self, *, check: bool, fresh: bool, if_stale: bool, **options: Any) -> None:
        names = [options["index"]] if options["index"] else list(rebuilding.INDEXES)
        if check:
            return self.check_indexes(names)
        for name in names:
            if if_stale and not rebuilding.is_stale(name):
                continue
            self.run_rebuild(name, rebuilding.rebuild(name, fresh=fresh))
        for _digest in file_indexing.index_pending_files():
            pass
        return None

    def check_indexes(self, names: list[str]) -> None:
        found = 0
        for name in names:
            for difference in rebuilding.find_differences(name):
                found += 1
                self.stdout.write(difference)
        if found:
            raise CommandError(f"{found} differences. Run rebuild_search.", returncode=1)
        self.stdout.write("The indexes are as they should be.")

    def run_rebuild(self, name: str, steps: Iterator[Step]) -> None:
        """Run the rebuild; show a progress bar on a terminal, and one line at the end."""
        started, first, drawn = time.monotonic(), None, 0.0
        step: Step | None = None
        for step in steps:
            first = step.done if first is None else first
            now = time.monotonic()
            if self.stdout.isatty() and now - drawn > 0.2:
                drawn = now
                self.stdout.write(
                    "\r" + progress_line(step, step.done - first, now - started), ending=""
                )
                self.stdout.flush()
        count = step.done if step else 0
        if self.stdout.isatty():
            self.stdout.write("\r\x1b[K", ending="")
        self.stdout.write(f"{name}: {count} objects in {time.monotonic() - started:.0f} s")


def progress_line(step: Step, since_start: int, seconds: float) -> str:
    """Return a line with a progress bar, percentage, rate and remaining time.

    ``since_start`` objects have been indexed by this run of the command, in ``seconds``.
    """
    share = step.done / step.total if step.total else 1.0
    rate = since_start / seconds if seconds > 0 else 0.0
    remaining = (step.total - step.done) / rate if rate else 0.0
    bar = "#" * round(share * BAR_WIDTH)
    return (
        f"{step.index} [{bar:<{BAR_WIDTH}}] {share:4.0%} {step.done}/{step.total}"
        f" {rate:.0f}/s, {remaining // 60:.0f}:{remaining % 60:02.0f} left"
    )
