"""A supervisor of several processes (the server and the scheduler): if one ends, it ends all."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

GRACE_SECONDS = 15
_PR_SET_PDEATHSIG = 1


def is_free(host: str, port: int) -> bool:
    """Return whether a server can listen on this IP address and port."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def run(*commands: Sequence[str]) -> int:
    """Run the commands until one ends or a signal arrives, then end all; return the exit code.

    The exit code is 0 after a signal. If a command ends by itself, the exit code is that of the
    command, or 1 instead of 0, because no command should end by itself.
    """
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    children: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            children.append(_start(command))
        while not received:
            for child in children:
                with suppress(subprocess.TimeoutExpired):
                    code = child.wait(timeout=0.1)
                    # After a signal the exit code is 128 + the number of the signal, as in shells.
                    return (128 - code if code < 0 else code) or 1
        return 0
    finally:
        _end(children)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a command as the leader of a new process group.

    Ctrl-C then reaches only the supervisor, which ends the commands in order. Child processes that
    a killed command leaves behind can be ended by their group.
    """
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=_die_with_parent
    )


def _die_with_parent() -> None:
    """Make Linux send SIGTERM to this child process if the supervisor is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(timeout=GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        # End the child's own child processes, in case it was killed before it could end them.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
