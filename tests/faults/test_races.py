"""Two editors save one article at the same time: one save succeeds, the other loses no input.

Each editor has a session and an HTTP connection to the production server with its production
settings (two processes with eight threads each). A barrier starts both requests at once.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from news.models import Article
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.verification import verify
from portal.library import richtext
from portal.management.commands.serve import Command
from tests import browser, bulk, factories
from tests.faults.forms import EditPage
from tests.workload import workload

RACES = workload(1000, 20)
#: In every fifth race, both editors open a live article that has no draft.
FIRST_DRAFT = 5

AWKWARD = "“引号” \"double\" 'single' &amp; &lt; <b>粗</b> 100% ＡＢＣ１２３　😀👩‍⚖️ \\n %(x)s"


@pytest.fixture
def server(transactional_db: None, collected_static: None) -> Iterator[tuple[str, Path]]:
    port = browser.free_port()
    url = f"http://127.0.0.1:{port}"
    log = Path(settings.VAR_DIR) / f"server-{port}.log"
    with log.open("wb") as output:
        process = Popen(
            Command()._server_command("127.0.0.1", port, workers=2),
            env=browser.server_environment(),
            cwd=browser.BASE,
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
        )
    try:
        browser.wait_until_ready(url, lambda: process.poll() is None, log)
        yield url, log
    finally:
        process.terminate()
        process.wait()
        lines = log.read_text(errors="replace").splitlines()
        print(*(line for line in lines if " Conflict: " not in line), sep="\n")


@dataclass
class Answer:
    status: int
    text: str
    began: float
    ended: float


class Editor:
    """An editor with a session and the values of the form that was displayed last."""

    def __init__(self, name: str, user: User, url: str) -> None:
        client = Client()
        client.force_login(user)
        self.name = name
        self.user = user
        self.host = urlsplit(url).netloc
        self.cookies = {"sessionid": client.cookies["sessionid"].value}
        self.form: dict[str, str] = {}

    def open(self, path: str) -> None:
        at = HTTPConnection(self.host, timeout=300)
        at.request("GET", path, headers=self._headers())
        answer = at.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        self._store_cookie(answer)
        at.close()
        self.form = EditPage.read(text).fields

    def save(self, path: str, changes: dict[str, str], start: threading.Barrier) -> Answer:
        """Change the form's values; post the form as soon as both editors are ready."""
        self.form |= changes
        body = urlencode(self.form).encode()
        headers = self._headers() | {"Content-Type": "application/x-www-form-urlencoded"}
        at = HTTPConnection(self.host, timeout=300)
        at.connect()
        start.wait(60)
        began = time.perf_counter()
        at.request("POST", path, body, headers)
        answer = at.getresponse()
        text = answer.read().decode()
        ended = time.perf_counter()
        at.close()
        return Answer(answer.status, text, began, ended)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _store_cookie(self, answer: HTTPResponse) -> None:
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, rest = header.partition("=")
            self.cookies[name] = rest.partition(";")[0]


def typed_values(editor: Editor, race: int) -> dict[str, str]:
    """Return the values that this editor enters in this race.

    They contain special characters and a mark that identifies editor and race.
    """
    mark = f"{editor.name}第{race}稿"
    return {
        "kicker": f" {mark} \t <i>",
        "title": f"{mark} {AWKWARD}　",
        "subtitle": f"{AWKWARD} {mark}",
        "summary": f"\r\n{mark}\r\n\r\n  {AWKWARD}\r\n</textarea>\r\n",
        "body": _body(mark, dirty=race % 2 == 1),
        "source": f'{mark} & "源" \'s',
        "source_url": "https://example.org/?a=1&b=2&amp;c=%20",
        "author": f"{mark}>",
        "keywords": f"民法典,{mark}&",
        "pictures-0-alt": f"{mark} {AWKWARD}",
        "pictures-0-caption": f"<{mark}> {AWKWARD}",
        "pictures-0-credit": f'"{mark}"',
    }


def _body(mark: str, *, dirty: bool) -> str:
    """Return a body as CKEditor sends it; ``dirty``: with HTML that CKEditor never sends."""
    words = f"{mark} &amp;amp; &lt;b&gt; 😀 ＡＢＣ"
    if dirty:
        return f'<p onclick="x">{words} <b>粗</b> <script>1</script> “全角”</p>\r\n\r\n<p>1'
    return f"<p>{words}</p>\n<p><strong>粗</strong> “全角”</p>"


