"""Colour profiles must be applied in every mode, and JPEG files without end mark accepted."""

from __future__ import annotations

import io

import PIL.Image
import pytest
from PIL import ImageCms, ImageDraw

from portal.library.decoding.refusals import Code, Refusal

from .sample_files import decode_bytes, encode_image, make_image

JPEG_END = b"\xff\xd9"


def swapped_profile() -> bytes:
    """Return sRGB's profile with the primaries of red and green exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(int.from_bytes(data[128:132], "big")):
        start = 132 + 12 * number
        if bytes(data[start : start + 4]) in {b"rXYZ", b"gXYZ"}:
            data[start] ^= ord("r") ^ ord("g")
    return bytes(data)


def linear_grey_profile() -> bytes:
    """Return a grey profile (ICC version 2) whose tone curve is linear: gamma 1.0."""

    def padded(data: bytes) -> bytes:
        return data + b"\0" * (-len(data) % 4)

    white = b"XYZ \0\0\0\0" + b"".join(
        value.to_bytes(4, "big") for value in (0xF6D6, 0x10000, 0xD32D)
    )
    curve = padded(b"curv\0\0\0\0" + (0).to_bytes(4, "big"))
    description = padded(b"desc\0\0\0\0" + (5).to_bytes(4, "big") + b"grey\0" + b"\0" * 78)
    tags = {b"desc": description, b"wtpt": white, b"kTRC": curve}
    offset = 128 + 4 + 12 * len(tags)
    table, body = len(tags).to_bytes(4, "big"), b""
    for name, data in tags.items():
        table += name + (offset + len(body)).to_bytes(4, "big") + len(data).to_bytes(4, "big")
        body += data
    size = offset + len(body)
    header = bytearray(128)
    header[0:4] = size.to_bytes(4, "big")
    header[8:12] = b"\x02\x40\0\0"
    header[12:24] = b"mntrGRAYXYZ "
    header[36:40] = b"acsp"
    header[68:80] = b"\0\0\xf6\xd6\0\x01\0\0\0\0\xd3\x2d"
    return bytes(header) + table + body


RED = PIL.Image.new("RGB", (8, 8), (200, 20, 20))
GREY = PIL.Image.new("L", (8, 8), 55)
COLOURED = {
    "palette": (RED.convert("P", palette=PIL.Image.Palette.ADAPTIVE), "PNG"),
    "rgb": (RED, "PNG"),
    "rgba": (RED.convert("RGBA"), "PNG"),
    "jpeg": (RED, "JPEG"),
    "webp": (RED, "WEBP"),
    "webp with alpha": (RED.convert("RGBA"), "WEBP"),
}


@pytest.mark.parametrize(("image", "format"), COLOURED.values(), ids=COLOURED)
def test_profile_is_applied_to_colours(image: PIL.Image.Image, format: str) -> None:
    data = encode_image(image, format, icc_profile=swapped_profile())
    red, green, _blue = decode_bytes(data).pixels.getpixel((4, 4))[:3]
    assert green > 150 > 60 > red


def test_palette_with_transparent_entry_keeps_both() -> None:
    image = PIL.Image.new("P", (8, 8), 0)
    image.putpalette([200, 20, 20, 0, 0, 0])
    image.paste(1, (0, 0, 4, 8))
    data = encode_image(image, "PNG", icc_profile=swapped_profile(), transparency=1)
    pixels = decode_bytes(data).pixels
    assert (pixels.mode, pixels.getpixel((0, 0))[3], pixels.getpixel((6, 4))[3]) == (
        "RGBA",
        0,
        255,
    )
    assert pixels.getpixel((6, 4))[1] > 150 > 60 > pixels.getpixel((6, 4))[0]


@pytest.mark.parametrize(("mode", "format"), [("L", "PNG"), ("LA", "PNG"), ("L", "JPEG")])
def test_grey_profile_is_applied(mode: str, format: str) -> None:
    image = GREY.convert(mode)
    if mode == "LA":
        image.putalpha(128)
    data = encode_image(image, format, icc_profile=linear_grey_profile())
    pixel = decode_bytes(data).pixels.getpixel((4, 4))
    # Linear 55 of 255 is 128 in sRGB.
    assert all(abs(value - 128) <= 3 for value in pixel[:3])
    assert pixel[3:] == ((128,) if mode == "LA" else ())


def test_rgb_profile_on_a_grey_image_and_grey_profile_on_an_rgb_image() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    decoded = decode_bytes(encode_image(GREY, "PNG", icc_profile=srgb))
    assert all(abs(value - 55) <= 1 for value in decoded.pixels.getpixel((4, 4)))
    decoded = decode_bytes(encode_image(RED, "PNG", icc_profile=linear_grey_profile()))
    assert decoded.pixels.getpixel((4, 4)) == (200, 20, 20)


def detailed_image(width: int = 300, height: int = 200) -> PIL.Image.Image:
    image = make_image(width, height)
    draw = ImageDraw.Draw(image)
    for x in range(0, width, 7):
        draw.line((x, 0, width - x, height), fill=(x % 256, 255 - x % 256, 90), width=2)
    return image


JPEGS = {
    "baseline": encode_image(detailed_image()),
    "without subsampling": encode_image(detailed_image(), subsampling=0),
    "progressive": encode_image(detailed_image(), progressive=True),
    "optimised": encode_image(detailed_image(), optimize=True),
    "grey": encode_image(detailed_image().convert("L")),
    "odd size": encode_image(detailed_image(301, 203)),
    "restart markers": encode_image(detailed_image(), restart_marker_rows=1),
}


@pytest.mark.parametrize("data", JPEGS.values(), ids=JPEGS)
def test_jpeg_without_end_mark_is_accepted_with_every_pixel(data: bytes) -> None:
    assert data.endswith(JPEG_END)
    decoded = decode_bytes(data[:-2])
    with PIL.Image.open(io.BytesIO(data)) as whole:
        assert decoded.pixels.tobytes() == whole.convert("RGB").tobytes()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.97])
@pytest.mark.parametrize("name", ["baseline", "without subsampling", "grey", "odd size"])
def test_jpeg_without_its_last_part_is_refused(name: str, share: float) -> None:
    data = JPEGS[name]
    with pytest.raises(Refusal) as refusal:
        decode_bytes(data[: int(len(data) * share)])
    assert refusal.value.code == Code.DAMAGED
