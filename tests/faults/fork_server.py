"""A server that loads the portal's code one time and forks hundreds of child processes.

``python -m tests.faults.fork_server`` runs this server with the portal's own settings;
``ForkServer`` is its client in a test. A child opens its own database connection, writes the
message ``begun``, does its job, writes ``done``, and then waits until it is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

#: ``application_name`` of the children's database connections (PostgreSQL only).
NAME = "portal-fork-server"


@dataclass
class Child:
    """A child process, with the messages that it has written since it began its job."""

    pid: int
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return any(line["event"] == "done" for line in self.messages)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


class ForkServer:
    """A client that starts the server process and sends jobs to it through pipes."""

    def __init__(self, environment: dict[str, str], folder: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.fork_server"],
            env={**environment, "PGAPPNAME": NAME},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._next()  # waits for the message that the server writes after it has loaded the code

    def begin(self, job: str, **arguments: Any) -> Child:
        """Start a child, wait until it begins its job, and return it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"job": job, **arguments}) + "\n")
        self.process.stdin.flush()
        child = Child(self._next()["pid"])
        assert self._next()["event"] == "begun"
        return child

    def finish(self, child: Child) -> Child:
        """Wait until the child has done its job, then kill the child."""
        while not child.done:
            line = self._next()
            assert line["event"] != "ended", line
            child.messages.append(line)
        return self.kill_child(child)

    def kill_child(self, child: Child) -> Child:
        """Kill the child at any point of its job, and read its remaining messages."""
        child.kill()
        while (line := self._next())["event"] != "ended":
            child.messages.append(line)
        assert line["status"] == -signal.SIGKILL, line
        return child

    def do(self, job: str, **arguments: Any) -> Child:
        return self.finish(self.begin(job, **arguments))

    def close(self) -> None:
        """Kill the server and any child that is still running after a failed test."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def _next(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the fork server has ended"
        return json.loads(line)


@contextmanager
def start(environment: dict[str, str], folder: str) -> Iterator[ForkServer]:
    opened = ForkServer(environment, folder)
    try:
        yield opened
    finally:
        opened.close()


# The code below runs in the server process.


def write_message(**line: Any) -> None:
    """Write a message as one line with one system call: lines of two processes do not mix."""
    os.write(1, (json.dumps(line) + "\n").encode())


def _serve() -> None:
    import django

    django.setup()
    write_message(event="ready")
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if not pid:
            _run_job(**request)
        _pid, status = os.waitpid(pid, 0)
        write_message(event="ended", status=os.waitstatus_to_exitcode(status))


def _run_job(*, job: str, **arguments: Any) -> None:
    try:
        write_message(event="born", pid=os.getpid())
        perform = _JOBS[job](**arguments)
        write_message(event="begun")
        results = perform()
        write_message(event="done", **(results or {}))
        signal.pause()
    finally:
        # This is reached only after a failure: a child that has done its job waits to be killed.
        os._exit(1)


def _release(*, revision: int, by: int, timed: bool = False) -> Callable[[], dict | None]:
    """Return a function that releases a revision in the same way as the admin."""
    from portal.accounts.models import User
    from portal.library import media_sync
    from portal.publishing import actions
    from portal.publishing.models import Revision

    found = Revision.objects.get(pk=revision)
    publisher = User.objects.get(pk=by)

    def perform() -> dict | None:
        actions.release(revision=found, by=publisher, digest=found.digest)
        return None

    def perform_timed() -> dict:
        """Return the seconds until the commit and until the end of the release.

        The commit is taken as the moment at which the public media files begin to be updated.
        """
        began = time.perf_counter()
        times: list[float] = []
        resync = media_sync.resync

        def timed(*args: Any, **kwargs: Any) -> Any:
            times.append(time.perf_counter())
            return resync(*args, **kwargs)

        with mock.patch.object(media_sync, "resync", timed):
            perform()
        return {"commit": times[0] - began, "end": time.perf_counter() - began}

    return perform_timed if timed else perform


def _run_due() -> Callable[[], None]:
    from django.core.management import call_command

    return lambda: call_command("run_due", stdout=sys.stderr)


_JOBS: dict[str, Callable[..., Callable[[], dict | None]]] = {
    "release": _release,
    "run_due": _run_due,
}

if __name__ == "__main__":
    _serve()
