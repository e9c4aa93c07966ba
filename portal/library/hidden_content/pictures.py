"""Metadata of pictures (EXIF with GPS, XMP, IPTC): found and removed without decoding pixels."""

from __future__ import annotations

import struct

from .findings import Kind, Obstacle, Report

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
_EXIF = b"Exif\0\0"
_TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt"}
#: EXIF tags that say how a picture is displayed: orientation, resolution, position of chroma.
_ORIENTATION = 0x0112
_EXIF_FOLDER = 0x8769
_HARMLESS = {_ORIENTATION, 0x011A, 0x011B, 0x0128, 0x0213, _EXIF_FOLDER}
#: In the inner folder: version, components, colour space, size in pixels.
_HARMLESS_INNER = {0x9000, 0x9101, 0xA000, 0xA001, 0xA002, 0xA003}
_TIFF_PERSONAL = {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x02BC, 0x83BB, 0x8298,
                  _EXIF_FOLDER, 0x8825}  # fmt: skip
#: Keywords of PNG text that only name the program.
_PROGRAM_KEYWORDS = {b"Software"}


def clean_picture(data: bytes, report: Report) -> bytes:
    """Return a picture without metadata; pictures of other kinds are returned as they are.

    The pixels are not touched. The orientation, which changes how a picture is shown, stays.
    """
    cleaned, found = data, False
    if data.startswith(_JPEG):
        cleaned, found = _clean_jpeg(data)
    elif data.startswith(_PNG):
        cleaned, found = _clean_png(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        cleaned, found = _clean_webp(data)
    elif data[:4] in {b"II*\0", b"MM\0*"} and set(_tags(data, 0)) & _TIFF_PERSONAL:
        found = True
        report.block(Obstacle.PICTURE_FORMAT)
    report.add(Kind.PICTURE_METADATA, 1 if found else 0)
    return cleaned


def is_picture(data: bytes) -> bool:
    """Return whether the data begins like a picture whose metadata is known here."""
    return data.startswith((_JPEG, _PNG, b"RIFF", b"II*\0", b"MM\0*"))


def _clean_jpeg(data: bytes) -> tuple[bytes, bool]:
    pieces, position, found = [data[:2]], 2, False
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        if marker == 0xDA:  # the pixels follow
            break
        size = struct.unpack_from(">H", data, position + 2)[0] + 2
        segment = data[position : position + size]
        position += size
        if marker == 0xE1:
            if segment[4:10] == _EXIF and _is_harmless(segment[10:]):
                pieces.append(segment)
                continue
            found = True
            if segment[4:10] == _EXIF and (orientation := _orientation(segment[10:])) != 1:
                pieces.append(_orientation_segment(orientation))
        elif marker == 0xED:
            found = found or b"8BIM\x04\x04" in segment  # the IPTC block of Photoshop
        elif marker == 0xFE:
            pass  # a comment: mostly the name of a program
        else:
            pieces.append(segment)
    pieces.append(data[position:])
    return b"".join(pieces), found


def _orientation_segment(orientation: int) -> bytes:
    tiff = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHHI", _ORIENTATION, 3, 1, orientation, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(_EXIF) + len(tiff)) + _EXIF + tiff


def _clean_png(data: bytes) -> tuple[bytes, bool]:
    pieces, position, found = [_PNG], len(_PNG), False
    while position + 12 <= len(data):
        size = struct.unpack_from(">I", data, position)[0]
        kind = data[position + 4 : position + 8]
        body = data[position + 8 : position + 8 + size]
        chunk = data[position : position + 12 + size]
        position += 12 + size
        if kind == b"eXIf" and not _is_harmless(body):
            found = True
        elif kind in _TEXT_CHUNKS:
            found = found or body.partition(b"\0")[0] not in _PROGRAM_KEYWORDS
        elif kind != b"tIME":
            pieces.append(chunk)
        if kind == b"IEND":
            break
    return b"".join(pieces), found


def _clean_webp(data: bytes) -> tuple[bytes, bool]:
    pieces, position, found = [], 12, False
    while position + 8 <= len(data):
        kind, size = data[position : position + 4], struct.unpack_from("<I", data, position + 4)[0]
        chunk = data[position : position + 8 + size + size % 2]
        position += len(chunk)
        if kind in {b"EXIF", b"XMP "}:
            found = True
        elif kind == b"VP8X":  # clear the flags that announce EXIF and XMP
            pieces.append(chunk[:8] + bytes([chunk[8] & ~0x0C]) + chunk[9:])
        else:
            pieces.append(chunk)
    body = b"WEBP" + b"".join(pieces)
    return b"RIFF" + struct.pack("<I", len(body)) + body, found


def _is_harmless(tiff: bytes) -> bool:
    """Return whether EXIF data says nothing but how the picture is displayed."""
    tags = _tags(tiff, 0)
    if not tags or not set(tags) <= _HARMLESS:
        return False
    return set(_tags(tiff, tags.get(_EXIF_FOLDER, 0) or -1)) <= _HARMLESS_INNER


def _orientation(tiff: bytes) -> int:
    value = _tags(tiff, 0).get(_ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1


def _tags(tiff: bytes, folder: int) -> dict[int, int]:
    """Return tag -> value of a folder of TIFF data; ``folder`` is 0 for the first one."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    if not order or folder < 0:
        return {}
    try:
        start = folder or struct.unpack_from(f"{order}I", tiff, 4)[0]
        count = struct.unpack_from(f"{order}H", tiff, start)[0]
        found = {}
        for number in range(count):
            place = start + 2 + 12 * number
            tag, kind = struct.unpack_from(f"{order}HH", tiff, place)
            form = "H" if kind == 3 else "I"
            found[tag] = struct.unpack_from(f"{order}{form}", tiff, place + 8)[0]
    except struct.error:
        return {}
    return found
