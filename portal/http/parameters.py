"""Read values from the text of parameters, headers and attributes."""

#: Numbers of 18 digits fit into a 64-bit integer column.
MAX_ID_DIGITS = 18


def parse_number(text: str, *, max_digits: int = MAX_ID_DIGITS) -> int | None:
    """Return a non-negative integer written in ASCII digits; None for any other text.

    ``int()`` accepts signs, blanks, underscores and digits of other scripts, and raises
    ``ValueError`` above 4,300 digits.
    """
    if 0 < len(text) <= max_digits and text.isascii() and text.isdigit():
        return int(text)
    return None
