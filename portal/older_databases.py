"""A check before migrations that refuses a database of an unknown build of the portal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.loader import MigrationLoader

#: The labels of this project's apps. Builds before the first release had some other labels.
OWN_LABELS = frozenset(
    {
        "accounts",
        "audit",
        "court",
        "honors",
        "letters",
        "library",
        "news",
        "pagestore",
        "publishing",
        "search",
        "site",
    }
)


def refuse_unknown_migrations(*, using: str, **kwargs: Any) -> None:
    """Raise ``CommandError`` if the database has migrations that this build does not have.

    Development builds before 0.1.0 had different migrations with partly the same names, so Django
    would take their tables for the current tables. Their databases are not migrated, because none
    of these builds was released and their audit logs use other action codes.
    """
    loader = MigrationLoader(connections[using])
    unknown = sorted(
        f"{label}.{name}"
        for label, name in set(loader.applied_migrations) - set(loader.disk_migrations)
        if label in OWN_LABELS
    )
    if unknown:
        raise CommandError(
            "Another build of the portal made this database; nothing was changed. It holds"
            f" migrations that this build does not have: {', '.join(unknown)}.\n"
            "If an earlier development build made it: keep it with that build, and give this one"
            " an empty database (another PORTAL_VAR folder, or an empty DATABASE_URL database).\n"
            "If a newer build made it: install that build."
        )