def expected_values(form: dict[str, str]) -> dict[str, str]:
    """Return the values that the conflict page must show: all values except the two tokens.

    The body is sanitised; this changes nothing in a body that CKEditor has sent.
    """
    tokens = {"token", "csrfmiddlewaretoken"}
    fields = {name: value for name, value in form.items() if name not in tokens}
    return fields | {"body": richtext.clean(form["body"])}


def test_one_save_wins_and_the_other_text_is_kept(server: tuple[str, Path]) -> None:
    url, log = server
    users = [factories.user(Role.EDITOR, Role.PUBLISHER) for _ in range(2)]
    one, two = Editor("甲", users[0], url), Editor("乙", users[1], url)
    addresses = list(_addresses(users[0]))
    race_statistics = RaceStatistics()
    with ThreadPoolExecutor(2) as executor:
        opened = ""
        for race, path in enumerate(addresses):
            if path != opened:
                one.open(path)
                two.open(path)
                opened = path
            assert one.form["token"] == two.form["token"]
            start = threading.Barrier(2)
            sent = {editor: typed_values(editor, race) for editor in (one, two)}
            running = {
                editor: executor.submit(editor.save, path, sent[editor], start)
                for editor in (one, two)
            }
            answers = {editor: future.result() for editor, future in running.items()}
            statuses = {editor.name: answer.status for editor, answer in answers.items()}
            assert sorted(statuses.values()) == [302, 409], (race, statuses)
            winner, loser = sorted((one, two), key=lambda editor: answers[editor].status)

            page = EditPage.read(answers[loser].text)
            expected = expected_values(loser.form)
            assert {name: page.fields.get(name) for name in expected} == expected
            assert (expected["body"] == sent[loser]["body"]) == (race % 2 == 0)
            for editor in (one, two):
                assert f"{editor.name}第{race}稿" in page.conflict
            race_statistics.add(winner, answers[one], answers[two])

            loser.form = page.fields
            winner.open(path)
            assert winner.form["title"] == sent[winner]["title"].strip()
            assert winner.form["pictures-0-alt"] == sent[winner]["pictures-0-alt"].strip()
    print(race_statistics.report())
    assert verify().problem == ""
    assert not [line for line in log.read_text().splitlines() if "Traceback" in line]
    # Each race must have stored exactly one version.
    saves = Counter(
        version
        for article in Article.objects.all()
        for revision in article.revisions.filter(imported=False)
        for version in revision.snapshots.values_list("revision", "version")
    )
    assert len(saves) == len(addresses) + 1
    # The test is valid only if the requests overlapped in time.
    assert race_statistics.overlapping >= 0.9 * len(addresses)


def _addresses(by: User) -> Iterator[str]:
    """Yield the URL of the change page for each race.

    Most races use the same draft, the others a live article without a draft.
    """
    picture = {"image": factories.image(by).pk, "alt": "a", "caption": "", "credit": ""}
    newsroom = factories.Newsroom()
    draft = newsroom.draft(pictures=[picture | {"focal_x": 50, "focal_y": 50}]).target
    tree = bulk.articles(RACES * 3 // FIRST_DRAFT, by=by)
    live = iter(Article.objects.filter(picture_rows__isnull=False).exclude(pk=draft.pk))
    assert tree
    for race in range(RACES):
        article = next(live) if race % FIRST_DRAFT == FIRST_DRAFT - 1 else draft
        yield reverse("admin:news_article_change", args=[article.pk])


class RaceStatistics:
    """Statistics that show how far the requests of the races overlapped in time."""

    def __init__(self) -> None:
        self.wins: Counter[str] = Counter()
        self.gaps: list[float] = []
        self.shares: list[float] = []

    def add(self, winner: Editor, one: Answer, two: Answer) -> None:
        self.wins[winner.name] += 1
        self.gaps.append(abs(one.began - two.began))
        both = min(one.ended, two.ended) - max(one.began, two.began)
        self.shares.append(both / min(one.ended - one.began, two.ended - two.began))

    @property
    def overlapping(self) -> int:
        """The number of races in which the two requests overlapped in time."""
        return sum(share > 0 for share in self.shares)

    def report(self) -> str:
        races = len(self.shares)
        return (
            f"\n{connection.vendor}: {races} races, every one on one token;"
            f" both requests in flight in {self.overlapping} ({self.overlapping / races:.1%}),"
            f" on the median for {statistics.median(self.shares):.0%} of the shorter one;"
            f" begun {statistics.median(self.gaps) * 1000:.2f} ms apart (median);"
            f" won by {dict(self.wins)}"
        )
