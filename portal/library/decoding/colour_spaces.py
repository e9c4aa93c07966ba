"""The colour space that a PNG, AVIF or HEIC file names by numbers, as a colour profile (ICC).

The numbers are those of ITU-T H.273: the box ``colr`` of AVIF and HEIC (kind ``nclx``) and the
chunk ``cICP`` of PNG hold them. Older PNG files have the chunks ``gAMA`` and ``cHRM`` instead.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Iterator
from typing import Any

Vector = tuple[float, float, float]
#: The coordinates x, y of white, red, green and blue.
Chromaticities = tuple[float, float, float, float, float, float, float, float]
#: From a value of the file to linear light; both are between 0 and 1.
Curve = Callable[[float], float]

_D65 = (0.3127, 0.329)
_SRGB: Chromaticities = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_PRIMARIES: dict[int, Chromaticities] = {
    1: _SRGB,
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
_CURVE_POINTS = 1024
#: The light of white paper in pictures with a high range, in cd/m²: ITU-R BT.2408.
_WHITE_NITS = 203.0
_D50: Vector = (0.9642, 1.0, 0.8249)
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
#: Coordinates and exponents that differ by less are taken for those of sRGB.
_TOLERANCE = 0.003
_SRGB_GAMMA = 1 / 2.2
_PNG = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 10_000
_MAX_BOXES = 1_000


def named_profile(source: Any, content: mmap.mmap) -> bytes | None:
    """Return the colour profile that an opened picture names; None for sRGB and if unknown.

    A profile inside the file comes first, except after PNG's ``cICP``, which precedes everything.
    """
    own = source.info.get("icc_profile")
    if source.format == "PNG":
        numbers = _png_numbers(content)
        if numbers is not None and numbers[2] == 0:
            return profile_of_numbers(*numbers[:2])
        if own or "srgb" in source.info:
            return own
        return profile_of_png(source.info.get("gamma"), source.info.get("chromaticity"))
    if own or source.format not in {"AVIF", "HEIF"}:
        return own
    numbers = _nclx_numbers(content)
    return profile_of_numbers(*numbers[:2]) if numbers else None


def profile_of_numbers(primaries: int, transfer: int) -> bytes | None:
    """Return the profile of a colour space of H.273; None for sRGB and if it is unknown."""
    chromaticities = _PRIMARIES.get(primaries, _SRGB)
    curve = _CURVES.get(transfer)
    if chromaticities == _SRGB and curve is None:
        return None
    return _profile(chromaticities, curve or _srgb)


def profile_of_png(gamma: Any, chromaticities: Any) -> bytes | None:
    """Return the profile of PNG's ``gAMA`` and ``cHRM``; None for sRGB and for invalid values."""
    has_gamma = isinstance(gamma, float) and 0.1 <= gamma <= 10
    is_srgb_gamma = not has_gamma or abs(gamma - _SRGB_GAMMA) < _TOLERANCE
    points = tuple(chromaticities or _SRGB)
    if len(points) != len(_SRGB):
        return None
    if all(abs(a - b) < _TOLERANCE for a, b in zip(points, _SRGB, strict=True)):
        points = _SRGB
        if is_srgb_gamma:
            return None
    return _profile(points, _srgb if is_srgb_gamma else _power(1 / gamma))


# Curves


def _power(exponent: float) -> Curve:
    return lambda value: value**exponent


def _srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _pq(value: float) -> float:
    """Return the light of SMPTE ST 2084 relative to white paper; what is lighter is cut off."""
    power = value ** (32 / 2523)
    share = max(power - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * power)
    return min(1.0, 10_000 / _WHITE_NITS * share ** (8192 / 1305))


def _hlg(value: float) -> float:
    """Return the light of hybrid log-gamma relative to white paper (a value of 0.75)."""
    return min(1.0, _hlg_scene(value) / _hlg_scene(0.75)) ** 1.2


def _hlg_scene(value: float) -> float:
    if value <= 0.5:
        return value * value / 3
    return (2.718281828459045 ** ((value - 0.55991073) / 0.17883277) + 0.28466892) / 12


#: By the number of the transfer function. Viewers show those of video (1, 6, 14, 15) like sRGB.
_CURVES: dict[int, Curve] = {
    4: _power(2.2),
    5: _power(2.8),
    8: _power(1.0),
    16: _pq,
    17: _power(2.6),
    18: _hlg,
}


