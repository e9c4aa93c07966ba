"""Start the production server quickly, by forking a process that has imported the portal.

Importing Django and the portal takes more processor time than most tests in a browser. The tests
create a ``ServerStarter``, which runs this module as a program in the environment of the servers.
Each forked server is a separate process and shares no cache or database connection with another
server.
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
#: Seconds after which a server that does not stop is killed.
STOP_SECONDS = 30


@dataclass(frozen=True)
class ServerProcess:
    """A forked server.

    The server is not a child process of the tests; they watch it through a pid file descriptor.
    """

    pid: int
    pidfd: int

    @property
    def is_running(self) -> bool:
        return not select.select([self.pidfd], [], [], 0)[0]

    def stop(self) -> None:
        """Send SIGTERM to the server and wait until the server has stopped.

        A server that has not stopped after ``STOP_SECONDS`` is killed.
        """
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGTERM)
            if not select.select([self.pidfd], [], [], STOP_SECONDS)[0]:
                os.killpg(self.pid, signal.SIGKILL)
                select.select([self.pidfd], [], [])
        os.close(self.pidfd)


class ServerStarter:
    """The process that forks the servers. The servers keep running when this process is closed."""

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
        """Start a server on ``port``; the server writes its output to the file ``log``."""
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


# The code below runs in the process that forks the servers.


def main() -> None:
    _import_portal()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # The kernel removes ended child processes.
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _serve(**order)
        print(json.dumps(pid), flush=True)


def _import_portal() -> None:
    """Import the modules that every request needs, except ``portal.wsgi``, which starts threads."""
    from django.core.wsgi import get_wsgi_application
    from django.template import engines
    from django.urls import get_resolver
    from granian import cli

    get_wsgi_application()
    engines.all()
    _names = get_resolver().reverse_dict
    assert cli


def _serve(*, port: int, log: str) -> Any:
    """Replace the forked process by the production server; never return."""
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
