"""A standard Wagtail site for comparison, with the same texts and production settings.

The project is created by ``wagtail start``. This module adds an index page with twenty articles per
page, an article page (rich text in a StreamField), and wagtail-cache (BSD licence, maintained since
2018), which caches pages as its documentation describes. The header and footer of the portal's
pages are copied, so that both sites send about the same number of bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import corpus
from tests.benchmarks.build import ROOT
from tests.benchmarks.processes import PROCESSORS, free_port, running

LOCK = ROOT / "requirements" / "peers.txt"
FILES = Path(__file__).parent / "wagtail"
#: Caches in which wagtail-cache stores the pages: files on the disk, as its documentation
#: recommends, or the memory of each process, which is the fastest cache of Django.
CACHES = ("file", "memory")


@dataclass(frozen=True)
class Peer:
    """A running server of the Wagtail site: one of ``COMMANDS`` with one of ``CACHES``."""

    server: str
    cache: str
    port: int
    pid: int

    @property
    def name(self) -> str:
        return f"Wagtail, {self.cache} cache, {self.server}"


@dataclass(frozen=True)
class Site:
    """The Wagtail project on the disk, with a virtual environment of its own.

    ``paths`` contains the URL paths that the benchmark requests.
    """

    folder: Path
    paths: tuple[str, ...]

    @contextmanager
    def serving(self, logs: Path) -> Iterator[list[Peer]]:
        """Serve the site by every server with every cache, all at the same
        time; yield the servers.
        """
        with ExitStack() as stack:
            peers = []
            for cache in CACHES:
                for server in COMMANDS:
                    port = free_port()
                    name = f"wagtail-{server}-{cache}".replace(" ", "-")
                    env = self._env(STOCK_CACHE=cache)
                    command, cwd = self._command(server, port), self.folder / "site"
                    process = stack.enter_context(
                        running(name, command, port, folder=logs, env=env, cwd=cwd)
                    )
                    peers.append(Peer(server, cache, port, process.pid))
            yield peers

    def _command(self, server: str, port: int) -> list[str]:
        program, *options = COMMANDS[server]
        bind = {"gunicorn": ["--bind", f"127.0.0.1:{port}"], "granian": ["--port", str(port)]}
        binary = self.folder / "venv" / "bin" / program
        target = {"gunicorn": "stock.wsgi", "granian": "stock.wsgi:application"}
        return [str(binary), *bind[program], *options, target[program]]

    def _env(self, **more: str) -> dict[str, str]:
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PORTAL_", "DJANGO_", "DATABASE_", "VIRTUAL_ENV", "PYTHON"))
        }
        return {**inherited, "DJANGO_SETTINGS_MODULE": "stock.settings.production", **more}

    def run(self, *command: str, cwd: str = "site") -> None:
        done = subprocess.run(
            [str(self.folder / "venv" / "bin" / command[0]), *command[1:]],
            env=self._env() if cwd else {**self._env(), "DJANGO_SETTINGS_MODULE": ""},
            cwd=self.folder / cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


#: Commands that start a server: gunicorn as its documentation recommends, and granian with the
#: options of ``manage.py serve``.
COMMANDS: dict[str, tuple[str, ...]] = {
    "gunicorn sync": ("gunicorn", "--workers", str(2 * PROCESSORS + 1)),
    "gunicorn gthread": (
        *("gunicorn", "--worker-class", "gthread", "--workers", str(2 * PROCESSORS + 1)),
        *("--threads", "4"),
    ),
    "granian": (
        *("granian", "--interface", "wsgi", "--workers", "2", "--no-ws"),
        *("--blocking-threads", "8", "--backpressure", "64", "--log-level", "error"),
    ),
}


def site(folder: Path, *, frame: str, count: int, texts: Sequence[int]) -> Site:
    """Return the Wagtail site with ``count`` generated articles; build the site unless it is up to
    date.

    ``frame`` is the HTML of a page of the portal; ``texts`` contains the numbers of the articles
    that the benchmark requests.
    """
    top, bottom = _frame(frame)
    made_of = [LOCK.read_text(), top, bottom, str(count), Path(corpus.__file__).read_text()]
    made_of += [path.read_text() for path in sorted(FILES.iterdir())]
    wanted = hashlib.sha256("\0".join(made_of).encode()).hexdigest()
    paths = ("/", "/news/", *(f"/news/article-{number}/" for number in texts))
    found = Site(folder, paths)
    stamp = folder / "stamped"
    if stamp.exists() and stamp.read_text() == wanted:
        return found
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "site").mkdir(parents=True)
    _install(folder)
    found.run("wagtail", "start", "stock", "site", cwd="")
    _write(folder / "site", top, bottom)
    with (folder / "texts.jsonl").open("w") as file:
        for number in range(count):
            text = corpus.text(number, kind="news")
            row = [text.title, text.summary, text.author, text.source, text.body]
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    for command in (["makemigrations", "home"], ["migrate"], ["collectstatic", "--no-input"]):
        found.run("python", "manage.py", *command)
    found.run("python", "fill.py", str(folder / "texts.jsonl"))
    stamp.write_text(wanted)
    return found


def _install(folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    venv = folder / "venv"
    env = {**os.environ, "VIRTUAL_ENV": str(venv)}
    for command in (
        ["venv", "--quiet", "--python", sys.executable, str(venv)],
        ["pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)],
    ):
        subprocess.run([str(uv), *command], env=env, check=True, stdin=subprocess.DEVNULL)


def _frame(page: str) -> tuple[str, str]:
    """Return the HTML of the portal's page before and after the content of its <main> element."""
    found = re.fullmatch(r"(.*<main\b[^>]*>)(?:.*)(</main>.*)", page, re.DOTALL)
    if found is None:
        raise SystemExit("The portal's page has no <main>.")
    top = re.sub(r"<title>.*?</title>", "", found[1], flags=re.DOTALL)
    return top, found[2]


def _write(project: Path, top: str, bottom: str) -> None:
    templates = project / "home" / "templates"
    for name in ("models.py", "local.py", "fill.py"):
        target = {"models.py": project / "home", "local.py": project / "stock" / "settings"}
        text = (FILES / f"{name}.txt").read_text().replace("MADE-ANEW", secrets.token_urlsafe(50))
        (target.get(name, project) / name).write_text(text)
    for page in ("home", "index", "article"):
        target = templates / "home" / f"{page}_page.html"
        target.write_text((FILES / f"{page}_page.html").read_text())
    (templates / "frame.html").write_text(
        f"{{% verbatim %}}{top}{{% endverbatim %}}"
        "<title>{{ page.title }}</title>{% block content %}{% endblock %}"
        f"{{% verbatim %}}{bottom}{{% endverbatim %}}"
    )
