"""The supervisor ends all its processes if one of them ends or a signal arrives."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys
from portal import supervisor
sys.exit(supervisor.run(*([sys.executable, "-c", code] for code in sys.argv[1:])))
"""
# A program that prints its process id, and creates a file when it receives SIGTERM.
SLEEPER = """
import os, signal, sys, time
def stop(*_):
    open({mark!r}, "w").close()
    sys.exit()
signal.signal(signal.SIGTERM, stop)
os.write(1, b"%d\\n" % os.getpid())  # one write: two processes share the pipe
time.sleep(60)
"""


def start(*codes: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *codes], stdout=subprocess.PIPE, text=True, bufsize=1
    )


def number(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "stopped"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_processes(mark: Path, sent: signal.Signals) -> None:
    sleeper = SLEEPER.format(mark=str(mark))
    with start(sleeper, sleeper) as supervisor:
        children = [number(supervisor), number(supervisor)]
        supervisor.send_signal(sent)
        assert supervisor.wait(timeout=300) == 0
    assert all(map(is_gone, children))
    assert mark.exists()


@pytest.mark.parametrize(("ending", "code"), [("sys.exit(3)", 3), ("sys.exit(0)", 1)])
def test_all_processes_end_when_one_ends(mark: Path, ending: str, code: int) -> None:
    fifo = mark.with_name("fifo")
    os.mkfifo(fifo)
    waiter = f"import sys; open({str(fifo)!r}).read(); {ending}"
    with start(SLEEPER.format(mark=str(mark)), waiter) as both:
        child = number(both)
        fifo.open("w").close()
        assert both.wait(timeout=300) == code
    assert is_gone(child)


def test_children_of_a_killed_process_are_ended(mark: Path) -> None:
    """A process that SIGKILL ended cannot end its own child, so the supervisor must do it."""
    sleeper = SLEEPER.format(mark=str(mark))
    parent = (
        "import os, subprocess, sys; print(os.getpid(), flush=True);"
        f"subprocess.run([sys.executable, '-c', {sleeper!r}])"
    )
    with start(parent) as supervisor:
        child, grandchild = number(supervisor), number(supervisor)
        os.kill(child, signal.SIGKILL)
        assert supervisor.wait(timeout=300) == 128 + signal.SIGKILL
    assert is_gone(child)
    assert _has_ended(grandchild)
    assert not mark.exists()


def _has_ended(pid: int) -> bool:
    """Return whether the process has ended, or is a zombie that init has not reaped yet."""
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return is_gone(pid)
