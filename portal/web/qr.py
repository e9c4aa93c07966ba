"""QR codes as SVG paths. They encode the page's URL for readers of a printed page or a screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import segno

#: Width in modules of the empty zone around the code, which ISO/IEC 18004 requires.
BORDER = 4


@dataclass(frozen=True)
class Code:
    """A QR code in the form in which ``includes/qr.html`` draws it.

    ``side`` is the side length in modules, ``path`` the data of an SVG path.
    """

    side: int
    path: str


def code(text: str) -> Code:
    """Return the QR code of a text at error correction level M (15 % of it may be damaged)."""
    made = segno.make_qr(text, error="m")
    return Code(len(made.matrix) + 2 * BORDER, "".join(_strokes(made.matrix)))


def _strokes(rows: tuple[bytearray, ...]) -> Iterator[str]:
    """Yield SVG path data: a horizontal line for each run of dark modules."""
    for y, row in enumerate(rows, BORDER):
        x = BORDER
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                yield f"M{x} {y}.5h{length}"
            x += length
