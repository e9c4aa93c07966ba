"""The search condition, the scan budget and the interface of both engines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .. import tokens
from ..documents import Document
from ..models import IndexRow

IndexModel = type[IndexRow]


@dataclass(frozen=True)
class Match:
    """A search condition.

    ``tokens``: the row must have all of these tokens; ``any_of``: it must have at least one token
    of each group; ``texts``: its folded text must contain all of them; ``low`` and ``high``: the
    inclusive range of its ordinal.
    """

    tokens: tuple[str, ...]
    any_of: tuple[tuple[str, ...], ...] = ()
    texts: tuple[str, ...] = ()
    low: int = 0
    high: int = field(default=(1 << 63) - 1)

    @cached_property
    def word_patterns(self) -> list[re.Pattern[str]]:
        """Patterns for the ``texts`` that begin or end in a word or number, which must be whole."""
        return [
            tokens.whole_word_pattern(text) for text in self.texts if tokens.has_word_edge(text)
        ]

    def matches_text(self, folded_text: str) -> bool:
        """Return whether the folded text of a row contains all ``texts`` of this condition."""
        # The operator ``in`` is fast and rejects most rows, but it also finds 1月 in 11月.
        return all(text in folded_text for text in self.texts) and self.matches_words(folded_text)

    def matches_words(self, folded_text: str) -> bool:
        return all(pattern.search(folded_text) for pattern in self.word_patterns)


@dataclass
class ScanBudget:
    """The number of characters of texts that the searches of a request may still scan."""

    remaining: int

    #: To read a row from the database takes as much time as to scan this many characters.
    ROW_COST = 1_000

    def spend(self, characters: int) -> None:
        self.remaining -= characters + self.ROW_COST

    @property
    def is_exhausted(self) -> bool:
        return self.remaining <= 0


def field_names(model: IndexModel) -> list[str]:
    return [each.attname for each in model._meta.concrete_fields]


class Engine:
    """The interface of the engines, used by ``index`` and ``public_search``."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    # Methods that write the index

    def write(self, model: IndexModel, documents: Sequence[Document]) -> None:
        """Insert a row for each document, or replace the existing row of the same object."""
        raise NotImplementedError

    def delete(self, model: IndexModel, rows: Iterable[IndexRow]) -> None:
        """Delete these rows of the index table, and their tokens in the inverted index."""
        raise NotImplementedError

    def clear(self, model: IndexModel) -> None:
        """Delete all rows of the index table, and all tokens in the inverted index."""
        raise NotImplementedError

    def begin_bulk(self, model: IndexModel) -> None:
        """Switch the inverted index to a mode for many writes, until ``end_bulk``."""

    def flush_bulk(self, model: IndexModel) -> None:
        """Apply the deferred writes of the inverted index.

        Called in a transaction, every few hundred documents of a rebuild.
        """

    def end_bulk(self, model: IndexModel) -> None:
        """Switch the inverted index back to the normal mode after ``begin_bulk``."""

    def is_in_bulk(self, model: IndexModel) -> bool:
        """Return whether ``begin_bulk`` was called without ``end_bulk``."""
        return False

    def optimize(self, model: IndexModel) -> None:
        """Do the maintenance of the inverted index now, so that later writes need not do it."""

    # Methods that search the index

    def find_ordinals(
        self, model: IndexModel, match: Match, limit: int, budget: ScanBudget | None = None
    ) -> list[int]:
        """Return the ordinals of the newest matching rows, newest first.

        A ``limit`` of -1 means all rows. The search ends when the scan budget is exhausted; None
        means no limit.
        """
        raise NotImplementedError

    def from_ordinals(self, model: IndexModel) -> str:
        """Return the SQL after FROM that selects rows by ordinal.

        It has one parameter, which ``ordinals_parameter`` returns.
        """
        raise NotImplementedError

    def ordinals_parameter(self, ordinals: Sequence[int]) -> Any:
        """Return the ordinals as the parameter of the SQL that ``from_ordinals`` returns."""
        raise NotImplementedError

    def find_faults(self, model: IndexModel) -> list[str]:
        """Return a description of each difference between the inverted index and the rows."""
        raise NotImplementedError

    # Methods that run SQL

    def fetch_all(self, sql: str, params: Sequence[Any] = ()) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)
