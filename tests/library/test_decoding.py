"""Pictures are decoded in processes of their own, two at a time, in order, with bounded memory."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal.accounts.roles import Role
from portal.library import actions
from portal.library.decoding import limits, process, slots
from portal.library.decoding.refusals import Code, MoreMemoryNeeded, Refusal
from portal.library.models import Image
from tests.factories import user

from .sample_files import as_upload, decode_bytes, encode_image, make_image, png_with_declared_size

#: Only ends a test that hangs.
FAR = time.monotonic() + 3600
SENTENCES_END = ("。", ".")


def decode(data: bytes, folder: Path) -> process.Versions:
    path = folder / "upload"
    path.write_bytes(data)
    with path.open("rb") as file, process.decode(file, folder) as versions:
        assert PIL.Image.open(io.BytesIO(b"".join(versions.chunks(versions.original))))
        return versions


def jpeg_with_declared_size(width: int, height: int, **options: object) -> bytes:
    """Return a small JPEG whose header declares the given size in pixels."""
    data = bytearray(encode_image(make_image(64, 64), **options))
    start = data.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0")
    data[start + 5 : start + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


# Slots


def test_at_most_two_slots_are_used_and_in_order_of_arrival(tmp_path: Path) -> None:
    order: list[int] = []
    running: list[int] = []
    most: list[int] = []
    release = threading.Semaphore(0)

    def work(number: int) -> None:
        with slots.take_slots(tmp_path, wanted=1, count=2, deadline=FAR):
            order.append(number)
            running.append(number)
            most.append(len(running))
            release.acquire()
            running.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for number, thread in enumerate(threads):
        thread.start()
        waiting = max(0, number - 1)
        _until(lambda: len(order) == min(number + 1, 2))  # noqa: B023
        _until(lambda: len(os.listdir(tmp_path / "queue")) == waiting)  # noqa: B023
    for number in range(6):
        release.release()
        _until(lambda: len(order) == min(6, number + 3))  # noqa: B023
    for thread in threads:
        thread.join()
    assert (order, max(most), os.listdir(tmp_path / "queue")) == ([0, 1, 2, 3, 4, 5], 2, [])


def test_who_wants_both_slots_waits_until_nobody_decodes(tmp_path: Path) -> None:
    with slots.take_slots(tmp_path, wanted=1, count=2, deadline=FAR):
        with (
            pytest.raises(slots.NoSlotInTime),
            slots.take_slots(tmp_path, wanted=2, count=2, deadline=0),
        ):
            pytest.fail("both slots")
        with slots.take_slots(tmp_path, wanted=1, count=2, deadline=FAR) as descriptors:
            assert len(descriptors) == 1
    with slots.take_slots(tmp_path, wanted=2, count=2, deadline=FAR) as descriptors:
        assert len(descriptors) == 2


def test_the_ticket_of_a_killed_process_blocks_nobody(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    (tmp_path / "queue" / "1").touch()
    with slots.take_slots(tmp_path, wanted=1, count=2, deadline=0):
        assert os.listdir(tmp_path / "queue") == []


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# Decoders


def test_versions_of_a_picture(tmp_path: Path) -> None:
    versions = decode(encode_image(make_image(700, 400)), tmp_path)
    assert (versions.width, versions.height, versions.original.suffix) == (700, 400, "jpg")
    assert {(part.width, part.suffix) for part in versions.renditions} == {
        (width, suffix) for width in (320, 560, 700) for suffix in ("avif", "webp", "jpg")
    }


def test_a_picture_that_needs_more_memory_is_decoded_alone(tmp_path: Path, monkeypatch) -> None:
    runs: list[tuple[int, int]] = []
    run = process._run

    def recorded(file, results, folder, memory_bytes, descriptors):
        runs.append((memory_bytes, len(descriptors)))
        if memory_bytes == limits.SMALL_MEMORY_BYTES:
            return {"needs_more_memory": True}
        return run(file, results, folder, memory_bytes, descriptors)

    monkeypatch.setattr(process, "_run", recorded)
    assert decode(encode_image(), tmp_path).width == 60
    assert runs == [(limits.SMALL_MEMORY_BYTES, 1), (limits.LARGE_MEMORY_BYTES, 2)]


@pytest.mark.parametrize("memory_mib", [1, 30])
def test_a_decoder_that_dies_or_lacks_memory_is_told_in_a_sentence(
    memory_mib: int, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(limits, "SMALL_MEMORY_BYTES", memory_mib * limits.MIB)
    monkeypatch.setattr(limits, "LARGE_MEMORY_BYTES", memory_mib * limits.MIB)
    with pytest.raises(Refusal) as refusal:
        decode(encode_image(make_image(3000, 2000)), tmp_path)
    assert refusal.value.code in {Code.TOO_COSTLY, Code.DAMAGED}


def test_more_uploads_than_may_wait_are_told_so(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(process, "_waiting", threading.BoundedSemaphore(1))
    with process._waiting, pytest.raises(Refusal) as refusal:
        decode(encode_image(), tmp_path)
    assert refusal.value.code == Code.BUSY
    assert decode(encode_image(), tmp_path).width == 60


# Limits of pixels


@pytest.mark.parametrize(
    ("size", "scale"), [((60, 40), 1), ((800, 400), 2), ((1000, 900), 4), ((2400, 1200), 8)]
)
def test_a_large_jpeg_is_decoded_at_a_reduced_scale(
    size: tuple[int, int], scale: int, monkeypatch
) -> None:
    monkeypatch.setattr(limits, "MAX_PIXELS", 100_000)
    pixels = decode_bytes(encode_image(make_image(*size))).pixels
    assert pixels.size == (size[0] // scale, size[1] // scale)


@pytest.mark.parametrize("options", [{"progressive": True}, {"optimize": True}, {"subsampling": 0}])
def test_every_kind_of_jpeg_is_reduced(options: dict[str, object], monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_PIXELS", 100_000)
    data = encode_image(make_image(800, 400), **options)
    assert decode_bytes(data).pixels.size == (400, 200)
    assert decode_bytes(data[:-2]).pixels.size == (400, 200)  # without its end mark


def test_a_jpeg_on_its_side_and_one_in_cmyk_are_reduced(monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_PIXELS", 100_000)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    assert decode_bytes(encode_image(make_image(800, 400), exif=exif)).pixels.size == (200, 400)
    cmyk = make_image(800, 400).convert("CMYK")
    assert decode_bytes(encode_image(cmyk)).pixels.size == (400, 200)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (jpeg_with_declared_size(16_000, 15_626), Code.TOO_MANY_JPEG_PIXELS),
        (jpeg_with_declared_size(30_001, 16), Code.TOO_LONG),
        # The decoder would hold all coefficients of a progressive file.
        (jpeg_with_declared_size(15_000, 15_000, progressive=True), Code.TOO_COSTLY),
        (png_with_declared_size(8000, 5001), Code.TOO_MANY_PIXELS),
        (encode_image(PIL.Image.new("1", (8000, 5001)), "BMP"), Code.TOO_MANY_PIXELS),
        (encode_image(PIL.Image.new("1", (8000, 5001)), "TIFF"), Code.TOO_MANY_PIXELS),
        (encode_image(PIL.Image.new("P", (8000, 5001)), "GIF"), Code.TOO_MANY_PIXELS),
        (b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\xff\xff\0\xff\xff\0", Code.TOO_MANY_COSTLY_PIXELS),
    ],
)
def test_limit_of_pixels(data: bytes, code: Code) -> None:
    with pytest.raises(Refusal) as refusal:
        decode_bytes(data)
    assert refusal.value.code == code


def test_more_memory_is_asked_for_before_pixels_are_decoded(tmp_path: Path) -> None:
    from portal.library.decoding import pixels

    path = tmp_path / "upload"
    path.write_bytes(png_with_declared_size(8000, 5000))
    with path.open("rb") as file, pytest.raises(MoreMemoryNeeded):
        pixels.decode(file, limits.SMALL_MEMORY_BYTES)


@pytest.mark.parametrize(
    ("image", "format", "options"),
    [
        (make_image().convert("1"), "TIFF", {"compression": "group4"}),
        (make_image(mode="L"), "TIFF", {"compression": "tiff_lzw"}),
        (make_image(), "TIFF", {"compression": "tiff_adobe_deflate"}),
        (make_image().convert("CMYK"), "TIFF", {}),
        (make_image().convert("P"), "TIFF", {}),
        (PIL.Image.new("I;16", (60, 40), 40_000), "TIFF", {}),
        (make_image().convert("1"), "BMP", {}),
        (make_image(mode="L"), "BMP", {}),
        (make_image().convert("P"), "BMP", {}),
        (make_image(), "BMP", {}),
    ],
)
def test_scans_are_taken(image: PIL.Image.Image, format: str, options: dict[str, object]) -> None:
    decoded = decode_bytes(encode_image(image, format, **options))
    assert (decoded.pixels.size, decoded.pixels.mode, decoded.is_lossless) == (
        (60, 40),
        "RGB",
        True,
    )


# Forms


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_storages")
def test_the_form_reads_a_picture_outside_its_transaction(client: Client, monkeypatch) -> None:
    """Otherwise nobody could write to SQLite while an upload waits for a decoder."""
    savepoints: list[int] = []
    decode_picture = process.decode

    def recorded(file, folder):
        savepoints.append(len(connection.savepoint_ids))
        return decode_picture(file, folder)

    monkeypatch.setattr(actions.process_pictures, "decode", recorded)
    outside = len(connection.savepoint_ids)
    client.force_login(user(Role.EDITOR))
    address = reverse("admin:library_image_add")
    words = {"title": "标题", "alt": "替代", "credit": "供图"}
    answer = client.post(address, {**words, "upload": as_upload(encode_image())})
    assert (answer.status_code, savepoints) == (302, [outside])
    assert Image.objects.get().alt == "替代"


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_storages")
def test_a_busy_server_is_told_beside_the_file_and_the_words_stay(
    client: Client, monkeypatch
) -> None:
    def busy(file, folder):
        raise Refusal(Code.BUSY)

    monkeypatch.setattr(actions.process_pictures, "decode", busy)
    client.force_login(user(Role.EDITOR))
    address = reverse("admin:library_image_add")
    answer = client.post(address, {"alt": "一句替代文字", "upload": as_upload(encode_image())})
    form = answer.context["adminform"].form
    assert list(form.errors) == ["upload"]
    assert form.errors["upload"][0].endswith(SENTENCES_END)
    assert "一句替代文字" in answer.content.decode()
    answer = client.post(reverse("library:upload"), {"upload": as_upload(encode_image())})
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    with pytest.raises(ValidationError):
        actions.add_image(file=as_upload(encode_image()), by=user(Role.EDITOR))
    assert not Image.objects.exists()
