"""What a node does by itself: apply what is due, follow the turns, warm up, sweep."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections
from django.utils import timezone

from portal import serving
from portal.court.models import Person
from portal.letters import cleanup
from portal.library import media_sync
from portal.pagestore import generations
from portal.publishing import due
from portal.search import file_indexing, index

#: The public folder is compared with the rows from end to end so often: what is owed is done at
#: once, so this finds only what was done to the folder by hand.
MEND_SECONDS = 24 * 3600


class Command(BaseCommand):
    help = (
        "Release and expire what is due, once or (--loop) every second until told to stop. With "
        "--loop it also keeps this node's page store at the database's number, and warm."
    )

    #: The last day whose turn this process has seen to.
    today: date | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="keep going")
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between rounds")
        parser.add_argument(
            "--lease",
            type=float,
            default=due.LEASE_DURATION.total_seconds(),
            help="seconds without a sign after which another process takes over",
        )
        parser.add_argument("--dry-run", action="store_true", help="only list what is due")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            return self.list_due()
        holder = due.new_holder_name()
        length = timedelta(seconds=options["lease"])
        if not options["loop"]:
            self.round(holder, length, mend=True)
            return self.read_files()
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        with serving.page_store_kept_current(), file_indexing.background_reader():
            self.loop(holder, length, options["interval"], stopped)
        return None

    def loop(
        self, holder: str, length: timedelta, interval: float, stopped: threading.Event
    ) -> None:
        mended: float | None = None
        while True:
            mend = mended is None or time.monotonic() - mended > MEND_SECONDS
            try:
                self.round(holder, length, mend=mend)
                if mend:
                    mended = time.monotonic()
            except (Error, OSError) as error:  # database or disk, away for a while: go on
                self.stderr.write(f"run_due: {error}")
            if stopped.wait(interval):
                break
            close_old_connections()
        with contextlib.suppress(Error):
            due.release_lease(holder)

    def round(self, holder: str, length: timedelta, *, mend: bool) -> None:
        """What is due comes first: a media folder that fails must not hold it back."""
        self.say(due.run_once(holder=holder, duration=length))
        self.begin_day(timezone.localdate())
        media_sync.process_sync_tasks()  # what a process that was killed left undone
        if mend:
            media_sync.resync()

    def begin_day(self, today: date) -> None:
        """Who holds a post today is said on pages, and found; what was kept long enough goes."""
        if today != self.today:
            if generations.bump_for_new_day(today):
                ids = Person.objects.readable().values_list("pk", flat=True)
                index.refresh_public_index(Person, list(ids))
            cleanup.erase_expired()
            self.today = today

    def read_files(self) -> None:
        for digest in file_indexing.index_pending_files():
            self.stdout.write(f"read for search: {digest[:12]}")

    def list_due(self) -> None:
        for item in due.due_items(timezone.now()):
            self.stdout.write(f"{timezone.localtime(item.due_at):%Y-%m-%d %H:%M}  {item}")

    def say(self, report: due.RunReport) -> None:
        for line in report.done:
            self.stdout.write(f"done: {line}")
        for line in report.failed:
            self.stderr.write(f"failed: {line}")
