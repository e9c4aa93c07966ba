"""No public surface contains unpublished content of any model in any state.

Surfaces are the pages, feeds, stored copies, the export, the search and the media folder. Each
object contains a unique word. The words of live objects must be found on each surface that displays
such objects, which proves that the tests search the complete surface.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import brotli
from django.conf import settings
from django.core.files.storage import storages

from honors.models import Honor
from news.models import Article
from portal import addresses, export
from portal.court.models import CourtProfile, Department, Indicator, Observation, Person
from portal.library import files, media_sync
from portal.pagestore import sync
from portal.publishing import actions
from portal.publishing.rules import SystemActor
from portal.publishing.states import State
from portal.source_values.dates import parse_date
from portal.source_values.quantities import parse_quantity
from tests import factories
from tests.factories import Newsroom, Records
from tests.pagestore.node import UNPACK, Node

TYPES = ("文章", "荣誉", "数据", "部门", "人物")
NOT_PUBLIC = [state for state in State if state != State.LIVE]
#: Words in an unreleased draft of a public article, and in the article's text before a correction.
DRAFTED, FORMER = "尚未发布的改动", "更正之前的说法"


def word(kind: str, state: State) -> str:
    return f"{kind}暗号{state}止"


SECRETS = [word(kind, state) for kind in TYPES for state in NOT_PUBLIC] + [DRAFTED, FORMER]
LIVE_WORDS = [word(kind, State.LIVE) for kind in TYPES]


class ObjectsInEachState:
    """Objects of each model in each state, each with a unique word."""

    def __init__(self) -> None:
        self.newsroom = Newsroom()
        self.records = Records(self.newsroom)
        self.images = {state: factories.image(self.newsroom.editor, alt="图") for state in State}
        self.addresses: dict[State, list[str]] = {state: [] for state in State}
        # Each live object is created between unpublished objects, which would be its neighbours
        # in lists.
        self.articles = {state: self.article(state) for state in State}
        self.correct_live_article()
        self.records.live(CourtProfile(), name="某某人民法院", address="某路1号")
        for state in State:
            self.honor(state)
            self.figure(state)
            self.create(Department(), state, name=word("部门", state))
            posts = [{"title": "院长", "since": "", "until": ""}]
            self.create(Person(), state, name=word("人物", state), posts=posts, is_leader=True)
        self.newsroom.save(self.articles[State.LIVE], title=DRAFTED, body=f"<p>{DRAFTED}</p>")

    def article(self, state: State) -> Article:
        row = {"image": self.images[state].pk, "alt": "图", "caption": word("文章", state)}
        row |= {"credit": "", "focal_x": 50, "focal_y": 50}
        said: dict[str, Any] = {
            "title": word("文章", state),
            "body": f"<p>{word('文章', state)}</p>",
            "pictures": [row],
        }
        if state == State.ARCHIVED:
            made = actions.archive(obj=self.newsroom.withdrawn(**said), by=self.newsroom.publisher)
        else:
            method = "draft" if state == State.UNRELEASED else state.value
            made = getattr(self.newsroom, method)(**said)
            made = made if isinstance(made, Article) else made.target
        self.addresses[state].append(f"/news/{made.pk}/")
        return made

    def correct_live_article(self) -> None:
        """Release two corrections of the live article, so that ``FORMER`` was public."""
        article = self.articles[State.LIVE]
        for body in (f"<p>{FORMER}</p>", f"<p>{word('文章', State.LIVE)}</p>"):
            revision = self.newsroom.save(Article.objects.get(pk=article.pk), body=body)
            actions.correct(
                obj=article,
                by=self.newsroom.editor,
                kind="substance",
                public_note="更正一处。",
                token=actions.VersionToken.of(Article.objects.get(pk=article.pk)),
            )
            self.newsroom.release(self.newsroom.approve(self.newsroom.submit(revision)))

    def honor(self, state: State) -> None:
        made = self.create(
            Honor(),
            state,
            name=word("荣誉", state),
            levels=("provincial",),
            awarded=parse_date("2018年"),
            recipients=[{"kind": "court", "name": "", "count": ""}],
        )
        self.addresses[state].append(f"/honors/{made.pk}/")

    def figure(self, state: State) -> None:
        named = self.create(Indicator(), state, name=word("数据", state), dataset="cases")
        indicator = self.records.live(Indicator(), name=f"公开的指标{state}", dataset="cases")
        self.create(
            Observation(),
            state,
            indicator=indicator.pk,
            value=parse_quantity("5件"),
            remark=word("数据", state),
        )
        self.addresses[state].append(f"/data/{named.pk}/")

    def create(self, obj: Any, state: State, **fields: Any) -> Any:
        if state == State.UNRELEASED:
            return self.records.draft(obj, **fields).target
        made = self.records.live(obj, **fields)
        if state == State.LIVE:
            return made
        made = actions.withdraw(obj=made, by=self.newsroom.publisher, reason="信息有误。")
        if state == State.ARCHIVED:
            return actions.archive(obj=made, by=self.newsroom.publisher)
        if state == State.EXPIRED:  # records cannot expire: the state is set directly
            type(made).objects.filter(pk=made.pk).update(state=State.EXPIRED)
        return made


def found(surface: dict[str, bytes], words: list[str]) -> set[tuple[str, str]]:
    """Return (word, path) for each of the words that a file or page of the surface contains."""
    return {
        (each, place)
        for each in words
        for place, data in surface.items()
        for spelling in (each.encode(), each.encode("unicode_escape"), quote(each).encode())
        if spelling in data
    }


def words_in(surface: dict[str, bytes], words: list[str]) -> set[str]:
    return {each for each, _place in found(surface, words)}


def unpacked(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            unpack = {".gz": gzip.decompress, ".br": brotli.decompress}.get(path.suffix, bytes)
            yield str(path.relative_to(folder)), unpack(data)


def test_no_page_export_or_feed_contains_unpublished_words(node: Node, tmp_path: Path) -> None:
    objects = ObjectsInEachState()
    pages = {path: node.ask(path) for path in (page.path for page in addresses.pages())}
    assert {answer.status for answer in pages.values()} == {200}
    for path in pages:
        assert node.store.warm(path), path
    surfaces: dict[str, dict[str, bytes]] = {
        "pages": {path: answer.body for path, answer in pages.items()},
        "store": dict(unpacked(Path(settings.PAGESTORE_ROOT) / "current")),
        "fallback": dict(unpacked(Path(settings.PAGESTORE_ROOT) / "fallback")),
    }
    assert set(surfaces["store"]) == set(surfaces["fallback"])
    export.export(tmp_path / "export", node.store)
    surfaces["export"] = dict(unpacked(tmp_path / "export"))

    for name, surface in surfaces.items():
        assert found(surface, SECRETS) == set(), name
        assert words_in(surface, LIVE_WORDS) == set(LIVE_WORDS), name
    machines = {path: data for path, data in surfaces["pages"].items() if "." in path}
    assert {"/feeds/news.atom", "/feeds/news.rss", "/feeds/news.json", "/sitemap.xml"} <= set(
        machines
    )
    page_paths = set(surfaces["pages"])
    for state, paths in objects.addresses.items():
        for path in paths:
            assert (path in page_paths) == (state == State.LIVE), path
            named = path.encode() in surfaces["pages"]["/sitemap.xml"]
            assert named == (state == State.LIVE), path


def test_urls_of_unpublished_objects_reveal_nothing(node: Node) -> None:
    objects = ObjectsInEachState()
    for state in NOT_PUBLIC:
        for path in objects.addresses[state]:
            answer = node.ask(path)
            assert answer.status == (404 if state == State.UNRELEASED else 410), path
            assert found({path: answer.body}, SECRETS) == set()
    assert node.files() == set()


def test_search_finds_public_objects_only(node: Node) -> None:
    ObjectsInEachState()
    for sought in SECRETS:
        for query in (quote(sought), quote(f"“{sought}”")):
            for order in ("", "&sort=relevance"):
                answer = node.ask("/search/", query=f"q={query}{order}")
                assert answer.status == 200
                # There must be no hits: the words may appear only in the search form.
                hits = answer.text.count('<li class="hit')
                assert hits == 0, sought
    for sought in (word("文章", State.LIVE), word("荣誉", State.LIVE)):
        answer = node.ask("/search/", query=f"q={quote(sought)}")
        assert answer.text.count('<li class="hit') == 1, sought


def test_media_folder_contains_public_files_only(node: Node) -> None:
    media_sync.resync()  # removes the files of earlier tests
    objects = ObjectsInEachState()
    names = set(files.iter_names(storages["public"]))
    assert names == set(objects.images[State.LIVE].public_file_names)
    for state in NOT_PUBLIC:
        for name in objects.images[state].public_file_names:
            assert node.ask(f"/media/{name}").status == 404


def test_every_withdrawal_removes_stored_copies_before_its_response(node: Node) -> None:
    """Each action that withdraws or changes a public page removes all its stored copies."""
    newsroom = Newsroom()
    for out in ("withdraw", "correct", "expire"):
        article = newsroom.live(title=f"要下架的{out}", body=f"<p>要下架的{out}</p>")
        for path in ("/", "/news/", f"/news/{article.pk}/", "/feeds/news.atom"):
            assert node.store.warm(path)
        assert words_in(
            dict(unpacked(Path(settings.PAGESTORE_ROOT) / "fallback")), [f"要下架的{out}"]
        )
        take_back(newsroom, article, out)
        assert sync.store().current_name()
        for link in ("current", "fallback"):
            left = dict(unpacked(Path(settings.PAGESTORE_ROOT) / link))
            assert left == {}, (out, link)


def take_back(newsroom: Newsroom, article: Article, out: str) -> None:
    if out == "withdraw":
        actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
        return
    if out == "expire":
        Article.objects.filter(pk=article.pk).update(expires_at=article.published_at)
        actions.expire(obj=Article.objects.get(pk=article.pk), by=SystemActor("test"))
        return
    revision = newsroom.save(article, title="更正后的标题", body="<p>更正后的正文。</p>")
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind="substance",
        public_note="更正一处。",
        token=actions.VersionToken.of(Article.objects.get(pk=article.pk)),
    )
    newsroom.release(newsroom.approve(newsroom.submit(revision)))


def test_compressed_copies_equal_the_page(node: Node) -> None:
    """Compressed copies must equal the uncompressed page, which the tests above search."""
    assert node.store.warm("/")
    bodies = {
        UNPACK[encoding](node.ask("/", accept_encoding=encoding).raw) for encoding in ("gzip", "br")
    }
    assert bodies == {node.ask("/").raw}
