"""Make the search indexes anew, or check them: see ``search.rebuilding``."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.search import file_indexing, rebuilding
from portal.search.rebuilding import Step

WIDTH = 30


class Command(BaseCommand):
    help = (
        "Make the search indexes what they should be, beside the newsroom's work; a run that was "
        "stopped goes on where it was. --check only says what differs, and ends with 1 if anything."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare, change nothing")
        parser.add_argument("--fresh", action="store_true", help="empty the indexes first")
        parser.add_argument(
            "--if-stale",
            action="store_true",
            help="only what was never made whole, or by other rules",
        )
        parser.add_argument("--index", choices=rebuilding.INDEXES, help="only this one")

    def handle(self, *, check: bool, fresh: bool, if_stale: bool, **options: Any) -> None:
        names = [options["index"]] if options["index"] else list(rebuilding.INDEXES)
        if check:
            return self.check_indexes(names)
        for name in names:
            if if_stale and not rebuilding.is_stale(name):
                continue
            self.show(name, rebuilding.rebuild(name, fresh=fresh))
        for _digest in file_indexing.index_pending_files():
            pass
        return None

    def check_indexes(self, names: list[str]) -> None:
        found = 0
        for name in names:
            for line in rebuilding.differences(name):
                found += 1
                self.stdout.write(line)
        if found:
            raise CommandError(f"{found} differences. Run rebuild_search.", returncode=1)
        self.stdout.write("The indexes are as they should be.")

    def show(self, name: str, steps: Any) -> None:
        """A bar where somebody looks; elsewhere one line at the end."""
        began, first, shown = time.monotonic(), None, 0.0
        step: Step | None = None
        for step in steps:
            first = step.done if first is None else first
            now = time.monotonic()
            if self.stdout.isatty() and now - shown > 0.2:
                shown = now
                self.stdout.write("\r" + line(step, step.done - first, now - began), ending="")
                self.stdout.flush()
        whole = step.done if step else 0
        if self.stdout.isatty():
            self.stdout.write("\r\x1b[K", ending="")
        self.stdout.write(f"{name}: {whole} objects in {time.monotonic() - began:.0f} s")


def line(step: Step, since: int, seconds: float) -> str:
    """Percentage, rate and time left of a rebuild under way."""
    share = step.done / step.whole if step.whole else 1.0
    rate = since / seconds if seconds > 0 else 0.0
    left = (step.whole - step.done) / rate if rate else 0.0
    bar = "#" * round(share * WIDTH)
    return (
        f"{step.index} [{bar:<{WIDTH}}] {share:4.0%} {step.done}/{step.whole}"
        f" {rate:.0f}/s, {left // 60:.0f}:{left % 60:02.0f} left"
    )
