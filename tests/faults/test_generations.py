"""Turns as fast as they come, under load, on two nodes; nothing old and nothing withdrawn is seen.

A page says which turn it is of: its number stands in the site's name, changed and turned in one
transaction. What a reader gets may not be older than what was acknowledged before he asked; on
another node, than what was acknowledged a second before.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from portal.pagestore import generations, sync
from portal.publishing import actions
from portal.site.models import SiteSettings
from tests import browser, factories
from tests.workload import workload

TURNS = workload(500, 40)
READERS = 32
PER_SECOND = 50
LAG_SECONDS = 1.0
SHOWN = re.compile(rb"court-(\d+)-turn")
#: Pages of every turn, and one that only a single generation ever holds is asked for among them.
PATHS = ("/", "/news/", "/corrections/", "/news/court-news/")


@dataclass
class Node:
    """A server with a page store of its own, on the database that all share."""

    name: str
    port: int
    var: Path
    process: subprocess.Popen

    def get(self, path: str, link: http.client.HTTPConnection | None = None) -> tuple[int, bytes]:
        if link is None:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as own:
                return self.get(path, own)
        link.request("GET", path)
        response = link.getresponse()
        return response.status, response.read()


@dataclass
class Seen:
    """What the readers got."""

    acknowledged: list[float] = field(default_factory=list)  # turn n at [n]
    statuses: Counter = field(default_factory=Counter)
    old: list[str] = field(default_factory=list)
    answers: Counter = field(default_factory=Counter)

    def newest(self, at: float) -> int:
        """The last turn acknowledged by then."""
        number = len(self.acknowledged) - 1
        while number and self.acknowledged[number] > at:
            number -= 1
        return number


@contextmanager
def server(name: str, environment: dict[str, str]) -> Iterator[Node]:
    port = browser.free_port()
    var = Path(environment["PORTAL_VAR"])
    log = var / "server.log"
    command = [sys.executable, str(browser.BASE / "manage.py"), "serve", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
    try:
        browser.wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        yield Node(name, port, var, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture
def nodes(transactional_db: None, collected_static: None, tmp_path: Path) -> Iterator[list[Node]]:
    """Two of them; the first one's store is this process's own, as an editor's worker has it."""
    base = browser.server_environment() | {"PORTAL_PAGESTORE": "1", "PYTHONPATH": str(browser.BASE)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "PAGESTORE", True)
        other = tmp_path / "other"
        (other / "media").mkdir(parents=True)
        for shared in ("static", "secret-key"):
            if (Path(settings.VAR_DIR) / shared).exists():
                os.symlink(Path(settings.VAR_DIR) / shared, other / shared)
        shutil.rmtree(settings.PAGESTORE_ROOT, ignore_errors=True)
        with (
            server("first", base) as first,
            server("second", base | {"PORTAL_VAR": str(other)}) as second,
        ):
            yield [first, second]
    shutil.rmtree(settings.PAGESTORE_ROOT, ignore_errors=True)


def turn_to(number: int) -> None:
    """As an administrator's worker on the first node does: change, turn, commit, follow."""
    with transaction.atomic():
        SiteSettings.objects.update_or_create(pk=1, defaults={"name": f"court-{number}-turn"})
        generations.bump_generation(forbid_stale=number % 50 == 0)
    sync.sync_store()


def read(node: Node, lag: float, paths: list[str], seen: Seen, stopped: threading.Event) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", node.port, timeout=60)) as link:
        for path in cycle(paths):
            if stopped.is_set():
                return
            least = seen.newest(time.monotonic() - lag)
            status, body = node.get(path, link)
            seen.statuses[node.name, status] += 1
            shown = SHOWN.search(body)
            number = int(shown[1]) if shown else -1
            seen.answers[number] += 1
            if status == 200 and number < least:
                seen.old.append(f"{node.name} {path}: {number}, after {least} was acknowledged")


def test_turns_under_load(nodes: list[Node]) -> None:
    newsroom = factories.Newsroom()
    article = newsroom.live(title="一直都在")
    seen = Seen()
    turn_to(0)
    seen.acknowledged.append(time.monotonic())
    time.sleep(LAG_SECONDS)
    paths = [*PATHS, f"/news/{article.pk}/"]
    stopped = threading.Event()
    readers = [
        threading.Thread(
            target=read, args=(node, lag, paths, seen, stopped), name=f"{node.name}-{number}"
        )
        for node, lag in zip(nodes, (0.0, LAG_SECONDS), strict=True)
        for number in range(READERS // 2)
    ]
    for reader in readers:
        reader.start()
    begun = time.monotonic()
    try:
        for number in range(1, TURNS + 1):
            turn_to(number)
            seen.acknowledged.append(time.monotonic())
            ahead = begun + number / PER_SECOND - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
        took = time.monotonic() - begun
    finally:
        stopped.set()
        for reader in readers:
            reader.join(60)
    print(
        f"\n{connection.vendor}: {TURNS} turns in {took:.1f} s, "
        f"{sum(seen.statuses.values())} answers to {READERS} connections, "
        f"of {len(seen.answers)} turns; {dict(seen.statuses)}"
    )
    assert seen.old == []
    assert {status for _node, status in seen.statuses} == {200}
    assert {name for name, _status in seen.statuses} == {"first", "second"}
    assert len(seen.answers) > TURNS / 20  # of many generations, not of the last one alone


def test_nothing_withdrawn_is_seen_by_any_path(nodes: list[Node]) -> None:
    """After its acknowledgement on its own node, and a second later on the other: through pages,
    lists, feeds and copies, while the servers are up and when they are killed."""
    newsroom = factories.Newsroom()
    article = newsroom.live(title="要撤下来的稿件")
    address = f"/news/{article.pk}/"
    paths = ["/", "/news/", "/news/court-news/", address, "/feeds/news.atom", "/feeds/news.json"]
    sync.sync_store()
    _until(
        lambda: all(
            "要撤下来的稿件".encode() in node.get(p)[1] for node in nodes for p in ("/", address)
        )
    )
    for node in nodes:
        for path in paths:
            assert node.get(path)[0] == 200, (node.name, path)
    actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    for path in paths:
        status, body = nodes[0].get(path)
        assert "要撤下来的稿件".encode() not in body, path
        assert status == (410 if path == address else 200), path
    time.sleep(LAG_SECONDS)
    for path in paths:
        status, body = nodes[1].get(path)
        assert "要撤下来的稿件".encode() not in body, path
        assert status == (410 if path == address else 200), path
    for node in nodes:
        node.process.kill()
        store = node.var / "store"
        for link in ("current", "last"):
            for file in (store / link).rglob("*"):
                if file.is_file() and file.suffix not in {".gz", ".br"}:
                    assert "要撤下来的稿件".encode() not in file.read_bytes(), file


def _until(true, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
