"""The scheduler: it releases and expires due content and runs background tasks of the portal."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections
from django.utils import timezone

from portal import serving
from portal.background import background_task
from portal.court.models import Person
from portal.letters import cleanup
from portal.library import media_sync
from portal.library.cleaned_copies import PendingExaminer
from portal.pagestore import generations
from portal.publishing import due
from portal.search import file_indexing, index

#: Interval in seconds after which the public media folder is compared with the database. Changes of
#: content are synced at once, so this comparison only corrects manual changes of the folder.
RESYNC_SECONDS = 24 * 3600
#: Interval in seconds after which attachments of an earlier version are looked for, and how many
#: are examined at once. New ones are examined when they are uploaded.
EXAMINE_SECONDS = 60.0
EXAMINED_AT_ONCE = 20


class Command(BaseCommand):
    help = (
        "Release and expire what is due, once or (--loop) every second until stopped. With --loop "
        "it also keeps this node's page store at the database's generation, and warms it."
    )

    #: The last day for which this process has done the daily tasks; None before the first time.
    last_day: date | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="repeat until stopped")
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between rounds")
        parser.add_argument(
            "--lease",
            type=float,
            default=due.LEASE_DURATION.total_seconds(),
            help="seconds after which another process takes over from one that died",
        )
        parser.add_argument("--dry-run", action="store_true", help="only list what is due")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            return self.list_due()
        holder = due.new_holder_name()
        length = timedelta(seconds=options["lease"])
        if not options["loop"]:
            self.run_round(holder, length, resync=True)
            self.read_files()
            return self.examine_files()
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        with (
            serving.page_store_kept_current(),
            file_indexing.background_reader(),
            self.background_examiner(),
        ):
            self.loop(holder, length, options["interval"], stopped)
        return None

    def loop(
        self, holder: str, length: timedelta, interval: float, stopped: threading.Event
    ) -> None:
        resynced_at: float | None = None
        while True:
            resync = resynced_at is None or time.monotonic() - resynced_at > RESYNC_SECONDS
            try:
                self.run_round(holder, length, resync=resync)
                if resync:
                    resynced_at = time.monotonic()
            except (
                Error,
                OSError,
            ) as error:  # the database or disk may be down for a while
                self.stderr.write(f"run_due: {error}")
            if stopped.wait(interval):
                break
            close_old_connections()
        with contextlib.suppress(Error):
            due.release_lease(holder)

    def run_round(self, holder: str, length: timedelta, *, resync: bool) -> None:
        """Run all tasks one time.

        Releases are the first task, so that a failing media folder cannot delay them.
        """
        self.print_report(due.run_once(holder=holder, duration=length))
        self.run_daily_tasks(timezone.localdate())
        media_sync.process_sync_tasks()  # if a killed process left any
        if resync:
            media_sync.resync()

    def run_daily_tasks(self, today: date) -> None:
        """Do the tasks of a new day: update current posts and erase letters past their retention.

        A post is current from its first to its last day, so pages and the search index of people
        change with the date.
        """
        if today != self.last_day:
            if generations.bump_for_new_day(today):
                ids = Person.objects.readable().values_list("pk", flat=True)
                index.refresh_public_index(Person, list(ids))
            cleanup.erase_expired()
            self.last_day = today

    def read_files(self) -> None:
        for digest in file_indexing.index_pending_files():
            self.stdout.write(f"read for search: {digest[:12]}")

    def examine_files(self) -> None:
        for pk in PendingExaminer().step(limit=EXAMINED_AT_ONCE):
            self.stdout.write(f"examined for hidden content: attachment {pk}")

    def background_examiner(self) -> AbstractContextManager[None]:
        """Examine attachments in a thread inside the context, because one may take a minute."""
        examiner = PendingExaminer()

        def examine(stopped: threading.Event) -> None:
            examiner.step(limit=EXAMINED_AT_ONCE, is_stopped=stopped.is_set)

        return background_task("examinations", examine, interval=EXAMINE_SECONDS)

    def list_due(self) -> None:
        for item in due.due_items(timezone.now()):
            self.stdout.write(f"{timezone.localtime(item.due_at):%Y-%m-%d %H:%M}  {item}")

    def print_report(self, report: due.RunReport) -> None:
        for line in report.done:
            self.stdout.write(f"done: {line}")
        for line in report.failed:
            self.stderr.write(f"failed: {line}")
