"""Start the production server quickly, by forking a process that has imported the portal.

Importing Django and the portal takes more processor time than most journeys. ``ServerStarter`` runs
in the process of the tests; it starts this module as a program with the environment of the servers.
Each server is a process of its own and shares no cache or connection with another.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parents[1]
#: Time after which a server that does not stop is killed.
STOP_SECONDS = 30


@dataclass(frozen=True)
class ServerProcess:
    """A forked server. It is not a child of the tests, which watch it by a pid file descriptor."""

    pid: int
    pidfd: int

    @property
    def is_running(self) -> bool:
        return not select.select([self.pidfd], [], [], 0)[0]

    def stop(self) -> None:
        """Ask the server to stop, wait until it has, and kill it if it does not."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGTERM)
            if not select.select([self.pidfd], [], [], STOP_SECONDS)[0]:
                os.killpg(self.pid, signal.SIGKILL)
                select.select([self.pidfd], [], [])
        os.close(self.pidfd)


class ServerStarter:
    """The process that forks the servers; closing it does not stop them."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.server"],
            env=environment,
            cwd=BASE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, port: int, log: Path) -> ServerProcess:
        """Start a server on ``port``, with its output in ``log``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"port": port, "log": str(log)}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("The process that starts the servers has ended.")
        pid = json.loads(answer)
        return ServerProcess(pid, os.pidfd_open(pid))

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()


# The code below runs in the parent process.


def main() -> None:
    _import_portal()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # lets the kernel reap ended servers
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _serve(**order)
        print(json.dumps(pid), flush=True)


def _import_portal() -> None:
    """Import the modules of every request, except ``portal.wsgi``, which starts threads."""
    from django.core.wsgi import get_wsgi_application
    from django.template import engines
    from django.urls import get_resolver
    from granian import cli

    get_wsgi_application()
    engines.all()
    _names = get_resolver().reverse_dict
    assert cli


def _serve(*, port: int, log: str) -> Any:
    """Become the server. Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    from granian.cli import entrypoint

    sys.argv = [
        *("granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"),
        *("--port", str(port), "portal.wsgi:application"),
    ]
    try:
        entrypoint()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
