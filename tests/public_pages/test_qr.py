"""The QR code that the share box and the printed page of an article contain."""

import re

import pytest
import segno
from django.template.loader import render_to_string

from portal.web.qr import BORDER, code

ADDRESSES = [
    "http://a.example/",
    "https://court.example/news/46/",
    "https://court.example/en/news/9223372036854775807/",
]


def drawn(side: int, path: str) -> list[list[int]]:
    """Return the modules (squares) of the QR code that the strokes of the SVG path cover, as 0 or
    1.
    """
    modules = [[0] * side for _ in range(side)]
    strokes = re.findall(r"M(\d+) (\d+)\.5h(\d+)", path)
    assert "".join(f"M{x} {y}.5h{length}" for x, y, length in strokes) == path
    for x, y, length in strokes:
        for at in range(int(x), int(x) + int(length)):
            # No stroke may cover a module that another stroke has covered.
            assert modules[int(y)][at] == 0
            modules[int(y)][at] = 1
    return modules


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_drawing_equals_the_code_with_its_quiet_zone(address: str) -> None:
    made = code(address)
    modules = drawn(made.side, made.path)
    inside = [row[BORDER:-BORDER] for row in modules[BORDER:-BORDER]]
    assert inside == [list(row) for row in segno.make_qr(address, error="m").matrix]
    assert sum(map(sum, modules)) == sum(map(sum, inside))


def test_equal_addresses_have_equal_drawings() -> None:
    assert len({code(address) for address in ADDRESSES * 2}) == len(ADDRESSES)


def test_the_code_is_black_on_white_in_every_theme() -> None:
    svg = render_to_string("includes/qr.html", {"drawing": code(ADDRESSES[0]), "label": "码"})
    assert re.findall(r'(?:fill|stroke)="([^"]+)"', svg) == ["#fff", "none", "#000"]
    assert 'role="img" aria-label="码"' in svg
