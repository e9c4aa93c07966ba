"""Start the production server quickly: a parent process that has imported the portal forks it.

Importing Django and the portal takes more processor time than most journeys; a fork inherits it.
``ServerStarter`` is the side of the tests; the other side is this module, run as a program with the
server's environment. Each server is a process of its own, with no cache or connection of another.
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
#: After this long a server that does not stop is killed.
STOP_SECONDS = 30


@dataclass(frozen=True)
class ServerProcess:
    """A server that was forked: not a child of the tests, so followed by a file descriptor."""

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
    """The parent process; closing it stops no server."""

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
        """Start a server on ``port``; whatever it prints goes to ``log``."""
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


# --- the parent process itself -------------------------------------------------------------------


def main() -> None:
    _import_portal()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # servers that have ended are not waited for
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _serve(**order)
        print(json.dumps(pid), flush=True)


def _import_portal() -> None:
    """Import what every request needs. ``portal.wsgi`` itself starts threads: not before a fork."""
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
