"""What the databases search with; Django's models don't know of it. See ``search.engines``."""

from django.db import migrations

TABLES = ("search_public", "search_staff")

SQLITE = (
    # Rows alone, no positions: see the record of this decision. ASCII's blanks part the tokens.
    "CREATE VIRTUAL TABLE {0}_index USING fts5"
    "(tokens, content='', detail=none, columnsize=0, tokenize='ascii')",
    "CREATE VIRTUAL TABLE {0}_index_words USING fts5vocab({0}_index, row)",
)
POSTGRESQL = (
    "ALTER TABLE {0} ADD COLUMN vector tsvector NOT NULL DEFAULT ''",
    # Its statistics would cost much and help nothing: there is one way to search.
    "ALTER TABLE {0} ALTER COLUMN vector SET STATISTICS 0",
    # Without a list of what is pending: a release costs the same each time, and so does a search.
    "CREATE INDEX {0}_vector ON {0} USING gin (vector) WITH (fastupdate = off)",
)


def make(apps, schema_editor):
    statements = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL
    for table in TABLES:
        for statement in statements:
            schema_editor.execute(statement.format(table))


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table in TABLES:
            schema_editor.execute(f"DROP TABLE {table}_index_words")
            schema_editor.execute(f"DROP TABLE {table}_index")
    # On PostgreSQL column and index go with their table.


class Migration(migrations.Migration):

    dependencies = [("search", "0001_initial")]

    operations = [migrations.RunPython(make, remove)]
