"""Start and stop servers, request pages from the servers, and measure their throughput with wrk."""

from __future__ import annotations

import ctypes
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

GRACE_SECONDS = 20
START_SECONDS = 300
PROCESSORS = os.cpu_count() or 1
#: Lua script for wrk. Each thread of wrk starts with another path, so that the threads do not
#: request the same pages at the same time.
SCRIPT = """
local paths = {PATHS}
local requests, place, threads = {}, 0, 0
function setup(thread) thread:set("number", threads); threads = threads + 1 end
function init(args)
  for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path, {HEADERS}) end
  place = number * math.floor(#paths / 2)
end
function request()
  place = place % #paths + 1
  return requests[place]
end
function done(summary, latency, all)
  local e = summary.errors
  io.write(string.format(
    '\\n@{"requests":%d,"microseconds":%d,"bytes":%d,"failed":%d,"status":%d,"p99":%d}\\n',
    summary.requests, summary.duration, summary.bytes,
    e.connect + e.read + e.write + e.timeout, e.status, latency:percentile(99)))
end
"""


def nginx_binary() -> str | None:
    """Return the path of nginx, or None.

    Debian installs nginx in a folder that is not in the PATH of users other than root.
    """
    return shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    port: int,
    *,
    folder: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server and yield its process after the server has responded on ``port``.

    Afterwards, the server is stopped with all its child processes.
    """
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
            preexec_fn=_die_with_parent,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{name} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _answers(port: int) -> bool:
    try:
        return fetch(port, "/").status > 0
    except (OSError, http.client.HTTPException):
        return False


def cpu_seconds(parent: int) -> float:
    """Return the CPU time in seconds that a process and its descendants have used so far."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, rest = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(rest[1]), []).append(pid)
            # The fields contain the CPU time of the process and of its ended child processes.
            used[pid] = sum(map(int, rest[11:15]))
    found, todo = 0, [parent]
    while todo:
        pid = todo.pop()
        found += used.get(pid, 0)
        todo += children.get(pid, [])
    return found / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> bytes:
        packed = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.raw) if packed else self.raw


def fetch(port: int, path: str, *, encoding: str = "") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Accept-Encoding": encoding} if encoding else {}
        connection.putrequest("GET", path, skip_accept_encoding=True)
        for key, value in headers.items():
            connection.putheader(key, value)
        connection.endheaders()
        response = connection.getresponse()
        fields = {key.lower(): value for key, value in response.getheaders()}
        return Answer(response.status, fields, response.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Load:
    """The results of one run of wrk.

    ``per_second`` is the number of responses per second, ``bytes_each`` the number of bytes per
    response, and ``p99_ms`` the 99th percentile of the latency in milliseconds.
    """

    per_second: float
    bytes_each: float
    errors: int
    p99_ms: float
    #: CPU time of the server per response in microseconds.
    cpu_us: float


def wrk(
    port: int, paths: Sequence[str], *, seconds: float, encoding: str, pid: int, folder: Path
) -> Load:
    """Request the paths in turn over 32 persistent connections; return the results.

    ``pid`` is the process of the server, whose CPU time is measured.
    """
    headers = f'{{["Accept-Encoding"]="{encoding}"}}' if encoding else "{}"
    quoted_paths = ", ".join(json.dumps(path) for path in paths)
    script = folder / f"mix-{encoding or 'plain'}-{port}.lua"
    script.write_text(SCRIPT.replace("PATHS", quoted_paths).replace("{HEADERS}", headers))
    before = cpu_seconds(pid)
    done = subprocess.run(
        # wrk accepts whole seconds only.
        [
            *("wrk", "-t2", "-c32", f"-d{max(1, round(seconds))}s", "--timeout", "30s"),
            *("-s", str(script), f"http://127.0.0.1:{port}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    line = next((each for each in done.stdout.splitlines() if each.startswith("@")), "")
    if done.returncode or not line:
        raise SystemExit(f"wrk failed:\n{done.stdout}{done.stderr}")
    seen = json.loads(line[1:])
    requests = max(seen["requests"], 1)
    used = cpu_seconds(pid) - before
    return Load(
        per_second=seen["requests"] / (seen["microseconds"] / 1e6),
        bytes_each=seen["bytes"] / requests,
        errors=seen["failed"] + seen["status"],
        p99_ms=seen["p99"] / 1000,
        cpu_us=used / requests * 1e6,
    )
