"""Parsing of untrusted values in query parameters, headers and HTML attributes."""

#: Maximum number of digits of an id: integers of 18 digits fit into a 64-bit integer column.
MAX_ID_DIGITS = 18


def parse_number(text: str, *, max_digits: int = MAX_ID_DIGITS) -> int | None:
    """Return the non-negative integer that ASCII digits represent; None for any other text.

    In contrast, ``int()`` accepts signs, blanks, underscores and digits of other scripts, and
    raises ``ValueError`` for more than 4,300 digits.
    """
    if 0 < len(text) <= max_digits and text.isascii() and text.isdigit():
        return int(text)
    return None
