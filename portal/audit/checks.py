from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning

from portal.audit import triggers


def check_guards_installed(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Say which guards are not in the database.

    A warning, not an error: ``migrate`` runs this check before it starts, and ``migrate`` is
    what puts the guards back.
    """
    return [
        Warning(
            f"The database guard {name} is missing or out of date on {using}.",
            hint="Run manage.py migrate: it installs every guard.",
            id="audit.W001",
        )
        for using in databases or ()
        for name in sorted(triggers.missing(using))
    ]
