"""Apply what is due: see ``publishing.due``."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections
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
        # What a process that was killed left undone in the media folder.
        media.reconcile()
        self.say(due.run_once(holder=holder, length=length))
        if not options["loop"]:
            return None
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        rounds = 0
        while not stopped.wait(options["interval"]):
            close_old_connections()
            rounds += 1
            try:
                self.say(due.run_once(holder=holder, length=length))
                if rounds % 60 == 0:
                    media.reconcile()
            except DatabaseError as error:  # it may be away for a while; then go on
                self.stderr.write(f"run_due: {error}")
        due.give_up(holder)
        return None

    def list_due(self) -> None:
        for item in due.due_items(timezone.now()):
            self.stdout.write(f"{timezone.localtime(item.due_at):%Y-%m-%d %H:%M}  {item}")

    def say(self, report: due.Report) -> None:
        for line in report.done:
            self.stdout.write(f"done: {line}")
        for line in report.failed:
            self.stderr.write(f"failed: {line}")
