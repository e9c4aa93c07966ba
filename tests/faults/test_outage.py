"""An outage of the application and the database: nginx still serves the public site.

Afterwards the site must recover without any action of an administrator.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from portal import addresses
from portal import nginx as configuring
from portal.pagestore import sync
from portal.pagestore.paths import file_name
from portal.publishing import actions
from tests import browser, factories
from tests.faults.database_switch import DatabaseSwitch, database_switch
from tests.nginx import Nginx, running
from tests.portal.objects_by_state import ObjectsByState
from tests.server import ServerProcess, ServerStarter
from tests.workload import workload

ARTICLES = workload(200, 12)
WAIT_SECONDS = 600


class Portal:
    """The production server behind nginx, started by ``manage.py serve`` as ``make run`` does."""

    def __init__(
        self, nginx: Nginx, port: int, database: DatabaseSwitch, starter: ServerStarter
    ) -> None:
        self.nginx = nginx
        self.port = port
        self.database = database
        self.starter = starter
        self.process: ServerProcess | None = None

    def start(self) -> None:
        log = Path(settings.VAR_DIR) / f"outage-{self.port}.log"
        self.process = self.starter.manage("serve", "--port", str(self.port), log=log)

    def kill(self) -> None:
        """Kill the supervisor process; the kernel then ends its child processes."""
        if self.process is not None:
            self.process.kill()
            self.process.stop()
            self.process = None
            wait_until(lambda: not self._answers())

    def _answers(self) -> bool:
        try:
            Nginx(self.port, self.nginx.folder).ask("/healthz")
        except OSError:
            return False
        return True

    def status(self, path: str) -> int:
        return self.nginx.ask(path).status


@pytest.fixture
def portal(transactional_db: None, collected_static: None) -> Iterator[Portal]:
    with pytest.MonkeyPatch.context() as patch, database_switch() as opened, empty_store():
        patch.setattr(settings, "PAGESTORE", True)
        port = browser.free_port()
        configuring.write_unavailable_page()
        folder = Path(settings.VAR_DIR) / "nginx"
        with running(folder, var=Path(settings.VAR_DIR), upstream=f"127.0.0.1:{port}") as nginx:
            environment = {"DATABASE_URL": opened.url, "PORTAL_PAGESTORE": "1"}
            starter = ServerStarter(browser.server_environment() | environment)
            made = Portal(nginx, port, opened, starter)
            try:
                yield made
            finally:
                made.kill()
                starter.close()


@contextmanager
def empty_store() -> Iterator[None]:
    """Delete the page store before and after the test."""
    shutil.rmtree(settings.PAGESTORE_ROOT, ignore_errors=True)
    yield
    shutil.rmtree(settings.PAGESTORE_ROOT, ignore_errors=True)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def stored(paths: list[str], link: str = "fallback") -> bool:
    folder = Path(settings.PAGESTORE_ROOT) / link
    return all(os.path.exists(folder / file_name(path)) for path in paths)


def public() -> list[str]:
    return [page.path for page in addresses.pages()]


def test_the_public_site_survives_an_outage_and_recovers(portal: Portal) -> None:
    objects = ObjectsByState()
    newsroom = objects.newsroom
    for number in range(ARTICLES):
        newsroom.live(title=f"第{number}篇")
    gone = newsroom.withdrawn(title="撤下的稿")
    portal.start()
    wait_until(lambda: portal.status("/") == 200)
    wait_until(lambda: stored(public(), "current"))
    # The store contains every page. Two more releases follow, and the application is killed before
    # it can render every page again.
    newer = [newsroom.live(title=f"后来的第{number}篇") for number in range(2)]
    own = [article.get_absolute_url() for article in newer]
    wait_until(lambda: stored([*own, "/"], "fallback"))
    paths = public()
    assert set(own) < set(paths)

    portal.kill()
    portal.database.stop()
    statuses = {path: portal.status(path) for path in paths}
    assert set(statuses.values()) == {200}, statuses
    for article in newer:
        answer = portal.nginx.ask(article.get_absolute_url())
        assert article.title in answer.body.decode()
        assert answer["Content-Security-Policy"]
    for path in (gone.get_absolute_url(), "/admin/", "/search/"):
        answer = portal.nginx.ask(path)
        assert (answer.status, "撤下的稿" in answer.body.decode()) == (503, False), path
        assert answer["Retry-After"]
    print(
        f"\n{connection.vendor}: {len(paths)} addresses, each 200, without application and database"
    )

    # The application starts first, while the database is still unavailable.
    portal.start()
    wait_until(portal._answers)
    statuses = {path: portal.status(path) for path in paths}
    assert set(statuses.values()) == {200}, statuses
    assert portal.status("/search/") in {500, 503}

    portal.database.start()
    wait_until(lambda: portal.status("/readyz") == 200)
    wait_until(lambda: portal.status(gone.get_absolute_url()) == 410)
    assert portal.status("/search/") == 200
    after = newsroom.live(title="恢复之后的稿")
    wait_until(lambda: "恢复之后的稿" in portal.nginx.ask("/").body.decode())
    assert portal.status(after.get_absolute_url()) == 200


def test_withdrawn_content_is_not_served_during_an_outage(portal: Portal) -> None:
    """No copy may remain, even if the server is killed immediately after the withdrawal."""
    newsroom = factories.Newsroom()
    article = newsroom.live(title="马上要撤的稿")
    address = article.get_absolute_url()
    portal.start()
    wait_until(lambda: portal.status(address) == 200)
    wait_until(lambda: stored([address, "/", "/news/", "/feeds/news.atom"], "fallback"))
    sync.sync_store()
    actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    portal.kill()
    portal.database.stop()
    for path in (address, "/", "/news/", "/feeds/news.atom"):
        answer = portal.nginx.ask(path)
        assert "马上要撤的稿" not in answer.body.decode(), path
        assert answer.status in ({503} if path == address else {200, 503}), path