# Profiles


def _profile(points: Chromaticities, curve: Curve) -> bytes | None:
    """Return an ICC profile (version 2: matrix and curves); None if the points are invalid."""
    try:
        columns = _colourants(points)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    if not all(abs(value) < 4 for column in columns for value in column):
        return None
    steps = [round(curve(n / (_CURVE_POINTS - 1)) * 65535) for n in range(_CURVE_POINTS)]
    curve_tag = b"curv\0\0\0\0" + struct.pack(f">I{len(steps)}H", len(steps), *steps)
    tags = {b"desc": b"desc\0\0\0\0" + struct.pack(">I", 6) + b"named\0" + b"\0" * 78}
    tags |= {b"wtpt": _xyz(_D50)}
    tags |= {name: _xyz(column) for name, column in zip(_COLUMNS, columns, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve_tag)
    offset, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = struct.pack(">I4xI12s", offset + len(body), 0x02400000, b"mntrRGB XYZ ")
    header = header.ljust(36, b"\0") + b"acsp"
    header = header.ljust(68, b"\0") + _xyz(_D50)[8:]
    return header.ljust(128, b"\0") + table + body


_COLUMNS = (b"rXYZ", b"gXYZ", b"bXYZ")


def _xyz(vector: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in vector))


def _colourants(points: Chromaticities) -> list[Vector]:
    """Return the XYZ values of red, green and blue, adapted to the white of profiles (D50)."""
    white, *primaries = (_xyz_of(*pair) for pair in zip(points[::2], points[1::2], strict=True))
    matrix = tuple(zip(*primaries, strict=True))
    shares = _solve(matrix, white)
    cone_white, cone_d50 = _times(_BRADFORD, white), _times(_BRADFORD, _D50)
    columns = []
    for share, primary in zip(shares, primaries, strict=True):
        cone = _times(_BRADFORD, tuple(share * value for value in primary))
        adapted = tuple(a * d50 / w for a, d50, w in zip(cone, cone_d50, cone_white, strict=True))
        columns.append(_solve(_BRADFORD, adapted))
    return columns


def _xyz_of(x: float, y: float) -> Vector:
    return (x / y, 1.0, (1 - x - y) / y)


def _times(matrix: Any, vector: Any) -> Any:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _solve(matrix: Any, vector: Any) -> Any:
    """Solve a system of three linear equations by Cramer's rule."""
    whole = _determinant(matrix)
    return tuple(
        _determinant(
            [
                [vector[n] if k == column else value for k, value in enumerate(row)]
                for n, row in enumerate(matrix)
            ]
        )
        / whole
        for column in range(3)
    )


def _determinant(rows: Any) -> float:
    (a, b, c), (d, e, f), (g, h, i) = rows
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


# Numbers in files


def _png_numbers(content: mmap.mmap) -> tuple[int, ...] | None:
    """Return the four numbers of the chunk ``cICP``, which stands before the pixels."""
    position = len(_PNG)
    for _count in range(_MAX_CHUNKS):
        head = content[position : position + 8]
        if len(head) < 8 or head[4:] in {b"IDAT", b"PLTE"}:
            return None
        if head == b"\0\0\0\4cICP":
            return tuple(content[position + 8 : position + 12])
        position += 12 + int.from_bytes(head[:4], "big")
    return None


def _nclx_numbers(content: mmap.mmap) -> tuple[int, ...] | None:
    """Return the numbers of the first property ``colr`` of the kind ``nclx``."""
    start, end = 0, len(content)
    for kind, fields in ((b"meta", 4), (b"iprp", 0), (b"ipco", 0)):
        found = [box for box in _boxes(content, start, end) if box[0] == kind]
        if not found:
            return None
        start, end = found[0][1] + fields, found[0][2]
    for kind, first, last in _boxes(content, start, end):
        if kind == b"colr" and content[first : first + 4] == b"nclx" and last - first >= 8:
            return struct.unpack(">HH", content[first + 4 : first + 8])
    return None


def _boxes(content: mmap.mmap, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each box (ISO/IEC 14496-12) and where its content starts and ends."""
    for _count in range(_MAX_BOXES):
        head = content[start : min(start + 16, end)]
        if len(head) < 8:
            return
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(head[8:16], "big"), 16
        last = end if size == 0 else min(end, start + size)
        if last < start + header:
            return
        yield head[4:8], start + header, last
        start = last
