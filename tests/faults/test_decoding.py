"""The memory of all decoders together, while many pictures are uploaded at once."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import PIL.Image
import pytest

from portal.library.decoding import limits, process
from portal.library.decoding.refusals import Refusal
from tests.library import heic_files
from tests.workload import FULL_WORKLOAD, workload

LIMIT_MIB = 400
UPLOADS = workload(12, 4)
#: The length of each side in thousandths of that of the largest picture that is taken.
SHARE = workload(1000, 20)
SAMPLE_SECONDS = 0.02


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
    """The largest resident memory of all child processes of this one together, in MiB."""

    def __init__(self) -> None:
        self.mib = 0
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
            kibibytes = sum(map(_resident, _decoders()))
            self.mib = max(self.mib, kibibytes // 1024)


def _decoders() -> list[str]:
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = " ".join(_text(path) for path in children).split()
    return [pid for pid in pids if process._MODULE in _text(Path(f"/proc/{pid}/cmdline"))]


def _resident(pid: str) -> int:
    lines = _text(Path(f"/proc/{pid}/status")).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


def _text(path: Path) -> str:
    try:
        return path.read_text()
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
    peak = Peak()
    with peak.measured(), ThreadPoolExecutor(UPLOADS) as threads:
        results = dict(
            zip(
                files, threads.map(lambda path: decode(path, tmp_path), files.values()), strict=True
            )
        )
    if FULL_WORKLOAD:
        print(f"\n{len(files)} pictures at once: {peak.mib} MiB at most; {results}")
    assert peak.mib <= LIMIT_MIB
    assert all("×" in result for result in results.values()), results
