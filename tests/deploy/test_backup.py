"""The nightly backup is complete, dumps the database before it copies the media, and can be
restored.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from django.conf import settings

from tests import machine, postgres

BACKUP = Path(settings.BASE_DIR) / "deploy/backup"
FILE = "i/aa/original.jpg"
#: Script that replaces rsync if rsync is not installed.
RSYNC = '#!/bin/sh\n[ "$1 $2" = "--recursive --times" ] && mkdir -p "$4" && cp -r "$3." "$4"\n'


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """Return a value of PATH with PostgreSQL's programs and rsync."""
    folder = tmp_path / "bin"
    folder.mkdir()
    if shutil.which("rsync") is None:
        (folder / "rsync").write_text(RSYNC)
        (folder / "rsync").chmod(0o755)
    return f"{folder}:{machine.postgresql()}:{os.environ['PATH']}"


@pytest.fixture
def var(tmp_path: Path) -> Path:
    var = tmp_path / "var"
    (var / "media/private/i/aa").mkdir(parents=True)
    (var / "media/private" / FILE).write_bytes(b"picture")
    (var / "secret-key").write_text("secret")
    return var


@pytest.fixture
def to(tmp_path: Path) -> Path:
    to = tmp_path / "backups"
    to.mkdir(mode=0o700)
    return to


@pytest.fixture
def cluster(tools: str) -> Iterator[Path]:
    """Run a PostgreSQL server and yield its folder, which contains the socket of the server."""
    folder = Path(mkdtemp(prefix="portal-backup-"))
    binaries, owner = machine.postgresql(), postgres._owner()
    assert binaries, "PostgreSQL is not here: run `make test`, or install postgresql."
    if owner:
        shutil.chown(folder, owner.pw_uid, owner.pw_gid)
    as_owner = postgres._as(owner)
    initdb = [binaries / "initdb", "-D", folder / "data", "-U", "portal", "-A", "trust"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **as_owner)
    options = ["-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen(
        [binaries / "postgres", "-D", folder / "data", *options],
        stderr=subprocess.DEVNULL,
        cwd=folder,
        **as_owner,
    )
    try:
        ready = [binaries / "pg_isready", "-q", "-h", folder]
        deadline = time.monotonic() + 300
        while subprocess.run(ready, check=False).returncode:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield folder
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def run(tools: str, var: Path, to: Path, database: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": tools, "PORTAL_VAR": str(var), "PGUSER": "portal"}
    environment |= {"DATABASE_URL": database} if database else {}
    return subprocess.run(
        [BACKUP, to], env=environment, capture_output=True, text=True, check=False
    )


def names(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_a_postgresql_backup_can_be_restored(
    tools: str, var: Path, to: Path, cluster: Path
) -> None:
    def sql(database: str, statement: str) -> str:
        command = ["psql", "-h", cluster, "-U", "portal", "-XAtqc", statement, database]
        environment = {"PATH": tools}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    sql("postgres", "CREATE DATABASE portal")
    sql("portal", "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('法院')")

    done = run(tools, var, to, f"postgres:///{cluster}/portal")
    assert (done.returncode, done.stderr) == (0, "")
    (dump,) = to.glob("*.dump")
    assert names(to) == sorted([dump.name, f"media/{FILE}", "secret-key"])
    assert (to / "media" / FILE).read_bytes() == b"picture"
    assert {each.stat().st_mode & 0o077 for each in to.rglob("*")} == {0}

    sql("postgres", "CREATE DATABASE drill")
    restore = ["pg_restore", "-h", cluster, "-U", "portal", "-d", "drill", "--exit-on-error"]
    with dump.open("rb") as file:
        subprocess.run(restore, env={"PATH": tools}, stdin=file, check=True)
    assert sql("drill", "SELECT word FROM kept") == "法院"


def test_a_failed_backup_keeps_older_ones(tools: str, var: Path, to: Path) -> None:
    """While the database is down, a backup must fail with a message and must
    not delete any backup.
    """
    old = to / "2020-01-01T023000.dump"
    old.write_text("old")
    os.utime(old, (0, 0))
    done = run(tools, var, to, f"postgres:///{to}/portal")
    assert done.returncode != 0
    assert "pg_dump" in done.stderr
    assert names(to) == [old.name]


def test_an_sqlite_backup_can_be_restored(tools: str, var: Path, to: Path) -> None:
    """The backup must be consistent although another process has opened the
    database for writing.
    """
    with sqlite3.connect(var / "portal.sqlite3") as writer:
        writer.execute("CREATE TABLE kept (word)")
        writer.execute("INSERT INTO kept VALUES ('法院')")
        writer.commit()
        old, before = to / "2020-01-01T023000.sqlite3", to / "before.dump"
        for each in (old, before):
            each.write_text("old")
            os.utime(each, (0, 0))
        (to / ".part").write_text("left by one that was ended")
        done = run(tools, var, to)
        assert (done.returncode, done.stderr) == (0, "")
    (copy,) = to.glob("*.sqlite3")
    assert copy != old  # The old backup must be deleted, but not other files.
    assert names(to) == sorted([copy.name, before.name, f"media/{FILE}", "secret-key"])
    with sqlite3.connect(copy) as restored:
        assert restored.execute("SELECT word FROM kept").fetchall() == [("法院",)]
    # The library no longer has the file, but the backup must keep it, because older dumps still
    # need it.
    (var / "media/private" / FILE).unlink()
    assert run(tools, var, to).returncode == 0
    assert (to / "media" / FILE).exists()


def test_a_missing_database_is_not_created(tools: str, var: Path, to: Path) -> None:
    done = run(tools, var, to)
    assert done.returncode != 0
    assert names(to) == []
    assert not (var / "portal.sqlite3").exists()


def test_a_remote_database_is_refused(tools: str, var: Path, to: Path) -> None:
    done = run(tools, var, to, "postgres://portal:secret@db.example.internal/portal")
    assert (done.returncode, names(to)) == (1, [])
    assert "secret" not in done.stderr
