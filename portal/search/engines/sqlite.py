"""The engine for SQLite: each index table has a contentless FTS5 table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from .. import tokens
from ..documents import Document, row_tokens
from ..models import IndexRow
from .base import Engine, IndexModel, Match, ScanBudget, field_names

# The SQL below is assembled from the project's own table names, never from user input.
# ruff: noqa: S608


class SqliteEngine(Engine):
    """The engine for SQLite; the rowid of an FTS5 row is the ordinal of its document.

    FTS5 therefore returns the newest rows first without sorting. To delete a row, FTS5 needs the
    tokens that were inserted; ``row_tokens`` computes them again.
    """

    #: The number of pages of the FTS5 index that one step of ``optimize`` merges.
    MERGE_PAGES = 500

    def write(self, model: IndexModel, documents: Sequence[Document]) -> None:
        for document in documents:
            previous = model._default_manager.filter(
                content_type_id=document.content_type_id, object_id=document.object_id
            )
            self.delete(model, previous)
            values = {name: getattr(document, name) for name in field_names(model)}
            model._default_manager.bulk_create([model(**values)])
            self.execute(
                f"INSERT INTO {self.index_name(model)} (rowid, tokens) VALUES (%s, %s)",
                [document.ordinal, _joined_tokens(document)],
            )

    def delete(self, model: IndexModel, rows: Iterable[IndexRow]) -> None:
        index = self.index_name(model)
        for row in rows:
            self.execute(
                f"INSERT INTO {index} ({index}, rowid, tokens) VALUES ('delete', %s, %s)",
                [row.pk, _joined_tokens(row)],
            )
            model._default_manager.filter(pk=row.pk).delete()

    def clear(self, model: IndexModel) -> None:
        index = self.index_name(model)
        self.execute(f"INSERT INTO {index} ({index}) VALUES ('delete-all')")
        self.execute(f"DELETE FROM {model._meta.db_table}")

    def optimize(self, model: IndexModel) -> None:
        """Merge the segments of the FTS5 index in steps: a concurrent write waits for one step."""
        index = self.index_name(model)
        pages = -self.MERGE_PAGES  # the minus sign tells FTS5 to merge all segments
        while True:
            before = self.connection.connection.total_changes
            self.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('merge', %s)", [pages])
            if self.connection.connection.total_changes - before < 2:
                return
            pages = self.MERGE_PAGES

    def from_ordinals(self, model: IndexModel) -> str:
        """Return SQL that joins the table to the ordinals.

        With ``IN (...)`` outdated statistics could make SQLite scan the whole table.
        """
        table = model._meta.db_table
        return f"json_each(%s) AS wanted CROSS JOIN {table} ON {table}.ordinal = wanted.value"

    def ordinals_parameter(self, ordinals: Sequence[int]) -> str:
        return json.dumps(list(ordinals))

    def find_ordinals(
        self, model: IndexModel, match: Match, limit: int, budget: ScanBudget | None = None
    ) -> list[int]:
        index, table = self.index_name(model), model._meta.db_table
        where, params = self._where(model, match)
        if not match.texts:
            rows = self.fetch_all(
                f"SELECT rowid FROM {index} WHERE {where} ORDER BY rowid DESC LIMIT %s",
                [*params, limit],
            )
            return [ordinal for (ordinal,) in rows]
        found: list[int] = []
        with self.connection.cursor() as cursor:
            # CROSS JOIN makes SQLite read the FTS5 table first, so the rows arrive sorted. Each
            # text is read only when the loop fetches its row, and scanned in Python, which is
            # faster than SQLite's ``instr``.
            cursor.execute(
                f"SELECT {index}.rowid, {table}.folded_text FROM {index} CROSS JOIN {table}"
                f" ON {table}.ordinal = {index}.rowid WHERE {where} ORDER BY {index}.rowid DESC",
                params,
            )
            for ordinal, folded_text in cursor:
                if budget:
                    if budget.is_exhausted:
                        break
                    budget.spend(len(folded_text))
                if match.matches_text(folded_text):
                    found.append(ordinal)
                    if len(found) == limit:
                        break
        return found

    def find_faults(self, model: IndexModel) -> list[str]:
        index, table = self.index_name(model), model._meta.db_table
        indexed = set(self.find_ordinals(model, Match(tokens=(tokens.ALL,)), -1))
        rows = set(model._default_manager.values_list("pk", flat=True))
        faults = [f"{index}: row {pk} has no document" for pk in sorted(indexed - rows)]
        faults += [f"{index}: document {pk} is not in it" for pk in sorted(rows - indexed)]
        ((actual,),) = self.fetch_all(f"SELECT COALESCE(SUM(doc), 0) FROM {index}_words")
        texts = model._default_manager.values_list("folded_title", "folded_text", "facets")
        expected = sum(len(row_tokens(*row)) for row in texts.iterator(chunk_size=500))
        if actual != expected:
            faults.append(f"{index}: {actual} tokens, where {table} has {expected}")
        return faults

    @staticmethod
    def index_name(model: IndexModel) -> str:
        return f"{model._meta.db_table}_index"

    def _where(self, model: IndexModel, match: Match) -> tuple[str, list[Any]]:
        index = self.index_name(model)
        parts = [*map(_quote, match.tokens)]
        parts += [f"({' OR '.join(map(_quote, group))})" for group in match.any_of]
        where = f"{index} MATCH %s AND {index}.rowid BETWEEN %s AND %s"
        return where, [" AND ".join(parts), match.low, match.high]


def _joined_tokens(row: IndexRow | Document) -> str:
    return " ".join(row_tokens(row.folded_title, row.folded_text, row.facets))


def _quote(token: str) -> str:
    """Quote a token for FTS5's MATCH; no token contains quotes, backslashes or spaces."""
    return f'"{token}"'
