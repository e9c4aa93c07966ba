"""Colours that a PNG or AVIF file describes by numbers instead of a profile must be converted."""

from __future__ import annotations

import struct
import zlib

import PIL.Image
import pytest

from .sample_files import decode_bytes, encode_image

SRGB_CHROMATICITIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
P3_CHROMATICITIES = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
SRGB, P3, BT2020 = 1, 12, 9
GAMMA_22, LINEAR, SRGB_CURVE, VIDEO, PQ, HLG = 4, 8, 13, 1, 16, 18
#: By the matrix of CSS Color 4 (section 17, "sample code"), computed by hand.
COLOUR = (200, 64, 64)
P3_COLOUR_IN_SRGB = (217, 48, 57)


def png(*chunks: tuple[bytes, bytes], mode: str = "RGB", colour: object = COLOUR) -> bytes:
    """Return a PNG file with these chunks after its header."""
    data = encode_image(PIL.Image.new(mode, (8, 8), colour), "PNG")
    inserted = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return data[:33] + inserted + data[33:]


def gamma(value: int) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", value)


def chromaticities(*values: int) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(f">{len(values)}I", *values)


def numbers(primaries: int, transfer: int) -> tuple[bytes, bytes]:
    return b"cICP", bytes((primaries, transfer, 0, 1))


def avif(primaries: int, transfer: int, colour: object = COLOUR, mode: str = "RGB") -> bytes:
    """Return an AVIF file whose box ``colr`` has these numbers."""
    data = encode_image(PIL.Image.new(mode, (64, 64), colour), "AVIF", quality=100)
    start = data.index(b"colrnclx") + 8
    return data[:start] + struct.pack(">HH", primaries, transfer) + data[start + 4 :]


def colour_of(data: bytes) -> tuple[int, ...]:
    return decode_bytes(data).pixels.getpixel((4, 4))


def is_near(colour: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 3) -> bool:
    return len(colour) == len(expected) and all(
        abs(a - b) <= tolerance for a, b in zip(colour, expected, strict=True)
    )


def short_id(value: object) -> str | None:
    return "file" if isinstance(value, bytes) else None


@pytest.mark.parametrize(
    "data",
    [
        png(chromaticities(*P3_CHROMATICITIES)),
        png(gamma(45455), chromaticities(*P3_CHROMATICITIES)),
        png(numbers(P3, SRGB_CURVE)),
        # The numbers come before everything else.
        png((b"sRGB", b"\0"), numbers(P3, SRGB_CURVE)),
        avif(P3, SRGB_CURVE),
        avif(P3, VIDEO),
    ],
    ids=short_id,
)
def test_display_p3_is_converted(data: bytes) -> None:
    assert is_near(colour_of(data), P3_COLOUR_IN_SRGB)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(gamma(100_000), colour=(55, 55, 55)), (128, 128, 128)),
        (png(gamma(100_000), mode="L", colour=55), (128, 128, 128)),
        (png(gamma(100_000), mode="LA", colour=(55, 128)), (128, 128, 128, 128)),
        (png(gamma(100_000), mode="RGBA", colour=(55, 55, 55, 9)), (128, 128, 128, 9)),
        (png(gamma(55_556), colour=(128, 128, 128)), (148, 148, 148)),  # an exponent of 1.8
        (png(numbers(SRGB, LINEAR), colour=(55, 55, 55)), (128, 128, 128)),
        (avif(SRGB, LINEAR, (55, 55, 55)), (128, 128, 128)),
        # White paper is 203 cd/m² and 0.75; what is lighter becomes white.
        (png(numbers(BT2020, PQ), colour=(148, 148, 148)), (254, 254, 254)),
        (png(numbers(BT2020, PQ), colour=(230, 230, 230)), (255, 255, 255)),
        (avif(BT2020, HLG, (191, 191, 191)), (254, 254, 254)),
        (avif(BT2020, HLG, (250, 250, 250)), (255, 255, 255)),
    ],
    ids=short_id,
)
def test_curve_is_converted(data: bytes, expected: tuple[int, ...]) -> None:
    assert is_near(colour_of(data), expected)


@pytest.mark.parametrize("transfer", [SRGB_CURVE, GAMMA_22])
def test_bt2020_becomes_more_vivid(transfer: int) -> None:
    red, green, blue = colour_of(avif(BT2020, transfer))
    assert red > 225
    assert max(green, blue) < 60


@pytest.mark.parametrize(
    "data",
    [
        png(gamma(45455)),
        png(gamma(45455), chromaticities(*SRGB_CHROMATICITIES)),
        png((b"sRGB", b"\0"), gamma(100_000), chromaticities(*P3_CHROMATICITIES)),
        png(numbers(SRGB, SRGB_CURVE), gamma(100_000)),
        avif(SRGB, SRGB_CURVE),
        avif(SRGB, VIDEO),
        # Numbers without a meaning.
        avif(2, 2),
        avif(999, 999),
        png(numbers(200, 200)),
        png(gamma(0)),
        png(gamma(2**31 - 1)),
        png(chromaticities(0, 0, 0, 0, 0, 0, 0, 0)),
        png(chromaticities(*([33000] * 8))),
    ],
    ids=short_id,
)
def test_srgb_and_meaningless_numbers_change_nothing(data: bytes) -> None:
    assert is_near(colour_of(data), COLOUR, tolerance=1)
