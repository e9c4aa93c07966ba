"""Which row is the header, and which column stands where."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from .cell_text import clean
from .limits import HEADER_WITHIN
from .places import letters, place
from .structures import Column, TableError, Value

_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_DECORATION = re.compile(r"[\s*※:]+")
_NAMED = 10  # headers named in a message
_NAME_LENGTH = 30
_HEADER_LENGTH = 500  # characters of a header that are looked at
_REMARKS_WITHIN = 3  # remarks in remarks

Head = Sequence[tuple[int, Mapping[int, Value]]]


@dataclass
class Header:
    """The row that looks most like the header."""

    row: int = 0
    columns: dict[int, Column] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)

    def check(self, columns: Sequence[Column], sheet: str) -> None:
        """Refuse what cannot be read without guessing."""
        if not self.columns:
            raise TableError(_no_header(columns, sheet))
        if self.repeated:
            raise TableError(
                _("Row %(row)s holds the same header more than once: %(names)s. Keep one of each.")
                % {"row": self.row, "names": listed(self.repeated)}
            )
        found = set(self.columns.values())
        missing = [c.header for c in columns if c.required and c not in found]
        if missing or self.unknown:
            raise TableError(_wrong_headers(self.row, missing, self.unknown))


def find_header(head: Head, columns: Sequence[Column]) -> Header:
    """The row of the head with the most known headers; of equals the first."""
    names = _Names(columns)
    best = Header()
    for number, values in head:
        header = _read(number, values, names)
        if len(header.columns) > len(best.columns):
            best = header
    return best


def listed(names: Sequence[str]) -> str:
    more = ["…"] if len(names) > _NAMED else []
    return _(", ").join([*names[:_NAMED], *more])


def _read(number: int, values: Mapping[int, Value], names: _Names) -> Header:
    header = Header(number)
    for index, value in values.items():
        text = value.text[:_HEADER_LENGTH]
        if not _folded(text):
            continue
        column = names.find(text)
        if column is None:
            header.unknown.append(f"{_shortened(text)} ({place(index, number)})")
        elif column in header.columns.values():
            header.repeated.append(f"{column.header} ({letters(index)})")
        else:
            header.columns[index] = column
    return header


class _Names:
    """Headers as people write them: first to the letter, then without remarks in parentheses."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._full: dict[str, Column] = {}
        self._bare: dict[str, Column | None] = {}
        for column in columns:
            for name in (column.header, *column.aliases):
                self._full[_folded(name)] = column
                bare = _folded(_without_remarks(name))
                # "Sum (yuan)" and "Sum (10,000 yuan)" are told apart by their remarks alone.
                other = self._bare.get(bare, column)
                self._bare[bare] = column if other == column else None

    def find(self, text: str) -> Column | None:
        exact = self._full.get(_folded(text))
        return exact or self._bare.get(_folded(_without_remarks(text)))


def _folded(text: str) -> str:
    return _DECORATION.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _without_remarks(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    for _level in range(_REMARKS_WITHIN):
        text = _REMARK.sub("", text)
    return text


def _shortened(text: str) -> str:
    text = " ".join(clean(text).split())
    return text if len(text) <= _NAME_LENGTH else text[:_NAME_LENGTH] + "…"


def _no_header(columns: Sequence[Column], sheet: str) -> str:
    values = {
        "rows": HEADER_WITHIN,
        "names": listed([column.header for column in columns]),
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
    values = {"row": row, "missing": listed(missing), "unknown": listed(unknown)}
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
