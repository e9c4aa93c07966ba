"""Full-text engines: one class for each database that stores and searches the inverted index.

Both engines store tokens without positions. A search finds the rows that have all tokens of all
terms. A term of several tokens is then looked for in the folded text of each of these rows.
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
    """Return the engine of the database that contains the model's table."""
    connection = connections[router.db_for_write(model)]
    return SqliteEngine(connection) if connection.vendor == "sqlite" else PostgresEngine(connection)
