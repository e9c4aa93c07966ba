"""Fixtures for tests in a browser: Chromium sends its requests to the production server.

The fixture ``server`` runs the production server in its own process on the test database, with
collected and hashed static files. A test therefore receives the same responses as a visitor: every
file has the security headers, and there is no debug page. Django's test client is not used.
"""

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests import machine
from tests.server import BASE, ServerStarter

FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
#: Timeout of a browser action in milliseconds. It is long because a busy machine may be ten times
#: as slow as usual; only a page that hangs exceeds it.
TIMEOUT_MS = 120_000
expect.set_options(timeout=TIMEOUT_MS)
#: Seconds that a server may take to start. Only a server that hangs exceeds this limit.
HANG_SECONDS = 300


@dataclass(frozen=True)
class RunningServer:
    """The server that the fixture ``server`` started.

    ``environment`` contains the environment variables of the server's process, so that management
    commands run with the same settings and database.
    """

    url: str
    environment: dict[str, str]
    log: Path

    def manage(self, *arguments: str) -> str:
        """Run a management command in the environment of the server and return the command's
        output.
        """
        command = [sys.executable, str(BASE / "manage.py"), *arguments]
        return subprocess.run(
            command,
            env=self.environment,
            cwd=BASE,
            check=True,
            capture_output=True,
            text=True,
        ).stdout


#: Request failures that are no problem: the browser left the page before the response arrived, or
#: the test aborted the request with ``route.abort``.
EXPECTED_FAILURES = ("net::ERR_ABORTED", "net::ERR_FAILED")
#: Part of the URLs of CKEditor's files. The warnings that CKEditor logs about itself are ignored.
EDITOR = "/static/ckeditor/"


@dataclass
class ProblemWatcher:
    """Collector of the problems that a browser reports: console messages, script errors and failed
    requests.

    An error status of a page that the test navigates to is not a problem, because the test checks
    this status itself.
    """

    problems: list[str] = field(default_factory=list)
    _explained: set[str] = field(default_factory=set)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._message)
        context.on("weberror", lambda event: self.problems.append(str(event.error)))
        context.on("requestfailed", self._failed)
        context.on("response", self._on_response)

    def unexplained(self) -> list[str]:
        return [each for each in self.problems if each not in self._explained]

    def _message(self, message: ConsoleMessage) -> None:
        where = message.location["url"]
        if not (message.type == "warning" and EDITOR in where):
            self.problems.append(_line(message.text, where))

    def _failed(self, request: Request) -> None:
        if request.failure in EXPECTED_FAILURES:
            self._explained.add(_line(f"Failed to load resource: {request.failure}", request.url))
        else:
            self.problems.append(_line(request.failure or "failed", request.url))

    def _on_response(self, response: Response) -> None:
        if response.status < 400:
            return
        if response.request.is_navigation_request():
            # Chromium logs such a response as a resource that failed to load; this message is
            # expected.
            answer = f"a status of {response.status} ({response.status_text})"
            text = f"Failed to load resource: the server responded with {answer}"
            self._explained.add(_line(text, response.url))
        else:
            self.problems.append(_line(f"status {response.status}", response.url))


def _line(text: str, where: str) -> str:
    return f"{text} ({where})"


def click_to_close(popup: Page, button: Locator) -> None:
    """Click a button that closes its own window.

    The click runs after the command has returned, because a window that closes during Playwright's
    click may interrupt the command.
    """
    button.click(trial=True)
    with popup.expect_event("close"):
        button.evaluate("(button) => { setTimeout(() => button.click()); }")


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Browser]:
    """Start the Chromium of the system one time per pytest worker."""
    path = machine.chromium()
    if path is None:
        pytest.fail("Chromium is not installed: run `make test`, or install chromium.")
    # Chromium's sandbox refuses to run as root.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright's synchronous interface keeps an event loop running in this thread, and Django
        # refuses to use the database in a thread with a running event loop.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *root])
        yield chromium
        chromium.close()


@pytest.fixture
def browser(_chromium: Browser) -> Iterator[Browser]:
    """Yield Chromium; fail after the test if a page had an unexplained problem."""
    watcher = ProblemWatcher()
    _chromium.on("context", watcher.watch)
    yield _chromium
    _chromium.remove_listener("context", watcher.watch)
    assert watcher.unexplained() == []


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Open a browser context at desktop size."""
    opened = browser.new_context(
        viewport={"width": 1440, "height": 1000}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    opened.set_default_timeout(TIMEOUT_MS)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Open a browser tab at desktop size."""
    return context.new_page()


@pytest.fixture(scope="session")
def collected_static() -> None:
    """Collect the static files as in production, one time for all pytest workers."""
    shared = Path(os.environ["PORTAL_TESTS_ROOT"]) / "shared"
    with run_once(shared) as is_first:
        if is_first:
            environment = {**server_environment(), "PORTAL_VAR": str(shared)}
            command = [sys.executable, "-m", "tests.collect_static"]
            subprocess.run(command, env=environment, cwd=BASE, check=True)
    Path(settings.STATIC_ROOT).symlink_to(shared / "static")


@contextmanager
def run_once(folder: Path) -> Iterator[bool]:
    """Yield True in the first process that calls this function with ``folder``, and False in the
    others.

    The first process fills the folder; the other processes wait until the folder is filled.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def _server_starter(django_db_setup: None) -> Iterator[ServerStarter]:
    """Start one process per pytest worker, which imports the portal and forks
    the tests' servers.
    """
    starter = ServerStarter(server_environment())
    yield starter
    starter.close()


@pytest.fixture
def server(
    transactional_db: None, collected_static: None, _server_starter: ServerStarter
) -> Iterator[RunningServer]:
    """Run the production server on the database of this test and stop the server afterwards."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = Path(settings.VAR_DIR) / f"server-{port}.log"
    process = _server_starter.start(port, log)
    try:
        wait_until_ready(url, lambda: process.is_running, log)
        yield RunningServer(url, server_environment(), log)
    finally:
        process.stop()
        print(log.read_text(errors="replace"))  # pytest shows the log if the test fails


def server_environment() -> dict[str, str]:
    """Return the environment in which another process uses this test's database and data folder."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_VAR": str(settings.VAR_DIR),
        "DATABASE_URL": database_url(),
    }


def database_url() -> str:
    """Return the ``DATABASE_URL`` of the test database."""
    at: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(url: str, is_running: Callable[[], bool], log: Path) -> None:
    """Wait until the server responds to a request.

    Fail the test if the server process ends, or if it does not respond within ``HANG_SECONDS``. An
    open port does not suffice: the port is open before the workers have imported the portal.
    """
    deadline = time.monotonic() + HANG_SECONDS
    while is_running() and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/robots.txt", timeout=HANG_SECONDS):
                return
        except URLError as error:
            # The server has sent a response; its status does not matter.
            if getattr(error, "code", None):
                return
            time.sleep(0.05)
    pytest.fail(f"The server did not start:\n{log.read_text(errors='replace')}")
