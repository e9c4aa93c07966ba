"""Processes that live and die together: the server and the clock beside it."""

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
    """Whether a server may listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def run(*commands: Sequence[str]) -> int:
    """Run the commands until one ends or a signal comes, then end them all; return the exit code.

    Asked to stop, the answer is 0. When one ends by itself the others follow, and its code is the
    answer (1 if it was 0: none of them is meant to end).
    """
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    children: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            children.append(_start(command))
        while not asked:
            for child in children:
                with suppress(subprocess.TimeoutExpired):
                    code = child.wait(timeout=0.1)
                    # Shells say 128 + signal for what a signal ended.
                    return (128 - code if code < 0 else code) or 1
        return 0
    finally:
        _end(children)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start it as the head of a process group: Ctrl-C reaches this process alone, which then ends
    the others in order, and what a killed child leaves behind can still be found."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=_die_with_parent
    )


def _die_with_parent() -> None:
    """Ask Linux to end the child even if this process is killed and can forward nothing."""
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
        # Its own children, where it was killed before it could end them.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
