"""Build the portals that the benchmarks measure: the sample portal with many generated articles.

Each portal has its own database. The portals are kept in one folder and rebuilt after changes of
the files that determine their content. ``python -m tests.benchmarks.build COUNT`` adds articles to
the database in the environment's ``DATABASE_URL``; all other functions work without Django.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.benchmarks import corpus

ROOT = Path(__file__).resolve().parents[2]
#: Source files that determine the articles. The portals are rebuilt after a change in one of these
#: files or in a migration.
BUILDERS = (
    "tests/bulk.py",
    *(f"tests/benchmarks/{n}.py" for n in ("build", "corpus", "vocabulary")),
)
BATCH = 500

#: Columns of the sample that have no subcolumns: their share of the articles in percent, and the
#: kind of their texts.
SHARES = {
    "work": (30, "news"),
    "court-news": (17, "news"),
    "hearings": (12, "notice"),
    "media": (8, "news"),
    "announcements": (6, "notice"),
    "pictures": (5, "news"),
    "cases": (5, "case"),
    "party": (4, "news"),
    "team": (3, "news"),
    "activities": (3, "news"),
    "mediation": (3, "case"),
    "guides": (2, "notice"),
    "figures": (2, "statistics"),
}
#: Slug of the largest column, whose pages are measured.
COLUMN = "work"
#: Numbers of the pinned articles, counted from the newest article. They are the same in every
#: portal, so that the measured pages have equal content.
PINNED = (0, 100, 200)


@dataclass(frozen=True)
class Portal:
    """A portal with its database and its data folder (``PORTAL_VAR``).

    ``vendor`` is "sqlite" or "postgresql", ``count`` is the number of added articles, and ``url``
    is the value of ``DATABASE_URL``.
    """

    vendor: str
    count: int
    var: Path
    url: str

    @property
    def name(self) -> str:
        return f"{self.vendor}, {self.count:,} articles"

    @property
    def stamp(self) -> Path:
        """Return the file that contains the digest of the source files from which the portal was
        built.
        """
        return self.var / "bench.stamped"

    def env(self, **more: str) -> dict[str, str]:
        """Return the environment of the portal's processes, without the
        settings of this process.
        """
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("PORTAL_", "DJANGO_"))
        }
        return {
            **inherited,
            "DATABASE_URL": self.url,
            "PORTAL_VAR": str(self.var),
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def run(self, *arguments: str, **more: str) -> str:
        """Run Python in the portal's environment; return the output of the program."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.env(**more),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)}, {self.name}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def manage(self, *arguments: str, **more: str) -> str:
        return self.run("manage.py", *arguments, **more)


@dataclass(frozen=True)
class Workshop:
    """The folder of the built portals.

    ``server`` is the URL of the PostgreSQL server, or empty if the benchmarks use SQLite only.
    """

    folder: Path
    server: str = ""
    #: Folder of collected static files; if it is None, each portal collects its own files.
    static: Path | None = None

    @contextmanager
    def scratch(self, portal: Portal) -> Iterator[Portal]:
        """Yield a writable copy of the portal with an empty page store;
        delete the copy afterwards.
        """
        name = f"{portal.var.name}_scratch"
        copy = replace(self._at(portal.vendor, portal.count), var=self.folder / name)
        url = f"{portal.url.rpartition('/')[0]}/{name}"
        if portal.vendor == "sqlite":
            url = f"sqlite:///{copy.var / 'portal.sqlite3'}"
        copy = replace(copy, url=url)
        self._copy(portal, copy)
        try:
            yield copy
        finally:
            shutil.rmtree(copy.var, ignore_errors=True)
            if copy.vendor == "postgresql":
                self._sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def portal(self, vendor: str, count: int, say: Any = print) -> Portal:
        """Return the portal with ``count`` added articles; build the portal unless it is up to
        date.
        """
        base = self._at(vendor, 0)
        if _stale(base.stamp, wanted := _digest("portal/sample", migrations=True)):
            say(f"  {vendor}: tables, static files, the sample ...")
            self._clear(base)
            if self.static:
                (base.var / "static").symlink_to(self.static)
                for command in ("migrate", "load_sample", "rebuild_search"):
                    base.manage(command)
            else:
                base.manage("prepare")
            base.stamp.write_text(wanted)
        portal = self._at(vendor, count)
        plan = inspect.getsource(_plan) + inspect.getsource(text_of) + repr((SHARES, PINNED))
        wanted = hashlib.sha256(f"{wanted}{_digest(*BUILDERS)}{plan}".encode()).hexdigest()
        if _stale(portal.stamp, wanted):
            start = time.monotonic()
            self._copy(base, portal)
            portal.run("-m", "tests.benchmarks.build", str(count))
            portal.stamp.write_text(wanted)
            say(f"  {portal.name}: built in {time.monotonic() - start:.0f} s")
        return portal

    def with_search(self, portal: Portal, say: Any = print) -> None:
        """Build the search index of the portal unless the index is up to date."""
        stamp = portal.var / "search.stamped"
        wanted = portal.stamp.read_text() + _digest("portal/search")
        if _stale(stamp, wanted):
            start = time.monotonic()
            portal.manage("rebuild_search", "--fresh", "--index", "live")
            stamp.write_text(wanted)
            seconds = time.monotonic() - start
            say(f"  {portal.name}: search index built in {seconds:.0f} s")

    def _at(self, vendor: str, count: int) -> Portal:
        name = f"{vendor}_{count}" if count else f"{vendor}_base"
        var = self.folder / name
        if vendor == "sqlite":
            return Portal(vendor, count, var, f"sqlite:///{var / 'portal.sqlite3'}")
        return Portal(vendor, count, var, f"{self.server.rpartition('/')[0]}/{name}")

    def _clear(self, portal: Portal) -> None:
        shutil.rmtree(portal.var, ignore_errors=True)
        portal.var.mkdir()
        if portal.vendor == "postgresql":
            name = portal.var.name
            self._sql(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"')

    def _copy(self, source: Portal, target: Portal) -> None:
        shutil.rmtree(target.var, ignore_errors=True)
        left_out = shutil.ignore_patterns("*.stamped", "store")
        shutil.copytree(source.var, target.var, ignore=left_out, symlinks=True)
        if target.vendor == "postgresql":
            name = target.var.name
            self._sql(
                f'DROP DATABASE IF EXISTS "{name}"',
                f'CREATE DATABASE "{name}" TEMPLATE "{source.var.name}"',
            )

    def _sql(self, *statements: str) -> None:
        import psycopg2  # type: ignore[import-untyped]

        connection = psycopg2.connect(self.server)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()


@contextmanager
def workshop(vendors: tuple[str, ...], static: Path | None = None) -> Iterator[Workshop]:
    """Yield the workshop, with a running PostgreSQL server if ``vendors`` contains "postgresql".

    The folder of the portals is locked, so that only one benchmark can use it at a time.
    """
    folder = _folder()
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"Another benchmark is at work in {folder}.") from None
        if "postgresql" not in vendors:
            yield Workshop(folder, static=static)
            return
        from tests import postgres

        version = (postgres.machine.postgresql() or Path("none/bin")).parent.name
        with postgres.server(data_folder=folder / f"cluster-{version}") as url:
            yield Workshop(folder, url, static)


