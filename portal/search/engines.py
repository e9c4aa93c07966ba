"""How each database keeps and asks the index. Everything that is not the same for both is here.

Both hold tokens without positions. A search is a conjunction of tokens, which an inverted index
answers exactly; a term of several tokens is then looked for in the folded_text text, row by row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.db import connections, router

from . import tokens
from .documents import Document, span, tokens_of
from .models import IndexRow

Model = type[IndexRow]


@dataclass(frozen=True)
class Match:
    """``tokens``: all of them; of each group in ``any_of`` one; ``texts``: in the folded text."""

    tokens: tuple[str, ...]
    any_of: tuple[tuple[str, ...], ...] = ()
    texts: tuple[str, ...] = ()
    low: int = 0
    high: int = field(default=(1 << 63) - 1)

    @cached_property
    def edged(self) -> list[re.Pattern[str]]:
        """Of texts that begin or end in a word or number: what must be found for them."""
        return [tokens.whole(text) for text in self.texts if tokens.has_edge(text)]

    def holds(self, folded_text: str) -> bool:
        """Whether all its texts stand there."""
        # ``in`` is quick, and refuses most; it alone would find 1月 in 11月.
        return all(text in folded_text for text in self.texts) and self.holds_whole(folded_text)

    def holds_whole(self, folded_text: str) -> bool:
        return all(each.search(folded_text) for each in self.edged)


@dataclass
class Allowance:
    """How many characters one request may still have looked through; the newest come first."""

    left: int

    #: So many characters' time goes by before a text is read.
    EACH = 1_000

    def spend(self, characters: int) -> None:
        self.left -= characters + self.EACH

    @property
    def is_spent(self) -> bool:
        return self.left <= 0


def columns(model: Model) -> list[str]:
    return [each.attname for each in model._meta.concrete_fields]


def values(model: Model, document: Document) -> dict[str, Any]:
    return {name: getattr(document, name) for name in columns(model)}


class Engine:
    """What ``index`` and ``finding`` ask of a database."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def write(self, model: Model, documents: Sequence[Document]) -> None:
        """Put each in, in place of what its object had."""
        raise NotImplementedError

    def erase(self, model: Model, rows: Iterable[IndexRow]) -> None:
        raise NotImplementedError

    def empty(self, model: Model) -> None:
        """Everything out, at once."""
        raise NotImplementedError

    def many(self, model: Model, *, coming: bool) -> None:
        """Told before a great many are written, and after."""

    def amid(self, model: Model) -> None:
        """Told every few hundred of them, in a transaction of its own."""

    def tidy(self, model: Model) -> None:
        """After a great many: do now what later writes would have to."""

    def awaits_many(self, model: Model) -> bool:
        """Whether it was told before, and never after."""
        return False

    def find_ordinals(
        self, model: Model, match: Match, limit: int, allowance: Allowance | None = None
    ) -> list[int]:
        """The newest rows that match, newest first; as far as the allowance goes, if there is one.
        ``limit`` is -1 for all."""
        raise NotImplementedError

    def picked(self, model: Model) -> str:
        """What follows FROM, for the rows of a ``pool`` of ordinals (its one parameter)."""
        raise NotImplementedError

    def pool(self, ordinals: Sequence[int]) -> Any:
        raise NotImplementedError

    def faults(self, model: Model) -> list[str]:
        """Where the inverted index is not what its rows say."""
        raise NotImplementedError

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)


