"""Compare the throughput of public pages: the portal in three setups, plain nginx, and Wagtail."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import peer
from tests.benchmarks.build import Portal
from tests.benchmarks.inside import Child
from tests.benchmarks.processes import (
    PROCESSORS,
    Load,
    fetch,
    free_port,
    nginx_binary,
    running,
    wrk,
)
from tests.benchmarks.report import Table, Target, middle, number

ARTICLES = 20
WARM_SECONDS = 2
PLAIN = "plain nginx, the same files"
SAME = "plain nginx, the same files and headers"
OVER_STORE = "nginx over the store"
ALONE = "the application alone (granian, its store)"
UNCACHED = "the application, store off"
ENCODINGS = ("", "gzip")

#: nginx configuration of a plain server of static files. Its other settings are those of
#: ``manage.py nginx_conf``.
PLAIN_CONF = """
{user}daemon off;
worker_processes {workers};
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    sendfile on;
    tcp_nopush on;
    etag on;
    keepalive_timeout 30s;
    gzip_static on;
    gzip_vary on;
    charset utf-8;
    types {{ text/html html; }}
    server {{
        listen 127.0.0.1:{port} default_server;
        root {root};
        index index.html;
{headers}    }}
}}
"""
#: Headers that nginx itself adds to the response with a file; all other headers come from the
#: portal's nginx configuration.
OWN = frozenset(
    {
        *("accept-ranges", "connection", "content-encoding", "content-length", "content-type"),
        *("date", "etag", "last-modified", "server", "vary"),
    }
)


@dataclass
class Subject:
    """A measured server and its results.

    ``loads`` contains the results of each encoding, one for each round.
    """

    name: str
    port: int
    pid: int
    paths: tuple[str, ...]
    encodings: tuple[str, ...] = ENCODINGS
    loads: dict[str, list[Load]] = field(default_factory=dict)

    def per_second(self, encoding: str) -> float:
        return middle(load.per_second for load in self.loads[encoding])

    def share(self, of: Subject, encoding: str) -> float:
        """Return the throughput of this server as a share of the throughput of ``of``.

        The share is the median over the rounds. A temporary slowdown of the machine affects both
        servers of a round.
        """
        pairs = zip(self.loads[encoding], of.loads[encoding], strict=True)
        return middle(own.per_second / other.per_second for own, other in pairs)


def measure(
    portal: Portal, child: Child, *, seconds: float, rounds: int, site: peer.Site | None, logs: Path
) -> list[Table]:
    """Measure all servers in turn with every encoding; return one table for each encoding.

    Every second round measures the servers in reverse order. ``site`` is None if Wagtail is not
    measured.
    """
    paths = tuple(child.ask("mix", articles=ARTICLES))
    with ExitStack() as stack:
        own_subjects = stack.enter_context(_own_subjects(portal, child, paths, logs))
        subjects = list(own_subjects)
        if site:
            for each in stack.enter_context(site.serving(logs)):
                subjects.append(
                    Subject(each.name, each.port, each.pid, site.paths, encodings=("",))
                )
        _check(portal, own_subjects)
        for subject in own_subjects if seconds >= WARM_SECONDS else ():
            for encoding in subject.encodings:
                _load(subject, encoding, seconds=WARM_SECONDS, logs=logs)
            subject.loads.clear()
        for subject in subjects:
            if subject.name.startswith("Wagtail"):
                _warm_up(subject, logs)
                subject.loads.clear()
        for number in range(rounds):
            for subject in subjects if number % 2 else reversed(subjects):
                for encoding in subject.encodings:
                    _load(subject, encoding, seconds=seconds, logs=logs)
        _check(portal, own_subjects)
    return [_table(portal, subjects, encoding, rounds, seconds) for encoding in ENCODINGS]


def _load(subject: Subject, encoding: str, *, seconds: float, logs: Path) -> None:
    load = wrk(
        subject.port,
        subject.paths,
        seconds=seconds,
        encoding=encoding,
        pid=subject.pid,
        folder=logs,
    )
    if load.errors:
        raise SystemExit(f"{subject.name}: {load.errors} answers were errors")
    subject.loads.setdefault(encoding, []).append(load)


@contextmanager
def _own_subjects(
    portal: Portal, child: Child, paths: tuple[str, ...], logs: Path
) -> Iterator[list[Subject]]:
    """Start the servers of the portal and yield them.

    Three servers are nginx over the page store, the application alone, and the application without
    its page store. Two plain nginx serve copies of the stored files, one of them with the portal's
    headers.
    """
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-nginx-")))
        work.chmod(0o755)
        ports = [free_port() for _ in range(5)]
        pids: list[int] = []
        alone = [sys.executable, "manage.py", "serve", "--no-clock", "--port"]
        for name, port, env in (
            ("serve", ports[0], portal.env()),
            ("serve-uncached", ports[1], portal.env(PORTAL_PAGESTORE="0")),
        ):
            command = [*alone, str(port)]
            process = running(name, command, port, folder=logs, env=env, cwd=peer.ROOT)
            pids.append(stack.enter_context(process).pid)
        child.ask("warm", paths=paths)
        copy = work / "files"
        shutil.copytree((portal.var / "store" / "current").resolve(), copy, symlinks=False)
        portal_headers: dict[str, str] = {}
        for name, port in zip(("over-store", "bare", "same"), ports[2:], strict=True):
            folder = work / name
            folder.mkdir()
            conf = (
                _store_conf(portal, folder, port)
                if name == "over-store"
                else _plain_conf(folder, port, copy, portal_headers if name == "same" else {})
            )
            (folder / "nginx.conf").write_text(conf)
            command = [nginx_binary() or "nginx", "-p", str(folder), "-c", f"{folder}/nginx.conf"]
            process = running(f"nginx-{name}", command, port, folder=logs)
            pids.append(stack.enter_context(process).pid)
            portal_headers = portal_headers or fetch(port, paths[0]).headers
        yield [
            Subject(PLAIN, ports[3], pids[3], paths),
            Subject(SAME, ports[4], pids[4], paths),
            Subject(OVER_STORE, ports[2], pids[2], paths),
            Subject(ALONE, ports[0], pids[0], paths),
            Subject(UNCACHED, ports[1], pids[1], paths),
        ]
        errors = (work / "over-store" / "error.log").read_text()
        if errors:
            raise SystemExit(f"nginx went past the store:\n{errors[:2000]}")


def _store_conf(portal: Portal, folder: Path, port: int) -> str:
    """Return the nginx configuration of the portal with an upstream that does not exist.

    Every response therefore comes from a stored file.
    """
    return portal.manage(
        *("nginx_conf", "--standalone", str(folder), "--no-access-log"),
        *("--listen", f"127.0.0.1:{port}", "--upstream", f"127.0.0.1:{free_port()}"),
        *("--workers", str(PROCESSORS)),
    )


def _plain_conf(folder: Path, port: int, root: Path, portal_headers: dict[str, str]) -> str:
    """Return the configuration of a plain nginx that adds ``portal_headers`` to its responses."""
    user = "user root;\n" if os.geteuid() == 0 else ""
    lines = ["server_tokens off;"] if portal_headers else []
    lines += [
        f'add_header {name} "{value}" always;'
        for name, value in portal_headers.items()
        if name not in OWN
    ]
    headers = "".join(f"        {line}\n" for line in lines)
    return PLAIN_CONF.format(
        folder=folder, port=port, root=root, user=user, workers=PROCESSORS, headers=headers
    )


def _check(portal: Portal, subjects: list[Subject]) -> None:
    """Check that all servers of the portal send the same bytes and read pages from the store.

    The plain nginx that is the base of the comparison must also send the same headers as nginx over
    the page store.
    """
    same, over = (next(s for s in subjects if s.name == name) for name in (SAME, OVER_STORE))
    for path in subjects[0].paths[:6]:
        for encoding in ENCODINGS:
            first, second = (fetch(s.port, path, encoding=encoding).headers for s in (same, over))
            if first | {"date": ""} != second | {"date": ""}:
                raise SystemExit(f"{SAME}: {path} has other headers: {first} {second}")
        stored = portal.var / "store" / "current" / path[1:] / "index.html"
        for subject in subjects:
            for encoding in ENCODINGS:
                answer = fetch(subject.port, path, encoding=encoding)
                if answer.status != 200 or answer.body != stored.read_bytes():
                    raise SystemExit(f"{subject.name} has another {path} ({answer.status}).")
                if subject.name != UNCACHED:
                    file = stored.with_name("index.html.gz") if encoding else stored
                    about = file.stat()
                    tag = f'"{int(about.st_mtime):x}-{about.st_size:x}"'
                    if answer.headers.get("etag") != tag or answer.raw != file.read_bytes():
                        raise SystemExit(f"{subject.name} serves {path} from elsewhere.")


def _warm_up(subject: Subject, logs: Path) -> None:
    """Request the pages until every process of the server has cached them.

    A process may have a cache of its own.
    """
    for _attempt in range(20):
        _load(subject, "", seconds=WARM_SECONDS, logs=logs)
        answers = [fetch(subject.port, path) for path in subject.paths * 3]
        if all(
            answer.status == 200 and answer.headers.get("x-wagtail-cache") == "hit"
            for answer in answers
        ):
            return
    raise SystemExit(f"{subject.name} does not answer from its cache.")


def _table(
    portal: Portal, subjects: list[Subject], encoding: str, rounds: int, seconds: float
) -> Table:
    encoding_name = "with gzip, as browsers ask" if encoding else "unpacked"
    head = ("served by", "answers/s", "of plain nginx", "CPU µs each", "KB each", "slowest 1 %, ms")
    table = Table(f"Public pages, {encoding_name}", head)
    base = next(s for s in subjects if s.name == SAME)
    for subject in subjects:
        if encoding not in subject.loads:
            continue
        loads = subject.loads[encoding]
        share = subject.share(base, encoding)
        table.add(
            subject.name,
            number(subject.per_second(encoding)),
            table.judge(
                f"{subject.name}, {encoding_name}, of plain nginx",
                share,
                TARGETS.get(subject.name),
                _form(share),
            ),
            number(middle(load.cpu_us for load in loads)),
            f"{middle(load.bytes_each for load in loads) / 1000:.1f}",
            number(middle(load.p99_ms for load in loads)),
        )
    if peers := [s for s in subjects if s.name.startswith("Wagtail")]:
        _compare(table, subjects, peers, encoding, encoding_name)
    table.notes += [
        f"Home, a column, its {ARTICLES} newest articles in turn; wrk, 2 threads, 32 connections"
        f" kept open; medians of {rounds} rounds of {max(1, round(seconds))} s each, all in turn;"
        " wrk has its share of the same processors.",
        f"“{SAME}” sends the bytes that “{OVER_STORE}” sends, each header included (compared before"
        " and after), out of a folder (`root`, `index`, `gzip_static`, `add_header`): the shares"
        f" are of its answers a second in the same round. “{PLAIN}” leaves out the security"
        " headers, the language and what a cache is told.",
        f"{portal.name}. CPU: what the server's own processes took of a processor for one answer;"
        " KB: with the headers. Every answer was 200; bodies were compared before and after.",
    ]
    return table


def _form(share: float) -> str:
    return ".2f" if share >= 0.01 else ".4f"


TARGETS = {OVER_STORE: Target(least=0.95), ALONE: Target(least=0.5)}
#: Targets for the throughput of the portal: the multiple of Wagtail's best result on each server.
AGAINST = {"gunicorn": Target(least=8), "granian": Target(least=5)}


def _compare(
    table: Table, subjects: list[Subject], peers: list[Subject], encoding: str, encoding_name: str
) -> None:
    for mine in (OVER_STORE, ALONE):
        own = next(s for s in subjects if s.name == mine).per_second(encoding)
        for server, target in AGAINST.items():
            for cache in peer.CACHES:
                # Wagtail's result without gzip is used for both encodings, because its cache sends
                # uncompressed bytes in both cases.
                best = max(
                    each.per_second("")
                    for each in peers
                    if server in each.name and f"{cache} cache" in each.name
                )
                what = f"{mine} : Wagtail, {cache} cache, on {server}"
                ratio = table.judge(f"{what} ({encoding_name})", own / best, target, ".1f")
                table.add(what, "", f"× {ratio}", "", "", "")
