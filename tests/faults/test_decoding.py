"""Memory of the decoders and waits of readers while many pictures are uploaded at once."""

from __future__ import annotations

import io
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from glob import glob
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import PIL.Image
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from portal.accounts.roles import Role
from portal.library.decoding import limits, process
from portal.library.decoding.refusals import Refusal
from portal.management.commands.serve import Command
from tests import browser, factories
from tests.benchmarks.report import percentile
from tests.library import heic_files
from tests.workload import FULL_WORKLOAD, workload

LIMIT_MIB = 400
UPLOADS = workload(12, 4)
#: The length of each side in thousandths of that of the largest picture that is taken.
SHARE = workload(1000, 20)
SAMPLE_SECONDS = 0.02
#: Uploads of photos while somebody reads.
PHOTOS = workload(100, 3)
UPLOADERS = workload(8, 2)
READS = workload(300, 5)
#: How many times as long readers may wait meanwhile.
MAX_SLOWDOWN = 3
BUSY = 503


def encoded(mode: str, format: str, pixels: int, **options: object) -> bytes:
    """Return a harmless picture with the given number of pixels, or a small share of them."""
    width = int((pixels * 4 / 3) ** 0.5 * SHARE / 1000)
    image = PIL.Image.linear_gradient("L").resize((width, width * 3 // 4)).convert(mode)
    if mode == "RGBA":
        image.putalpha(128)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def pictures() -> dict[str, bytes]:
    """Return a picture of every kind, as large as is taken."""
    rotated = PIL.Image.Exif()
    rotated[0x0112] = 6
    most, costly = limits.MAX_PIXELS, limits.MAX_COSTLY_PIXELS
    return {
        "jpeg of a phone": encoded("RGB", "JPEG", 12_000_000, exif=rotated),
        "jpeg": encoded("RGB", "JPEG", limits.MAX_JPEG_PIXELS),
        "progressive jpeg": encoded("RGB", "JPEG", most, progressive=True),
        "cmyk jpeg": encoded("CMYK", "JPEG", most),
        "png": encoded("RGB", "PNG", most),
        "transparent png": encoded("RGBA", "PNG", most),
        "gif": encoded("P", "GIF", most),
        "bmp": encoded("1", "BMP", most),
        "tiff": encoded("1", "TIFF", most, compression="group4"),
        "webp": encoded("RGB", "WEBP", costly),
        "avif": encoded("RGB", "AVIF", costly, speed=10),
        "heic": heic_files.LARGE,
    }


class Peak:
    """The largest value of a measure of memory, in MiB, while something runs."""

    def __init__(self, measure: Callable[[], int]) -> None:
        self.mib = 0
        self._measure = measure
        self._ended = threading.Event()

    @contextmanager
    def measured(self) -> Iterator[None]:
        thread = threading.Thread(target=self._sample)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self.mib = max(self.mib, self._measure())


def decoders_mib() -> int:
    """Return the resident memory of all decoders that this process has started."""
    pids = descendants(str(os.getpid()))
    return resident_mib(pid for pid in pids if process._MODULE in file_text(f"/proc/{pid}/cmdline"))


def descendants(pid: str) -> list[str]:
    """Return the child processes of a process, their child processes, and so on."""
    children = " ".join(map(file_text, glob(f"/proc/{pid}/task/*/children"))).split()
    return [*children, *(each for child in children for each in descendants(child))]


def resident_mib(pids: Iterable[str]) -> int:
    """Return the resident memory of processes; what they share counts for each of them."""
    kibibytes = 0
    for pid in pids:
        for line in file_text(f"/proc/{pid}/status").splitlines():
            if line.startswith("VmRSS"):
                kibibytes += int(line.split()[1])
    return kibibytes // 1024


def file_text(path: str | Path) -> str:
    try:
        return Path(path).read_text()
    except OSError:  # the process has ended
        return ""


def decode(path: Path, folder: Path) -> str:
    try:
        with path.open("rb") as file, process.decode(file, folder) as versions:
            return f"{versions.width} × {versions.height}"
    except Refusal as refusal:
        return refusal.code.value


def test_all_decoders_together_stay_within_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_waiting", threading.BoundedSemaphore(UPLOADS))
    monkeypatch.setattr(limits, "WAIT_SECONDS", 36_000)
    files = {}
    for name, data in pictures().items():
        files[name] = tmp_path / name
        files[name].write_bytes(data)
    peak = Peak(decoders_mib)
    with peak.measured(), ThreadPoolExecutor(UPLOADS) as threads:
        results = dict(
            zip(
                files, threads.map(lambda path: decode(path, tmp_path), files.values()), strict=True
            )
        )
    if FULL_WORKLOAD:
        print(f"\n{len(files)} pictures at once: decoders {peak.mib} MiB at most; {results}")
    assert peak.mib <= LIMIT_MIB
    assert all("×" in result for result in results.values()), results


# Readers


@pytest.fixture
def server(transactional_db: None, collected_static: None) -> Iterator[tuple[str, int]]:
    """Run the production server with two processes; yield its address and its process id."""
    port = browser.free_port()
    url = f"http://127.0.0.1:{port}"
    log = Path(settings.VAR_DIR) / f"server-{port}.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            Command()._server_command("127.0.0.1", port, workers=2),
            env=browser.server_environment(),
            cwd=browser.BASE,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        browser.wait_until_ready(url, lambda: running.poll() is None, log)
        yield url, running.pid
    finally:
        running.terminate()
        running.wait()
        print(log.read_text(errors="replace"))  # pytest shows the log if the test fails


class Reader:
    """Reads the home page again and again, and keeps how long it took."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self.seconds: list[float] = []

    def read(self) -> None:
        began = time.perf_counter()
        at = HTTPConnection(self._host, timeout=600)
        at.request("GET", "/")
        answer = at.getresponse()
        answer.read()
        at.close()
        self.seconds.append(time.perf_counter() - began)
        assert answer.status == 200

    @property
    def p95_ms(self) -> float:
        return percentile(self.seconds, 0.95) * 1000


def upload(url: str, session: str, data: bytes) -> str:
    """Upload a picture as the library's window does; repeat it while the server is busy."""
    token, boundary = "t" * 32, "boundary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="upload"; filename="a.jpg"'
    body = head.encode() + b"\r\n\r\n" + data + f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Cookie": f"sessionid={session}; csrftoken={token}",
        "X-CSRFToken": token,
    }
    while True:
        at = HTTPConnection(urlsplit(url).netloc, timeout=600)
        at.request("POST", reverse("library:upload"), body, headers)
        answer = at.getresponse()
        text = answer.read().decode()
        at.close()
        if answer.status != BUSY:
            return "taken" if answer.status == 200 else text


def test_readers_are_served_while_photos_are_uploaded(server: tuple[str, int]) -> None:
    url, pid = server
    client = Client()
    client.force_login(factories.user(Role.EDITOR))
    session = client.cookies["sessionid"].value
    photo = pictures()["jpeg of a phone"]
    # Bytes behind the end mark make a different upload of each.
    photos = [photo + number.to_bytes(2, "big") for number in range(PHOTOS)]
    upload(url, session, encoded("L", "JPEG", 12_000_000))
    quiet, meanwhile = Reader(url), Reader(url)
    for _number in range(READS):
        quiet.read()

    def memory() -> int:
        return resident_mib([str(pid), *descendants(str(pid))])

    idle, peak = memory(), Peak(memory)
    with peak.measured(), ThreadPoolExecutor(UPLOADERS) as threads:
        answers = [threads.submit(upload, url, session, each) for each in photos]
        while not all(each.done() for each in answers):
            meanwhile.read()
    assert {each.result() for each in answers} == {"taken"}
    if FULL_WORKLOAD:
        print(
            f"\n{PHOTOS} photos by {UPLOADERS} editors: {peak.mib - idle} MiB above idle "
            f"({idle} MiB) at most, {memory() - idle} MiB afterwards; the home page's p95: "
            f"{quiet.p95_ms:.1f} ms quiet, {meanwhile.p95_ms:.1f} ms meanwhile "
            f"({len(meanwhile.seconds)} times)"
        )
        assert meanwhile.p95_ms <= MAX_SLOWDOWN * quiet.p95_ms
    assert peak.mib - idle <= LIMIT_MIB