class Sqlite(Engine):
    """An FTS5 table without content: its rowid is the ordinal, so the newest come first unsorted.

    To take a row out, FTS5 must be told what was put in: ``tokens_of`` the row as it stands.
    """

    #: So many of the index's pages are merged at a time.
    PAGES = 500

    def write(self, model: Model, documents: Sequence[Document]) -> None:
        for document in documents:
            same = model._default_manager.filter(
                content_type_id=document.content_type_id, object_id=document.object_id
            )
            self.erase(model, same)
            model._default_manager.bulk_create([model(**values(model, document))])
            self.execute(
                f"INSERT INTO {self.index(model)} (rowid, tokens) VALUES (%s, %s)",  # noqa: S608
                [
                    document.ordinal,
                    _line(document.folded_title, document.folded_text, document.facets),
                ],
            )

    def erase(self, model: Model, rows: Iterable[IndexRow]) -> None:
        index = self.index(model)
        for row in rows:
            self.execute(
                f"INSERT INTO {index} ({index}, rowid, tokens)"  # noqa: S608  (our own names)
                " VALUES ('delete', %s, %s)",
                [row.pk, _line(row.folded_title, row.folded_text, row.facets)],
            )
            model._default_manager.filter(pk=row.pk).delete()

    def empty(self, model: Model) -> None:
        index = self.index(model)
        self.execute(f"INSERT INTO {index} ({index}) VALUES ('delete-all')")  # noqa: S608  (ours)
        self.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  (ours)

    def tidy(self, model: Model) -> None:
        """Merge the pieces that the writes have left, a little at a time: a write waits for that
        little, and none must merge them all."""
        index = self.index(model)
        pages = -self.PAGES  # below nought: whatever there is shall become one
        while True:
            before = self.connection.connection.total_changes
            self.execute(
                f"INSERT INTO {index} ({index}, rank) VALUES ('merge', %s)",  # noqa: S608  (ours)
                [pages],
            )
            if self.connection.connection.total_changes - before < 2:
                return
            pages = self.PAGES

    def picked(self, model: Model) -> str:
        """One look-up for each, in this order. For a list the planner goes by what statistics say
        of the table: where they are of a time when it was small, it reads all of it."""
        table = model._meta.db_table
        return f"json_each(%s) AS wanted CROSS JOIN {table} ON {table}.ordinal = wanted.value"

    def pool(self, ordinals: Sequence[int]) -> str:
        return json.dumps(list(ordinals))

    def find_ordinals(
        self, model: Model, match: Match, limit: int, allowance: Allowance | None = None
    ) -> list[int]:
        index, table = self.index(model), model._meta.db_table
        where, params = self._where(model, match)
        if not match.texts:
            found = self.rows(
                f"SELECT rowid FROM {index} WHERE {where}"  # noqa: S608  (names of our own tables)
                " ORDER BY rowid DESC LIMIT %s",
                [*params, limit],
            )
            return [ordinal for (ordinal,) in found]
        holding: list[int] = []
        with self.connection.cursor() as cursor:
            # CROSS JOIN: SQLite keeps the order of the tables, and so that of the index; each row
            # is read when it is asked for. Python looks through a text quicker than ``instr``.
            cursor.execute(
                f"SELECT {index}.rowid, {table}.folded_text FROM {index} CROSS JOIN {table}"  # noqa: S608
                f" ON {table}.ordinal = {index}.rowid WHERE {where} ORDER BY {index}.rowid DESC",
                params,
            )
            for ordinal, folded_text in cursor:
                if allowance:
                    if allowance.is_spent:
                        break
                    allowance.spend(len(folded_text))
                if match.holds(folded_text):
                    holding.append(ordinal)
                    if len(holding) == limit:
                        break
        return holding

    def faults(self, model: Model) -> list[str]:
        index, table = self.index(model), model._meta.db_table
        everything = Match(tokens=(tokens.ALL,))
        held = set(self.find_ordinals(model, everything, -1))
        rows = set(model._default_manager.values_list("pk", flat=True))
        found = [f"{index}: row {pk} has no document" for pk in sorted(held - rows)]
        found += [f"{index}: document {pk} is not in it" for pk in sorted(rows - held)]
        ((held_tokens,),) = self.rows(f"SELECT COALESCE(SUM(doc), 0) FROM {index}_words")  # noqa: S608
        texts = model._default_manager.values_list("folded_title", "folded_text", "facets")
        wanted = sum(len(tokens_of(*row)) for row in texts.iterator(chunk_size=500))
        if held_tokens != wanted:
            found.append(f"{index}: {held_tokens} tokens, where {table} has {wanted}")
        return found

    @staticmethod
    def index(model: Model) -> str:
        return f"{model._meta.db_table}_index"

    def _where(self, model: Model, match: Match) -> tuple[str, list[Any]]:
        index = self.index(model)
        parts = [*map(_string, match.tokens)]
        parts += [f"({' OR '.join(map(_string, group))})" for group in match.any_of]
        where = f"{index} MATCH %s AND {index}.rowid BETWEEN %s AND %s"
        return where, [" AND ".join(parts), match.low, match.high]


