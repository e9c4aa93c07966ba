"""The engine for PostgreSQL: each index table has a column of type tsvector with a GIN index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from .. import tokens
from ..documents import Document, row_tokens, time_span
from ..models import IndexRow
from .base import Engine, IndexModel, Match, ScanBudget, field_names

# The SQL below is assembled from the project's own table names, never from user input.
# ruff: noqa: S608


class PostgresEngine(Engine):
    """The engine for PostgreSQL; it stores tokens in a tsvector without positions.

    Database queries order rows by the expression ``ordinal + 0``: for ``ORDER BY ordinal`` the
    planner would scan the whole table in this order instead of sorting the few matching rows.
    """

    #: Number of the newest rows, which are searched before all others: for a frequent word they
    #: contain enough hits.
    NEWEST_ROWS = 4_000
    #: If the newest rows are spread over more 32-day spans than this, all rows are searched at
    #: once.
    MAX_SPANS = 60
    PENDING_LIST_KB = 128 * 1024
    #: One database query scans the texts of at most this many rows or about this many characters.
    PORTION_ROWS, PORTION_CHARACTERS = 200, 2_000_000

    # Methods that write the index

    def write(self, model: IndexModel, documents: Sequence[Document]) -> None:
        names = field_names(model)
        assignments = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in [*names, "vector"])
        columns = ", ".join(f'"{name}"' for name in [*names, "vector"])
        placeholders = ", ".join(["%s"] * len(names))
        with self.connection.cursor() as cursor:
            for document in documents:
                # The model fields convert the values for the database, as in ``Model.save``.
                row = [
                    field.get_db_prep_save(getattr(document, field.attname), self.connection)
                    for field in model._meta.concrete_fields
                ]
                held = row_tokens(document.folded_title, document.folded_text, document.facets)
                cursor.execute(
                    f"INSERT INTO {model._meta.db_table} ({columns})"
                    # The tokens are one string: of a list, PostgreSQL would have to parse
                    # thousands of constants.
                    f" VALUES ({placeholders}, array_to_tsvector(string_to_array(%s, ' ')))"
                    f" ON CONFLICT (content_type_id, object_id) DO UPDATE SET {assignments}",
                    [*row, " ".join(held)],
                )

    def delete(self, model: IndexModel, rows: Iterable[IndexRow]) -> None:
        model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()

    def clear(self, model: IndexModel) -> None:
        self.execute(f"DELETE FROM {model._meta.db_table}")

    def begin_bulk(self, model: IndexModel) -> None:
        """Switch the pending list of the GIN index on.

        The pending list collects the tokens of hundreds of rows and sorts them, so that each index
        page is written one time for all of these rows. Searches must scan the list, so only
        rebuilds use it and flush it themselves. Its size limit matters only if a rebuild is killed.
        """
        self._set_pending_list(model, "on")

    def end_bulk(self, model: IndexModel) -> None:
        self._set_pending_list(model, "off")
        self.flush_bulk(model)

    def flush_bulk(self, model: IndexModel) -> None:
        self.execute(
            "SELECT set_config('maintenance_work_mem', %s, true),"
            " set_config('statement_timeout', '0', true)",
            [f"{self.PENDING_LIST_KB}kB"],
        )
        self.execute("SELECT gin_clean_pending_list(%s::regclass)", [self.index_name(model)])

    def is_in_bulk(self, model: IndexModel) -> bool:
        ((options,),) = self.fetch_all(
            "SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [self.index_name(model)]
        )
        return "fastupdate=on" in (options or ())

    def _set_pending_list(self, model: IndexModel, state: str) -> None:
        options = f"gin_pending_list_limit = {self.PENDING_LIST_KB}, fastupdate = {state}"
        self.execute(f"ALTER INDEX {self.index_name(model)} SET ({options})")

    @staticmethod
    def index_name(model: IndexModel) -> str:
        return f"{model._meta.db_table}_vector"

    # Methods that search the index

    def from_ordinals(self, model: IndexModel) -> str:
        return f"{model._meta.db_table} WHERE ordinal = ANY(%s::bigint[])"

    def ordinals_parameter(self, ordinals: Sequence[int]) -> list[int]:
        return list(ordinals)

    def find_ordinals(
        self, model: IndexModel, match: Match, limit: int, budget: ScanBudget | None = None
    ) -> list[int]:
        spans = self._newest_spans(model)
        newest = [replace(match, any_of=(*match.any_of, spans))] if spans else []
        found: list[int] = []
        seen: set[int] = set()
        for condition in [*newest, match]:
            if not match.texts:
                found = [ordinal for ordinal, _size in self._rows(model, condition, limit)]
            else:
                # Fetch no more rows than the scan budget allows to scan.
                most = max(budget.remaining // budget.ROW_COST, 0) + 1 if budget else -1
                rows = [row for row in self._rows(model, condition, most) if row[0] not in seen]
                seen.update(ordinal for ordinal, _size in rows)
                missing = limit - len(found) if limit >= 0 else len(rows)
                found += self._scan(model, match, rows, missing, budget)
            if len(found) == limit or (budget and budget.is_exhausted):
                break
        return found

    def _newest_spans(self, model: IndexModel) -> tuple[str, ...]:
        """Return the tokens of the 32-day spans that contain the newest rows.

        Return () if the table has fewer than ``NEWEST_ROWS`` rows, or for too many spans.
        """
        table = model._meta.db_table
        bounds = self.fetch_all(
            f"(SELECT ordinal FROM {table} ORDER BY ordinal DESC LIMIT 1)"
            f" UNION ALL (SELECT ordinal FROM {table} ORDER BY ordinal DESC OFFSET %s LIMIT 1)",
            [self.NEWEST_ROWS],
        )
        if len(bounds) < 2:
            return ()
        (newest,), (oldest,) = bounds
        numbers = range(time_span(oldest), time_span(newest) + 1)
        if not 0 < len(numbers) <= self.MAX_SPANS:
            return ()
        return tuple(map(tokens.span_token, numbers))

    def _rows(self, model: IndexModel, match: Match, limit: int) -> list[tuple[int, int]]:
        """Return (ordinal, approximate size in characters) of the newest rows with the tokens.

        The size is estimated as a third of the bytes, because most characters have three bytes in
        UTF-8: to count characters, PostgreSQL would have to read the text.
        """
        where, params = self._where(match)
        size = "octet_length(folded_text) / 3" if match.texts else "0"
        return self.fetch_all(
            f"SELECT ordinal, {size} FROM {model._meta.db_table} WHERE {where}"
            " ORDER BY ordinal + 0 DESC LIMIT %s",
            [*params, limit if limit >= 0 else None],
        )

    def _scan(
        self,
        model: IndexModel,
        match: Match,
        rows: Sequence[tuple[int, int]],
        limit: int,
        budget: ScanBudget | None,
    ) -> list[int]:
        """Return the ordinals of the rows whose text contains all ``texts`` of the condition.

        They are in the order of ``rows``, and at most ``limit``.
        """
        found: list[int] = []
        where = " AND ".join(["strpos(folded_text, %s) > 0"] * len(match.texts))
        # The text is fetched only if the first or last word of a term must be checked to be whole.
        text = "folded_text" if match.word_patterns else "''"
        for portion in self._portions(rows, budget):
            hits = self.fetch_all(
                f"SELECT ordinal, {text} FROM {model._meta.db_table}"
                f" WHERE ordinal = ANY(%s::bigint[]) AND {where} ORDER BY ordinal DESC",
                [portion, *match.texts],
            )
            found += [ordinal for ordinal, folded_text in hits if match.matches_words(folded_text)]
            if len(found) >= limit:
                return found[:limit]
        return found

    def _portions(
        self, rows: Sequence[tuple[int, int]], budget: ScanBudget | None
    ) -> Iterator[list[int]]:
        """Yield the ordinals of the rows in portions, until the scan budget is exhausted."""
        portion: list[int] = []
        characters = 0
        for ordinal, size in rows:
            if budget:
                if budget.is_exhausted:
                    break
                budget.spend(size)
            portion.append(ordinal)
            characters += size
            if len(portion) == self.PORTION_ROWS or characters >= self.PORTION_CHARACTERS:
                yield portion
                portion, characters = [], 0
        if portion:
            yield portion

    def find_faults(self, model: IndexModel) -> list[str]:
        faults = []
        table = model._meta.db_table
        rows = model._default_manager.values_list("pk", "folded_title", "folded_text", "facets")
        for pk, *row in rows.iterator(chunk_size=200):
            is_equal = self.fetch_all(
                f"SELECT vector = array_to_tsvector(%s::text[]) FROM {table} WHERE ordinal = %s",
                [row_tokens(*row), pk],
            )
            if is_equal == [(False,)]:
                faults.append(f"{table}: the tokens of document {pk} are not its text's")
        return faults

    def _where(self, match: Match) -> tuple[str, list[Any]]:
        parts = [_quote(token) for token in match.tokens]
        parts += [f"({' | '.join(map(_quote, group))})" for group in match.any_of]
        return "vector @@ %s::tsquery AND ordinal BETWEEN %s AND %s", [
            " & ".join(parts),
            match.low,
            match.high,
        ]


def _quote(token: str) -> str:
    """Quote a token for a tsquery; no token contains quotes, backslashes or spaces."""
    return f"'{token}'"
