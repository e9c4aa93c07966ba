"""nginx with the real application: nginx serves the pages that the application stores.

The headers of nginx and of the application are equal.
"""

from __future__ import annotations

import subprocess

import pytest
from django.db import OperationalError

from portal import serving
from portal.pagestore.store import MIN_COMPRESS_BYTES
from portal.publishing import actions
from tests import factories
from tests.deploy.documents import shell
from tests.deploy.portal import SERVER_HEADERS, Portal
from tests.nginx import Answer


def comparable_headers(answer: Answer) -> list[tuple[str, str]]:
    return sorted(
        (name, value) for name, value in answer.headers.items() if name not in SERVER_HEADERS
    )


def test_nginx_and_application_answer_alike(portal: Portal) -> None:
    """Bytes, headers and ETags must be equal, because a load balancer may send a visitor to another
    node.
    """
    article = factories.Newsroom().live()
    paths = list(serving.public_paths())
    assert {"/", "/news/", article.get_absolute_url(), "/feeds/news.json"} <= set(paths)
    for path in paths:
        for coding in ("identity", "gzip"):
            portal.ask(path, Accept_Encoding=coding)
            here = portal.ask(path, Accept_Encoding=coding)
            assert (here.status, portal.requests) == (200, []), path
            there = portal.ask_application(path, Accept_Encoding=coding)
            assert there.body == here.body
            # The page is too small to be compressed, so that nginx does not send Vary.
            small = there["Content-Encoding"] is None and len(there.body) < MIN_COMPRESS_BYTES
            assert [
                each for each in comparable_headers(there) if each[0] != "Vary" or not small
            ] == comparable_headers(here)
            for ask in (portal.ask, portal.ask_application):
                known = ask(path, Accept_Encoding=coding, If_None_Match=here["ETag"])
                assert known.status == 304


def test_a_released_article_appears_and_a_withdrawn_one_disappears(portal: Portal) -> None:
    newsroom = factories.Newsroom()
    assert portal.ask("/").status == 200
    article = newsroom.live(title="甲村巡回审判")
    path = article.get_absolute_url()
    assert "甲村巡回审判" in portal.ask("/").body.decode()
    assert "甲村巡回审判" in portal.ask(path).body.decode()
    portal.ask(path)
    assert portal.requests == []

    actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")

    gone = portal.ask(path)
    assert (gone.status, portal.requests) == (410, [path])
    assert "甲村巡回审判" not in portal.ask("/").body.decode()


def without_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("the database is down")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", fail)
    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", fail)


def test_pages_are_served_without_the_database(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom = factories.Newsroom()
    live, withdrawn = newsroom.live(title="留下的文章"), newsroom.live(title="撤下的文章")
    for article in (live, withdrawn):
        portal.ask(article.get_absolute_url())
    actions.withdraw(obj=withdrawn, by=newsroom.publisher, reason="信息有误。")
    portal.ask(live.get_absolute_url())
    portal.ask("/")
    # The release switches the generation. The pages stored since the withdrawal remain in
    # `fallback`, because a release does not forbid stale pages.
    newsroom.live(title="又一篇文章")

    without_database(monkeypatch)
    outlived = portal.ask(live.get_absolute_url())
    gone = portal.ask(withdrawn.get_absolute_url())
    front = portal.ask("/")
    monkeypatch.undo()

    assert outlived.status == front.status == 200
    assert "留下的文章" in outlived.body.decode()
    assert "撤下的文章" not in front.body.decode()
    assert gone.status == 503
    assert "撤下的文章" not in gone.body.decode()
    assert gone["Retry-After"] == "30"


def test_a_page_can_be_removed_from_a_node_by_hand(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of docs/operations/troubleshooting.md must work while the database is down.

    Deleting the files does not suffice, because the application has cached the page in memory.
    """
    path = factories.Newsroom().live(title="不该公开的文章").get_absolute_url()
    for _reader in range(3):
        assert portal.ask_application(path).status == 200
    without_database(monkeypatch)
    assert portal.ask(path).status == 200

    recipe = next(each for each in shell("troubleshooting.md") if "{current,fallback}" in each)
    for line in recipe.replace("/news/12/", path).splitlines():
        if line.startswith("rm "):
            here = line.replace("/var/lib/portal", str(portal.var))
            subprocess.run(["/bin/bash", "-ec", here], check=True)
        else:
            assert line == "systemctl restart portal-web"
            portal.process.restart()

    taken = portal.ask(path)
    monkeypatch.undo()
    assert taken.status == 503
    assert "不该公开的文章" not in taken.body.decode()
