"""Run measurements inside a portal's process.

``Child`` is the client, and this module, run in the portal's environment, is the server. They
exchange lines of JSON: one response for each request.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from tests.benchmarks import corpus
from tests.benchmarks.build import COLUMN, ROOT, Portal


class Child:
    def __init__(self, portal: Portal, process: subprocess.Popen[str], log: Path) -> None:
        self.portal, self.process, self.log = portal, process, log

    def ask(self, question: str, **about: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps([question, about]) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SystemExit(f"{question}, {self.portal.name}:\n{self.log.read_text()[-4000:]}")
        return json.loads(line)


@contextmanager
def measuring_process(portal: Portal, logs: Path, **env: str) -> Iterator[Child]:
    """Start a process in the portal's environment; yield the client that sends requests to the
    process.
    """
    log = logs / f"inside-{portal.vendor}-{portal.count}.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.inside"],
            env=portal.env(**env),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield Child(portal, process, log)
        finally:
            process.kill()  # The process has no state that must be saved.


# The code below runs in the portal's process. Each function with the decorator ``question`` can be
# called by a request.

Question = Callable[..., Any]
QUESTIONS: dict[str, Question] = {}


def question(function: Question) -> Question:
    QUESTIONS[function.__name__] = function
    return function


@question
def mix(articles: int) -> list[str]:
    """Return the paths of the home page, the first page of the largest column, and its newest
    articles.

    ``articles`` is the number of articles.
    """
    return ["/", f"/news/{COLUMN}/", *(f"/news/{pk}/" for pk in _newest(articles))]


@question
def page(path: str) -> str:
    """Render the page at ``path`` for an anonymous visitor and return its HTML."""
    from django.test import Client

    return Client(SERVER_NAME="localhost").get(path).content.decode()


def _newest(count: int) -> list[int]:
    from news.models import Article, Column

    rows = Article.objects.public().filter(column=Column.objects.get(slug=COLUMN))
    return list(rows.newest_first().values_list("pk", flat=True)[:count])


@question
def pages(samples: int) -> dict[str, list[float]]:
    """Render every kind of page ``samples`` times; return the times of each
    kind in milliseconds.
    """
    kinds = _kinds()
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(samples):
        for name, (client, paths) in kinds.items():
            path = paths[(number + _requested[name]) % len(paths)]
            begun = time.perf_counter()
            answer = client.get(path)
            found[name].append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
    for name in kinds:
        _requested[name] += samples
    return found


_requested: dict[str, int] = {}
_known: dict[str, tuple[Any, list[str]]] = {}


def _kinds() -> dict[str, tuple[Any, list[str]]]:
    if _known:
        return _known
    from django.db.models.functions import Length
    from django.test import Client

    from news.models import Article, Column
    from news.views import PER_PAGE
    from portal.accounts.models import User
    from portal.publishing import list_counts

    reader, staff = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    staff.force_login(User.objects.get(username="editor"))
    column = Column.objects.get(slug=COLUMN)
    address, last = f"/news/{COLUMN}/", -(-list_counts.total(column.list_key) // PER_PAGE)
    rows = Article.objects.public().filter(column=column).newest_first()
    total = list_counts.total(column.list_key)
    # Similar articles are chosen at each position and in each portal: with an image, in no topic,
    # and of similar length. The benchmark compares the cost of database queries, not the sizes of
    # the pages.
    plain = Article.objects.filter(picture_rows__isnull=False, topicentry=None)
    plain = plain.annotate(length=Length("body")).values_list("pk", "length")

    def list_url(number: int) -> str:
        return f"{address}page/{number}/" if number > 1 else address

    def alike(start: int) -> list[str]:
        start = max(0, min(start, total - 80))
        near = [row[0] for row in rows.values_list("pk")[start : start + 80]]
        found = sorted(plain.filter(pk__in=near), key=lambda row: abs(row[1] - 4000))
        return [f"/news/{row[0]}/" for row in found[:8]]

    _known.update(
        {
            "home": (reader, ["/"]),
            "column, first page": (reader, [address]),
            "column, middle page": (reader, [list_url(last // 2)]),
            "column, last full page": (reader, [list_url(last - 1)]),
            "article, new": (reader, alike(10)),
            "article, middle": (reader, alike(total // 2)),
            "article, old": (reader, alike(total)),
            "desk's list, first page": (staff, ["/admin/news/article/"]),
            "desk's list, middle page": (staff, ["/admin/news/article/?middle=1"]),
        }
    )
    _requested.update(dict.fromkeys(_known, 0))
    return _known


@question
def approved(number: int) -> dict[str, Any]:
    """Create an article and approve its revision, so that the revision can be released.

    Return the id of the revision and the title of the article.
    """
    from news.models import Article, Column
    from portal.accounts.models import User
    from portal.publishing import actions
    from portal.publishing.content import upgrade_content

    text = corpus.text(10_000_000 + number, kind="news")
    title = f"{text.title[:40]}（第{number}次换版）"
    fields = {
        "column": Column.objects.get(slug=COLUMN).pk,
        "title": title,
        "summary": text.summary,
        "body": text.body,
        "source": text.source,
    }
    people = {user.username: user for user in User.objects.all()}
    revision = actions.save(
        obj=Article(),
        content=upgrade_content(Article, {"fields": fields}),
        by=people["editor"],
        token=actions.VersionToken(),
    ).revision
    revision = actions.submit(revision=revision, by=people["editor"], digest=revision.digest)
    for name in ("reviewer1", "reviewer2", "reviewer3")[-revision.steps_required :]:
        revision = actions.approve(
            revision=revision,
            by=people[name],
            digest=revision.digest,
            reviewed=True,
            proofread=True,
        )
    return {"revision": revision.pk, "title": title}


@question
def release(revision: int) -> dict[str, float]:
    """Release the revision; return the times in milliseconds.

    "acknowledged" is the time until the action returns, "swapped" is the time until the page store
    switches to the new generation, and "at" is the start on the
    monotonic clock in seconds.
    """
    from portal.accounts.models import User
    from portal.pagestore import generations, sync
    from portal.publishing import actions
    from portal.publishing.models import Revision

    found = Revision.objects.get(pk=revision)
    publisher = User.objects.get(username="publisher")
    begun = time.monotonic()
    actions.release(revision=found, by=publisher, digest=found.digest)
    acknowledged = time.monotonic()
    number = generations.current_state().number
    while int(sync.store().current_name().partition("-")[0] or 0) < number:
        time.sleep(0.0005)
    return {
        "acknowledged": (acknowledged - begun) * 1000,
        "swapped": (time.monotonic() - begun) * 1000,
        "at": begun,  # The monotonic clock shows the same time in all processes of the machine.
    }


@question
def first_paths(count: int) -> list[str]:
    """Return the first ``count`` paths that the cache warm-up renders, or all paths if ``count`` is
    0.
    """
    from portal import serving

    return list(islice(serving.public_paths(), count or None))


@question
def files(paths: list[str]) -> list[str]:
    """Return the file names of these pages, relative to the folder of a generation."""
    from portal.pagestore.paths import file_name

    return [file_name(path) for path in paths]


@question
def warm(paths: list[str]) -> float:
    """Render and compress these pages as `manage.py warm` does; return the duration in seconds."""
    from django.core.wsgi import get_wsgi_application

    from portal import serving
    from portal.pagestore import sync

    begun = time.monotonic()
    store = serving.build_page_store(get_wsgi_application())
    assert store is not None
    sync.take_ownership()
    for path in paths:
        store.warm(path)
    return time.monotonic() - begun


@question
def recall(queries: list[str]) -> list[list[int]]:
    """Compare the search results of each query with a substring search over all articles.

    Return three numbers for each query: the articles that contain its words, those of them that the
    search finds, and all articles that the search finds.
    """
    from django.contrib.contenttypes.models import ContentType

    from news.models import Article
    from portal.search.engines import engine
    from portal.search.models import PublicIndex
    from portal.search.public_search import SearchFilters
    from portal.search.query import parse

    columns = ("pk", "title", "summary", "body", "source", "author", "keywords")
    holding: list[set[int]] = [set() for _ in queries]
    wanted = [query.split() for query in queries]
    for pk, *texts in Article.objects.public().values_list(*columns).iterator(chunk_size=500):
        whole = "\n".join(texts)
        for held, words in zip(holding, wanted, strict=True):
            if all(word in whole for word in words):
                held.add(pk)
    kind = ContentType.objects.get_for_model(Article)
    ids = dict(PublicIndex.objects.filter(content_type=kind).values_list("pk", "object_id"))
    answers = []
    for query, held in zip(queries, holding, strict=True):
        ordinals = engine(PublicIndex).find_ordinals(
            PublicIndex, SearchFilters().match(parse(query).terms), 1 << 31
        )
        found = {ids[ordinal] for ordinal in ordinals if ordinal in ids}
        answers.append([len(held), len(held & found), len(found)])
    return answers


@question
def searches(queries: list[str], by_relevance: bool) -> list[list[float]]:
    """Return two times in milliseconds for each query.

    The first is the time until the first page of results is known, the second also includes the
    snippets of these results.
    """
    from portal.search.public_search import SearchFilters, find
    from portal.search.query import parse

    times = []
    for query in queries:
        begun = time.perf_counter()
        found = find(parse(query), SearchFilters(), by_relevance=by_relevance)
        known = time.perf_counter()
        for hit in found.hits:
            assert hit.title
            assert hit.snippet
        times.append([(at - begun) * 1000 for at in (known, time.perf_counter())])
    return times


@question
def lookups(count: int) -> list[float]:
    """Return the times in milliseconds of queries for one row by its primary key, as a baseline."""
    from news.models import Article

    times = []
    for pk in _newest(count):
        begun = time.perf_counter()
        Article.objects.filter(pk=pk).values_list("title", flat=True).get()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    # Output of the portal's code must not be mixed with the responses, which use the standard
    # output.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        name, about = json.loads(line)
        answers.write(json.dumps(QUESTIONS[name](**about)) + "\n")
        answers.flush()


if __name__ == "__main__":
    # The module is imported by its name. As ``__main__``, the module would exist twice, with two
    # dictionaries of questions.
    from tests.benchmarks import inside

    inside.main()
