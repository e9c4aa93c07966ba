"""Run a temporary PostgreSQL server, which listens on the loopback interface only.

The server does not flush its data to the disk; the data are deleted when the server stops.
``python -m tests.postgres COMMAND ...`` runs a command with ``DATABASE_URL`` set to such a server.
The benchmarks keep the data folder for their next run, since their databases take minutes to build.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import machine

#: Seconds that the server may take to start. Only a server that hangs exceeds this limit.
START_SECONDS = 300
# Shell script that runs the server. ``read`` waits for the end of the script's input, which is
# closed when the Python process ends, even by kill -9. The script then stops the server and deletes
# the folder, unless ``folder`` is empty.
_KEEPER = 'folder=$1; shift; "$@" & read -r _; kill -INT $!; wait $!; rm -rf "$folder"'


@contextmanager
def server(data_folder: Path | None = None) -> Iterator[str]:
    """Run a PostgreSQL server and yield its URL for ``DATABASE_URL``.

    The data of the server are deleted afterwards, unless they are stored in ``data_folder``.
    """
    binaries = machine.postgresql()
    if binaries is None:
        raise SystemExit("PostgreSQL is not installed: run `make test`, or install postgresql.")
    folder = data_folder or Path(tempfile.mkdtemp(prefix="portal-postgres-"))
    keeper = None
    try:
        owner = _owner()
        if not (folder / "made").exists():
            # An interrupted run has left an incomplete folder.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            if owner:
                shutil.chown(folder, owner.pw_uid, owner.pw_gid)
            _create(binaries, folder, owner, secrets.token_hex(16))
            (folder / "made").touch()
        password = (folder / "password").read_text()
        port = free_port()
        with (folder / "log").open("wb") as log:
            keeper = subprocess.Popen(
                [
                    *("/bin/sh", "-c", _KEEPER, "sh", "" if data_folder else folder),
                    *_command(binaries, folder, port),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=folder,
                # In another session, Ctrl-C does not stop the server before the tests have ended.
                start_new_session=True,
                **_as(owner),
            )
        _wait(binaries, keeper, port, folder / "log")
        yield f"postgres://portal:{password}@127.0.0.1:{port}/postgres"
    finally:
        if keeper is not None and keeper.stdin is not None:
            keeper.stdin.close()
            keeper.wait()
        if not data_folder:
            shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Return another user to run the server if this process runs as root; otherwise return None.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SystemExit("PostgreSQL needs a user other than root: make one called postgres.")


def _as(owner: pwd.struct_passwd | None) -> dict:
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _create(binaries: Path, folder: Path, owner: pwd.struct_passwd | None, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    if owner:
        shutil.chown(secret, owner.pw_uid, owner.pw_gid)
    made = subprocess.run(
        [
            *(binaries / "initdb", "--pgdata", folder / "data", "--username", "portal"),
            *("--auth", "scram-sha-256", "--pwfile", secret),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        **_as(owner),
    )
    if made.returncode:
        raise SystemExit(f"initdb failed:\n{made.stdout}{made.stderr}")


def _command(binaries: Path, folder: Path, port: int) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": 100,
        # Parallel workers read more blocks than needed, so that block counts would differ between
        # runs.
        "max_parallel_workers_per_gather": 0,
        "shared_buffers": "128MB",
        "timezone": "UTC",
    }
    options = [text for name, value in settings.items() for text in ("-c", f"{name}={value}")]
    return [str(binaries / "postgres"), "-D", str(folder / "data"), *options]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(binaries: Path, keeper: subprocess.Popen, port: int, log: Path) -> None:
    ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run(ready, check=False).returncode:
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)


if __name__ == "__main__":
    with server() as url:
        code = subprocess.call(sys.argv[1:], env={**os.environ, "DATABASE_URL": url})
    sys.exit(code)
