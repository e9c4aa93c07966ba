"""Run a real nginx on a free port with the configuration that ``nginx_conf`` generates."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from tests import machine

#: Seconds that nginx may take to start. The limit is long because the machine may be busy.
START_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return all values of this header, so that a test can detect a
        header that is sent twice.
        """
        return self.headers.get_all(name) or []

    def __getitem__(self, name: str) -> str | None:
        return self.headers[name]


@dataclass(frozen=True)
class Nginx:
    port: int
    folder: Path

    @property
    def errors(self) -> str:
        return (self.folder / "error.log").read_text()

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """Request this path without any normalization.

        The names of keyword arguments become header names: ``If_None_Match`` sets If-None-Match.
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            own_host = "Host" in headers
            connection.putrequest(method, path, skip_host=own_host, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


@contextmanager
def running(folder: Path, *, var: Path, upstream: str, **options: object) -> Iterator[Nginx]:
    """Run nginx in front of the application at ``upstream``, with the files
    in the folder ``var``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    text = configured(
        standalone=folder,
        var=var,
        upstream=[upstream],
        listen=[f"127.0.0.1:{port}"],
        **options,
    )
    with started(folder, text, port) as nginx:
        yield nginx


def configured(**options: object) -> str:
    """Return the nginx configuration that the management command ``nginx_conf`` prints."""
    text = StringIO()
    call_command("nginx_conf", stdout=text, **options)
    return text.getvalue()


@contextmanager
def started(folder: Path, text: str, port: int) -> Iterator[Nginx]:
    """Run nginx with this complete configuration, which must listen on ``port``."""
    (folder / "nginx.conf").write_text(text)
    with subprocess.Popen(command(folder), stdin=subprocess.DEVNULL) as process:
        try:
            _wait(process, port, folder)
            yield Nginx(port, folder)
        finally:
            process.terminate()
            process.wait()


def command(folder: Path) -> list[str]:
    binary = machine.nginx()
    assert binary, (
        "nginx is not installed: run `make test`, or install what tests/machine.py names."
    )
    log = str(folder / "error.log")
    return [binary, "-e", log, "-p", str(folder), "-c", str(folder / "nginx.conf")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(process: subprocess.Popen, port: int, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        try:
            connection.connect()
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "error.log").read_text(errors="replace")
                raise AssertionError(f"nginx did not start: {log}") from error
            time.sleep(0.05)
        finally:
            connection.close()
