"""The commands of the systemd units: a server without the scheduler, and a preparation of the
portal that creates no content.
"""

import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from news.models import Column
from portal import nginx, static_files
from portal.accounts.models import User
from tests.nginx import free_port

#: Seconds that the server may take to start. The limit is long because the machine may be busy.
START_SECONDS = 600


def test_the_server_starts_without_a_database(tmp_path: Path) -> None:
    """At boot, the server may start before its database: it must return 503 instead of exiting."""
    port, unused_port = free_port(), free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_VAR": str(tmp_path),
        "DATABASE_URL": f"postgres://portal@127.0.0.1:{unused_port}/portal",
    }
    command = [sys.executable, "manage.py", "serve", "--no-clock", "--workers", "1"]
    with subprocess.Popen(
        [*command, "--port", str(port)], cwd=settings.BASE_DIR, env=environment
    ) as process:
        try:
            assert _status(port, "/healthz", process) == 200
            assert _status(port, "/", process) == 503
            # The command must have replaced its process by the server, without a supervisor or a
            # scheduler.
            line = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
            assert Path(line[1].decode()).name == "granian"
            assert b"portal.wsgi:application" in line
        finally:
            process.terminate()
            process.wait()


def _status(port: int, path: str, process: subprocess.Popen) -> int:
    deadline = time.monotonic() + START_SECONDS
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=300)
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            return connection.getresponse().status
        except OSError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.1)
        finally:
            connection.close()


@pytest.mark.django_db
def test_prepare_without_sample_creates_no_content(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(static_files, "collect_if_stale", lambda: False)
    call_command("prepare", no_sample=True, verbosity=0)
    assert not Column.objects.exists()
    assert not User.objects.exists()
    unavailable_page = nginx.unavailable_page_path()
    assert unavailable_page == tmp_path / "down/503.html"
    text = unavailable_page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    # The page must be self-contained: no script, no inline style, and no file from another URL,
    # because the Content-Security-Policy would block them.
    assert "<script" not in text
    assert "<style" not in text
    assert "style=" not in text
    assert "://" not in text
    assert '<!--#echo var="date_local" -->' in text
