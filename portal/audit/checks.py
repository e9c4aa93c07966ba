"""System check: the database triggers are installed."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning

from portal.audit import triggers


def check_guards_installed(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn about each registered guard whose triggers are not in the database as registered.

    Not an error: ``migrate`` runs this check before it starts and refuses to start on errors, but
    it is ``migrate`` that installs the guards.
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
