"""Run processes of the portal by the hundred: one process loads the code and forks children.

``python -m tests.faults.fork_server`` is that process, with the portal's own settings;
``ForkServer`` is the client that a test uses. A child opens its own database connection, says
``begun``, does its job, says ``done``, and then waits until it is killed.
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

#: The name under which a child's connection is known to PostgreSQL.
NAME = "portal-forge"


@dataclass
class Child:
    """A process at work; ``said`` is what it has said since it began."""

    pid: int
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return any(line["says"] == "done" for line in self.messages)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


class ForkServer:
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
        self._next()  # it has read the code

    def begin(self, job: str, **arguments: Any) -> Child:
        """Start a child and return as it begins its job."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"job": job, **arguments}) + "\n")
        self.process.stdin.flush()
        child = Child(self._next()["pid"])
        assert self._next()["says"] == "begun"
        return child

    def finish(self, child: Child) -> Child:
        """Wait until it is done."""
        while not child.done:
            line = self._next()
            assert line["says"] != "ended", line
            child.messages.append(line)
        return self.kill_child(child)

    def kill_child(self, child: Child) -> Child:
        """End it, whatever it is doing, and read the last it said."""
        child.kill()
        while (line := self._next())["says"] != "ended":
            child.messages.append(line)
        assert line["status"] == -signal.SIGKILL, line
        return child

    def do(self, job: str, **arguments: Any) -> Child:
        return self.finish(self.begin(job, **arguments))

    def close(self) -> None:
        """End the process and, should a test have broken off, its child."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def _next(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the forge is gone"
        return json.loads(line)


@contextmanager
def start(environment: dict[str, str], folder: str) -> Iterator[ForkServer]:
    opened = ForkServer(environment, folder)
    try:
        yield opened
    finally:
        opened.close()


# --- in the process itself ---------------------------------------------------------------------


def say(**line: Any) -> None:
    """One write, so that lines of several processes don't mix."""
    os.write(1, (json.dumps(line) + "\n").encode())


def _serve() -> None:
    import django

    django.setup()
    say(says="ready")
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _work(**order)
        _pid, status = os.waitpid(pid, 0)
        say(says="ended", status=os.waitstatus_to_exitcode(status))


def _work(*, job: str, **arguments: Any) -> None:
    try:
        say(says="born", pid=os.getpid())
        perform = _JOBS[job](**arguments)
        say(says="begun")
        said = perform()
        say(says="done", **(said or {}))
        signal.pause()
    finally:
        os._exit(1)  # only if it failed: who has done his job waits to be killed


def _release(*, revision: int, by: int, timed: bool = False) -> Callable[[], dict | None]:
    """As a publisher's click does it, in a process of its own."""
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
        """The media follow the commit: when they begin, it is over."""
        began = time.perf_counter()
        times: list[float] = []
        reconcile = media_sync.resync

        def noted(*args: Any, **kwargs: Any) -> Any:
            times.append(time.perf_counter())
            return reconcile(*args, **kwargs)

        with mock.patch.object(media_sync, "resync", noted):
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
