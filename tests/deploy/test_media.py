"""Media on network storage, which may hang without returning an error.

A second nginx opens the media files, so that hanging storage blocks only the second nginx.
"""

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
class MediaSetup:
    """The first nginx, and the process id of the second nginx, which opens the media files."""

    nginx: Nginx
    process: int

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Suspend the processes of the second nginx, as if its storage hung."""
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
def media_setup(place: Place, tmp_path: Path) -> Iterator[MediaSetup]:
    address = f"127.0.0.1:{free_port()}"
    folder = tmp_path / "media"
    folder.mkdir()
    made = configured(var=place.var, media=address, media_server=True, standalone=folder)
    # As root, nginx would run its workers as another user, who may not read the files of the test.
    if os.geteuid() == 0:
        made = f"user root;\n{made}"
    with (
        started(folder, made, int(address.rpartition(":")[2])),
        running(
            tmp_path / "pages", var=place.var, upstream=place.application.upstream, media=address
        ) as nginx,
    ):
        yield MediaSetup(nginx, int((folder / "nginx.pid").read_text()))


def comparable(answer: Answer) -> tuple[int, bytes, list[tuple[str, str]]]:
    headers = sorted(each for each in answer.headers.items() if each[0] not in ("Date",))
    return answer.status, answer.body, headers


@pytest.mark.parametrize("name", [PICTURE, ATTACHMENT, MISSING, "i/aa/nowhere.jpg"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("is_down", [False, True])
def test_two_nginx_answer_like_one(
    place: Place, media_setup: MediaSetup, name: str, method: str, is_down: bool
) -> None:
    asks: list[dict[str, str]] = [{}, {"Range": "bytes=1-3"}, {"If_None_Match": "*"}]
    asks += [{"Accept_Encoding": "gzip, br"}]
    for more in asks:
        if is_down:
            with place.application.down():
                one = place.ask(f"/media/{name}", method, **more)
                two = media_setup.nginx.ask(f"/media/{name}", method, **more)
        else:
            one = place.ask(f"/media/{name}", method, **more)
            two = media_setup.nginx.ask(f"/media/{name}", method, **more)
        assert comparable(two) == comparable(one), more


def test_hanging_storage_delays_no_page(place: Place, media_setup: MediaSetup) -> None:
    """Pages must be served before the answers to many requests for images on hanging storage.

    The requests for images fail, and succeed again after the storage has recovered.
    """
    with media_setup.hanging(), ThreadPoolExecutor(80) as readers:
        pictures = [readers.submit(media_setup.nginx.ask, f"/media/{PICTURE}") for _ in range(80)]
        time.sleep(0.5)
        served_first = False
        for _ in range(20):
            assert media_setup.nginx.ask("/news/12/").body == text("current news/12/index.html")
            assert media_setup.nginx.ask("/news/13/").body == PAGE
            served_first = served_first or not all(each.done() for each in pictures)
        assert served_first
        answers = [each.result() for each in pictures]
        with place.application.down():
            answers.append(media_setup.nginx.ask(f"/media/{ATTACHMENT}"))
    for answer in answers:
        assert answer.status == 503
        assert {name: answer.all(name) for name in headers.headers()} == {
            name: [value] for name, value in headers.headers().items()
        }
    # nginx must not pass these requests to the application, which would wait for the same storage.
    assert not [path for _method, path, _headers in place.application.requests if PICTURE in path]
    assert media_setup.nginx.ask(f"/media/{PICTURE}").body == b"picture"


def test_the_second_nginx_serves_media_only(place: Place, tmp_path: Path) -> None:
    """The second nginx must serve neither pages nor private files, and must
    refuse path traversal.
    """
    address = f"127.0.0.1:{free_port()}"
    made = configured(var=place.var, media=address, media_server=True, standalone=tmp_path)
    made = f"user root;\n{made}" if os.geteuid() == 0 else made
    with started(tmp_path, made, int(address.rpartition(":")[2])) as nginx:
        assert nginx.ask(f"/media/{PICTURE}").status == 200
        for path in ("/", "/news/12/", "/secret-key", "/media/../secret-key", "/media/private/x"):
            answer = nginx.ask(path)
            assert (answer.status, answer["Cache-Control"]) == (404, None)


def test_nginx_accepts_the_configuration_with_the_units_options(tmp_path: Path) -> None:
    """The options of the unit include relative paths and a socket file as the address."""
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


def test_the_media_server_needs_an_address(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--media"):
        configured(var=tmp_path, media_server=True, standalone=tmp_path)
