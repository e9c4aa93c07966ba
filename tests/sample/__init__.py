"""The sample portal, served as in production, for browser tests, screenshots and benchmarks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

BASE = Path(__file__).resolve().parents[2]
FORM = "application/x-www-form-urlencoded"
#: The password of all demo accounts of the sample portal.
PASSWORD = "Court-sample-1"
#: A time limit that only a server that hangs exceeds.
HANG_SECONDS = 300


@dataclass(frozen=True)
class Page:
    """A row of ``tests.pages``: a request, the status of its response, and the used templates.

    ``sent`` is the body of a POST request; "" for a GET request.
    """

    address: str
    sent: str
    status: int
    templates: list[str]


@dataclass(frozen=True)
class Sample:
    """A sample portal, whose database and files are in ``folder``."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        found = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.sample.settings"}
        found |= {"PORTAL_VAR": str(self.folder), "PORTAL_DEMO_PASSWORD": PASSWORD}
        return {name: value for name, value in found.items() if name != "DATABASE_URL"}

    def make(self) -> None:
        """Create the sample portal and the additions of ``more``, as on a machine of production."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.manage("prepare", "--verbosity", "0")
        self.run("from tests.sample import more; more.load()")
        self.manage("rebuild_search", "--verbosity", "0")

    def make_quickly(self, *, static: Path, migrated: Path | None) -> None:
        """Create the same portal in one process; ``tests.sample.make`` says what it leaves out.

        ``static`` is a folder of collected static files, which is linked. ``migrated`` is a
        migrated SQLite database, which is copied, or None.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "static").symlink_to(static)
        self._python("-m", "tests.sample.make", *([str(migrated)] if migrated else []))

    def pages(self) -> dict[str, Page]:
        """Return the table of ``tests.pages`` for the database of this sample, by page name.

        A child process reads it, because this process has another database.
        """
        rows = json.loads(self.run("from tests import pages; pages.print_pages()"))
        return {name: Page(**page) for name, page in rows.items()}

    def manage(self, *arguments: str) -> str:
        return self._python(str(BASE / "manage.py"), *arguments)

    def run(self, code: str) -> str:
        return self._python("-c", f"import django; django.setup(); {code}")

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=BASE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}:\n{done.stdout}{done.stderr}")
        return done.stdout

    @contextmanager
    def served(self) -> Iterator[str]:
        """Run the production server with this sample on a free port; yield its URL."""
        port = free_port()
        log = self.folder / f"server-{port}.log"
        command = [
            *(str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(port), "portal.wsgi:application"),
        ]
        with log.open("wb") as output:
            server = subprocess.Popen(
                command,
                env=self.environment,
                cwd=BASE,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{url}/healthz", server, log)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=HANG_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a response of the server, which opens its port before it has loaded the code."""
    deadline = time.monotonic() + HANG_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(address, timeout=HANG_SECONDS):
                return
        except URLError:
            time.sleep(0.05)
    raise RuntimeError(f"The server did not start:\n{log.read_text(errors='replace')}")
