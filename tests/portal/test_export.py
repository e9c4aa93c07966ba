"""A plain file server that serves the exported files serves the same site."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import transaction

from news.models import Article
from portal import addresses, export
from portal.library import files, media_sync
from portal.pagestore import generations
from portal.pagestore.paths import content_type
from portal.publishing import actions
from tests import factories
from tests.pagestore.node import Node

LINK = re.compile(rb"""(?:href|src|srcset|poster)="([^"]+)\"""")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder with a plain file server; yield its host and port."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def fetch(host: str, path: str) -> tuple[int, bytes]:
    link = HTTPConnection(host, timeout=300)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


@pytest.fixture
def newsroom(
    node: Node, collected_static: None, settings: pytest.FixtureRequest
) -> factories.Newsroom:
    newsroom = factories.Newsroom()
    image = factories.image(newsroom.editor, alt="法院外景")
    row = {"image": image.pk, "alt": "外景", "caption": "", "credit": ""}
    row |= {"focal_x": 50, "focal_y": 50}
    newsroom.live(title="有图的稿", pictures=[row])
    for number in range(25):  # so that the column's list has two pages
        newsroom.live(title=f"第{number}篇")
    return newsroom


def test_exported_files_equal_the_site(
    node: Node, newsroom: factories.Newsroom, tmp_path: Path
) -> None:
    manifest = export.export(tmp_path / "site", node.store)
    paths = [page.path for page in addresses.pages()]
    with served(tmp_path / "site") as host:
        for path in paths:
            assert fetch(host, path) == (200, node.ask(path).body), path
        followed = {
            urlsplit(urljoin(path, target.split(" ")[0])).path
            for path in paths
            if path.endswith("/")
            for found in LINK.findall(node.ask(path).body)
            for target in found.decode().replace("&amp;", "&").split(", ")
            if not urlsplit(target).netloc and not target.startswith(("mailto:", "tel:", "data:"))
        }
        broken = {path for path in followed if fetch(host, path)[0] != 200}
    # Only links to pages that depend on a query string or a form may be broken.
    assert broken - set(addresses.query_paths()) == set()
    assert {path for path in followed if path.startswith("/media/")}
    assert manifest["pages"] == len(paths)


def test_manifest_lists_exactly_the_exported_files(
    node: Node, newsroom: factories.Newsroom, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    export.export(folder, node.store)
    manifest = json.loads((folder / "digests.json").read_text())
    here = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "digests.json"
    }
    assert {name: each["sha256"] for name, each in manifest["files"].items()} == here
    manifest_types = {
        each["address"]: each["type"] for each in manifest["files"].values() if "address" in each
    }
    assert manifest_types == {page.path: content_type(page.path) for page in addresses.pages()}


def test_check_names_changed_missing_and_added_files(
    node: Node, newsroom: factories.Newsroom, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    export.export(folder, node.store)
    assert list(export.differences(folder)) == []
    call_command("export_site", str(folder), check=True)
    (folder / "index.html").write_text("other")
    (folder / "robots.txt").unlink()
    (folder / "added.html").touch()
    assert list(export.differences(folder)) == [
        "missing: robots.txt",
        "not in the list: added.html",
        "changed: index.html",
    ]
    with pytest.raises(CommandError, match="3 files"):
        call_command("export_site", str(folder), check=True)


def test_folder_that_is_not_empty_is_refused(node: Node, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="not empty"):
        call_command("export_site", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mine.txt"]


def test_export_restarts_when_public_content_changes(
    node: Node, newsroom: factories.Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The export must contain no text of a page that was withdrawn during the export."""
    gone = newsroom.live(title="半路撤下的稿")
    page, asked = node.store.get_page, []

    def overtaken(path: str) -> bytes | None:
        asked.append(path)
        if len(asked) == 10:
            actions.withdraw(obj=gone, by=newsroom.publisher, reason="信息有误。")
        return page(path)

    monkeypatch.setattr(node.store, "get_page", overtaken)
    export.export(tmp_path / "site", node.store)
    assert asked.count("/") == 2
    for path in (tmp_path / "site").rglob("*"):
        assert not path.is_file() or "半路撤下的稿".encode() not in path.read_bytes(), path


def test_export_restarts_when_a_picture_is_withdrawn(
    node: Node, newsroom: factories.Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Article.objects.get(title="有图的稿")
    names, asked = media_sync.public_file_names, []

    def overtaken() -> set[str]:
        found = names()
        asked.append(len(found))
        if len(asked) == 1:
            actions.withdraw(obj=gone, by=newsroom.publisher, reason="信息有误。")
        return found

    monkeypatch.setattr(media_sync, "public_file_names", overtaken)
    export.export(tmp_path / "site", node.store)
    assert asked[0] > 0
    assert asked[-1] == 0
    assert not (tmp_path / "site" / "media").exists()


def test_missing_picture_is_named_and_the_folder_removed(
    node: Node, newsroom: factories.Newsroom, tmp_path: Path
) -> None:
    name = min(media_sync.public_file_names())
    files.unlink(storages["public"], name)
    with pytest.raises(export.NotExported, match=re.escape(name)):
        export.export(tmp_path / "site", node.store)
    assert not (tmp_path / "site").exists()


def test_export_fails_if_the_site_changes_during_every_attempt(
    node: Node, newsroom: factories.Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MAX_ATTEMPTS", 2)
    page = node.store.get_page

    def turning(path: str) -> bytes | None:
        with transaction.atomic():
            generations.bump_generation(forbid_stale=False)
        return page(path)

    monkeypatch.setattr(node.store, "get_page", turning)
    with pytest.raises(export.NotExported):
        export.export(tmp_path / "site", node.store)
    assert not (tmp_path / "site").exists()
