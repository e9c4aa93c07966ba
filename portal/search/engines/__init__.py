"""Full-text engines: how each database stores the inverted index and searches it.

Both store tokens without positions. A search is a conjunction of tokens, which an inverted index
answers exactly; a term of several tokens is then looked for in the folded text, row by row.
"""

from __future__ import annotations

from django.db import connections, router

from .base import Engine, IndexModel, Match, ScanBudget
from .postgresql import PostgresEngine
from .sqlite import SqliteEngine

__all__ = [
    "Engine",
    "IndexModel",
    "Match",
    "PostgresEngine",
    "ScanBudget",
    "SqliteEngine",
    "engine",
]


def engine(model: IndexModel) -> Engine:
    """Return the engine of the database that holds the model's table."""
    connection = connections[router.db_for_write(model)]
    return SqliteEngine(connection) if connection.vendor == "sqlite" else PostgresEngine(connection)
