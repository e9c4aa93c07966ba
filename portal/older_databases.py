"""Refuse to migrate a database that another build of the portal made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.loader import MigrationLoader

#: The apps of this project, by their labels; builds before the first release used some others.
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
    """Raise CommandError if the database holds migrations that this build does not have.

    Development builds before 0.1.0 had other migrations of the same names: Django would take
    their tables for today's. They are not migrated, since nothing had been released and their
    audit logs use other codes.
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
