"""Journeys: real Chromium against the real server.

``live`` runs the production server in a process of its own on the test's database, with collected
and hashed static files, so that what a journey sees is what a visitor gets: the security headers
on every file, no debug page, no test machinery in between.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import machine

BASE = Path(settings.BASE_DIR)
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
TIMEOUT_MS = 15_000


@dataclass(frozen=True)
class Live:
    """The running portal. ``environment`` starts another process of it (``manage.py run_due``)."""

    url: str
    environment: dict[str, str]
    log: Path

    def manage(self, *arguments: str) -> str:
        """Run a management command beside the server and return what it says."""
        command = [sys.executable, str(BASE / "manage.py"), *arguments]
        return subprocess.run(
            command,
            env=self.environment,
            cwd=BASE,
            check=True,
            capture_output=True,
            text=True,
        ).stdout


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, started once."""
    path = machine.chromium()
    if path is None:
        pytest.fail("Chromium is not here: run `make test`, or install chromium.")
    # Chromium's sandbox refuses to run as root.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright's synchronous interface keeps an event loop in this thread, which Django takes
        # for a sign of asynchronous code and then refuses the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *root])
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A person at a desktop, with no history. An error in a script, or a resource that the policy
    refuses, fails the test."""
    opened = browser.new_context(
        viewport={"width": 1440, "height": 1000}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    opened.set_default_timeout(TIMEOUT_MS)
    errors: list[str] = []
    opened.on("weberror", lambda event: errors.append(str(event.error)))
    opened.on(
        "console",
        lambda message: (
            errors.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield opened
    opened.close()
    assert not errors


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab."""
    return context.new_page()


@pytest.fixture(scope="session")
def _collected() -> None:
    """Static files as production has them, in this process's own folder, once."""
    _manage(_environment(), "collectstatic", "--noinput", "--verbosity", "0")


@pytest.fixture
def live(transactional_db: None, _collected: None) -> Iterator[Live]:
    """The production server on this test's database; stopped with the test."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = _environment()
    log = Path(settings.VAR_DIR) / f"server-{port}.log"
    command = [
        *(str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--no-ws"),
        *("--host", "127.0.0.1", "--port", str(port), "portal.wsgi:application"),
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            env=environment,
            cwd=BASE,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(url, server, log)
        yield Live(url, environment, log)
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        print(log.read_text(errors="replace"))  # pytest shows it where the test failed


def _environment() -> dict[str, str]:
    """The environment in which another process finds this test's database and folder."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_VAR": str(settings.VAR_DIR),
        "DATABASE_URL": database_url(),
    }


def database_url() -> str:
    """The address of the database that this test is on."""
    at: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


def _manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, str(BASE / "manage.py"), *arguments]
    subprocess.run(command, env=environment, cwd=BASE, check=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers: the port is open before the workers have read the code."""
    deadline = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/robots.txt", timeout=30):
                return
        except URLError as error:
            if getattr(error, "code", None):  # an answer, if not a good one
                return
            time.sleep(0.05)
    pytest.fail(f"The server did not start:\n{log.read_text(errors='replace')}")
