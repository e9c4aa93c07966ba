"""Media on a network: another nginx opens them, and hangs with their storage alone."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import CommandError

from portal import nginx as configuring
from portal.web import headers
from tests import machine
from tests.deploy.application import PAGE
from tests.deploy.conftest import ATTACHMENT, PICTURE, Place, text
from tests.nginx import Answer, Nginx, configured, free_port, running, started

MISSING = f"i/aa/{'c' * 64}-640.webp"


@dataclass(frozen=True)
class Apart:
    """The nginx before the pages, and the process of the one that opens the media."""

    nginx: Nginx
    process: int

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Its storage answers nothing: a process that waits for it does nothing else."""
        for pid in self._all():
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in self._all():
                os.kill(pid, signal.SIGCONT)

    def _all(self) -> list[int]:
        found = Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
        return [self.process, *map(int, found)]


@pytest.fixture
def apart(place: Place, tmp_path: Path) -> Iterator[Apart]:
    address = f"127.0.0.1:{free_port()}"
    folder = tmp_path / "media"
    folder.mkdir()
    made = configured(var=place.var, media=address, media_server=True, standalone=folder)
    if os.geteuid() == 0:  # a unit starts it as somebody else
        made = f"user root;\n{made}"
    with (
        started(folder, made, int(address.rpartition(":")[2])),
        running(
            tmp_path / "pages", var=place.var, upstream=place.application.upstream, media=address
        ) as nginx,
    ):
        yield Apart(nginx, int((folder / "nginx.pid").read_text()))


def said(answer: Answer) -> tuple[int, bytes, list[tuple[str, str]]]:
    headers = sorted(each for each in answer.headers.items() if each[0] not in ("Date",))
    return answer.status, answer.body, headers


@pytest.mark.parametrize("name", [PICTURE, ATTACHMENT, MISSING, "i/aa/nowhere.jpg"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("away", [False, True])
def test_it_answers_as_one_nginx_would(
    place: Place, apart: Apart, name: str, method: str, away: bool
) -> None:
    asks: list[dict[str, str]] = [{}, {"Range": "bytes=1-3"}, {"If_None_Match": "*"}]
    asks += [{"Accept_Encoding": "gzip, br"}]
    for more in asks:
        if away:
            with place.application.away():
                one = place.ask(f"/media/{name}", method, **more)
                two = apart.nginx.ask(f"/media/{name}", method, **more)
        else:
            one = place.ask(f"/media/{name}", method, **more)
            two = apart.nginx.ask(f"/media/{name}", method, **more)
        assert said(two) == said(one), more


def test_while_the_storage_hangs(place: Place, apart: Apart) -> None:
    """Pages come at once, however many ask for pictures; those are given up, and come again."""
    with apart.hanging(), ThreadPoolExecutor(80) as readers:
        began = time.monotonic()
        pictures = [readers.submit(apart.nginx.ask, f"/media/{PICTURE}") for _ in range(80)]
        time.sleep(0.5)
        for _ in range(20):
            asked = time.monotonic()
            assert apart.nginx.ask("/news/12/").body == text("current news/12/index.html")
            assert apart.nginx.ask("/news/13/").body == PAGE
            assert time.monotonic() - asked < 1
        answers = [each.result() for each in pictures]
        assert time.monotonic() - began < 5
        with place.application.away():
            answers.append(apart.nginx.ask(f"/media/{ATTACHMENT}"))
    for answer in answers:
        assert answer.status == 503
        assert {name: answer.all(name) for name in headers.headers()} == {
            name: [value] for name, value in headers.headers().items()
        }
    # The application is spared: it would wait for the same storage.
    assert not [path for _method, path, _told in place.application.asked if PICTURE in path]
    assert apart.nginx.ask(f"/media/{PICTURE}").body == b"picture"


def test_it_knows_nothing_but_media(place: Place, tmp_path: Path) -> None:
    """No page, no private file, and no way out of the folder."""
    address = f"127.0.0.1:{free_port()}"
    made = configured(var=place.var, media=address, media_server=True, standalone=tmp_path)
    made = f"user root;\n{made}" if os.geteuid() == 0 else made
    with started(tmp_path, made, int(address.rpartition(":")[2])) as nginx:
        assert nginx.ask(f"/media/{PICTURE}").status == 200
        for path in ("/", "/news/12/", "/secret-key", "/media/../secret-key", "/media/private/x"):
            answer = nginx.ask(path)
            assert (answer.status, answer["Cache-Control"]) == (404, None)


def test_its_unit_starts_what_the_command_prints(tmp_path: Path) -> None:
    """As the unit calls it: paths from its own folder on, and an address that is a file."""
    unit = (configuring.TEMPLATES.parent / "systemd/portal-media.service").read_text()
    (line,) = (each for each in unit.splitlines() if each.startswith("ExecStart="))
    configuration = tmp_path / "portal-media.conf"
    program, *options = (
        line.removeprefix("ExecStart=")
        .replace("/run/portal-media/", f"{tmp_path}/")
        .replace("/etc/nginx/portal-media.conf", str(configuration))
        .split()
    )
    assert program == "/usr/sbin/nginx"
    socket = f"unix:{tmp_path}/nginx.sock"
    made = configured(var=tmp_path, media=socket, media_server=True, standalone=tmp_path)
    configuration.write_text(made)
    tried = subprocess.run(
        [str(machine.nginx()), "-t", "-q", *options], capture_output=True, text=True, check=False
    )
    assert (tried.returncode, tried.stderr) == (0, "")


def test_it_needs_an_address(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--media"):
        configured(var=tmp_path, media_server=True, standalone=tmp_path)
