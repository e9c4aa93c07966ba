"""QR codes as SVG paths, which lead from a printed page or another screen to the page's URL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import segno

#: Width of the quiet zone around the code, in modules (ISO/IEC 18004).
BORDER = 4


@dataclass(frozen=True)
class Code:
    """A code as ``includes/qr.html`` draws it: side length in modules, and SVG path data."""

    side: int
    path: str


def code(text: str) -> Code:
    """Return the QR code of a text with error correction level M (15 % of it may be damaged)."""
    made = segno.make_qr(text, error="m")
    return Code(len(made.matrix) + 2 * BORDER, "".join(_strokes(made.matrix)))


def _strokes(rows: tuple[bytearray, ...]) -> Iterator[str]:
    """Yield one horizontal line of path data for each run of dark modules."""
    for y, row in enumerate(rows, BORDER):
        x = BORDER
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                yield f"M{x} {y}.5h{length}"
            x += length