def _folder() -> Path:
    named = os.environ.get("PORTAL_BENCH_DIR")
    folder = Path(named or Path(tempfile.gettempdir()) / f"portal-bench-{os.geteuid()}").resolve()
    if folder.is_relative_to(ROOT):
        raise SystemExit("PORTAL_BENCH_DIR lies in the repository; name a folder outside it.")
    # PostgreSQL and nginx run as other users, who may enter the folder but may not list its files.
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise SystemExit(
            f"{folder} belongs to somebody else: name another one in PORTAL_BENCH_DIR."
        )
    return folder


def _stale(stamp: Path, wanted: str) -> bool:
    return not stamp.exists() or stamp.read_text() != wanted


def _digest(*names: str, migrations: bool = False) -> str:
    """Return a digest of these files and folders; ``migrations`` adds the
    migrations of all apps.
    """
    paths = [path for name in names for path in [ROOT / name, *(ROOT / name).rglob("*")]]
    if migrations:
        for app in ("portal", "news", "honors"):
            paths += (ROOT / app).rglob("migrations/*.py")
    seen = hashlib.sha256()
    for path in sorted(path for path in set(paths) if path.is_file() and path.suffix != ".pyc"):
        seen.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return seen.hexdigest()


# The functions below need Django; they run in the environment of a portal.


def fill(count: int) -> None:
    """Add ``count`` articles with dates across ten years to the columns of the sample portal.

    Afterwards, the database analyses its tables for the query planner.
    """
    from django.db import connection

    from news.models import Topic
    from portal.accounts.models import User
    from tests import bulk

    by = User.objects.get(username="editor")
    topic = Topic.objects.order_by("pk").first()
    bulk.write(_plan(count), by=by, topic=topic, batch_size=BATCH, slim=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _plan(count: int) -> Iterator[Any]:
    from django.db.models import Max
    from django.utils import timezone

    from news.models import Article, Column
    from portal.library.models import Image
    from portal.publishing.states import State
    from tests import bulk

    columns = {column.slug: column for column in Column.objects.select_related("parent")}
    order = [columns[slug] for slug in _order()]
    images = list(Image.objects.available().order_by("pk"))
    newest, step = timezone.now() - bulk.timedelta(hours=1), bulk.YEARS / count
    last = (Article.objects.aggregate(last=Max("pk"))["last"] or 0) + count
    for number in range(count):
        column = order[number % len(order)]
        text = text_of(number)
        at = newest - step * number
        # Newer articles have higher ids, but every two neighbours swap their ids, as after an
        # import.
        back = number ^ 1 if number | 1 < count else number
        article = Article(
            pk=last - back,
            state=State.LIVE,
            column=column,
            section=column.parent or column,
            working_column=column,
            title=text.title,
            working_title=text.title,
            summary=text.summary,
            body=text.body,
            source=text.source,
            author=text.author,
            keywords=text.keywords,
            published_at=at,
            published_on=timezone.localdate(at),
            released_at=at,
            pinned=number in PINNED,
            featured=number % 500 == 1,
        )
        yield bulk.Planned(
            article,
            None if number % 3 == 2 else images[number % len(images)],
            corrected=number % 50 == 1,
            related=last - back - 2 if number % 10 == 1 and number + 4 < count else None,
            in_topic=number < 5,
        )


def text_of(number: int) -> corpus.Text:
    """Return the text of an article; ``number`` is its position, counted from
    the newest article.
    """
    order = _order()
    return corpus.text(number, kind=SHARES[order[number % len(order)]][1])


@cache
def _order() -> list[str]:
    """Return 100 column slugs in which each slug occurs as often as its
    share, evenly distributed.
    """
    spread = [
        ((place + 0.5) / share, slug)
        for slug, (share, _kind) in SHARES.items()
        for place in range(share)
    ]
    return [slug for _at, slug in sorted(spread)]


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    fill(int(sys.argv[1]))
