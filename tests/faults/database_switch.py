"""Switches that make the database unavailable to a server under test, as if it was stopped."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

from tests import browser


class DatabaseSwitch:
    """A switch that stops and starts database access; servers under test connect to ``url``."""

    url: str

    def stop(self) -> None:
        raise NotImplementedError

    def start(self) -> None:
        raise NotImplementedError


class SQLiteSwitch(DatabaseSwitch):
    """A switch for SQLite: it replaces the database file by a folder, which no process can open."""

    def __init__(self) -> None:
        self.url = browser.database_url()
        self.file = Path(connection.settings_dict["NAME"])
        self.moved_file = self.file.with_suffix(".away")

    def stop(self) -> None:
        self.file.rename(self.moved_file)
        self.file.mkdir()

    def start(self) -> None:
        if self.moved_file.exists():
            self.file.rmdir()
            self.moved_file.rename(self.file)


class PostgreSQLSwitch(DatabaseSwitch):
    """A switch for PostgreSQL: a TCP proxy between the servers and the database.

    While it is stopped, it refuses new connections, and those open before are closed.
    """

    def __init__(self) -> None:
        url = browser.database_url()
        host, port = re.search(r"@([^:/]+):(\d+)/", url).groups()
        self.behind = (host, int(port))
        self.port = browser.free_port()
        self.url = url.replace(f"@{host}:{port}/", f"@127.0.0.1:{self.port}/")
        self.listener: socket.socket | None = None
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.start()

    def start(self) -> None:
        if self.listener is None:
            self.listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self) -> None:
        if self.listener is not None:
            listener, self.listener = self.listener, None
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        while self.pairs:
            for each in self.pairs.pop():
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.behind)
            self.pairs.append((near, far))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        source.close()


@contextmanager
def database_switch() -> Iterator[DatabaseSwitch]:
    opened = SQLiteSwitch() if connection.vendor == "sqlite" else PostgreSQLSwitch()
    try:
        yield opened
    finally:
        opened.start()
        if isinstance(opened, PostgreSQLSwitch):
            opened.stop()
