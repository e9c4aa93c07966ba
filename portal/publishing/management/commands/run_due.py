"""Apply what is due: see ``publishing.due``."""

from __future__ import annotations

import contextlib
import signal
import threading
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections
from django.utils import timezone

from portal.library import media
from portal.publishing import due


class Command(BaseCommand):
    help = "Release and expire what is due, once or (--loop) every second until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="keep going")
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between rounds")
        parser.add_argument(
            "--lease",
            type=float,
            default=due.LEASE_LENGTH.total_seconds(),
            help="seconds without a sign after which another process takes over",
        )
        parser.add_argument("--dry-run", action="store_true", help="only list what is due")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            return self.list_due()
        holder = due.new_holder()
        length = timedelta(seconds=options["lease"])
        if not options["loop"]:
            return self.round(holder, length, mend=True)
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        rounds = 0
        while True:
            try:
                self.round(holder, length, mend=rounds % 60 == 0)
            except (Error, OSError) as error:  # database or disk, away for a while: go on
                self.stderr.write(f"run_due: {error}")
            rounds += 1
            if stopped.wait(options["interval"]):
                break
            close_old_connections()
        with contextlib.suppress(Error):
            due.give_up(holder)
        return None

    def round(self, holder: str, length: timedelta, *, mend: bool) -> None:
        """What is due comes first: a media folder that fails must not hold it back."""
        self.say(due.run_once(holder=holder, length=length))
        if mend:  # what a process that was killed left undone
            media.reconcile()

    def list_due(self) -> None:
        for item in due.due_items(timezone.now()):
            self.stdout.write(f"{timezone.localtime(item.due_at):%Y-%m-%d %H:%M}  {item}")

    def say(self, report: due.Report) -> None:
        for line in report.done:
            self.stdout.write(f"done: {line}")
        for line in report.failed:
            self.stderr.write(f"failed: {line}")