class Postgres(Engine):
    """A tsvector without positions, with a GIN index; ordered by an expression, or the planner
    would rather walk the whole table by date than sort the few rows found."""

    #: So many of the newest rows are asked first: of what stands in every second document, that
    #: is enough, and nobody reads the other fifty thousand.
    WINDOW = 4_000
    #: At most so many spans of time; where they hold fewer rows, all are asked at once.
    SPANS = 60
    MOST_PENDING_KB = 128 * 1024
    #: Texts are looked through so many at a time, or so many characters.
    ROWS, CHARACTERS = 200, 2_000_000

    def write(self, model: Model, documents: Sequence[Document]) -> None:
        names = columns(model)
        sets = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in [*names, "vector"])
        quoted = ", ".join(f'"{name}"' for name in [*names, "vector"])
        marks = ", ".join(["%s"] * len(names))
        with self.connection.cursor() as cursor:
            for document in documents:
                # Adapted by the fields themselves, as the ORM would.
                row = [
                    field.get_db_prep_save(getattr(document, field.attname), self.connection)
                    for field in model._meta.concrete_fields
                ]
                held = tokens_of(document.folded_title, document.folded_text, document.facets)
                cursor.execute(
                    f"INSERT INTO {model._meta.db_table} ({quoted})"  # noqa: S608  (our names)
                    # One text, where a list would be thousands of constants to read.
                    f" VALUES ({marks}, array_to_tsvector(string_to_array(%s, ' ')))"
                    f" ON CONFLICT (content_type_id, object_id) DO UPDATE SET {sets}",
                    [*row, " ".join(held)],
                )

    def erase(self, model: Model, rows: Iterable[IndexRow]) -> None:
        model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()

    def empty(self, model: Model) -> None:
        self.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  (ours)

    def many(self, model: Model, *, coming: bool) -> None:
        """A list of what is pending sorts the tokens of hundreds at once, and each page of the
        index is written once for all of them. Searches read it through, so it is kept for rebuilds
        alone, which empty it themselves (``amid``); the limit is for one that was killed."""
        way = f"gin_pending_list_limit = {self.MOST_PENDING_KB}, fastupdate = "
        way += "on" if coming else "off"
        self.execute(f"ALTER INDEX {self.index(model)} SET ({way})")
        if not coming:
            self.amid(model)

    def amid(self, model: Model) -> None:
        self.execute(
            "SELECT set_config('maintenance_work_mem', %s, true),"
            " set_config('statement_timeout', '0', true)",
            [f"{self.MOST_PENDING_KB}kB"],
        )
        self.execute("SELECT gin_clean_pending_list(%s::regclass)", [self.index(model)])

    def awaits_many(self, model: Model) -> bool:
        ((ways,),) = self.rows(
            "SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [self.index(model)]
        )
        return "fastupdate=on" in (ways or ())

    @staticmethod
    def index(model: Model) -> str:
        return f"{model._meta.db_table}_vector"

    def picked(self, model: Model) -> str:
        return f"{model._meta.db_table} WHERE ordinal = ANY(%s::bigint[])"

    def pool(self, ordinals: Sequence[int]) -> list[int]:
        return list(ordinals)

    def find_ordinals(
        self, model: Model, match: Match, limit: int, allowance: Allowance | None = None
    ) -> list[int]:
        spans = self._newest_spans(model)
        asked = [replace(match, any_of=(*match.any_of, spans))] if spans else []
        found: list[int] = []
        seen: set[int] = set()
        for each in [*asked, match]:
            if not match.texts:
                found = [ordinal for ordinal, _size in self._rows(model, each, limit)]
            else:
                # No more than the allowance could pay for.
                most = max(allowance.left // allowance.EACH, 0) + 1 if allowance else -1
                rows = [row for row in self._rows(model, each, most) if row[0] not in seen]
                seen.update(ordinal for ordinal, _size in rows)
                wanted = limit - len(found) if limit >= 0 else len(rows)
                found += self._holding(model, match, rows, wanted, allowance)
            if len(found) == limit or (allowance and allowance.is_spent):
                break
        return found

    def _holding(
        self,
        model: Model,
        match: Match,
        rows: Sequence[tuple[int, int]],
        limit: int,
        allowance: Allowance | None,
    ) -> list[int]:
        """Those of these rows in whose text all stands, in their order."""
        found: list[int] = []
        where = " AND ".join(["strpos(folded_text, %s) > 0"] * len(match.texts))
        # The text itself comes only where it must be seen how a word or number ends.
        text = "folded_text" if match.edged else "''"
        for some in self._portions(rows, allowance):
            holding = self.rows(
                f"SELECT ordinal, {text} FROM {model._meta.db_table}"  # noqa: S608  (ours)
                f" WHERE ordinal = ANY(%s::bigint[]) AND {where} ORDER BY ordinal DESC",
                [some, *match.texts],
            )
            found += [ordinal for ordinal, folded_text in holding if match.holds_whole(folded_text)]
            if len(found) >= limit:
                return found[:limit]
        return found

    def _portions(
        self, rows: Sequence[tuple[int, int]], allowance: Allowance | None
    ) -> Iterator[list[int]]:
        """The rows, a few at a time, until the allowance is spent."""
        some: list[int] = []
        characters = 0
        for ordinal, size in rows:
            if allowance:
                if allowance.is_spent:
                    break
                allowance.spend(size)
            some.append(ordinal)
            characters += size
            if len(some) == self.ROWS or characters >= self.CHARACTERS:
                yield some
                some, characters = [], 0
        if some:
            yield some

    def _newest_spans(self, model: Model) -> tuple[str, ...]:
        """The spans of time with the newest rows; all that is as new lies in one of them."""
        table = model._meta.db_table
        bounds = self.rows(
            f"(SELECT ordinal FROM {table} ORDER BY ordinal DESC LIMIT 1)"  # noqa: S608  (ours)
            f" UNION ALL (SELECT ordinal FROM {table} ORDER BY ordinal DESC OFFSET %s LIMIT 1)",
            [self.WINDOW],
        )
        if len(bounds) < 2:
            return ()
        (newest,), (oldest,) = bounds
        numbers = range(span(oldest), span(newest) + 1)
        return tuple(map(tokens.span, numbers)) if 0 < len(numbers) <= self.SPANS else ()

    def _rows(self, model: Model, match: Match, limit: int) -> list[tuple[int, int]]:
        """The newest rows that have the tokens, each with the characters of its text (most take
        three bytes, and those are known without the text)."""
        where, params = self._where(match)
        size = "octet_length(folded_text) / 3" if match.texts else "0"
        return self.rows(
            f"SELECT ordinal, {size} FROM {model._meta.db_table} WHERE {where}"  # noqa: S608  (ours)
            " ORDER BY ordinal + 0 DESC LIMIT %s",
            [*params, limit if limit >= 0 else None],
        )

    def faults(self, model: Model) -> list[str]:
        found = []
        table = model._meta.db_table
        rows = model._default_manager.values_list("pk", "folded_title", "folded_text", "facets")
        for pk, *row in rows.iterator(chunk_size=200):
            same = self.rows(
                f"SELECT vector = array_to_tsvector(%s::text[]) FROM {table}"  # noqa: S608  (ours)
                " WHERE ordinal = %s",
                [tokens_of(*row), pk],
            )
            if same == [(False,)]:
                found.append(f"{table}: the tokens of document {pk} are not its text's")
        return found

    def _where(self, match: Match) -> tuple[str, list[Any]]:
        parts = [_lexeme(token) for token in match.tokens]
        parts += [f"({' | '.join(map(_lexeme, group))})" for group in match.any_of]
        return "vector @@ %s::tsquery AND ordinal BETWEEN %s AND %s", [
            " & ".join(parts),
            match.low,
            match.high,
        ]


def _line(folded_title: str, folded_text: str, facets: str) -> str:
    return " ".join(tokens_of(folded_title, folded_text, facets))


# No token holds a quote, a backslash or a blank: see ``tokens.RUNS``.


def _string(token: str) -> str:
    return f'"{token}"'


def _lexeme(token: str) -> str:
    return f"'{token}'"


def engine(model: Model) -> Engine:
    """The engine of the database that the table lies in."""
    connection = connections[router.db_for_write(model)]
    return Sqlite(connection) if connection.vendor == "sqlite" else Postgres(connection)
