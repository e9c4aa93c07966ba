"""Search for the header row of a table, and assignment of its cells to the expected columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from .cell_text import clean
from .coordinates import cell_reference, column_letters
from .limits import MAX_HEADER_ROW
from .structures import Column, TableError, Value

_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_DECORATION = re.compile(r"[\s*※:]+")
_MAX_NAMED = 10  # maximum number of headers in a message
_MAX_NAME_LENGTH = 30  # maximum number of characters of a header in a message
_MAX_HEADER_LENGTH = 500  # maximum number of characters of a header that are compared
_REMARK_LEVELS = 3  # maximum number of nested parentheses that are removed

#: The first rows of a sheet: (row number, values by column number).
Head = Sequence[tuple[int, Mapping[int, Value]]]


@dataclass
class Header:
    """The header row: its row number, its known columns by column number, and its problems."""

    row: int = 0
    columns: dict[int, Column] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)

    def check(self, columns: Sequence[Column], sheet: str) -> None:
        """Raise TableError if a required header is missing, or one is unknown or repeated."""
        if not self.columns:
            raise TableError(_no_header(columns, sheet))
        if self.repeated:
            raise TableError(
                _("Row %(row)s holds the same header more than once: %(names)s. Keep one of each.")
                % {"row": self.row, "names": join_names(self.repeated)}
            )
        found = set(self.columns.values())
        missing = [c.header for c in columns if c.required and c not in found]
        if missing or self.unknown:
            raise TableError(_wrong_headers(self.row, missing, self.unknown))


def find_header(head: Head, columns: Sequence[Column]) -> Header:
    """Return the row with the most known headers, the first one if several rows have as many."""
    names = _ColumnNames(columns)
    best = Header()
    for number, values in head:
        header = _read_header(number, values, names)
        if len(header.columns) > len(best.columns):
            best = header
    return best


def join_names(names: Sequence[str]) -> str:
    """Join the first names for a message; "…" stands for the others."""
    more = ["…"] if len(names) > _MAX_NAMED else []
    return _(", ").join([*names[:_MAX_NAMED], *more])


def _read_header(number: int, values: Mapping[int, Value], names: _ColumnNames) -> Header:
    header = Header(number)
    for index, value in values.items():
        text = value.text[:_MAX_HEADER_LENGTH]
        if not _folded(text):
            continue
        column = names.find(text)
        if column is None:
            header.unknown.append(f"{_shortened(text)} ({cell_reference(index, number)})")
        elif column in header.columns.values():
            header.repeated.append(f"{column.header} ({column_letters(index)})")
        else:
            header.columns[index] = column
    return header


class _ColumnNames:
    """The expected columns by header.

    A header is first searched by its exact text, then without remarks in parentheses.
    """

    def __init__(self, columns: Iterable[Column]) -> None:
        self._full: dict[str, Column] = {}
        self._bare: dict[str, Column | None] = {}
        for column in columns:
            for name in (column.header, *column.aliases):
                self._full[_folded(name)] = column
                bare = _folded(_without_remarks(name))
                # Without their remarks, "Sum (yuan)" and "Sum (10,000 yuan)" are equal, and
                # therefore ambiguous.
                other = self._bare.get(bare, column)
                self._bare[bare] = column if other == column else None

    def find(self, text: str) -> Column | None:
        exact = self._full.get(_folded(text))
        return exact or self._bare.get(_folded(_without_remarks(text)))


def _folded(text: str) -> str:
    return _DECORATION.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _without_remarks(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    for _level in range(_REMARK_LEVELS):
        text = _REMARK.sub("", text)
    return text


def _shortened(text: str) -> str:
    text = " ".join(clean(text).split())
    return text if len(text) <= _MAX_NAME_LENGTH else text[:_MAX_NAME_LENGTH] + "…"


def _no_header(columns: Sequence[Column], sheet: str) -> str:
    values = {
        "rows": MAX_HEADER_ROW,
        "names": join_names([column.header for column in columns]),
        "sheet": sheet,
    }
    if sheet:
        return (
            _(
                "No row of headers was found in rows 1 to %(rows)s of the sheet “%(sheet)s”. "
                "Expected there: %(names)s. Copy the header row of the template."
            )
            % values
        )
    return (
        _(
            "No row of headers was found in rows 1 to %(rows)s. Expected there: %(names)s. "
            "Copy the header row of the template."
        )
        % values
    )


def _wrong_headers(row: int, missing: list[str], unknown: list[str]) -> str:
    values = {"row": row, "missing": join_names(missing), "unknown": join_names(unknown)}
    if not unknown:
        return (
            _(
                "The headers were looked for in row %(row)s. These are missing: %(missing)s. "
                "Write them as in the template."
            )
            % values
        )
    if not missing:
        return (
            _(
                "The headers were looked for in row %(row)s. These are not known: %(unknown)s. "
                "Write them as in the template, or take the columns out."
            )
            % values
        )
    return (
        _(
            "The headers were looked for in row %(row)s. These are missing: %(missing)s. "
            "These are not known: %(unknown)s. Write them as in the template, or take the columns "
            "out."
        )
        % values
    )
