"""Run several processes together (the server and the scheduler): when one ends, end all."""

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
    """Return whether a server can listen on this address."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def run(*commands: Sequence[str]) -> int:
    """Run the commands until one ends or a signal arrives, then end all; return the exit code.

    It is 0 after a signal. If a command ends by itself, it is that command's code, or 1 instead of
    0, since none of them is meant to end.
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
                    # As shells do: 128 + the signal that ended the process.
                    return (128 - code if code < 0 else code) or 1
        return 0
    finally:
        _end(children)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a command as the leader of its own process group.

    Ctrl-C then reaches the supervisor alone, which ends the commands in order, and processes that a
    killed command leaves behind can be ended by their group.
    """
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=_die_with_parent
    )


def _die_with_parent() -> None:
    """Make Linux end the child if the supervisor is killed and cannot forward the signal."""
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
        # The child's own children, if it was killed before it could end them.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
