import os
import sys
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from portal import supervisor


class Command(BaseCommand):
    help = "Run the production server and, beside it, the scheduler (`run_due --loop`)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument(
            "--no-clock",
            action="store_true",
            help="replace this process by the server; `run_due --loop` runs elsewhere",
        )

    def handle(self, *, host: str, port: int, workers: int, no_clock: bool, **options: Any) -> None:
        if not supervisor.is_free(host, port):
            raise CommandError(
                f"Port {port} is in use on {host}. Choose another one: PORT={port + 1} make run"
            )
        if no_clock:
            # No database query is made before the server starts, because the database may be down.
            command = [*self._server_command(host, port, workers), "--respawn-failed-workers"]
            os.execv(command[0], command)  # noqa: S606  (a list, and no shell)
        address = f"http://{host}:{port}"
        self.stdout.write(f"\nThe portal:  {address}/\nThe admin:   {address}/admin/\n")
        with suppress(Error):  # the server can start while the database is down
            call_command("demo_accounts", stdout=self.stdout)
        self.stdout.write("\nCtrl-C stops it. All data stay in " + str(settings.VAR_DIR))
        self.stdout.flush()
        sys.exit(
            supervisor.run(self._server_command(host, port, workers), self._scheduler_command())
        )

    def _server_command(self, host: str, port: int, workers: int) -> list[str]:
        granian = Path(sys.executable).with_name("granian")
        return [
            *(str(granian), "--interface", "wsgi", "--host", host, "--port", str(port)),
            *("--workers", str(workers), "--workers-kill-timeout", "10", "--no-ws"),
            # Each thread opens a database connection, so there are few threads. Further requests
            # wait in a queue.
            *("--blocking-threads", "8", "--backpressure", "64"),
            # On SIGHUP (`systemctl reload`) each new worker has 20 seconds to start.
            *("--respawn-interval", "20"),
            # At a lower log level the server warns that it has more threads than processors.
            *("--log-level", "error", "portal.wsgi:application"),
        ]

    def _scheduler_command(self) -> list[str]:
        return [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "run_due", "--loop"]
