"""QR codes, drawn here: a page on paper, or on another screen, leads back to its address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import segno

#: The quiet zone that whoever reads the code needs, in modules.
BORDER = 4


@dataclass(frozen=True)
class Code:
    """What ``includes/qr.html`` draws: the side in modules, and a stroke for each dark run."""

    side: int
    path: str


def code(text: str) -> Code:
    """The QR code of a text, readable though a seventh of it be smudged."""
    made = segno.make_qr(text, error="m")
    return Code(len(made.matrix) + 2 * BORDER, "".join(_strokes(made.matrix)))


def _strokes(rows: tuple[bytearray, ...]) -> Iterator[str]:
    for y, row in enumerate(rows, BORDER):
        x = BORDER
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                yield f"M{x} {y}.5h{length}"
            x += length
