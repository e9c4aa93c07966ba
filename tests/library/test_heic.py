"""HEIC pictures of phones must be taken like any other; what cannot be read gets a sentence."""

from __future__ import annotations

import io

import PIL.Image
import pytest
from django.core.exceptions import ValidationError

from portal.accounts.roles import Role
from portal.library.actions import add_image
from portal.library.decoding import limits, pixels
from portal.library.decoding.refusals import Code, MoreMemoryNeeded, Refusal
from tests.factories import user

from . import heic_files
from .sample_files import as_upload, decode_bytes

RED, BLUE = (200, 64, 64), (20, 20, 200)


def is_near(colour: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 6) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(colour, expected, strict=True))


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_heic_is_decoded(brand: bytes) -> None:
    decoded = decode_bytes(heic_files.with_brand(brand))
    assert (decoded.pixels.size, decoded.pixels.mode) == ((64, 48), "RGB")
    assert is_near(decoded.pixels.getpixel((60, 40)), RED)
    assert is_near(decoded.pixels.getpixel((4, 4)), BLUE)
    assert not decoded.is_lossless
    assert not decoded.pixels.info


def test_heic_is_rotated_upright() -> None:
    pixels = decode_bytes(heic_files.ROTATED).pixels
    assert pixels.size == (48, 64)
    assert is_near(pixels.getpixel((44, 4)), BLUE)
    assert is_near(pixels.getpixel((4, 60)), RED)


def test_transparent_heic_stays_transparent() -> None:
    pixels = decode_bytes(heic_files.TRANSPARENT).pixels
    assert (pixels.mode, pixels.getpixel((4, 40))[3], pixels.getpixel((60, 40))[3]) == (
        "RGBA",
        255,
        0,
    )


def test_colours_of_a_phone_are_converted() -> None:
    display_p3 = heic_files.with_colour_space(12, 13)
    assert is_near(decode_bytes(display_p3).pixels.getpixel((60, 40)), (217, 48, 57))


@pytest.mark.parametrize(
    "data",
    [
        heic_files.TOO_LARGE,
        heic_files.with_other_size(),
        heic_files.PLAIN[:300],
        heic_files.PLAIN[:-40],
        heic_files.PLAIN.replace(b"hvc1", b"abcd"),
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 90,
        b"\0\0\0\x18ftypmif1\0\0\0\0mif1heix" + b"\0" * 90,
        b"\0\0\0\x18ftyphevc\0\0\0\0msf1hevc" + b"\0" * 90,
    ],
    ids=[
        "too many pixels", "another size", "half", "truncated", "unknown codec",
        "no content", "mif1", "sequence",
    ],
)  # fmt: skip
def test_heic_that_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        decode_bytes(data)
    assert refusal.value.code == Code.HEIC


def test_more_memory_is_asked_for_before_pixels_are_decoded(tmp_path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(heic_files.LARGE)
    with path.open("rb") as file, pytest.raises(MoreMemoryNeeded):
        pixels.decode(file, limits.SMALL_MEMORY_BYTES)
    assert decode_bytes(heic_files.LARGE).pixels.size == (5712, 4284)


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_storages")
def test_heic_enters_the_library_as_jpeg_without_metadata() -> None:
    image = add_image(file=as_upload(heic_files.ROTATED, "IMG_0001.HEIC"), by=user(Role.EDITOR))
    assert (image.format, image.width, image.height) == ("jpeg", 48, 64)
    with image.file.open() as file:
        data = file.read()
    assert b"SECRET" not in data
    assert PIL.Image.open(io.BytesIO(data)).format == "JPEG"


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_storages")
def test_the_refusal_of_heic_says_how_to_send_it() -> None:
    with pytest.raises(ValidationError) as refusal:
        add_image(file=as_upload(heic_files.PLAIN[:300]), by=user(Role.EDITOR))
    assert "JPEG" in refusal.value.messages[0]
