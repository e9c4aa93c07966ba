"""Sample files for uploads: valid files, damaged files, and attacks."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib

import PIL.Image
from django.core.files.base import ContentFile

from portal.library.decoding import pixels
from portal.library.decoding.pixels import DecodedPicture

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types><Override PartName="/{part}" ContentType="application/vnd.'
    'openxmlformats-officedocument.{kind}.main+xml"/>{more}</Types>'
)
RELATIONSHIPS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument" Target="{main}"/></Relationships>'
)
ROOTS = {
    "docx": b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>',
    "xlsx": b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
    "pptx": (
        b'<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"/>'
    ),
}
KINDS = {
    "docx": ("word/document.xml", "wordprocessingml.document"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation"),
}
PDF = (
    b"%PDF-1.4\n"
    b"1 0 obj<</Type/Catalog/Pages 2 0 R>> endobj\n"
    b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>> endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>> endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n"
    b"0000000053 00000 n \n"
    b"0000000103 00000 n \n"
    b"trailer<</Root 1 0 R/Size 4>>\nstartxref\n163\n%%EOF\n"
)


def make_image(width: int = 60, height: int = 40, mode: str = "RGB") -> PIL.Image.Image:
    """Return an image whose four corners differ, so that tests can detect rotations."""
    image = PIL.Image.linear_gradient("L").resize((width, height))
    merged = PIL.Image.merge("RGB", (image, image.rotate(180), image.transpose(0)))
    return merged.convert(mode)


def encode_image(
    image: PIL.Image.Image | None = None, format: str = "JPEG", **options: object
) -> bytes:
    buffer = io.BytesIO()
    (image or make_image()).save(buffer, format, **options)
    return buffer.getvalue()


def decode_bytes(data: bytes) -> DecodedPicture:
    """Decode a file in this process, without the limits of a decoder."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return pixels.decode(file)


def as_upload(data: bytes, name: str = "图片.jpg") -> ContentFile:
    return ContentFile(data, name=name)


def png_with_declared_size(width: int, height: int) -> bytes:
    """Return a PNG file of a few bytes whose header declares the given size in pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def animated_image(format: str) -> bytes:
    frames = [make_image(), PIL.Image.new("RGB", (60, 40), "red")]
    return encode_image(frames[0], format, save_all=True, append_images=frames[1:])


def make_office_file(kind: str = "docx", *, more: str = "", **parts: bytes) -> bytes:
    """Return a small Office file.

    ``more`` is added to its content types. ``parts`` are further entries of the archive; in their
    names ``__`` represents a slash.
    """
    main, content_kind = KINDS[kind]
    return zip_of(
        {
            "[Content_Types].xml": CONTENT_TYPES.format(
                part=main, kind=content_kind, more=more
            ).encode(),
            "_rels/.rels": RELATIONSHIPS.format(main=main).encode(),
            main: ROOTS[kind],
            **{name.replace("__", "/"): data for name, data in parts.items()},
        }
    )


def zip_of(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def understate_size(data: bytes, name: str, size: int) -> bytes:
    """Return a copy of the archive in which one entry declares ``size`` as its unpacked size."""
    packed = bytearray(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo(name)
    struct.pack_into("<I", packed, entry.header_offset + 22, size)
    central = data.index(b"PK\x01\x02")
    while True:
        length = struct.unpack_from("<H", data, central + 28)[0]
        if data[central + 46 : central + 46 + length] == name.encode():
            struct.pack_into("<I", packed, central + 24, size)
            return bytes(packed)
        central = data.index(b"PK\x01\x02", central + 46)
