"""Start the production server quickly, by forking a process that has imported the portal.

Importing Django and the portal takes more processor time than most tests in a browser. The tests
create a ``ServerStarter``, which runs this module as a program in the environment of the servers.
Each forked server is a separate process and shares no cache or database connection with another
server. ``manage.py serve`` and ``manage.py run_due`` are started in the same way; the processes
that ``serve`` supervises are then forked as well, instead of executed.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

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

    def kill(self) -> None:
        """Send SIGKILL to the server and wait until it has ended."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        select.select([self.pidfd], [], [])

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
        server = ["granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"]
        return self.run([*server, "--port", str(port), "portal.wsgi:application"], log)

    def manage(self, *arguments: str, log: Path) -> ServerProcess:
        """Start ``manage.py`` with these arguments."""
        return self.run([sys.executable, "manage.py", *arguments], log)

    def run(self, command: Sequence[str], log: Path) -> ServerProcess:
        """Start a command, which is granian or ``python manage.py``; its output goes to ``log``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"command": list(command), "log": str(log)}
        self._process.stdin.write(json.dumps(order) + "\n")
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
            _start(**order)
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


def _start(*, command: list[str], log: str) -> NoReturn:
    """Replace the forked process by the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _run(command)


def _run(command: Sequence[str]) -> NoReturn:
    code = 1
    try:
        if Path(command[0]).name == "granian":
            from granian.cli import entrypoint

            sys.argv = list(command)
            entrypoint()
        else:
            from django.core.management import execute_from_command_line

            from portal import supervisor

            supervisor._start = _fork_supervised  # type: ignore[assignment]
            execute_from_command_line(list(command[1:]))
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:  # noqa: BLE001  (a program prints any error before it ends)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


class _SupervisedProcess:
    """A forked child process with the methods of ``Popen`` that ``portal.supervisor`` uses."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        if self._code is None:
            select.select([self._pidfd], [], [], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def _fork_supervised(command: Sequence[str]) -> _SupervisedProcess:
    """Replace ``portal.supervisor._start``: fork this process instead of executing the command."""
    from django.db import connections

    from portal import supervisor

    connections.close_all()  # No connection may be shared with the child.
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        supervisor._die_with_parent()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        _run(command)
    return _SupervisedProcess(pid)


if __name__ == "__main__":
    main()
